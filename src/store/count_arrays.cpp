#include "store/count_arrays.hpp"

#include <deque>

#include "core/error.hpp"
#include "store/anndata_elements.hpp"
#include "store/extent_writer.hpp"
#include "store/raw_file.hpp"

namespace epi {
namespace {

constexpr std::size_t kArrayBuffer = std::size_t{4} << 20;  // of two for each array

}  // namespace

CountArrays::CountArrays(Hdf5Writer& file, const AnnData& data) : data_(data) {
    const auto& counts = *data.counts;
    const auto n = static_cast<std::uint64_t>(counts.nonzeros());
    write_csr_attributes(file, "/X", counts.rows(), counts.cols());
    write_indptr(file, "/X/indptr", counts.indptr());
    indices_ = file.reserve<std::int32_t>("/X/indices", n);
    if (data.counts_as_ones)
        file.ones("/X/data", n);
    else
        values_ = file.reserve<std::int32_t>("/X/data", n);
    write_dict(file, "/layers");
    for (const auto& [name, values_of] : data.count_layers) {
        check_key(name);
        const auto layer = "/layers/" + name;
        write_csr_attributes(file, layer, counts.rows(), counts.cols());
        file.link("/X/indptr", layer + "/indptr");
        file.link("/X/indices", layer + "/indices");
        layers_.push_back(file.reserve<double>(layer + "/data", n));
    }
}

void CountArrays::write(const std::filesystem::path& path, const std::string& name) const {
    const RawFile file(path, name);
    std::deque<ExtentWriter> arrays;  // they stay where they are
    const auto begin = [&](const Hdf5Extent& extent) {
        file.allocate(extent.offset, extent.bytes);
        arrays.emplace_back(file, extent, kArrayBuffer);
    };
    begin(indices_);
    begin(values_);
    for (const auto& layer : layers_) begin(layer);
    data_.counts->visit([&](const RowBlock& block) {
        arrays[0].append(std::as_bytes(block.indices));
        if (!data_.counts_as_ones) arrays[1].append(std::as_bytes(block.values));
        for (std::size_t i = 2; const auto& [layer, values_of] : data_.count_layers) {
            const auto values = values_of(block);
            check(values.size() == block.indices.size(), "as many values as entries");
            arrays[i++].append(std::as_bytes(std::span(values)));
        }
    });
    for (auto& array : arrays) array.finish();
}

}  // namespace epi
