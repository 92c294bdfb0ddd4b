#include "core/version.hpp"

namespace epi {

std::string version() {
    return EPI_VERSION;
}

}  // namespace epi
