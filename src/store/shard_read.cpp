#include <algorithm>
#include <cstring>
#include <limits>

#include "core/error.hpp"
#include "genome/interval.hpp"
#include "store/anndata_elements.hpp"
#include "store/gene_mapping.hpp"
#include "store/shard.hpp"
#include "store/shard_tables.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

void refuse_too_many(std::uint64_t entries, const Hdf5Node& x) {
    if (entries > std::numeric_limits<std::int32_t>::max())
        x.fail("holds 2^31 entries or more", "split its cells into several shards");
}

std::vector<std::int32_t> narrowed(const std::vector<std::int64_t>& indptr, const Hdf5Node& x) {
    refuse_too_many(static_cast<std::uint64_t>(indptr.back()), x);
    return {indptr.begin(), indptr.end()};
}

// All of a matrix; one that is too large is refused before memory is filled with it.
DoubleMatrix collect_few(const Hdf5Node& x) {
    if (x.is_group() && x.has("indices")) refuse_too_many(x.child("indices").size(), x);
    return collect(*open_matrix(x));
}

// Only what ShardWriter wrote is mapped: sorted rows without zeros are a promise of that writer. Whoever else
// writes into the file makes its arrays chunked.
bool is_ours(const Hdf5Node& x) {
    if (!x.is_group() || x.text_attribute("encoding-type") != "csr_matrix") return false;
    for (const auto* name : {"indptr", "indices", "data"})
        if (!x.has(name) || x.child(name).is_group() || !x.child(name).is_contiguous()) return false;
    return true;
}

bool is_shard(const Hdf5Node& root) {
    if (root.text_attribute("encoder") != "epifoundry" || !root.has("mod") || !root.has("uns")) return false;
    if (!root.child("uns").has("shard") || !root.child("uns").child("shard").has("barcodes")) return false;
    const auto x = atac_of(root).child("X");
    const auto rna = rna_of(root);
    return is_ours(x) && x.child("data").is_all_ones() && (!rna || is_ours(rna->child("X")));
}

}  // namespace

std::string_view NameList::operator[](std::size_t i) const {
    if (!held_.empty()) return held_[i];
    const auto width = bytes_.size() / size_;
    const auto* begin = reinterpret_cast<const char*>(bytes_.view().data()) + i * width;
    return {begin, ::strnlen(begin, width)};
}

std::vector<std::string> NameList::to_vector() const {
    std::vector<std::string> names;
    names.reserve(size_);
    for (std::size_t i = 0; i < size_; ++i) names.emplace_back((*this)[i]);
    return names;
}

// Fills a Shard from an open file.
class ShardReader {
  public:
    explicit ShardReader(const fs::path& path) : root_(Hdf5Node::open_file(path)) { shard_.path_ = path; }

    Shard read() {
        if (is_shard(root_))
            map_shard();
        else
            read_file();
        shard_.seen_ =
            std::make_unique<std::atomic<std::uint8_t>[]>(static_cast<std::size_t>(shard_.cells() + 3) / 4);
        return std::move(shard_);
    }

  private:
    void map_shard() {
        const auto atac = atac_of(root_), own = root_.child("uns").child("shard");
        read_names(own.child("barcodes"));
        shard_.n_peaks_ = length_of_index(atac.child("var"));
        shard_.peak_identity_ = text_of_scalar(own.child("peak_identity"));
        const auto x = atac.child("X");
        check_shape(x, shard_.n_peaks_);
        map_rows(x, shard_.peak_indptr_, shard_.peak_indices_);
        if (x.child("data").size() != shard_.peak_indices_.size())
            x.child("data").fail("is not as long as the indices");
        if (const auto rna = rna_of(root_)) {
            shard_.has_rna_ = true;
            shard_.n_genes_ = length_of_index(rna->child("var"));
            shard_.gene_identity_ = text_of_scalar(own.child("gene_identity"));
            const auto counts = rna->child("X");
            check_shape(counts, shard_.n_genes_);
            map_rows(counts, shard_.gene_indptr_, shard_.gene_indices_);
            map_counts(counts.child("data"));
        }
        const auto obs = atac.child("obs");
        for (std::size_t c = 0; c < kCellColumns.size(); ++c) map_label(obs, c);
        shard_.genome_ = genome_of(root_);
        shard_.release();  // of what was looked at, nothing stays in memory
    }

    static std::string text_of_scalar(const Hdf5Node& node) {
        const auto texts = node.read_texts();
        if (texts.size() != 1) node.fail("one text is expected");
        return texts[0];
    }

    static std::int64_t length_of_index(const Hdf5Node& frame) {
        auto name = frame.text_attribute("_index");
        return static_cast<std::int64_t>(frame.child(name.empty() ? "_index" : name).size());
    }

