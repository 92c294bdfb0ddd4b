#include "fragments/mate_finder.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/random.hpp"

namespace epi {
namespace {

ReadEnd end_of(int number, bool second) {
    ReadEnd end;
    end.name = read_name("read" + std::to_string(number), 0);
    end.start = second ? number + 10 : number;
    end.mate_start = second ? number : number + 10;
    end.second = second;
    return end;
}

TEST(MateFinder, FindsMatesInAnyOrderAndMemory) {
    for (const std::uint64_t memory : {0U, 5000U, 1U << 20}) {
        Rng rng(memory);
        std::vector<ReadEnd> ends;
        for (int i = 0; i < 1000; ++i) {
            if (i % 10 != 0) ends.push_back(end_of(i, false));
            ends.push_back(end_of(i, true));
        }
        rng.shuffle(ends);
        std::set<int> met;
        MateFinder finder(memory, [&](const ReadEnd& first, const ReadEnd& second) {
            EXPECT_FALSE(first.second);
            EXPECT_TRUE(second.second);
            EXPECT_EQ(first.name, second.name);
            EXPECT_TRUE(met.insert(first.start).second);
        });
        for (const auto& end : ends) EXPECT_FALSE(finder.add(end));
        EXPECT_FALSE(finder.finish());
        EXPECT_EQ(met.size(), 900U);
        EXPECT_EQ(finder.alone(), 100);
    }
}

TEST(MateFinder, SeesThatReadsAreNoMates) {
    for (const std::uint64_t memory : {0U, 1U << 20}) {
        auto moved = end_of(1, true);
        moved.mate_start = 5;
        for (const auto& [other, problem] :
             {std::pair(end_of(1, false), "same read name"), std::pair(moved, "where its mate says")}) {
            MateFinder finder(memory, [](const ReadEnd&, const ReadEnd&) { ADD_FAILURE(); });
            auto found = finder.add(end_of(1, false));
            if (!found) found = finder.add(other);
            if (!found) found = finder.finish();
            ASSERT_TRUE(found);
            EXPECT_NE(found->find(problem), std::string::npos) << *found;
        }
    }
}

TEST(MateFinder, KeepsFilesApart) {
    EXPECT_NE(read_name("a", 0), read_name("a", 1));
    EXPECT_NE(read_name("ab", 0), read_name("ba", 0));
    EXPECT_EQ(read_name("a", 1), read_name("a", 1));
}

}  // namespace
}  // namespace epi
