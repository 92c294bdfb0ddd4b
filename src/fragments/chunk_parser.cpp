#include "fragments/chunk_parser.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/error.hpp"
#include "fragments/fragment_line.hpp"

namespace epi {
namespace {

// The bytes that a quick look at a line may touch, beside the name of the contig.
constexpr std::ptrdiff_t kQuickBytes = 96;
constexpr std::size_t kLongestLineOfFragment = 1U << 20;

std::uint64_t load(const char* text) {
    std::uint64_t word;
    std::memcpy(&word, text, sizeof word);
    return word;
}

// The number that eight digits are, the first in the lowest byte; all at once.
std::uint64_t eight_digits(std::uint64_t digits) {
    digits = digits * 10 + (digits >> 8);
    return (((digits & 0x000000FF000000FFULL) * (100 + (1000000ULL << 32)) +
             ((digits >> 16) & 0x000000FF000000FFULL) * (1 + (10000ULL << 32))) >>
            32);
}

// Reads a number and the tab behind it; null if it is no coordinate.
inline __attribute__((always_inline)) const char* quick_coordinate(const char* at, std::int32_t& value) {
    const auto digits = load(at) ^ 0x3030303030303030ULL;
    const auto others = ((digits + 0x7676767676767676ULL) | digits) & 0x8080808080808080ULL;
    if (others != 0) {
        const int n = std::countr_zero(others) >> 3;
        if (n == 0 || at[n] != '\t') return nullptr;
        value = static_cast<std::int32_t>(eight_digits(digits << (64 - 8 * n)));
        return at + n + 1;
    }
    auto number = eight_digits(digits);
    for (at += 8; *at >= '0' && *at <= '9' && number <= kMaxCoordinate; ++at)
        number = number * 10 + static_cast<std::uint64_t>(*at - '0');
    value = static_cast<std::int32_t>(number);
    return number <= kMaxCoordinate && *at == '\t' ? at + 1 : nullptr;
}

// Reads the fifth column and leaves out the others; null if it is no number or the line has no end.
inline __attribute__((always_inline)) const char* quick_reads(const char* at, const char* end,
                                                              std::uint32_t& reads) {
    std::uint32_t number = 0;
    const char* const begin = at;
    for (; *at >= '0' && *at <= '9'; ++at) {
        if (at - begin == 9) return nullptr;
        number = number * 10 + static_cast<std::uint32_t>(*at - '0');
    }
    reads = number;
    if (at == begin) return nullptr;
    if (*at == '\n') return at + 1;
    if (*at == '\r' && at[1] == '\n') return at + 2;
    if (*at != '\t') return nullptr;
    const auto most = std::min(static_cast<std::size_t>(end - at), kLongestLineOfFragment - kQuickBytes);
    const void* found = std::memchr(at, '\n', most);
    return found == nullptr ? nullptr : static_cast<const char*>(found) + 1;
}

bool has_ssse3() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("ssse3") != 0;
#else
    return false;
#endif
}

}  // namespace

ChunkParser::ChunkParser(ChunkLog& log, const std::unordered_set<std::string>* cells,
                         std::int64_t bad_lines_allowed, FragmentSink& sink)
    : log_(log), barcodes_(cells), ssse3_(has_ssse3()), bad_allowed_(bad_lines_allowed), sink_(sink) {}

void ChunkParser::parse(const TextChunk& chunk, ChunkRecord& record) {
    record_ = &record;
    if (record.file != file_) contigs_.clear();
    file_ = record.file;
    chrom_.clear();
    line_ = 0;
    check(record.file < (1U << 12) && record.number < (1U << 24), "files and chunks that can be numbered");
    position_ = record.order();
    sink_.begin_chunk(position_);
    const char* at = chunk.lines.data();
    const char* const end = at + chunk.lines.size();
    while (at < end && std::ssize(record.bad) <= bad_allowed_) {
        if (!chrom_.empty()) at = ssse3_ ? parse_quick_lines_ssse3(at, end) : parse_quick_lines(at, end);
        if (at == end) break;
        const auto* found =
            static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
        std::string_view line(at, static_cast<std::size_t>((found == nullptr ? end : found) - at));
        at = found == nullptr ? end : found + 1;
        ++line_;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty() && line.front() != '#') parse_line(line);
    }
    flush();
    if (chunk.line_too_long) {
        ++line_;
        refuse_long_line();
    }
    record.lines = line_;
    sink_.end_chunk(position_);
}

