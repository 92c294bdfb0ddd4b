#include "batches/atlas_cells.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <utility>

#include "batches/split.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "store/manifest.hpp"
#include "store/shard.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

constexpr std::uint8_t kNoSplit = 3;  // after the indices of kSplits
constexpr std::uint64_t kMappedBytes = std::uint64_t{4} << 30;
// The system maps this much around the byte that is touched.
constexpr std::uint64_t kFaultBytes = std::uint64_t{64} << 10;

// "sample:barcode", unless the barcode says so already.
std::string cell_name(std::string_view sample, std::string_view barcode) {
    if (sample.empty()) return std::string(barcode);
    const std::string prefix = std::string(sample) + ":";
    return barcode.starts_with(prefix) ? std::string(barcode) : prefix + std::string(barcode);
}

}  // namespace

struct AtlasCells::State {
    fs::path path;
    std::string genome, peak_identity, gene_identity;
    std::vector<Shard> shards;
    std::vector<std::int64_t> first{0};  // of each shard, then the total
    IntervalSet peaks;
    std::vector<std::string> peak_names;
    GeneTable genes;
    std::optional<SplitRule> rule;                          // nothing: the atlas was not split
    std::vector<std::uint8_t> in_table;                     // of a rule by table: the split of each cell
    std::size_t rule_column = 0;                            // of a rule by groups, in kCellColumns
    std::vector<std::vector<std::uint8_t>> split_of_label;  // of such a rule: per shard, by code + 1
    std::vector<std::string> notes;
    std::atomic<std::uint64_t> most_mapped = kMappedBytes, touched = 0;
    std::uint64_t mapped_bytes = 0;  // of all files

    struct Place {
        const Shard* shard;
        std::int64_t row;
    };
    Place at(std::int64_t cell) const {
        check(cell >= 0 && cell < first.back(), "a cell of the atlas");
        const auto shard = std::upper_bound(first.begin(), first.end(), cell) - first.begin() - 1;
        return {&shards[static_cast<std::size_t>(shard)], cell - first[static_cast<std::size_t>(shard)]};
    }
    std::string name(std::int64_t cell) const {
        const auto place = at(cell);
        return cell_name(place.shard->label(0, place.row), place.shard->barcode(place.row));
    }
    std::uint8_t split(std::int64_t cell) const {
        if (!rule) return kNoSplit;
        if (rule->by == "cell") return static_cast<std::uint8_t>(split_of_cell(*rule, name(cell)));
        if (rule->by == "table") return in_table[static_cast<std::size_t>(cell)];
        const auto place = at(cell);
        const auto code = place.shard->labels(rule_column).code(place.row);
        const auto shard = static_cast<std::size_t>(place.shard - shards.data());
        return split_of_label[shard][static_cast<std::size_t>(code) + 1];
    }
    // Counts what was mapped, and lets go of all of it when it is too much: what is needed again comes back
    // from the system's cache.
    void touch(std::uint64_t bytes) {
        if (mapped_bytes <= most_mapped) return;
        if (touched.fetch_add(bytes + kFaultBytes, std::memory_order_relaxed) < most_mapped) return;
        touched = 0;
        for (const auto& shard : shards) shard.release();
    }

    // Peaks and genes must be those of the shards before. `source` is for messages.
    void add(Shard shard) {
        if (shards.empty()) {
            peak_names = shard.peak_names();
            peak_identity = shard.peak_identity();
            peaks = intervals_named(peak_names, shard.path().string());
        } else if (shard.peak_identity() != peak_identity || shard.n_peaks() != n_peaks()) {
            throw InputError(shard.path().string(), "its peaks are not those of " + owner(),
                             "pack both on the same peak set");
        }
        if (shard.has_rna()) {
            if (gene_identity.empty()) {
                genes = shard.genes();
                gene_identity = shard.gene_identity();
            } else if (shard.gene_identity() != gene_identity) {
                throw InputError(shard.path().string(), "its genes are not those of " + owner(),
                                 "pack both on the same gene table");
            }
        }
        if (!shard.mapped())
            notes.push_back(shard.path().string() + ": read instead of mapped (see atlas repack)");
        if (shard.mapped()) mapped_bytes += fs::file_size(shard.path());
        first.push_back(first.back() + shard.cells());
        shards.push_back(std::move(shard));
    }
    std::int64_t n_peaks() const { return static_cast<std::int64_t>(peak_names.size()); }
    std::string owner() const { return shards.empty() ? path.string() : shards.front().path().string(); }

    void open_atlas();
    void apply_split(const SplitRule& rule);
};

