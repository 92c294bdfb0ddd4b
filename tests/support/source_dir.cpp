#include "support/source_dir.hpp"

namespace epi::test {

std::filesystem::path source_dir() {
    return EPI_SOURCE_DIR;
}

}  // namespace epi::test
