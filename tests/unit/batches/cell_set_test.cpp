#include "batches/cell_set.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/random.hpp"

namespace epi {
namespace {

TEST(CellSet, IsTheListOfItsMembers) {
    Rng rng(3);
    for (const std::int64_t n : {0, 1, 63, 64, 65, 512, 513, 5000})
        for (const double share : {0.0, 0.01, 0.5, 1.0}) {
            std::vector<std::int64_t> list;
            const CellSet set(n, [&](std::int64_t cell) {
                // An empty stretch of several blocks, too.
                const bool chosen = rng.chance(share) && (cell < 1000 || cell > 3000);
                if (chosen) list.push_back(cell);
                return chosen;
            });
            ASSERT_EQ(set.size(), std::ssize(list));
            EXPECT_EQ(set.empty(), list.empty());
            for (std::size_t i = 0; i < list.size(); ++i)
                ASSERT_EQ(set[static_cast<std::int64_t>(i)], list[i]);
        }
    EXPECT_TRUE(CellSet().empty());
}

TEST(CellSet, RefusesAMemberThatItDoesNotHave) {
    const CellSet set(100, [](std::int64_t cell) { return cell < 10; });
    EXPECT_THROW(set[10], InternalError);
    EXPECT_THROW(set[-1], InternalError);
}

}  // namespace
}  // namespace epi
