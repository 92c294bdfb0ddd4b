// epifoundry: the one name users learn. Runs the data commands itself and hands the ones that need LibTorch
// over to epifoundry-nn, which lies beside it.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"
#include "tools/sibling.hpp"

namespace {

constexpr std::array<std::string_view, 6> kNnCommands = {"pretrain", "finetune", "import-model",
                                                         "embed",    "predict",  "annotate"};

int hand_over(char** argv) {
    const auto sibling = epi::nn_program();
    // LibTorch's threads otherwise spin while they wait, which on a shared machine costs several times the
    // work itself.
    ::setenv("OMP_WAIT_POLICY", "passive", 0);
    ::execv(sibling.c_str(), argv);
    std::fprintf(stderr,
                 "epifoundry %s: error: %s: %s; build with LibTorch (./run build) to get this command\n",
                 argv[1], sibling.c_str(), std::strerror(errno));
    return 4;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::find(kNnCommands.begin(), kNnCommands.end(), argv[1]) != kNnCommands.end())
        return hand_over(argv);
    epi::CommandLine line("epifoundry",
                          "From single-cell ATAC fragments to a trained foundation model and cell types.\n"
                          "With LibTorch also: pretrain, finetune, import-model, embed, predict, annotate.");
    epi::add_all_data_commands(line);
    return line.run(argc, argv);
}
