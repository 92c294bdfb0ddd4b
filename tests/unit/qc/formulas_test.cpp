#include "qc/formulas.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/random.hpp"

namespace epi {
namespace {

using Profile = std::vector<double>;

// Cuts by offset from -reach to reach along the gene, as a tool that builds the whole matrix sees them.
Profile profile_of(const std::vector<Tss>& sites, const FragmentBatch& batch, std::int64_t reach) {
    Profile profile(static_cast<std::size_t>(2 * reach + 1));
    for (const auto& site : sites)
        for (std::size_t i = 0; i < batch.size && site.chrom == batch.chrom; ++i)
            for (const std::int64_t cut : {batch.start[i], batch.end[i] - 1}) {
                const auto offset = site.reverse ? site.position - cut : cut - site.position;
                if (std::abs(offset) <= reach) ++profile[static_cast<std::size_t>(offset + reach)];
            }
    return profile;
}

double mean(const Profile& values, std::ptrdiff_t first, std::ptrdiff_t last) {
    return std::accumulate(values.begin() + first, values.begin() + last + 1, 0.0) /
           static_cast<double>(last - first + 1);
}

double slow_archr(const Profile& profile) {
    const double flanks = mean(profile, 0, 99) + mean(profile, 3901, 4000);
    return 2 * mean(profile, 1950, 2050) / std::max(flanks, 0.2);
}

double slow_snapatac2(const Profile& profile) {
    return mean(profile, 1995, 2005) / ((mean(profile, 0, 99) + mean(profile, 3901, 4000)) / 2 + 0.1);
}

double slow_pycistopic(const Profile& profile) {
    Profile smooth;
    for (std::ptrdiff_t i = 0; i < std::ssize(profile); ++i)
        smooth.push_back(mean(profile, std::max<std::ptrdiff_t>(0, i - 9), i));
    const double ends = (mean(smooth, 0, 99) + mean(smooth, 1901, 2000)) / 2;
    return mean(smooth, 950, 1050) / std::max(ends, 0.2);
}

TEST(Formulas, EqualTheMatricesOfTheirOwners) {
    Rng rng(21);
    for (int round = 0; round < 200; ++round) {
        std::vector<Tss> sites;
        for (auto n = 1 + rng.below(5); n > 0; --n)
            sites.push_back({static_cast<std::uint32_t>(rng.below(2)),
                             static_cast<std::int64_t>(2000 + rng.below(4000)), rng.chance(0.5)});
        auto with_equal = sites;
        if (rng.chance(0.3)) with_equal.push_back(sites.front());
        FragmentBatch batch;
        for (auto n = rng.below(600); n > 0; --n) {
            const auto start = static_cast<std::int32_t>(rng.below(8000));
            batch.add(start, start + 1 + static_cast<std::int32_t>(rng.below(rng.chance(0.5) ? 60 : 600)), 0,
                      1);
        }
        const FormulaSites all(with_equal, 2);
        FormulaCounter counter(all);
        counter.consume(batch);
        const auto counts = batch.size == 0 ? FormulaCounts() : counter.barcodes()[0];
        const auto wide = profile_of(with_equal, batch, 2000);
        std::vector<Tss> distinct;
        for (const auto& site : sites)
            if (std::none_of(distinct.begin(), distinct.end(), [&](const Tss& x) {
                    return x.chrom == site.chrom && x.position == site.position && x.reverse == site.reverse;
                }))
                distinct.push_back(site);
        EXPECT_NEAR(tss_enrichment_archr(counts), slow_archr(wide), 1e-12);
        EXPECT_NEAR(tss_enrichment_snapatac2(counts), slow_snapatac2(profile_of(distinct, batch, 2000)),
                    1e-12);
        EXPECT_NEAR(tss_enrichment_pycistopic(counts), slow_pycistopic(profile_of(with_equal, batch, 1000)),
                    1e-12);
    }
}

TEST(Formulas, AddUpAndCountLengths) {
    const FormulaSites sites({{0, 5000, false}}, 1);
    FormulaCounter one(sites), sum(sites);
    FragmentBatch batch;
    for (const auto length : {146, 147, 148, 293, 294, 500}) batch.add(5000, 5000 + length, 0, 1);
    one.consume(batch);
    const std::vector<std::uint32_t> id_of{3};
    sum.add(one, id_of);
    sum.add(one, id_of);
    const auto& counts = sum.barcodes()[3];
    EXPECT_EQ(counts.of_147, 2U);
    EXPECT_EQ(counts.of_294, 2U);
    EXPECT_EQ(counts.one_nucleosome, 6U);
    EXPECT_EQ(counts.more_nucleosomes, 4U);
    EXPECT_EQ(counts.archr_centre, 12U);
    EXPECT_EQ(counts.snapatac2_centre, 12U);
    EXPECT_DOUBLE_EQ(tss_enrichment_signac_full({}, 0.5), 0);
}

}  // namespace
}  // namespace epi
