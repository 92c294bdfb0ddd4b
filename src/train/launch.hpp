#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace epi {

// Which of several processes this is, as its launcher says in environment variables.
struct Launch {
    int rank = 0, size = 1;
    int local_rank = 0;    // among the processes of this machine: the number of its card
    std::string launcher;  // "torchrun", "mpirun", "srun"; empty: started alone
    // Where process 0 waits for the others (NCCL only; MPI finds its own way).
    std::string master = "127.0.0.1";
    int port = 29500;
};

// The value of a variable, or null.
using Variables = std::function<const char*(const char* name)>;

// Of torchrun (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT), of mpirun (OMPI_COMM_WORLD_...,
// PMI_...), of a step of srun (SLURM_PROCID ...), in this order; alone without any. UsageError for numbers
// that are none.
Launch find_launch(const Variables& variables);
// Of this process' environment.
Launch find_launch();

// The first host of a list as Slurm writes it: "n[03-05,9],m1" -> "n03".
std::string first_host(std::string_view list);

}  // namespace epi
