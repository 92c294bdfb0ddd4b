#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "counts/counting_rule.hpp"
#include "fragments/chunk_parser.hpp"
#include "genome/interval_index.hpp"
#include "matrix/csr.hpp"

namespace epi {

// Counts fragments in peaks where they come by start and it is known which barcodes have rows, as from a
// cache: the counts of OverlapCounter and PairStore in a fraction of their time. One for each thread.
class PeakSweep final : public FragmentSink {
  public:
    // `row_of`: the row of each barcode, negative where it has none. All must outlive this.
    PeakSweep(const IntervalIndex& peaks, CountingRule rule, std::span<const std::int32_t> row_of,
              std::size_t rows);
    ~PeakSweep() override;

    void begin_chunk(std::uint64_t order) override {
        order_ = order;
        chrom_ = kNone;
    }
    // Starts ascend.
    void consume(FragmentBatch& batch) override;

    // What all have found. Releases it.
    static CountMatrix matrix(std::span<const std::unique_ptr<PeakSweep>> sweeps, std::size_t rows,
                              std::size_t peaks);

  private:
    // The rows of the fragments of one batch that are counted in one peak.
    struct Found {
        const std::uint32_t* rows = nullptr;
        std::uint32_t size = 0, peak = 0;
    };
    // Those of one chunk and chromosome.
    struct Part {
        std::uint64_t order = 0;
        std::size_t first = 0;  // of found_
    };
    struct Free {
        void operator()(std::uint32_t* rows) const;
    };
    // With `long_ones` fragments longer than kReach are looked up one by one.
    template <CountingRule rule>
    void consume_by(const FragmentBatch& batch, const IntervalIndex::OneChromosome& peaks);
    template <CountingRule rule, bool long_ones>
    void visit(const FragmentBatch& batch, std::int32_t reach, const IntervalIndex::Entry& peak);
    void keep(std::size_t n, std::uint32_t peak);

    static constexpr std::int32_t kReach = 2048;
    static constexpr std::uint32_t kNone = ~0U;
    const IntervalIndex& peaks_;
    CountingRule rule_;
    std::span<const std::int32_t> row_of_;
    std::vector<std::int64_t> counts_;  // by row
    std::uint64_t order_ = 0;
    std::uint32_t chrom_ = kNone;
    std::vector<Part> parts_;
    std::vector<Found> found_;
    std::vector<std::unique_ptr<std::uint32_t[], Free>> slabs_;
    std::uint32_t* slab_at_ = nullptr;
    std::size_t slab_left_ = 0;
    std::array<std::uint32_t, 2 * FragmentBatch::kCapacity + 2> barcodes_;
};

}  // namespace epi
