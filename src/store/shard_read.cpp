#include <algorithm>
#include <limits>
#include <unordered_map>

#include "core/error.hpp"
#include "store/anndata_elements.hpp"
#include "store/gene_mapping.hpp"
#include "store/shard.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kAbsent = std::numeric_limits<std::size_t>::max();

// For each name, its place in the other list, or kAbsent.
std::vector<std::size_t> places_in(const std::vector<std::string>& names,
                                   const std::vector<std::string>& others) {
    std::vector<std::size_t> places(names.size());
    if (names == others) {
        for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
        return places;
    }
    std::unordered_map<std::string_view, std::size_t> index;
    for (std::size_t i = 0; i < others.size(); ++i) index.emplace(others[i], i);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto found = index.find(names[i]);
        places[i] = found == index.end() ? kAbsent : found->second;
    }
    return places;
}

template <class Target>
std::vector<Target> narrowed(const std::vector<double>& values) {
    std::vector<Target> result;
    result.reserve(values.size());
    for (const double value : values) result.push_back(static_cast<Target>(value));
    return result;
}

std::vector<std::int32_t> narrowed(const std::vector<std::int64_t>& indptr, const Hdf5Node& node) {
    if (indptr.back() > std::numeric_limits<std::int32_t>::max())
        node.fail("holds 2^31 entries or more", "split its cells into several shards");
    return {indptr.begin(), indptr.end()};
}

}  // namespace

// Fills a Shard from an open file.
class ShardReader {
  public:
    explicit ShardReader(const fs::path& path) : root_(Hdf5Node::open_file(path)) { shard_.path_ = path; }

    Shard read() {
        const bool mudata = root_.has("mod");
        if (!mudata && !(root_.has("X") && root_.has("obs") && root_.has("var")))
            root_.fail("is neither an .h5mu nor an .h5ad", "give a shard made by `epifoundry pack`");
        const auto atac = mudata ? root_.child("mod").child("atac") : root_;
        tables_.push_back(read_dataframe(atac.child("obs")));
        shard_.barcodes_ = tables_[0].index;
        shard_.peak_names_ = read_dataframe(atac.child("var")).index;
        if (mudata && root_.has("obs")) tables_.push_back(read_dataframe(root_.child("obs")));
        read_peaks(atac.child("X"));
        if (mudata && root_.child("mod").has("rna")) read_rna(root_.child("mod").child("rna"));
        read_labels();
        read_genome();
        return std::move(shard_);
    }

  private:
    // Only what write_shard wrote is mapped: sorted rows without zeros are a promise of that writer.
    bool can_map(const Hdf5Node& x) {
        if (root_.text_attribute("encoder") != "epifoundry" || !x.is_group()) return false;
        return x.text_attribute("encoding-type") == "csr_matrix";
    }

    template <class Number>
    MappedArray<Number> map_or_read(const Hdf5Node& node) {
        if (const auto extent = node.mappable<Number>()) {
            if (file_ == nullptr) file_ = std::make_shared<MappedFile>(shard_.path_);
            return MappedArray<Number>(file_, file_->at<Number>(extent->offset, node.size()));
        }
        constexpr std::uint64_t kSmall = 16 * kHdf5Page;  // small arrays lie anywhere and are always read
        if (node.size() * sizeof(Number) >= kSmall) shard_.mapped_ = false;
        return MappedArray<Number>(node.read<Number>());
    }

    void check_indptr(const Hdf5Node& x, const MappedArray<std::int32_t>& indptr, std::int64_t rows,
                      std::uint64_t entries) const {
        const auto view = indptr.view();
        if (static_cast<std::int64_t>(view.size()) != rows + 1 || view[0] != 0 ||
            !std::is_sorted(view.begin(), view.end()) || static_cast<std::uint64_t>(view.back()) != entries)
            x.child("indptr").fail("does not rise from 0 to the number of entries in one step per cell");
    }

    void check_shape(const Hdf5Node& x, std::int64_t rows, std::size_t cols) const {
        if (matrix_shape(x) != std::pair{rows, static_cast<std::int64_t>(cols)})
            x.fail("its shape is not that of obs and var");
    }

    void read_peaks(const Hdf5Node& x) {
        check_shape(x, shard_.cells(), shard_.peak_names_.size());
        if (can_map(x) && x.child("data").is_all_ones()) {
            shard_.peak_indptr_ = map_or_read<std::int32_t>(x.child("indptr"));
            shard_.peak_indices_ = map_or_read<std::int32_t>(x.child("indices"));
            check_indptr(x, shard_.peak_indptr_, shard_.cells(), shard_.peak_indices_.size());
            return;
        }
        shard_.mapped_ = false;
        auto matrix = read_matrix(x);
        shard_.peak_indptr_ = MappedArray<std::int32_t>(narrowed(matrix.indptr, x));
        shard_.peak_indices_ = MappedArray<std::int32_t>(std::move(matrix.indices));
    }

    void read_rna(const Hdf5Node& rna) {
        const auto obs = read_dataframe(rna.child("obs"));
        const auto var = read_dataframe(rna.child("var"));
        tables_.push_back(obs);
        shard_.has_rna_ = true;
        shard_.genes_ = genes_of_var(var, rna.place());
        const auto x = rna.child("X");
        check_shape(x, static_cast<std::int64_t>(obs.size()), var.size());
        if (can_map(x) && obs.index == shard_.barcodes_) {
            shard_.gene_indptr_ = map_or_read<std::int32_t>(x.child("indptr"));
            shard_.gene_indices_ = map_or_read<std::int32_t>(x.child("indices"));
            check_indptr(x, shard_.gene_indptr_, shard_.cells(), shard_.gene_indices_.size());
            map_counts(x.child("data"));
            return;
        }
        shard_.mapped_ = false;
        read_counts(x, obs.index);
    }