    void read_names(const Hdf5Node& node) {
        const auto shape = node.shape();
        if (shape.size() != 2 || shape[1] == 0 || node.type_size() != 1)
            node.fail("bytes, one row per cell, are expected");
        shard_.barcodes_ = NameList(map_or_read<std::uint8_t>(node), shape[0]);
    }

    void map_label(const Hdf5Node& obs, std::size_t c) {
        if (!obs.has(kCellColumns[c])) return;
        auto column = read_dataframe_column(obs, std::string(kCellColumns[c]));
        auto* labels = column ? std::get_if<Categorical>(&*column) : nullptr;
        if (labels == nullptr || static_cast<std::int64_t>(labels->codes.size()) != shard_.cells())
            obs.child(kCellColumns[c]).fail("a label per cell is expected");
        shard_.labels_[c] = CellLabels(*labels);
    }

    template <class Number>
    MappedArray<Number> map_or_read(const Hdf5Node& node) {
        if (const auto extent = node.mappable<Number>()) {
            if (file_ == nullptr) file_ = std::make_shared<MappedFile>(shard_.path_);
            return MappedArray<Number>(file_, file_->at<Number>(extent->offset, node.size()));
        }
        constexpr std::uint64_t kSmall = 16 * kHdf5Page;  // small arrays lie anywhere and may be read
        if (node.size() * sizeof(Number) >= kSmall) shard_.mapped_ = false;
        return MappedArray<Number>(node.read<Number>());
    }

    void map_rows(const Hdf5Node& x, MappedArray<std::int32_t>& indptr, MappedArray<std::int32_t>& indices) {
        indptr = map_or_read<std::int32_t>(x.child("indptr"));
        indices = map_or_read<std::int32_t>(x.child("indices"));
        const auto view = indptr.view();
        if (static_cast<std::int64_t>(view.size()) != shard_.cells() + 1 || view[0] != 0 ||
            !std::is_sorted(view.begin(), view.end()) ||
            static_cast<std::size_t>(view.back()) != indices.size())
            x.child("indptr").fail("does not rise from 0 to the number of entries in one step per cell");
    }