void AtlasCells::State::open_atlas() {
    const auto manifest = read_manifest(path);
    genome = manifest.genome;
    for (const auto& entry : manifest.shards) {
        check_shard_file(path, entry);
        add(Shard::open(shard_path(path, entry)));
        if (shards.back().cells() != entry.cells)
            throw InputError(shards.back().path().string(),
                             "has another number of cells than the manifest says",
                             "run `epifoundry atlas verify`");
    }
    if (shards.empty())
        throw InputError(path.string(), "is an atlas without a shard", "add one with `epifoundry atlas add`");
    if (peak_identity != manifest.peaks.identity)
        throw InputError(path.string(), "the peaks of its shards are not those of the manifest",
                         "run `epifoundry atlas verify`");
    if (!gene_identity.empty() && gene_identity != manifest.genes.identity)
        throw InputError(path.string(), "the genes of its shards are not those of the manifest",
                         "run `epifoundry atlas verify`");
    if (!manifest.split.is_null())
        apply_split(split_rule_of(manifest.split, (path / kManifestName).string()));
}

void AtlasCells::State::apply_split(const SplitRule& chosen) {
    rule = chosen;
    if (rule->by == "cell") return;
    if (rule->by == "table") {
        const auto table = read_split_table(path / rule->table);
        in_table.assign(static_cast<std::size_t>(first.back()), kNoSplit);
        for (std::int64_t cell = 0; cell < first.back(); ++cell)
            if (const auto found = table.find(name(cell)); found != table.end())
                in_table[static_cast<std::size_t>(cell)] = static_cast<std::uint8_t>(found->second);
        return;
    }
    const auto column = std::find(kCellColumns.begin(), kCellColumns.end(), rule->by) - kCellColumns.begin();
    if (column == static_cast<std::ptrdiff_t>(kCellColumns.size()))
        throw InputError((path / kManifestName).string(), "splits by the unknown column '" + rule->by + "'",
                         "split the atlas again");
    rule_column = static_cast<std::size_t>(column);
    const auto part_of = [&](const std::string& value) {
        std::uint8_t part = 0;
        for (std::size_t i = 1; i < kSplits.size(); ++i)
            if (std::find(rule->groups[i].begin(), rule->groups[i].end(), value) != rule->groups[i].end())
                part = static_cast<std::uint8_t>(i);
        return part;
    };
    for (const auto& shard : shards) {
        std::vector<std::uint8_t> parts{part_of("")};
        for (const auto& value : shard.labels(rule_column).categories()) parts.push_back(part_of(value));
        split_of_label.push_back(std::move(parts));
    }
}

AtlasCells::AtlasCells(std::unique_ptr<State> state) : state_(std::move(state)) {}
AtlasCells::AtlasCells(AtlasCells&&) noexcept = default;
AtlasCells& AtlasCells::operator=(AtlasCells&&) noexcept = default;
AtlasCells::~AtlasCells() = default;

AtlasCells AtlasCells::open(const fs::path& path) {
    auto state = std::make_unique<State>();
    state->path = path;
    if (fs::is_directory(path)) {
        state->open_atlas();
    } else {
        state->add(Shard::open(path));
        state->genome = state->shards[0].genome();
    }
    return AtlasCells(std::move(state));
}

std::int64_t AtlasCells::size() const {
    return state_->first.back();
}

std::string AtlasCells::name(std::int64_t cell) const {
    return state_->name(cell);
}

std::string_view AtlasCells::barcode(std::int64_t cell) const {
    const auto place = state_->at(cell);
    return place.shard->barcode(place.row);
}

std::string_view AtlasCells::sample(std::int64_t cell) const {
    const auto place = state_->at(cell);
    return place.shard->label(0, place.row);
}

std::string_view AtlasCells::batch(std::int64_t cell) const {
    const auto place = state_->at(cell);
    return place.shard->label(1, place.row);
}

std::string_view AtlasCells::donor(std::int64_t cell) const {
    const auto place = state_->at(cell);
    return place.shard->label(2, place.row);
}

std::string_view AtlasCells::tissue(std::int64_t cell) const {
    const auto place = state_->at(cell);
    return place.shard->label(3, place.row);
}

std::string_view AtlasCells::cell_type(std::int64_t cell) const {
    const auto place = state_->at(cell);
    return place.shard->label(4, place.row);
}

std::string_view AtlasCells::split(std::int64_t cell) const {
    check(cell >= 0 && cell < size(), "a cell of the atlas");
    const auto part = state_->split(cell);
    return part == kNoSplit ? std::string_view() : kSplits[part];
}

bool AtlasCells::has_split() const {
    return state_->rule.has_value();
}

AtlasCells::Label AtlasCells::label_named(std::string_view name) {
    using Named = std::pair<std::string_view, Label>;
    static constexpr std::array<Named, 6> kLabels{{{"sample", &AtlasCells::sample},
                                                   {"batch", &AtlasCells::batch},
                                                   {"donor", &AtlasCells::donor},
                                                   {"tissue", &AtlasCells::tissue},
                                                   {"cell_type", &AtlasCells::cell_type},
                                                   {"split", &AtlasCells::split}}};
    const auto* found =
        std::find_if(kLabels.begin(), kLabels.end(), [&](const Named& one) { return one.first == name; });
    return found == kLabels.end() ? nullptr : found->second;
}

