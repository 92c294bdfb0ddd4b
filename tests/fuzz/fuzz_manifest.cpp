// Any bytes as atlas.json: a manifest or an InputError. What was read is written and read again as the same.
#include <unistd.h>

#include <fstream>

#include "core/error.hpp"
#include "fuzz/memory_file.hpp"
#include "store/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace epi;
    static const auto folder =
        std::filesystem::path("/dev/shm") / ("fuzz-manifest-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / kManifestName, std::ios::binary) << fuzz::text_of(data, size);
    try {
        const auto manifest = read_manifest(folder);
        write_manifest(manifest, folder);
        const auto again = read_manifest(folder);
        fuzz::require(again.shards.size() == manifest.shards.size() && again.genome == manifest.genome &&
                      again.split == manifest.split);
    } catch (const InputError&) {
    }
    return 0;
}
