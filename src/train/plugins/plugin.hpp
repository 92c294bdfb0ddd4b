#pragma once
#include <cstdint>

// What a plug-in for several processes exports: epi_process_plugin(). Plain C, so that the plug-in needs
// nothing of this project and the project nothing of the libraries that the plug-in is linked to.
//
// Functions return null, or in one line what went wrong (valid until the next call). All but make_id are
// called by all processes alike. `values` are in memory of the CPU, or where `on_device` of the current CUDA
// device.
extern "C" {

enum EpiValueType { kEpiFloat = 0, kEpiDouble = 1 };

// Asked now and then while a function waits for other processes; it gives up where the answer is not 0.
struct EpiWatch {
    int (*gone)(void* watcher);
    void* watcher;
};

struct EpiProcessPlugin {
    int version;               // kEpiPluginVersion
    int on_device;             // 1: all values lie on the CUDA device
    int id_bytes;              // size of what process 0 makes and all start with; 0: nothing is needed
    const char* (*library)();  // "Open MPI 4.1.4": for people
    const char* (*make_id)(void* id);
    // `device`: the number of the card of this process. `watch` outlives the group, which is handed to the
    // others.
    const char* (*start)(int rank, int size, int device, const void* id, const EpiWatch* watch, void** group);
    // values = their sum over all processes, added in the order of ranks where that can be chosen; the same
    // bits in every process, and again in the next run with the same number of processes.
    const char* (*sum)(void* group, void* values, std::int64_t count, int type);
    // all = `bytes` bytes of each process, by rank.
    const char* (*gather)(void* group, const void* own, void* all, std::int64_t bytes);
    // values = those of process 0.
    const char* (*broadcast)(void* group, void* values, std::int64_t bytes);
    // An orderly end; all processes wait for each other.
    const char* (*finish)(void* group);
};

using EpiProcessPluginFunction = const EpiProcessPlugin* (*)();
}

inline constexpr int kEpiPluginVersion = 1;
inline constexpr char kEpiPluginSymbol[] = "epi_process_plugin";
