#include "pipeline/fragments.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "core/parallel.hpp"
#include "core/text.hpp"
#include "fragments/barcode_finder.hpp"
#include "fragments/barcode_memory.hpp"
#include "fragments/external_sorter.hpp"
#include "fragments/fragment_cache.hpp"
#include "fragments/fragment_row.hpp"
#include "fragments/mate_finder.hpp"
#include "fragments/read_pair.hpp"
#include "genome/chromosomes.hpp"
#include "io/atomic_output.hpp"
#include "io/bgzip_writer.hpp"
#include "io/provenance.hpp"
#include "io/text_writer.hpp"
#include "pipeline/cached_fragments.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBatch = 8192, kReadsLookedAtForTags = 1000;
constexpr std::int64_t kLongestForTabix = std::int64_t{1} << 29;

struct Shift {
    std::int64_t left = 0, right = 0;
};

Shift shift_of(std::string_view text) {
    std::string_view rest = text;
    const auto left = parse_number<std::int64_t>(take_field(rest, ','));
    const auto right = parse_number<std::int64_t>(rest);
    constexpr std::int64_t kFar = 1000;
    if (!left || !right || std::abs(*left) > kFar || std::abs(*right) > kFar)
        throw UsageError("--shift", "'" + std::string(text) + "' are not two numbers of bases",
                         "give what to add to start and end, as in 4,-5");
    return {*left, *right};
}

// What a thread finds out of a read; its barcode gets a number later, as these are given in order.
struct SeenRead {
    Alignment alignment;
    std::optional<std::string_view> barcode;
    ReadFate fate = ReadFate::Kept;
    ReadName name{};
};

ReadEnd end_of(const SeenRead& seen, std::uint32_t barcode) {
    const auto& read = seen.alignment;
    ReadEnd end;
    end.name = seen.name;
    end.contig = read.contig;
    end.start = static_cast<std::int32_t>(read.start);
    end.mate_start = static_cast<std::int32_t>(read.mate_start);
    end.reverse = read.has(kReverseStrand);
    end.second = read.has(kSecondOfPair);
    end.cut = static_cast<std::int32_t>(end.reverse ? read.unclipped_end : read.unclipped_start);
    end.edge = static_cast<std::int32_t>(end.reverse ? read.end : read.start);
    end.quality = read.quality;
    end.barcode = barcode;
    return end;
}

class FragmentMaker {
  public:
    FragmentMaker(const FragmentsOptions& options, const RunContext& context)
        : options_(options),
          context_(context),
          shift_(shift_of(options.shift)),
          finder_(options.barcode_tag, options.barcode_regex),
          mates_(context.memory_bytes / 4, [this](const auto& a, const auto& b) { add_mates(a, b); }),
          pairs_(context.memory_bytes / 4, ByPlace(), JoinEqualPairs{!options.keep_duplicates}),
          rows_(context.memory_bytes / 4, ByRow{&barcodes_}, JoinEqualRows{!options.keep_duplicates}) {}

    void read(std::size_t file);
    void finish_reading();
    void write(const fs::path& path);
    bool too_long_for_tabix() const;
    FragmentsResult result() const;
    nlohmann::ordered_json record() const;

  private:
    void take_contigs(const AlignmentReader& reader, const std::string& name);
    void look(const AlignmentReader& reader, std::size_t file, std::size_t i, SeenRead& seen) const;
    void add_read(const SeenRead& seen, const std::string& name);
    void add_mates(const ReadEnd& first, const ReadEnd& second);
    void add_row(const ReadPair& pair);
    void check_problem(const MateFinder::Problem& problem, const std::string& name) const;
    void check_any_left() const;
    std::int64_t fate(ReadFate fate) const { return fates_[static_cast<std::size_t>(fate)]; }

