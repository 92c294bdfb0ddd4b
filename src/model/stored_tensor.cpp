#include "model/stored_tensor.hpp"

#include "core/error.hpp"

namespace epi {
namespace {

// The number of elements, or -1 where a size, a stride or an element is outside the storage.
std::int64_t elements_inside(const StoredTensor& stored) {
    const auto bound = stored.storage_elements;
    std::int64_t elements = 1, last = stored.offset;
    if (last < 0 || last > bound || stored.sizes.size() != stored.strides.size()) return -1;
    for (std::size_t i = 0; i < stored.sizes.size(); ++i) {
        const auto size = stored.sizes[i], stride = stored.strides[i];
        if (size < 0 || size > bound || stride < 0 || stride > bound + 1) return -1;
        if (size > 0 && elements > bound / size) return -1;
        elements *= size;
        if (size <= 1) continue;
        if (stride > (bound - last) / (size - 1)) return -1;
        last += (size - 1) * stride;
    }
    return elements > 0 && last >= bound ? -1 : elements;
}

}  // namespace

torch::Tensor read_stored_tensor(ZipArchive& archive, const StoredTensor& stored) {
    const auto fail = [&](const std::string& problem) {
        throw InputError(archive.path().string(), problem, "give a checkpoint written by torch.save, whole");
    };
    const auto bytes = static_cast<std::int64_t>(c10::elementSize(stored.type));
    const auto found = archive.members().find(stored.member);
    if (found == archive.members().end()) fail("storage '" + stored.member + "' is absent");
    if (stored.storage_elements < 0 || static_cast<std::uint64_t>(stored.storage_elements) !=
                                           found->second.size / static_cast<std::uint64_t>(bytes))
        fail("storage '" + stored.member + "' has another size than its tensors say");
    const auto elements = elements_inside(stored);
    if (elements < 0) fail("a tensor reaches outside its storage '" + stored.member + "'");
    if (elements == 0) return torch::empty(stored.sizes, stored.type);
    auto flat = torch::empty({stored.storage_elements}, stored.type);
    archive.read(stored.member, 0, static_cast<char*>(flat.data_ptr()),
                 static_cast<std::uint64_t>(stored.storage_elements * bytes));
    return flat.as_strided(stored.sizes, stored.strides, stored.offset).contiguous();
}

}  // namespace epi