template <bool (*Pack)(const char*, std::uint32_t&)>
inline __attribute__((always_inline)) const char* ChunkParser::parse_lines_with(const char* at,
                                                                                const char* end) {
    const auto n = chrom_.size();
    const auto mask = n >= 8 ? ~0ULL : (1ULL << (8 * n)) - 1;
    const auto chrom = load(chrom_.data()) & mask;  // the buffer of a string has 16 bytes at least
    const bool long_name = n > 8;
    while (end - at > kQuickBytes + static_cast<std::ptrdiff_t>(n)) {
        if ((load(at) & mask) != chrom || (long_name && std::memcmp(at, chrom_.data(), n) != 0)) break;
        std::int32_t first, last;
        const char* field = quick_coordinate(at + n, first);
        if (field == nullptr) break;
        field = quick_coordinate(field, last);
        if (field == nullptr || last < first) break;
        LaneBarcodes::Code code;
        std::uint32_t reads = 1;
        const auto length = barcodes_.quick_code<Pack>(field, code);
        field += length;
        if (length == 0) break;
        if (*field == '\t') {
            field = quick_reads(field + 1, end, reads);
        } else {
            field = *field == '\n' ? field + 1 : nullptr;
        }
        if (field == nullptr) break;
        ++line_;
        add(first, last, reads, code);
        at = field;
    }
    return at;
}

const char* ChunkParser::parse_quick_lines(const char* at, const char* end) {
    return parse_lines_with<pack_bases>(at, end);
}

#if defined(__x86_64__)
__attribute__((target("ssse3"))) const char* ChunkParser::parse_quick_lines_ssse3(const char* at,
                                                                                  const char* end) {
    return parse_lines_with<pack_bases_ssse3>(at, end);
}
#else
const char* ChunkParser::parse_quick_lines_ssse3(const char* at, const char* end) {
    return parse_quick_lines(at, end);
}
#endif

void ChunkParser::refuse_long_line() {
    record_->bad.push_back(
        {line_, "a line longer than 1 MiB", "this is not a text table; check that the right file was given"});
}

void ChunkParser::parse_line(std::string_view line) {
    if (line.size() > kLongestLineOfFragment) return refuse_long_line();
    FragmentLine fragment;
    if (!parse_fragment(line, fragment)) {
        auto [problem, remedy] = explain_bad_fragment(line);
        record_->bad.push_back({line_, std::move(problem), std::move(remedy)});
        return;
    }
    if (chrom_.empty() || std::string_view(chrom_).substr(0, chrom_.size() - 1) != fragment.chrom)
        change_contig(fragment.chrom);
    const auto code = barcodes_.code(
        fragment.barcode, position_ + static_cast<std::uint64_t>(record_->fragments) + batch_.size);
    add(fragment.start, fragment.end, fragment.reads, code);
}

void ChunkParser::change_contig(std::string_view name) {
    flush();
    auto found = contigs_.find(std::string(name));
    if (found == contigs_.end()) found = contigs_.emplace(name, log_.contig(name, *record_, line_)).first;
    batch_.set_contig(found->second);
    chrom_.assign(name);
    chrom_ += '\t';
}

inline void ChunkParser::add(std::int32_t start, std::int32_t end, std::uint32_t reads,
                             LaneBarcodes::Code code) {
    const auto i = batch_.size;
    codes_[i] = code;
    lines_[i] = static_cast<std::uint32_t>(line_);
    batch_.start[i] = start;
    batch_.end[i] = end;
    batch_.reads[i] = reads;
    if (++batch_.size == FragmentBatch::kCapacity) flush();
}

void ChunkParser::flush() {
    if (batch_.size == 0) return;
    barcodes_.resolve({codes_.data(), batch_.size}, batch_.barcode.data(),
                      position_ + static_cast<std::uint64_t>(record_->fragments));
    batch_.wanted = barcodes_.wanted();
    note_order();
    record_->fragments += static_cast<std::int64_t>(batch_.size);
    sink_.consume(batch_);
    batch_.size = 0;
}

// Extends the runs of the chunk by the batch, until one is out of order.
void ChunkParser::note_order() {
    if (record_->unsorted_line > 0) return;
    auto& runs = record_->runs;
    if (runs.empty() || runs.back().contig != batch_.chrom) {
        for (const auto& run : runs)
            if (run.contig == batch_.chrom) record_->unsorted_line = lines_[0];
        if (record_->unsorted_line > 0) return;
        runs.push_back({batch_.chrom, batch_.start[0], batch_.start[0], lines_[0]});
    }
    auto last = runs.back().last_start;
    unsigned disorder = batch_.start[0] < last ? 1 : 0;
    for (std::size_t i = 1; i < batch_.size; ++i) disorder |= batch_.start[i] < batch_.start[i - 1] ? 1U : 0U;
    if (disorder == 0) {
        runs.back().last_start = batch_.start[batch_.size - 1];
        return;
    }
    for (std::size_t i = 0; record_->unsorted_line == 0; last = batch_.start[i++])
        if (batch_.start[i] < last) record_->unsorted_line = lines_[i];
}

}  // namespace epi