    const FragmentsOptions& options_;
    const RunContext& context_;
    Shift shift_;
    BarcodeFinder finder_;
    BarcodeTable barcodes_;
    MateFinder mates_;
    ExternalSorter<ReadPair, ByPlace, JoinEqualPairs> pairs_;
    ExternalSorter<FragmentRow, ByRow, JoinEqualRows> rows_;
    std::vector<std::pair<std::string, std::int64_t>> contigs_;
    std::vector<bool> mitochondrial_;
    std::vector<SeenRead> seen_;
    std::array<std::int64_t, kReadFates> fates_{};
    std::set<std::string> tags_;
    std::string first_name_;
    std::int64_t reads_ = 0, with_barcode_ = 0, pairs_met_ = 0, other_orientation_ = 0, other_barcode_ = 0;
    std::int64_t molecules_ = 0, empty_ = 0, too_long_ = 0, written_ = 0;
};

void FragmentMaker::take_contigs(const AlignmentReader& reader, const std::string& name) {
    if (!contigs_.empty() && contigs_ != reader.contigs())
        throw InputError(name, "its contigs are not those of " + options_.inputs.front().string(),
                         "give files that were aligned to the same genome, or one at a time");
    contigs_ = reader.contigs();
    mitochondrial_.clear();
    for (const auto& [contig, length] : contigs_) {
        if (length > kMaxCoordinate)
            throw InputError(name, "contig '" + contig + "' is too long (" + with_commas(length) + " bp)",
                             "split it before the alignment");
        mitochondrial_.push_back(is_mitochondrial(contig));
    }
}

void FragmentMaker::look(const AlignmentReader& reader, std::size_t file, std::size_t i,
                         SeenRead& seen) const {
    seen.alignment = reader[i];
    seen.barcode = finder_.find(reader, i);
    const auto contig = seen.alignment.contig;
    seen.fate =
        judge(seen.alignment, seen.barcode.has_value(),
              options_.drop_mitochondrial && contig >= 0 && mitochondrial_[static_cast<std::size_t>(contig)],
              options_.filter);
    if (seen.fate == ReadFate::Kept) seen.name = read_name(seen.alignment.name, file);
}

void FragmentMaker::read(std::size_t file) {
    const auto& path = options_.inputs[file];
    AlignmentReader reader(path);
    take_contigs(reader, path.string());
    seen_.resize(kBatch);
    for (std::size_t n = 0; (n = reader.read(kBatch)) > 0;) {
        context_.check_stop();
        parallel_ranges(
            n, context_.threads,
            [&](std::size_t begin, std::size_t end) {
                for (auto i = begin; i < end; ++i) look(reader, file, i, seen_[i]);
            },
            512);
        for (std::size_t i = 0; reads_ == 0 && i < std::min(n, kReadsLookedAtForTags); ++i)
            for (auto& tag : reader.tags(i)) tags_.insert(std::move(tag));
        if (reads_ == 0) first_name_ = seen_[0].alignment.name;
        for (std::size_t i = 0; i < n; ++i) add_read(seen_[i], path.string());
        check_barcode_table(barcodes_, context_.memory_bytes / 4, path.string());
        reads_ += static_cast<std::int64_t>(n);
        context_.update("reads", static_cast<std::uint64_t>(reads_));
    }
}

void FragmentMaker::add_read(const SeenRead& seen, const std::string& name) {
    ++fates_[static_cast<std::size_t>(seen.fate)];
    if (seen.barcode) ++with_barcode_;
    if (seen.fate != ReadFate::Kept) return;
    const auto end = end_of(seen, barcodes_.id(*seen.barcode));
    if (!options_.filter.single_end) return check_problem(mates_.add(end), name);
    ReadPair pair;
    pair.contig = static_cast<std::uint32_t>(end.contig);
    pair.barcode = end.barcode;
    pair.left = pair.right = end.cut;
    pair.start = static_cast<std::int32_t>(seen.alignment.start);
    pair.end = static_cast<std::int32_t>(seen.alignment.end);
    pair.left_quality = pair.right_quality = end.quality;
    pair.strand = end.reverse ? '-' : '+';
    pairs_.add(pair);
    ++pairs_met_;
}

