#include "tools/sibling.hpp"

namespace epi {

std::filesystem::path nn_program() {
    return std::filesystem::read_symlink("/proc/self/exe").replace_filename("epifoundry-nn");
}

}  // namespace epi