    void map_counts(const Hdf5Node& data) {
        if (data.size() != shard_.gene_indices_.size()) data.fail("is not as long as the indices");
        if (data.type_size() == 1)
            shard_.counts8_ = map_or_read<std::uint8_t>(data);
        else if (data.type_size() == 2)
            shard_.counts16_ = map_or_read<std::uint16_t>(data);
        else
            shard_.counts32_ = map_or_read<std::int32_t>(data);
    }

    void read_counts(const Hdf5Node& x, const std::vector<std::string>& rna_barcodes) {
        const auto matrix = read_matrix(x);
        const auto places = places_in(shard_.barcodes_, rna_barcodes);
        DoubleMatrix ordered;
        ordered.cols = matrix.cols;
        shard_.rna_present_.assign(places.size(), true);
        for (std::size_t i = 0; i < places.size(); ++i) {
            shard_.rna_present_[i] = places[i] != kAbsent;
            const auto row = static_cast<std::int64_t>(places[i]);
            if (places[i] == kAbsent)
                ordered.add_row({}, {});
            else
                ordered.add_row(matrix.row_indices(row), matrix.row_values(row));
        }
        for (const double value : ordered.values)
            if (value < 0 || value > std::numeric_limits<std::int32_t>::max() ||
                value != static_cast<double>(static_cast<std::int32_t>(value)))
                x.fail("holds values that are not counts (whole numbers from 0)",
                       "store the raw counts in X");
        shard_.gene_indptr_ = MappedArray<std::int32_t>(narrowed(ordered.indptr, x));
        shard_.gene_indices_ = MappedArray<std::int32_t>(std::move(ordered.indices));
        shard_.counts32_ = MappedArray<std::int32_t>(narrowed<std::int32_t>(ordered.values));
    }

    // Each column from the first table that has it: of the peaks, of the whole file, of the RNA.
    void read_labels() {
        for (std::size_t c = 0; c < kCellColumns.size(); ++c) {
            std::vector<std::string> labels(shard_.barcodes_.size());
            for (const auto& table : tables_) {
                const Column* column = table.find(kCellColumns[c]);
                if (column == nullptr) continue;
                const auto values = text_of(*column);
                const auto places = places_in(shard_.barcodes_, table.index);
                for (std::size_t i = 0; i < labels.size(); ++i)
                    if (places[i] != kAbsent) labels[i] = values[places[i]];
                break;
            }
            shard_.labels_[c] = make_categorical(labels);
        }
    }

    void read_genome() {
        if (!root_.has("uns") || !root_.child("uns").has("genome")) return;
        const auto node = root_.child("uns").child("genome");
        if (!node.is_group() && node.is_text() && node.shape().empty())
            shard_.genome_ = node.read_texts().at(0);
    }

    Hdf5Node root_;
    Shard shard_;
    std::vector<DataFrame> tables_;
    std::shared_ptr<const MappedFile> file_;
};

Shard Shard::open(const fs::path& path) {
    return ShardReader(path).read();
}

std::string_view Shard::label(std::size_t column, std::int64_t cell) const {
    const auto& labels = labels_[column];
    const auto code = labels.codes[static_cast<std::size_t>(cell)];
    return code < 0 ? std::string_view() : labels.categories[static_cast<std::size_t>(code)];
}

std::span<const std::int32_t> Shard::row(const MappedArray<std::int32_t>& indptr,
                                         const MappedArray<std::int32_t>& indices, std::int64_t cell,
                                         std::int64_t limit) const {
    const auto begin = static_cast<std::size_t>(indptr[static_cast<std::size_t>(cell)]);
    const auto end = static_cast<std::size_t>(indptr[static_cast<std::size_t>(cell) + 1]);
    const auto view = indices.view().subspan(begin, end - begin);
    bool good = true;
    for (const auto index : view) good = good && index >= 0 && index < limit;
    if (!good)
        throw InputError(path_.string(), "cell " + std::to_string(cell) + " has an index out of range",
                         "the file is damaged, copy or pack it again");
    return view;
}

std::span<const std::int32_t> Shard::peaks_of(std::int64_t cell) const {
    return row(peak_indptr_, peak_indices_, cell, static_cast<std::int64_t>(peak_names_.size()));
}

std::span<const std::int32_t> Shard::genes_of(std::int64_t cell) const {
    if (!has_rna_) return {};
    return row(gene_indptr_, gene_indices_, cell, static_cast<std::int64_t>(genes_.size()));
}

std::vector<std::int32_t> Shard::counts_of(std::int64_t cell) const {
    if (!has_rna_) return {};
    const auto begin = static_cast<std::size_t>(gene_indptr_[static_cast<std::size_t>(cell)]);
    const auto count = static_cast<std::size_t>(gene_indptr_[static_cast<std::size_t>(cell) + 1]) - begin;
    const auto copy = [&](const auto& array) {
        const auto part = array.view().subspan(begin, count);
        return std::vector<std::int32_t>(part.begin(), part.end());
    };
    if (counts8_.size() > 0) return copy(counts8_);
    if (counts16_.size() > 0) return copy(counts16_);
    return copy(counts32_);
}

DataFrame Shard::read_obs() const {
    const auto root = Hdf5Node::open_file(path_);
    auto obs = read_dataframe(root.child("obs"));
    if (obs.index != barcodes_) obs = read_dataframe(root.child("mod").child("atac").child("obs"));
    return obs;
}

}  // namespace epi