void FragmentMaker::check_problem(const MateFinder::Problem& problem, const std::string& name) const {
    if (problem)
        throw InputError(name, *problem, "run samtools fixmate on it, and give files of several runs apart");
}

void FragmentMaker::add_mates(const ReadEnd& first, const ReadEnd& second) {
    ++pairs_met_;
    if (first.reverse == second.reverse) {
        ++other_orientation_;
        return;
    }
    if (first.barcode != second.barcode) {
        ++other_barcode_;
        return;
    }
    const auto& forward = first.reverse ? second : first;
    const auto& reverse = first.reverse ? first : second;
    ReadPair pair;
    pair.contig = static_cast<std::uint32_t>(first.contig);
    pair.barcode = first.barcode;
    pair.left = forward.cut;
    pair.right = reverse.cut;
    pair.start = forward.edge;
    pair.end = reverse.edge;
    pair.left_quality = forward.quality;
    pair.right_quality = reverse.quality;
    pairs_.add(pair);
}

void FragmentMaker::finish_reading() {
    check_problem(mates_.finish(), options_.inputs.front().string());
    context_.check_stop();
    pairs_.finish([this](const ReadPair& pair) { add_row(pair); });
    check_any_left();
    if (mates_.alone() > fate(ReadFate::Kept) / 2)
        context_.warn(with_commas(mates_.alone()) + " of " + with_commas(fate(ReadFate::Kept)) +
                      " reads are without their mates; are these whole files, with equal names for both?");
}

void FragmentMaker::add_row(const ReadPair& pair) {
    ++molecules_;
    const auto length = contigs_[pair.contig].second;
    const auto moved = [&](std::int64_t at, std::int64_t by) {
        return static_cast<std::int32_t>(std::clamp<std::int64_t>(at + by, 0, length));
    };
    FragmentRow row;
    row.contig = pair.contig;
    row.barcode = pair.barcode;
    row.count = pair.count;
    row.strand = pair.strand;
    row.start = moved(pair.start, pair.strand == '-' ? 0 : shift_.left);
    row.end = moved(pair.end, pair.strand == '+' ? 0 : shift_.right);
    if (row.start >= row.end)
        ++empty_;
    else if (row.end - row.start > options_.max_length)
        ++too_long_;
    else
        rows_.add(row);
}

void FragmentMaker::check_any_left() const {
    const auto& name = options_.inputs.front().string();
    if (reads_ == 0) throw InputError(name, "holds no read", "give the aligned reads");
    if (with_barcode_ == 0) {
        if (finder_.in_name())
            throw InputError(name, "no read's name fits '" + options_.barcode_regex + "'",
                             "the first is '" + first_name_ + "'; give a --barcode-regex for it");
        const auto tags = join({tags_.begin(), tags_.end()}, ", ");
        throw InputError(name, "no read has the tag " + options_.barcode_tag,
                         "the tags are " + (tags.empty() ? "none" : tags) +
                             "; give one of them to --barcode-tag, or --barcode-regex if names ('" +
                             first_name_ + "') hold the barcode");
    }
    if (fate(ReadFate::Unpaired) > 0 && fate(ReadFate::Kept) == 0)
        throw InputError(name, "no read is paired", "give --single-end");
    if (molecules_ > empty_ + too_long_) return;
    std::string reasons;
    for (std::size_t i = 0; i < kReadFates; ++i)
        if (fates_[i] > 0)
            reasons += ", " + with_commas(fates_[i]) + " " + std::string(name_of(static_cast<ReadFate>(i)));
    throw InputError(
        name, "no fragment is left of its " + with_commas(reads_) + " reads (" + reasons.substr(2) + ")",
        "see --help for what is left out, and lower --min-mapq or the like");
}

