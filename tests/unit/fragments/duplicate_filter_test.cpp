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
        const auto chrom = static_cast<std::uint32_t>(rng.below(3));
        batch.chrom = chrom;
        for (int i = 0; i < 1000; ++i) {
            const auto start = static_cast<std::int32_t>(rng.below(20));
            const auto end = start + static_cast<std::int32_t>(rng.below(10));
            const auto barcode = static_cast<std::uint32_t>(rng.below(10));
            const auto reads = static_cast<std::uint32_t>(rng.below(100));
            batch.add(start, end, barcode, reads);
            if (seen.emplace(chrom, start, end, barcode).second)
                expected.add(start, end, barcode, reads);
            else
                ++dropped;
        }
        filter.filter(batch);
        ASSERT_EQ(batch.size, expected.size);
        for (std::size_t i = 0; i < batch.size; ++i) {
            ASSERT_EQ(batch.start[i], expected.start[i]);
            ASSERT_EQ(batch.end[i], expected.end[i]);
            ASSERT_EQ(batch.barcode[i], expected.barcode[i]);
            ASSERT_EQ(batch.reads[i], expected.reads[i]);
        }
    }
    EXPECT_EQ(filter.dropped(), dropped);
    EXPECT_GT(dropped, 0);
}

TEST(DuplicateFilter, KeepsToItsMemory) {
    DuplicateFilter filter(1U << 16);
    const auto fill = [&] {
        for (int round = 0; round < 100; ++round) {
            FragmentBatch batch;
            for (int i = 0; i < 1000; ++i) batch.add(round * 1000 + i, 1'000'000, 0, 1);
            filter.filter(batch);
        }
    };
    EXPECT_THROW(fill(), ResourceError);
}

}  // namespace
}  // namespace epi
