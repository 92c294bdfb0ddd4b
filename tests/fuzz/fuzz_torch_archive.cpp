// Any bytes as a .pth file, and any bytes as the pickle of a well-formed one: tensors and values or an
// InputError.
#include "core/error.hpp"
#include "fuzz/memory_file.hpp"
#include "model/torch_archive.hpp"
#include "support/torch_archive_bytes.hpp"

namespace {

void read(std::string_view bytes) {
    const epi::fuzz::MemoryFile file(bytes);
    try {
        epi::read_torch_archive(file.path());
    } catch (const epi::InputError&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = epi::fuzz::text_of(data, size);
    read(bytes);
    read(epi::test::archive_of(std::string(bytes)));
    return 0;
}