void FragmentMaker::write(const fs::path& path) {
    BgzipWriter writer(path, context_.threads);
    std::string line;
    std::array<char, 24> digits;
    const auto number = [&](std::int64_t value) {
        line += '\t';
        line.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    };
    rows_.finish([&](const FragmentRow& row) {
        line = contigs_[row.contig].first;
        number(row.start);
        number(row.end);
        line += '\t';
        line += barcodes_.name(row.barcode);
        number(row.count);
        if (row.strand != '.') (line += '\t') += row.strand;
        line += '\n';
        writer.write(line);
        if (++written_ % 65536 == 0) {
            context_.check_stop();
            context_.update("fragments", static_cast<std::uint64_t>(written_));
        }
    });
    writer.close();
}

bool FragmentMaker::too_long_for_tabix() const {
    return std::any_of(contigs_.begin(), contigs_.end(),
                       [](const auto& contig) { return contig.second > kLongestForTabix; });
}

FragmentsResult FragmentMaker::result() const {
    return {reads_, pairs_met_, written_, static_cast<std::int64_t>(barcodes_.size())};
}

nlohmann::ordered_json FragmentMaker::record() const {
    nlohmann::ordered_json json{{"reads", reads_}};
    auto& fates = json["reads_by_fate"];
    for (std::size_t i = 0; i < kReadFates; ++i)
        fates[std::string(name_of(static_cast<ReadFate>(i)))] = fates_[i];
    json["reads_without_mate"] = mates_.alone();
    json["pairs"] = pairs_met_;
    json["pairs_of_other_orientation"] = other_orientation_;
    json["pairs_of_two_barcodes"] = other_barcode_;
    json["molecules"] = molecules_;
    json["molecules_too_short"] = empty_;
    json["molecules_too_long"] = too_long_;
    json["fragments"] = written_;
    json["barcodes"] = barcodes_.size();
    return json;
}

nlohmann::ordered_json record_of(const FragmentsOptions& options) {
    nlohmann::ordered_json record;
    if (options.barcode_regex.empty())
        record["barcode_tag"] = options.barcode_tag;
    else
        record["barcode_regex"] = options.barcode_regex;
    record["shift"] = options.shift;
    record["min_mapq"] = options.filter.min_mapq;
    record["single_end"] = options.filter.single_end;
    record["improper_pairs"] = options.filter.improper_pairs;
    record["max_length"] = options.max_length;
    record["keep_duplicates"] = options.keep_duplicates;
    record["drop_marked_duplicates"] = options.filter.drop_marked_duplicates;
    record["drop_mitochondrial"] = options.drop_mitochondrial;
    return record;
}

}  // namespace

FragmentsResult make_fragments(const FragmentsOptions& options, const RunContext& context) {
    if (is_fragment_cache(options.inputs.front())) return write_cached_fragments(options, context);
    if (options.output.extension() != ".gz")
        throw UsageError("--output", "'" + options.output.string() + "' does not end in .gz",
                         "the file is written as bgzip: name it NAME.tsv.gz");
    const auto beside = [&](const char* suffix) { return fs::path(options.output.string() + suffix); };
    for (const auto& path : {options.output, beside(".json"), beside(".tbi"), beside(".csi")})
        refuse_existing(path, context.force);
    AtomicFile output(options.output, context.force);
    FragmentMaker maker(options, context);
    for (std::size_t file = 0; file < options.inputs.size(); ++file) maker.read(file);
    maker.finish_reading();
    maker.write(output.temporary_path());
    const bool large = maker.too_long_for_tabix();
    AtomicFile index(beside(large ? ".csi" : ".tbi"), context.force);
    write_tabix_index(output.temporary_path(), index.temporary_path(), large);
    context.check_stop();
    Provenance provenance("fragments", record_of(options), context);
    for (const auto& input : options.inputs) provenance.add_input(input);
    auto json = provenance.full();
    json.update(maker.record());
    write_json(json, beside(".json"), context.force);
    index.commit();
    output.commit();
    const auto result = maker.result();
    context.note(with_commas(result.fragments) + " fragments of " + with_commas(result.barcodes) +
                 " barcodes, from " + with_commas(result.reads) + " reads");
    return result;
}

}  // namespace epi