std::vector<std::string> AtlasCells::column(std::string_view name) const {
    const auto label = label_named(name);
    if (label == nullptr)
        throw UsageError("'" + std::string(name) + "'", "is no column of the cells",
                         "the columns are sample, batch, donor, tissue, cell_type and split");
    std::vector<std::string> values;
    values.reserve(static_cast<std::size_t>(size()));
    for (std::int64_t cell = 0; cell < size(); ++cell) values.emplace_back((this->*label)(cell));
    return values;
}

std::vector<std::int64_t> AtlasCells::cells_in(std::string_view part) const {
    std::vector<std::int64_t> cells;
    for (std::int64_t cell = 0; cell < size(); ++cell)
        if (split(cell) == part) cells.push_back(cell);
    return cells;
}

std::span<const std::int32_t> AtlasCells::peaks_of(std::int64_t cell) const {
    const auto place = state_->at(cell);
    const auto view = place.shard->peaks_of(place.row);
    state_->touch(view.size_bytes());
    return view;
}

std::int32_t AtlasCells::peak_count(std::int64_t cell) const {
    const auto place = state_->at(cell);
    return place.shard->peak_count(place.row);
}

std::int32_t AtlasCells::gene_count(std::int64_t cell) const {
    const auto place = state_->at(cell);
    return place.shard->gene_count(place.row);
}

void AtlasCells::will_need(std::span<const std::int64_t> cells) const {
    constexpr std::ptrdiff_t kGap = 32 << 10;  // what is nearer is one request
    std::vector<std::span<const std::byte>> parts;
    for (const auto cell : cells) {
        const auto place = state_->at(cell);
        for (const auto part : place.shard->mapped_bytes_of(place.row))
            if (!part.empty()) parts.push_back(part);
    }
    std::sort(parts.begin(), parts.end(), [](auto a, auto b) { return a.data() < b.data(); });
    for (std::size_t i = 0; i < parts.size();) {
        const auto* begin = parts[i].data();
        const auto* end = begin;
        for (; i < parts.size() && (end == begin || parts[i].data() - end <= kGap); ++i)
            end = std::max(end, parts[i].data() + parts[i].size());
        epi::will_need({begin, end});
    }
}

void AtlasCells::keep_mapped(std::uint64_t bytes) {
    state_->most_mapped = bytes;
}

const std::vector<std::int64_t>& AtlasCells::shard_starts() const {
    return state_->first;
}

void AtlasCells::prefetch_peaks(std::int64_t cell) const {
    const auto place = state_->at(cell);
    place.shard->prefetch_peaks(place.row);
}

std::size_t AtlasCells::peak_count(std::span<const std::int64_t> cells) const {
    std::size_t count = 0;
    for (const auto cell : cells) count += static_cast<std::size_t>(peak_count(cell));
    return count;
}

void AtlasCells::copy_peaks(std::span<const std::int64_t> cells, std::int32_t* to) const {
    for_each_peaks(cells, [&](std::size_t, std::span<const std::int32_t> peaks) {
        to = std::copy(peaks.begin(), peaks.end(), to);
    });
}

bool AtlasCells::has_rna() const {
    return std::any_of(state_->shards.begin(), state_->shards.end(),
                       [](const Shard& s) { return s.has_rna(); });
}

bool AtlasCells::has_rna(std::int64_t cell) const {
    const auto place = state_->at(cell);
    return place.shard->has_rna(place.row);
}

std::span<const std::int32_t> AtlasCells::genes_of(std::int64_t cell) const {
    const auto place = state_->at(cell);
    const auto view = place.shard->genes_of(place.row);
    state_->touch(view.size_bytes());
    return view;
}

std::vector<std::int32_t> AtlasCells::counts_of(std::int64_t cell) const {
    const auto place = state_->at(cell);
    return place.shard->counts_of(place.row);
}

FloatMatrix AtlasCells::peak_matrix(std::span<const std::int64_t> cells) const {
    FloatMatrix matrix;
    matrix.cols = n_peaks();
    for_each_peaks(cells, [&](std::size_t, std::span<const std::int32_t> peaks_here) {
        matrix.add_row(peaks_here, std::vector<float>(peaks_here.size(), 1.0F));
    });
    return matrix;
}

CountMatrix AtlasCells::count_matrix(std::span<const std::int64_t> cells) const {
    CountMatrix matrix;
    matrix.cols = n_genes();
    for (const auto cell : cells) matrix.add_row(genes_of(cell), counts_of(cell));
    return matrix;
}

const IntervalSet& AtlasCells::peaks() const {
    return state_->peaks;
}
const std::vector<std::string>& AtlasCells::peak_names() const {
    return state_->peak_names;
}
const GeneTable& AtlasCells::genes() const {
    return state_->genes;
}
const std::string& AtlasCells::peak_identity() const {
    return state_->peak_identity;
}
const std::string& AtlasCells::gene_identity() const {
    return state_->gene_identity;
}
const std::string& AtlasCells::genome() const {
    return state_->genome;
}
const fs::path& AtlasCells::path() const {
    return state_->path;
}
const std::vector<std::string>& AtlasCells::notes() const {
    return state_->notes;
}

}  // namespace epi
