#include "qc/tss_index.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "core/random.hpp"

namespace epi {
namespace {

// One window of Signac's TSSEnrichment as its text says: bounds t + 0.5 + offset, truncated toward zero; rows
// are fetched if they overlap the window, then each of their two numbers is compared.
std::uint32_t slow_window(double t, double from, double to, std::int64_t s, std::int64_t e) {
    const auto first = static_cast<std::int64_t>(t + 0.5 + from),
               last = static_cast<std::int64_t>(t + 0.5 + to);
    std::uint32_t n = 0;
    if (!(s < last && e >= first)) return 0;
    for (const auto x : {s, e})
        if (first + 2 <= x && x <= last + 2) ++n;
    return n;
}

TEST(TssIndex, CountsAsASlowReadingOfTheDefinition) {
    Rng rng(11);
    for (int round = 0; round < 300; ++round) {
        std::vector<Tss> sites;
        for (auto n = 1 + rng.below(5); n > 0; --n)
            sites.push_back({static_cast<std::uint32_t>(rng.below(2)),
                             static_cast<std::int64_t>(rng.below(rng.chance(0.5) ? 1500 : 9000)),
                             rng.chance(0.5)});
        const TssIndex index(sites, 2);
        TssIndex::Profile profile{}, walked_profile{}, expected_profile{};
        auto walk = index.walk();
        for (int i = 0; i < 100; ++i) {
            const auto chrom = static_cast<std::uint32_t>(rng.below(2));
            const auto s = static_cast<std::int32_t>(rng.below(11000));
            const auto e = s + static_cast<std::int32_t>(rng.below(rng.chance(0.3) ? 4 : 700));
            TssHits expected;
            for (const auto& site : sites) {
                if (site.chrom != chrom) continue;
                const auto t = static_cast<double>(site.position + 1);
                expected.centre += slow_window(t, -500, 500, s, e);
                expected.flank += slow_window(t, -1000, -901, s, e) + slow_window(t, 901, 1000, s, e);
                for (auto base = site.position - 2100; base < site.position + 2100; ++base) {
                    const auto along = site.reverse ? site.position - base : base - site.position;
                    if (along >= -2000 && along < 500 && base >= s && base < e) expected.promoter = true;
                    if (std::abs(along) > kTssProfile) continue;
                    auto& cuts = expected_profile[static_cast<std::size_t>(along + kTssProfile)];
                    cuts += (base == s ? 1 : 0) + (base == e - 1 ? 1 : 0);
                }
            }
            const auto hits = index.count(chrom, s, e, profile);
            const auto walked = index.count(walk, chrom, s, e, walked_profile);
            ASSERT_EQ(std::tuple(walked.centre, walked.flank, walked.promoter),
                      std::tuple(hits.centre, hits.flank, hits.promoter));
            ASSERT_EQ(hits.centre, expected.centre) << s << "-" << e;
            ASSERT_EQ(hits.flank, expected.flank) << s << "-" << e;
            // An empty row has no base that could lie in a promoter.
            ASSERT_EQ(hits.promoter && e > s, expected.promoter) << s << "-" << e;
        }
        ASSERT_EQ(profile, expected_profile);
        ASSERT_EQ(walked_profile, expected_profile);
    }
}

}  // namespace
}  // namespace epi
