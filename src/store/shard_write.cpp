#include <algorithm>
#include <fstream>
#include <limits>
#include <numeric>
#include <utility>

#include "core/error.hpp"
#include "core/version.hpp"
#include "genome/interval.hpp"
#include "io/atomic_output.hpp"
#include "store/anndata_elements.hpp"
#include "store/csr_sink.hpp"
#include "store/gene_mapping.hpp"
#include "store/shard.hpp"

namespace epi {
namespace {

// The columns that every modality repeats, so that it is useful when opened alone.
DataFrame cell_columns_of(const DataFrame& obs) {
    DataFrame result;
    result.index = obs.index;
    for (const auto name : kCellColumns)
        if (const Column* column = obs.find(name)) result.set(name, *column);
    return result;
}

// As make_categorical() of the names, without a string for each interval.
Categorical categorical_chromosomes(const IntervalSet& set) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < set.chromosomes.size(); ++i) names.push_back(set.chromosomes.name(i));
    auto result = make_categorical(names);
    const auto code_of = std::exchange(result.codes, {});
    for (const auto& interval : set.intervals) result.codes.push_back(code_of[interval.chrom]);
    return result;
}

DataFrame var_of_peaks(const IntervalSet& peaks) {
    DataFrame var;
    var.index = peaks.names();
    std::vector<std::int64_t> starts, ends;
    for (const auto& peak : peaks.intervals) {
        starts.push_back(peak.start);
        ends.push_back(peak.end);
    }
    var.set("chromosome", categorical_chromosomes(peaks));
    var.set("start", std::move(starts));
    var.set("end", std::move(ends));
    return var;
}

// An AnnData group without its matrix and tables.
void begin_modality(Hdf5Writer& file, const std::string& path) {
    file.make_group(path);
    write_encoding(file, path, "anndata", "0.1.0");
    for (const auto* name : {"/layers", "/obsm", "/varm", "/obsp", "/varp", "/uns"})
        write_dict(file, path + name);
}

// Which rows (or columns) of the whole are this modality's: a boolean mask, and 1-based places.
void write_membership(Hdf5Writer& file, const std::string& axis, const std::string& modality,
                      std::size_t whole, std::size_t first, std::size_t count) {
    std::vector<std::int8_t> mask(whole, 0);
    std::vector<std::uint32_t> places(whole, 0);
    for (std::size_t i = 0; i < count; ++i) {
        mask[first + i] = 1;
        places[first + i] = static_cast<std::uint32_t>(i + 1);
    }
    file.booleans("/" + axis + "m/" + modality, mask, {whole});
    write_encoding(file, "/" + axis + "m/" + modality, "array", "0.2.0");
    file.array("/" + axis + "map/" + modality, places);
    write_encoding(file, "/" + axis + "map/" + modality, "array", "0.2.0");
}

// The barcodes once more as bytes, each as wide as the longest: these can be mapped, strings cannot.
void write_barcodes(Hdf5Writer& file, const std::string& path, const std::vector<std::string>& barcodes) {
    std::size_t width = 1;
    for (const auto& barcode : barcodes) width = std::max(width, barcode.size());
    std::vector<std::uint8_t> bytes(barcodes.size() * width);
    for (std::size_t i = 0; i < barcodes.size(); ++i)
        std::copy(barcodes[i].begin(), barcodes[i].end(),
                  bytes.begin() + static_cast<std::ptrdiff_t>(i * width));
    file.array(path, bytes, {barcodes.size(), width}, memory_type<std::uint8_t>());
    write_encoding(file, path, "array", "0.2.0");
}

// `peaks` are the names; they are lent to the table of all features meanwhile.
void write_root(Hdf5Writer& file, const ShardHead& content, std::vector<std::string>& peaks) {
    write_encoding(file, "/", "MuData", "0.1.0");
    file.attribute("/", "encoder", "epifoundry");
    file.attribute("/", "encoder-version", version());
    file.attribute("/", "axis", std::vector<std::int64_t>{0});
    write_dataframe(file, "/obs", content.obs);
    nlohmann::ordered_json uns;
    uns["genome"] = content.genome;
    uns["shard"] = {{"peak_identity", identity_of_names(peaks)},
                    {"gene_identity", content.has_rna ? identity_of_genes(content.genes) : ""}};
    DataFrame var;
    var.index = std::move(peaks);
    const auto genes = content.has_rna ? content.genes.unique_names() : std::vector<std::string>{};
    var.index.insert(var.index.end(), genes.begin(), genes.end());
    write_dataframe(file, "/var", var);
    for (const auto* name : {"/obsm", "/varm", "/obsp", "/varp", "/obsmap", "/varmap"})
        write_dict(file, name);
    const auto cells = content.obs.size();
    write_membership(file, "obs", "atac", cells, 0, cells);
    const auto n_peaks = content.peaks.size();
    write_membership(file, "var", "atac", var.size(), 0, n_peaks);
    if (content.has_rna) {
        write_membership(file, "obs", "rna", cells, 0, cells);
        write_membership(file, "var", "rna", var.size(), n_peaks, genes.size());
    }
    write_json_element(file, "/uns", uns);
    write_barcodes(file, "/uns/shard/barcodes", content.obs.index);
    peaks = std::move(var.index);
    peaks.resize(n_peaks);
}

void refuse_too_many(std::span<const std::int32_t> lengths, const std::filesystem::path& path) {
    if (std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}) >
        std::numeric_limits<std::int32_t>::max())
        throw InputError(path.string(), "would hold 2^31 entries or more",
                         "make several shards of its cells");
}

StoredAs stored_counts(double largest) {
    return largest <= 0xff ? StoredAs::UInt8 : largest <= 0xffff ? StoredAs::UInt16 : StoredAs::Int32;
}

