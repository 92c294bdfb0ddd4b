// The plug-in for several processes, one for each CUDA card: NCCL. All is done on the stream that LibTorch
// computes on when nobody asks for another (the default one), so it stands in line with the network's own
// kernels.
#include <cuda_runtime_api.h>
#include <nccl.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "train/plugins/plugin.hpp"

namespace {

constexpr cudaStream_t kStream = nullptr;

struct Group {
    ncclComm_t comm = nullptr;
    cudaEvent_t event = nullptr;
    const EpiWatch* watch = nullptr;
    int device = 0;
    std::string problem;
};

const char* told(Group& group, const char* what, const char* why) {
    group.problem = std::string(what) + ": " + why;
    return group.problem.c_str();
}

const char* told(Group& group, const char* what, ncclResult_t code) {
    return code == ncclSuccess ? nullptr : told(group, what, ncclGetErrorString(code));
}

const char* told(Group& group, const char* what, cudaError_t code) {
    return code == cudaSuccess ? nullptr : told(group, what, cudaGetErrorString(code));
}

// Sleeps longer the longer it waits; false where waiting makes no sense any more.
class Patience {
  public:
    explicit Patience(const Group& group) : group_(group) {}
    bool wait() {
        const auto waited = std::chrono::steady_clock::now() - start_;
        if (waited < std::chrono::microseconds(200)) return true;
        if (group_.watch->gone(group_.watch->watcher) != 0) return false;
        std::this_thread::sleep_for(waited < std::chrono::milliseconds(20) ? std::chrono::microseconds(20)
                                                                           : std::chrono::microseconds(500));
        return true;
    }

  private:
    const Group& group_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// A communicator that does not block answers "in progress" until what it was asked for has begun.
const char* wait_begun(Group& group, const char* what, ncclResult_t code) {
    Patience patience(group);
    while (code == ncclInProgress) {
        if (!patience.wait()) return told(group, what, "gave up waiting");
        const auto asked = ncclCommGetAsyncError(group.comm, &code);
        if (asked != ncclSuccess) return told(group, what, asked);
    }
    return told(group, what, code);
}

// Waits until the card has done it, and notices a process that is gone: a kernel that waits for it would
// never end.
const char* wait_done(Group& group, const char* what, ncclResult_t code) {
    if (const auto* problem = wait_begun(group, what, code)) return problem;
    if (const auto* problem = told(group, what, cudaEventRecord(group.event, kStream))) return problem;
    Patience patience(group);
    while (true) {
        const auto done = cudaEventQuery(group.event);
        if (done == cudaSuccess) return nullptr;
        if (done != cudaErrorNotReady) return told(group, what, done);
        auto state = ncclSuccess;
        ncclCommGetAsyncError(group.comm, &state);
        const bool goes_on = patience.wait();
        if (goes_on && (state == ncclSuccess || state == ncclInProgress)) continue;
        const auto* problem = goes_on ? told(group, what, state) : told(group, what, "gave up waiting");
        ncclCommAbort(group.comm);
        group.comm = nullptr;
        return problem;
    }
}

const char* library() {
    static char text[32] = "NCCL";
    int version = 0;
    if (ncclGetVersion(&version) == ncclSuccess) {
        const auto name = "NCCL " + std::to_string(version / 10000) + "." +
                          std::to_string(version / 100 % 100) + "." + std::to_string(version % 100);
        std::strncpy(text, name.c_str(), sizeof text - 1);
    }
    return text;
}

const char* make_id(void* id) {
    const auto code = ncclGetUniqueId(static_cast<ncclUniqueId*>(id));
    return code == ncclSuccess ? nullptr : ncclGetErrorString(code);
}

const char* start(int rank, int size, int device, const void* id, const EpiWatch* watch, void** out) {
    auto& group =
        *std::make_unique<Group>().release();  // given back by finish; lives on where that is not reached
    *out = &group;
    group.watch = watch;
    group.device = device;
    if (const auto* problem = told(group, "choosing the card", cudaSetDevice(device))) return problem;
    if (const auto* problem =
            told(group, "making an event", cudaEventCreateWithFlags(&group.event, cudaEventDisableTiming)))
        return problem;
    ncclUniqueId shared;
    std::memcpy(&shared, id, sizeof shared);
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    return wait_begun(group, "joining", ncclCommInitRankConfig(&group.comm, size, shared, rank, &config));
}

const char* sum(void* handle, void* values, std::int64_t count, int type) {
    auto& group = *static_cast<Group*>(handle);
    if (count == 0) return nullptr;
    return wait_done(group, "sum",
                     ncclAllReduce(values, values, static_cast<std::size_t>(count),
                                   type == kEpiFloat ? ncclFloat : ncclDouble, ncclSum, group.comm, kStream));
}

const char* gather(void* handle, const void* own, void* all, std::int64_t bytes) {
    auto& group = *static_cast<Group*>(handle);
    return wait_done(
        group, "gather",
        ncclAllGather(own, all, static_cast<std::size_t>(bytes), ncclUint8, group.comm, kStream));
}

const char* broadcast(void* handle, void* values, std::int64_t bytes) {
    auto& group = *static_cast<Group*>(handle);
    if (bytes == 0) return nullptr;
    return wait_done(
        group, "broadcast",
        ncclBroadcast(values, values, static_cast<std::size_t>(bytes), ncclUint8, 0, group.comm, kStream));
}

const char* finish(void* handle) {
    const std::unique_ptr<Group> group(static_cast<Group*>(handle));
    const auto* problem = wait_begun(*group, "ending", ncclCommFinalize(group->comm));
    ncclCommDestroy(group->comm);
    cudaEventDestroy(group->event);
    return problem == nullptr ? nullptr : "NCCL could not end in order";
}

}  // namespace

extern "C" const EpiProcessPlugin* epi_process_plugin() {
    static const EpiProcessPlugin plugin{kEpiPluginVersion,
                                         1,
                                         static_cast<int>(sizeof(ncclUniqueId)),
                                         library,
                                         make_id,
                                         start,
                                         sum,
                                         gather,
                                         broadcast,
                                         finish};
    return &plugin;
}
