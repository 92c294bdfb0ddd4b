#include "train/launch.hpp"

#include <cstdlib>

#include "core/error.hpp"
#include "core/text.hpp"

namespace epi {
namespace {

// Names of the variables that hold rank, size and local rank.
struct Names {
    const char *launcher, *rank, *size, *local_rank;
};
// torchrun may run below srun, and mpirun starts its own helpers by srun: the innermost launcher is asked
// first. A batch script of Slurm has the variables of a job without being one of several processes: only
// those of a step count.
constexpr Names kNames[] = {
    {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK"},
    {"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"},
    {"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID"},
    {"mpirun", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"},
};

int number(const Variables& variables, const char* name, int otherwise, int least) {
    const char* text = variables(name);
    if (text == nullptr) return otherwise;
    const auto value = parse_number<int>(text);
    if (!value || *value < least)
        throw UsageError(name, "'" + std::string(text) + "' is no number of a process",
                         "start by mpirun, srun or torchrun, or unset it");
    return *value;
}

}  // namespace

Launch find_launch(const Variables& variables) {
    Launch launch;
    for (const auto& names : kNames) {
        if (variables(names.rank) == nullptr || variables(names.size) == nullptr) continue;
        launch.launcher = names.launcher;
        launch.rank = number(variables, names.rank, 0, 0);
        launch.size = number(variables, names.size, 1, 1);
        launch.local_rank = number(variables, names.local_rank, 0, 0);
        if (launch.rank >= launch.size)
            throw UsageError(names.rank, "is not below " + std::string(names.size),
                             "start by mpirun, srun or torchrun, or unset it");
        break;
    }
    const char* host = variables("MASTER_ADDR");
    const char* list = variables("SLURM_STEP_NODELIST");
    if (host != nullptr)
        launch.master = host;
    else if (launch.launcher == "srun" && list != nullptr)
        launch.master = first_host(list);
    // Jobs that share a machine should not meet at one port.
    const int job = number(variables, "SLURM_JOB_ID", 9500, 0);
    launch.port = number(variables, "MASTER_PORT", 20000 + job % 20000, 1);
    return launch;
}

Launch find_launch() {
    return find_launch([](const char* name) { return std::getenv(name); });
}

std::string first_host(std::string_view list) {
    const auto bracket = list.find('['), comma = list.find(',');
    if (bracket == std::string_view::npos || comma < bracket) return std::string(list.substr(0, comma));
    const auto number = list.substr(bracket + 1);
    std::string host(list.substr(0, bracket));
    host += number.substr(0, number.find_first_of("-,]"));
    const auto close = list.find(']');
    if (close != std::string_view::npos) {
        const auto rest = list.substr(close + 1);
        host += rest.substr(0, rest.find(','));
    }
    return host;
}

}  // namespace epi