    void check_shape(const Hdf5Node& x, std::int64_t cols) const {
        if (matrix_shape(x) != std::pair{shard_.cells(), cols})
            x.fail("its shape is not that of obs and var");
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

    // Any other file: all of it.
    void read_file() {
        auto tables = read_cell_tables(root_);
        shard_.mapped_ = false;
        shard_.n_peaks_ = static_cast<std::int64_t>(tables.peak_names.size());
        shard_.peak_identity_ = identity_of_names(tables.peak_names);
        const auto x = atac_of(root_).child("X");
        auto matrix = collect_few(x);
        shard_.peak_indptr_ = MappedArray<std::int32_t>(narrowed(matrix.indptr, x));
        shard_.peak_indices_ = MappedArray<std::int32_t>(std::move(matrix.indices));
        if (tables.has_rna) read_counts(tables);
        for (std::size_t c = 0; c < kCellColumns.size(); ++c)
            shard_.labels_[c] = CellLabels(tables.labels[c]);
        shard_.genome_ = tables.genome;
        shard_.barcodes_ = NameList(std::move(tables.barcodes));
    }

    void read_counts(const CellTables& tables) {
        const auto x = rna_of(root_)->child("X");
        const auto matrix = collect_few(x);
        const auto places = places_in(tables.barcodes, tables.rna_barcodes);
        shard_.has_rna_ = true;
        shard_.n_genes_ = static_cast<std::int64_t>(tables.genes.size());
        shard_.gene_identity_ = identity_of_genes(tables.genes);
        CountMatrix ordered;
        shard_.rna_present_.assign(places.size(), true);
        for (std::size_t i = 0; i < places.size(); ++i) {
            shard_.rna_present_[i] = places[i] != kNoPlace;
            const auto row = static_cast<std::int64_t>(places[i]);
            std::vector<std::int32_t> counts;
            if (places[i] != kNoPlace)
                for (const double value : matrix.row_values(row)) counts.push_back(count_of(value, x));
            ordered.add_row(places[i] == kNoPlace ? std::span<const std::int32_t>() : matrix.row_indices(row),
                            counts);
        }
        shard_.gene_indptr_ = MappedArray<std::int32_t>(narrowed(ordered.indptr, x));
        shard_.gene_indices_ = MappedArray<std::int32_t>(std::move(ordered.indices));
        shard_.counts32_ = MappedArray<std::int32_t>(std::move(ordered.values));
    }

    static std::int32_t count_of(double value, const Hdf5Node& x) {
        if (value < 0 || value > std::numeric_limits<std::int32_t>::max() ||
            value != static_cast<double>(static_cast<std::int32_t>(value)))
            x.fail("holds values that are not counts (whole numbers from 0)", "store the raw counts in X");
        return static_cast<std::int32_t>(value);
    }

    Hdf5Node root_;
    Shard shard_;
    std::shared_ptr<const MappedFile> file_;
};

Shard Shard::open(const fs::path& path) {
    return ShardReader(path).read();
}

std::span<const std::int32_t> Shard::row(const MappedArray<std::int32_t>& indptr,
                                         const MappedArray<std::int32_t>& indices, std::int64_t cell,
                                         std::int64_t limit, std::uint8_t mark) const {
    const auto begin = static_cast<std::size_t>(indptr[static_cast<std::size_t>(cell)]);
    const auto end = static_cast<std::size_t>(indptr[static_cast<std::size_t>(cell) + 1]);
    const auto view = indices.view().subspan(begin, end - begin);
    auto& seen = seen_[static_cast<std::size_t>(cell) / 4];
    mark = static_cast<std::uint8_t>(mark << (2 * (cell % 4)));
    if ((seen.load(std::memory_order_relaxed) & mark) != 0) return view;
    bool bad = false;
    for (const auto index : view) bad |= index < 0 || index >= limit;
    if (bad)
        throw InputError(path_.string(), "cell " + std::to_string(cell) + " has an index out of range",
                         "the file is damaged, copy or pack it again");
    seen.fetch_or(mark, std::memory_order_relaxed);
    return view;
}

std::span<const std::int32_t> Shard::peaks_of(std::int64_t cell) const {
    return row(peak_indptr_, peak_indices_, cell, n_peaks_, 1);
}

void Shard::prefetch_peaks(std::int64_t cell) const {
    constexpr std::size_t kStep =
        4096 / sizeof(std::int32_t);  // a page; inside one the processor goes on alone
    const auto at = static_cast<std::size_t>(cell);
    const auto end = static_cast<std::size_t>(peak_indptr_[at + 1]);
    const auto* peaks = peak_indices_.view().data();
    for (auto i = static_cast<std::size_t>(peak_indptr_[at]); i < end; i += kStep)
        __builtin_prefetch(peaks + i);
}

std::span<const std::int32_t> Shard::genes_of(std::int64_t cell) const {
    if (!has_rna_) return {};
    return row(gene_indptr_, gene_indices_, cell, n_genes_, 2);
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

std::int32_t Shard::peak_count(std::int64_t cell) const {
    const auto at = static_cast<std::size_t>(cell);
    return peak_indptr_[at + 1] - peak_indptr_[at];
}

std::int32_t Shard::gene_count(std::int64_t cell) const {
    const auto at = static_cast<std::size_t>(cell);
    return has_rna_ ? gene_indptr_[at + 1] - gene_indptr_[at] : 0;
}

std::array<std::span<const std::byte>, 3> Shard::mapped_bytes_of(std::int64_t cell) const {
    std::array<std::span<const std::byte>, 3> parts;
    const auto at = static_cast<std::size_t>(cell);
    const auto part = [&](const auto& array, const MappedArray<std::int32_t>& indptr) {
        if (array.file() == nullptr) return std::span<const std::byte>();
        const auto begin = static_cast<std::size_t>(indptr[at]),
                   end = static_cast<std::size_t>(indptr[at + 1]);
        return std::as_bytes(array.view().subspan(begin, end - begin));
    };
    parts[0] = part(peak_indices_, peak_indptr_);
    if (!has_rna_) return parts;
    parts[1] = part(gene_indices_, gene_indptr_);
    parts[2] = counts8_.size() > 0    ? part(counts8_, gene_indptr_)
               : counts16_.size() > 0 ? part(counts16_, gene_indptr_)
                                      : part(counts32_, gene_indptr_);
    return parts;
}

void Shard::release() const {
    const MappedFile* file = peak_indices_.file();
    if (file == nullptr) file = gene_indices_.file();
    if (file != nullptr) file->release();
}

DataFrame Shard::read_obs() const {
    const auto root = Hdf5Node::open_file(path_);
    auto obs = read_dataframe(root.child("obs"));
    if (obs.index != barcodes_.to_vector()) obs = read_dataframe(atac_of(root).child("obs"));
    return obs;
}

std::vector<std::string> Shard::peak_names() const {
    return read_dataframe(atac_of(Hdf5Node::open_file(path_)).child("var")).index;
}

GeneTable Shard::genes() const {
    const auto rna = rna_of(Hdf5Node::open_file(path_));
    return rna ? genes_of_var(read_dataframe(rna->child("var")), rna->place()) : GeneTable();
}

}  // namespace epi
