// epifoundry-nn: the commands that need LibTorch; people start it through `epifoundry COMMAND`.
#include "tools/command.hpp"
#include "tools/nn_commands/nn_commands.hpp"

int main(int argc, char** argv) {
    epi::CommandLine line("epifoundry", "The commands of EpiFoundry that train or apply a model.");
    epi::add_all_nn_commands(line);
    return line.run(argc, argv);
}
