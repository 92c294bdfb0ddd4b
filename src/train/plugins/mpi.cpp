// The plug-in for several processes on CPUs: MPI, started by mpirun or srun.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "train/plugins/plugin.hpp"

namespace {

// At most so many values travel in one call: bounds memory, and MPI counts in int.
constexpr std::int64_t kPiece = 1 << 22;

struct Group {
    MPI_Comm comm = MPI_COMM_NULL;
    int rank = 0, size = 1;
    const EpiWatch* watch = nullptr;
    std::string problem;
    std::vector<char> received;
};

// Returned where the group gave up waiting; MPI's own codes are not negative.
constexpr int kGaveUp = -1;

// Waits for a call that was started. MPI's own waiting keeps a core busy, and for ever where a process is
// gone.
int finish_call(const Group& group, int code, MPI_Request& request) {
    using Clock = std::chrono::steady_clock;
    if (code != MPI_SUCCESS) return code;
    const auto start = Clock::now();
    for (int done = 0;;) {
        code = MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (code != MPI_SUCCESS || done != 0) return code;
        const auto waited = Clock::now() - start;
        if (waited < std::chrono::microseconds(100)) continue;
        if (group.watch->gone(group.watch->watcher) != 0) return kGaveUp;
        std::this_thread::sleep_for(waited < std::chrono::milliseconds(20) ? std::chrono::microseconds(50)
                                                                           : std::chrono::microseconds(1000));
    }
}

const char* told(Group& group, const char* what, int code) {
    if (code == MPI_SUCCESS) return nullptr;
    if (code == kGaveUp) return "gave up waiting";
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(code, text, &length);
    group.problem = std::string(what) + ": " + text;
    std::replace(group.problem.begin(), group.problem.end(), '\n', ' ');
    return group.problem.c_str();
}

const char* library() {
    static char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    MPI_Get_library_version(text, &length);
    for (char& c : text)
        if (c == ',' || c == '\n') c = '\0';
    return text;
}

const char* make_id(void*) {
    return nullptr;
}

const char* start(int rank, int size, int, const void*, const EpiWatch* watch, void** out) {
    auto group = std::make_unique<Group>();
    int provided = 0;
    // Only one thread of the process calls MPI: the one that trains.
    const int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    if (code != MPI_SUCCESS) return "MPI_Init failed";
    group->watch = watch;
    MPI_Comm_dup(MPI_COMM_WORLD, &group->comm);
    MPI_Comm_set_errhandler(group->comm, MPI_ERRORS_RETURN);
    MPI_Comm_rank(group->comm, &group->rank);
    MPI_Comm_size(group->comm, &group->size);
    auto& kept = *group.release();
    *out = &kept;
    if (kept.size == size && kept.rank == rank) return nullptr;
    kept.problem = "the launcher says process " + std::to_string(rank) + " of " + std::to_string(size) +
                   ", MPI " + std::to_string(kept.rank) + " of " + std::to_string(kept.size) +
                   " (the launcher belongs to another MPI than the plug-in)";
    return kept.problem.c_str();
}

// Part `r` of `count` values cut into `size` parts: where it begins.
int part_begin(std::int64_t count, int size, int r) {
    return static_cast<int>(count * r / size);
}

// Each process adds up one part, in the order of ranks and in double, and sends it to all: the result depends
// on neither the algorithms of the MPI library nor on who is first.
template <class Value>
int sum_piece(Group& group, Value* values, std::int64_t count, MPI_Datatype type) {
    const auto size = static_cast<std::size_t>(group.size);
    std::vector<int> counts(size), begins(size), own_counts(size), own_begins(size);
    const int begin = part_begin(count, group.size, group.rank);
    const int own = part_begin(count, group.size, group.rank + 1) - begin;
    for (int r = 0; r < group.size; ++r) {
        const auto at = static_cast<std::size_t>(r);
        begins[at] = part_begin(count, group.size, r);
        counts[at] = part_begin(count, group.size, r + 1) - begins[at];
        own_counts[at] = own;
        own_begins[at] = own * r;
    }
    group.received.resize(static_cast<std::size_t>(own) * size * sizeof(Value));
    auto* const received = reinterpret_cast<Value*>(group.received.data());
    MPI_Request request = MPI_REQUEST_NULL;
    int code = MPI_Ialltoallv(values, counts.data(), begins.data(), type, received, own_counts.data(),
                              own_begins.data(), type, group.comm, &request);
    code = finish_call(group, code, request);
    if (code != MPI_SUCCESS) return code;
    for (int i = 0; i < own; ++i) {
        double total = 0;
        for (int r = 0; r < group.size; ++r) total += static_cast<double>(received[own * r + i]);
        values[begin + i] = static_cast<Value>(total);
    }
    code = MPI_Iallgatherv(MPI_IN_PLACE, 0, type, values, counts.data(), begins.data(), type, group.comm,
                           &request);
    return finish_call(group, code, request);
}

template <class Value>
int sum_all(Group& group, Value* values, std::int64_t count, MPI_Datatype type) {
    for (std::int64_t done = 0; done < count; done += kPiece)
        if (const int code = sum_piece(group, values + done, std::min(kPiece, count - done), type))
            return code;
    return MPI_SUCCESS;
}

const char* sum(void* handle, void* values, std::int64_t count, int type) {
    auto& group = *static_cast<Group*>(handle);
    return told(group, "MPI sum",
                type == kEpiFloat ? sum_all(group, static_cast<float*>(values), count, MPI_FLOAT)
                                  : sum_all(group, static_cast<double*>(values), count, MPI_DOUBLE));
}

const char* gather(void* handle, const void* own, void* all, std::int64_t bytes) {
    auto& group = *static_cast<Group*>(handle);
    const auto count = static_cast<int>(bytes);
    MPI_Request request = MPI_REQUEST_NULL;
    const int code = MPI_Iallgather(own, count, MPI_BYTE, all, count, MPI_BYTE, group.comm, &request);
    return told(group, "MPI gather", finish_call(group, code, request));
}

const char* broadcast(void* handle, void* values, std::int64_t bytes) {
    auto& group = *static_cast<Group*>(handle);
    for (std::int64_t done = 0; done < bytes; done += kPiece) {
        const auto piece = static_cast<int>(std::min(kPiece, bytes - done));
        MPI_Request request = MPI_REQUEST_NULL;
        const int code =
            MPI_Ibcast(static_cast<char*>(values) + done, piece, MPI_BYTE, 0, group.comm, &request);
        if (const auto* problem = told(group, "MPI broadcast", finish_call(group, code, request)))
            return problem;
    }
    return nullptr;
}

const char* finish(void* handle) {
    const std::unique_ptr<Group> group(static_cast<Group*>(handle));
    MPI_Comm_free(&group->comm);
    MPI_Finalize();
    return nullptr;
}

}  // namespace

extern "C" const EpiProcessPlugin* epi_process_plugin() {
    static const EpiProcessPlugin plugin{kEpiPluginVersion, 0,     0, library, make_id, start, sum, gather,
                                         broadcast,         finish};
    return &plugin;
}
