// Any bytes as a .safetensors file: tensors or an InputError.
#include "core/error.hpp"
#include "fuzz/memory_file.hpp"
#include "model/safetensors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace epi;
    const fuzz::MemoryFile file(fuzz::text_of(data, size));
    try {
        const auto read = read_safetensors(file.path());
        std::int64_t bytes = 0;
        for (const auto& [name, tensor] : read.tensors) bytes += static_cast<std::int64_t>(tensor.nbytes());
        fuzz::require(bytes <= static_cast<std::int64_t>(size));
    } catch (const InputError&) {
    }
    return 0;
}