// MuData files say what they are in their first bytes, before the HDF5 content.
void write_mark(const std::filesystem::path& path, const std::string& name) {
    std::string mark = "MuData (format-version=0.1.0;creator=epifoundry;creator-version=" + version() + ")";
    mark.resize(kHdf5Page, '\0');
    std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
    stream.write(mark.data(), static_cast<std::streamsize>(mark.size()));
    stream.close();
    if (!stream) throw ResourceError(name, "cannot be written", "check the space on the disk");
}

}  // namespace

struct ShardWriter::State {
    State(const std::filesystem::path& path, bool force) : output(path, force) {}

    AtomicFile output;
    const ShardHead* head = nullptr;
    std::optional<Hdf5Writer> tables;  // until they are written
    std::optional<RawFile> file;
    CsrPlace peaks, counts;
    std::optional<CsrSink> peak_sink, count_sink;
    bool has_rna = false, finished = false;
    std::string name;
};

ShardWriter::ShardWriter(const ShardHead& head, std::span<const std::int32_t> open, const MatrixScan& counts,
                         const std::filesystem::path& path, bool force, ShardSize size) {
    check(open.size() == head.obs.size(), "one row of open peaks per cell");
    check(!head.has_rna || counts.lengths.size() == head.obs.size(), "one row of counts per cell");
    if (size == ShardSize::Shard) {
        refuse_too_many(open, path);
        refuse_too_many(counts.lengths, path);
    }
    state_ = std::make_unique<State>(path, force);
    state_->head = &head;
    state_->has_rna = head.has_rna;
    state_->name = path.string();
    const auto& temporary = state_->output.temporary_path();
    auto& file = state_->tables.emplace(temporary, path.string(), kHdf5Page);
    file.make_group("/mod");
    file.attribute("/mod", "mod-order",
                   head.has_rna ? std::vector<std::string>{"atac", "rna"} : std::vector<std::string>{"atac"});
    // The places of the matrices first, so that rows can be written beside the tables.
    begin_modality(file, "/mod/atac");
    state_->peaks =
        reserve_csr(file, "/mod/atac/X", static_cast<std::int64_t>(head.peaks.size()), open, std::nullopt);
    if (head.has_rna) {
        begin_modality(file, "/mod/rna");
        state_->counts = reserve_csr(file, "/mod/rna/X", static_cast<std::int64_t>(head.genes.size()),
                                     counts.lengths, stored_counts(counts.largest));
    }
    state_->file.emplace(temporary, path.string());
    state_->peak_sink.emplace(*state_->file, state_->peaks);
    if (head.has_rna) state_->count_sink.emplace(*state_->file, state_->counts);
}

void ShardWriter::write_tables() {
    if (!state_->tables) return;
    const auto& head = *state_->head;
    auto& file = *state_->tables;
    auto peaks = var_of_peaks(head.peaks);
    const auto obs = cell_columns_of(head.obs);
    write_root(file, head, peaks.index);
    write_dataframe(file, "/mod/atac/obs", obs);
    write_dataframe(file, "/mod/atac/var", peaks);
    if (head.has_rna) {
        write_dataframe(file, "/mod/rna/obs", obs);
        write_dataframe(file, "/mod/rna/var", var_of_genes(head.genes));
    }
    file.close();
    state_->tables.reset();
    const auto& temporary = state_->output.temporary_path();
    write_mark(temporary, state_->name);
    state_->file->start_writing(0, std::filesystem::file_size(temporary));
}

ShardWriter::ShardWriter(ShardWriter&&) noexcept = default;
ShardWriter::~ShardWriter() = default;

void ShardWriter::put_peaks(std::int64_t cell, std::span<const std::int32_t> peaks) {
    state_->peak_sink->put(cell, peaks, {});
}

void ShardWriter::put_counts(std::int64_t cell, std::span<const std::int32_t> genes,
                             std::span<const double> counts) {
    state_->count_sink->put(cell, genes, counts);
}

void ShardWriter::finish() {
    if (std::exchange(state_->finished, true)) return;
    write_tables();
    state_->peak_sink->finish();
    if (state_->has_rna) state_->count_sink->finish();
    state_->file->sync();
}

void ShardWriter::commit(const nlohmann::ordered_json& provenance) {
    finish();
    auto file = Hdf5Writer::reopen(state_->output.temporary_path(), state_->name);
    write_json_element(file, "/uns/epifoundry", provenance);
    file.close();
    state_->output.commit();
}

void write_shard(const ShardContent& content, const std::filesystem::path& path, bool force) {
    const auto lengths = [](const auto& indptr) {
        std::vector<std::int32_t> result;
        for (std::size_t i = 1; i < indptr.size(); ++i)
            result.push_back(static_cast<std::int32_t>(indptr[i] - indptr[i - 1]));
        return result;
    };
    MatrixScan counts;
    if (content.has_rna) counts.lengths = lengths(content.counts.indptr);
    for (const double value : content.counts.values) counts.largest = std::max(counts.largest, value);
    ShardWriter writer(content, lengths(content.indptr), counts, path, force);
    for (std::int64_t cell = 0; cell + 1 < static_cast<std::int64_t>(content.indptr.size()); ++cell) {
        const auto begin = static_cast<std::size_t>(content.indptr[static_cast<std::size_t>(cell)]);
        const auto end = static_cast<std::size_t>(content.indptr[static_cast<std::size_t>(cell) + 1]);
        writer.put_peaks(cell, std::span(content.indices).subspan(begin, end - begin));
        if (content.has_rna)
            writer.put_counts(cell, content.counts.row_indices(cell), content.counts.row_values(cell));
    }
    writer.commit(content.provenance);
}

}  // namespace epi
