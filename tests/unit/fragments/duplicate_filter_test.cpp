#include "fragments/duplicate_filter.hpp"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "core/error.hpp"
#include "core/random.hpp"

namespace epi {
namespace {

TEST(DuplicateFilter, KeepsTheFirstOfEqualRowsAcrossBatches) {
    Rng rng(5);
    DuplicateFilter filter(1U << 30);
    std::set<std::tuple<std::uint32_t, std::int32_t, std::int32_t, std::uint32_t>> seen;
    std::int64_t dropped = 0;
    for (int round = 0; round < 20; ++round) {
        FragmentBatch batch, expected;
        for (int i = 0; i < 1000; ++i) {
            const auto chrom = static_cast<std::uint32_t>(rng.below(3));
            const auto start = static_cast<std::int32_t>(rng.below(20));
            const auto end = start + static_cast<std::int32_t>(rng.below(10));
            const auto barcode = static_cast<std::uint32_t>(rng.below(10));
            const auto reads = static_cast<std::uint32_t>(rng.below(100));
            batch.add(chrom, start, end, barcode, reads);
            if (seen.emplace(chrom, start, end, barcode).second)
                expected.add(chrom, start, end, barcode, reads);
            else
                ++dropped;
        }
        filter.filter(batch);
        EXPECT_EQ(batch.chrom, expected.chrom);
        EXPECT_EQ(batch.start, expected.start);
        EXPECT_EQ(batch.end, expected.end);
        EXPECT_EQ(batch.barcode, expected.barcode);
        EXPECT_EQ(batch.reads, expected.reads);
    }
    EXPECT_EQ(filter.dropped(), dropped);
    EXPECT_GT(dropped, 0);
}

TEST(DuplicateFilter, KeepsToItsMemory) {
    DuplicateFilter filter(1U << 16);
    FragmentBatch batch;
    for (int i = 0; i < 100000; ++i) batch.add(0, i, i + 1, 0, 1);
    EXPECT_THROW(filter.filter(batch), ResourceError);
}

}  // namespace
}  // namespace epi
