#include "fragments/fragment_spool.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace epi {

// Collects the fragments of a chunk.
class FragmentSpool::Lane final : public FragmentSink {
  public:
    Lane(FragmentSpool& spool, std::size_t lane) : spool_(spool), lane_(static_cast<std::uint32_t>(lane)) {}

    void begin_chunk(std::uint64_t order) override {
        order_ = order;
        columns_.clear();
        stretches_.clear();
    }
    void consume(FragmentBatch& batch) override;
    void end_chunk(std::uint64_t order) override;

  private:
    // Fragments of one contig that follow each other.
    struct Stretch {
        std::uint32_t contig = 0;
        std::size_t begin = 0, size = 0;
        std::size_t first = 0;  // of the contig's fragments in the chunk
    };
    bool in_order() const;
    void put_in_order();

    FragmentSpool& spool_;
    std::uint32_t lane_;
    std::uint64_t order_ = 0;
    FragmentColumns columns_;
    std::vector<Stretch> stretches_;
};

void FragmentSpool::Lane::consume(FragmentBatch& batch) {
    if (batch.size == 0) return;
    const auto begin = columns_.size(), n = batch.size;
    if (stretches_.empty() || stretches_.back().contig != batch.chrom)
        stretches_.push_back({batch.chrom, begin, 0, begin});
    stretches_.back().size += n;
    columns_.start.insert(columns_.start.end(), batch.start.begin(), batch.start.begin() + n);
    columns_.end.insert(columns_.end.end(), batch.end.begin(), batch.end.begin() + n);
    columns_.barcode.insert(columns_.barcode.end(), batch.barcode.begin(), batch.barcode.begin() + n);
    columns_.reads.insert(columns_.reads.end(), batch.reads.begin(), batch.reads.begin() + n);
}

// Each contig in one piece and by start.
bool FragmentSpool::Lane::in_order() const {
    std::vector<std::uint32_t> contigs;
    for (const auto& stretch : stretches_) {
        contigs.push_back(stretch.contig);
        const auto begin = columns_.start.begin() + static_cast<std::ptrdiff_t>(stretch.begin);
        if (!std::is_sorted(begin, begin + static_cast<std::ptrdiff_t>(stretch.size))) return false;
    }
    std::sort(contigs.begin(), contigs.end());
    return std::adjacent_find(contigs.begin(), contigs.end()) == contigs.end();
}

// Brings the fragments of each contig together, by start; of equal starts the first remains the first.
void FragmentSpool::Lane::put_in_order() {
    std::vector<std::uint32_t> contig_of;
    for (const auto& stretch : stretches_) contig_of.resize(stretch.begin + stretch.size, stretch.contig);
    std::vector<std::size_t> order(columns_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
        return std::pair(contig_of[a], columns_.start[a]) < std::pair(contig_of[b], columns_.start[b]);
    });
    for (auto* column : {&columns_.start, &columns_.end, &columns_.barcode, &columns_.reads}) {
        std::vector<std::uint32_t> sorted;
        sorted.reserve(order.size());
        for (const auto i : order) sorted.push_back((*column)[i]);
        column->swap(sorted);
    }
    stretches_.clear();
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto contig = contig_of[order[i]];
        if (stretches_.empty() || stretches_.back().contig != contig)
            stretches_.push_back({contig, i, 0, order[i]});
        ++stretches_.back().size;
        stretches_.back().first = std::min(stretches_.back().first, order[i]);
    }
}

void FragmentSpool::Lane::end_chunk(std::uint64_t /*order*/) {
    if (!in_order()) put_in_order();
    for (const auto& stretch : stretches_) {
        const auto run = spool_.add(columns_, stretch.begin, stretch.size,
                                    {order_ + stretch.first, stretch.contig, lane_, 0, 0, 0, 0});
        const std::lock_guard lock(spool_.mutex_);
        spool_.runs_.push_back(run);
    }
}

FragmentSpool::FragmentSpool(const std::filesystem::path& folder, std::string remedy, std::size_t lanes)
    : scratch_(folder, std::move(remedy)) {
    for (std::size_t i = 0; i < lanes; ++i) lanes_.push_back(std::make_unique<Lane>(*this, i));
}

FragmentSpool::~FragmentSpool() = default;

FragmentSink& FragmentSpool::lane(std::size_t lane) {
    return *lanes_[lane];
}

SpooledRun FragmentSpool::add(const FragmentColumns& columns, std::size_t first, std::size_t rows,
                              SpooledRun run) {
    std::string blocks;
    for (std::size_t done = 0; done < rows; done += FragmentBatch::kCapacity)
        encode_fragments(columns, first + done, std::min(rows - done, FragmentBatch::kCapacity), false,
                         blocks);
    run.first_start = columns.start[first];
    run.last_start = columns.start[first + rows - 1];
    run.offset = scratch_.append(blocks);
    run.bytes = blocks.size();
    return run;
}

void FragmentSpool::sort_runs() {
    std::sort(runs_.begin(), runs_.end(),
              [](const auto& a, const auto& b) { return a.position < b.position; });
}

}  // namespace epi
