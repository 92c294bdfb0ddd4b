#include "fragments/run_merge.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <utility>

#include "core/error.hpp"

namespace epi {
namespace {

constexpr auto kNumbered = std::numeric_limits<std::uint32_t>::max();

// Where a fragment stands: by start, then by the files' order.
using Place = std::pair<std::uint32_t, std::uint64_t>;

Place first_place(const SpooledRun& run) {
    return {run.first_start, run.position};
}

}  // namespace

// Reads a run, a batch at a time.
struct RunMerge::Cursor {
    const SpooledRun* run = nullptr;
    std::uint64_t read = 0;  // bytes of the run
    std::string block;
    BlockDecoder decoder;
    FragmentBatch batch;
    std::size_t at = 0;

    Place place() const { return {static_cast<std::uint32_t>(batch.start[at]), run->position}; }

    // False at the end of the run.
    bool load(const ScratchFile& bytes) {
        at = 0;
        if (read == run->bytes) return false;
        block.resize(kBlockHead);
        bytes.read(run->offset + read, block);
        block.resize(block_size_of(block));
        bytes.read(run->offset + read, block);
        read += block.size();
        check(decoder.open(block, std::numeric_limits<std::uint64_t>::max()) && decoder.next(batch),
              "a spooled block is as it was written");
        return true;
    }
};

struct RunMerge::Later {
    bool operator()(const std::unique_ptr<Cursor>& a, const std::unique_ptr<Cursor>& b) const {
        return a->place() > b->place();
    }
};

RunMerge::RunMerge(const FragmentSpool& spool, std::span<const SpooledRun> runs,
                   const BarcodeNumbers& numbers)
    : spool_(spool), numbers_(numbers) {
    for (const auto& run : runs) waiting_.push_back(&run);
    std::sort(waiting_.begin(), waiting_.end(),
              [](const auto* a, const auto* b) { return first_place(*a) > first_place(*b); });
}

RunMerge::~RunMerge() = default;

void RunMerge::put_back(std::unique_ptr<Cursor> cursor) {
    if (cursor->at == cursor->batch.size && !cursor->load(spool_.bytes())) return;
    open_.push_back(std::move(cursor));
    std::push_heap(open_.begin(), open_.end(), Later());
}

// False if nothing is left.
bool RunMerge::open_all_that_may_be_next() {
    while (!waiting_.empty() && (open_.empty() || first_place(*waiting_.back()) < open_.front()->place())) {
        auto cursor = std::make_unique<Cursor>();
        cursor->run = waiting_.back();
        waiting_.pop_back();
        put_back(std::move(cursor));
    }
    return !open_.empty();
}

void RunMerge::append(Cursor& cursor, std::size_t last, FragmentColumns& columns) const {
    const auto& batch = cursor.batch;
    const auto first = cursor.at;
    columns.start.insert(columns.start.end(), batch.start.begin() + first, batch.start.begin() + last);
    columns.end.insert(columns.end.end(), batch.end.begin() + first, batch.end.begin() + last);
    columns.reads.insert(columns.reads.end(), batch.reads.begin() + first, batch.reads.begin() + last);
    const bool numbered = cursor.run->lane == kNumbered;
    const std::uint32_t* const numbers = numbered ? nullptr : numbers_[cursor.run->lane].data();
    for (auto i = first; i < last; ++i)
        columns.barcode.push_back(numbered ? batch.barcode[i] : numbers[batch.barcode[i]]);
    cursor.at = last;
}

bool RunMerge::next(FragmentColumns& columns, std::size_t rows) {
    const auto wanted = columns.size() + rows;
    while (columns.size() < wanted && open_all_that_may_be_next()) {
        std::pop_heap(open_.begin(), open_.end(), Later());
        auto cursor = std::move(open_.back());
        open_.pop_back();
        // All that stands before what the others have next.
        Place limit{std::numeric_limits<std::uint32_t>::max(), 0};
        if (!open_.empty()) limit = open_.front()->place();
        if (!waiting_.empty()) limit = std::min(limit, first_place(*waiting_.back()));
        const auto& batch = cursor->batch;
        auto last = cursor->at;
        const auto most = std::min(batch.size, last + (wanted - columns.size()));
        const auto before = [&](std::size_t i) {
            return Place(static_cast<std::uint32_t>(batch.start[i]), cursor->run->position) < limit;
        };
        if (before(most - 1)) last = most;
        while (last < most && before(last)) ++last;
        append(*cursor, last, columns);
        put_back(std::move(cursor));
    }
    return columns.size() + rows > wanted;
}

std::size_t most_overlapping(std::span<const SpooledRun> runs) {
    std::vector<const SpooledRun*> by_start;
    for (const auto& run : runs) by_start.push_back(&run);
    std::sort(by_start.begin(), by_start.end(),
              [](const auto* a, const auto* b) { return first_place(*a) < first_place(*b); });
    std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ends;
    std::size_t most = 0;
    for (const auto* run : by_start) {
        while (!ends.empty() && ends.top() < run->first_start) ends.pop();
        ends.push(run->last_start);
        most = std::max(most, ends.size());
    }
    return most;
}

std::vector<SpooledRun> merge_overlapping(FragmentSpool& spool, std::vector<SpooledRun> runs,
                                          const BarcodeNumbers& numbers, std::size_t most) {
    constexpr std::size_t kRows = 1U << 16;
    check(most > 1, "merge_overlapping: at least two runs at a time");
    while (most_overlapping(runs) > most) {
        std::vector<SpooledRun> merged;
        for (std::size_t i = 0; i < runs.size(); i += most) {
            const auto part = std::span(runs).subspan(i, std::min(most, runs.size() - i));
            SpooledRun run{part.front().position, part.front().contig, kNumbered, 0, 0, 0, 0};
            RunMerge merge(spool, part, numbers);
            for (FragmentColumns columns; merge.next(columns, kRows); columns.clear()) {
                const auto piece = spool.add(columns, 0, columns.size(), run);
                check(run.bytes == 0 || run.offset + run.bytes == piece.offset,
                      "pieces of a run lie together");
                if (run.bytes == 0) run.offset = piece.offset, run.first_start = piece.first_start;
                run.last_start = piece.last_start;
                run.bytes += piece.bytes;
            }
            merged.push_back(run);
        }
        runs.swap(merged);
    }
    return runs;
}

}  // namespace epi
