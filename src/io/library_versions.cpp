#include "io/library_versions.hpp"

#include <htslib/hts.h>
#include <libdeflate.h>
#include <openssl/crypto.h>
#include <zlib.h>

namespace epi {

std::vector<std::pair<std::string, std::string>> io_library_versions() {
    return {{"htslib", hts_version()},
            {"libdeflate", LIBDEFLATE_VERSION_STRING},
            {"zlib", zlibVersion()},
            {"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING)}};
}

}  // namespace epi
