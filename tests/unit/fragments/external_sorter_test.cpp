#include "fragments/external_sorter.hpp"

#include <gtest/gtest.h>

#include <map>

#include "core/random.hpp"

namespace epi {
namespace {

struct Counted {
    std::uint32_t key = 0, count = 1;
};

struct ByKey {
    bool operator()(const Counted& a, const Counted& b) const { return a.key < b.key; }
};

struct JoinKeys {
    bool operator()(Counted& a, const Counted& b) const {
        if (a.key != b.key) return false;
        a.count += b.count;
        return true;
    }
};

TEST(ExternalSorter, SortsAndJoinsInAnyMemory) {
    for (const std::uint64_t memory : {0U, 1000U, 1U << 20}) {
        for (const std::uint64_t keys : {3U, 50U, 100'000U}) {
            Rng rng(keys + memory);
            ExternalSorter<Counted, ByKey, JoinKeys> sorter(memory, ByKey(), JoinKeys());
            std::map<std::uint32_t, std::uint32_t> expected, found;
            for (int i = 0; i < 5000; ++i) {
                const auto key = static_cast<std::uint32_t>(rng.below(keys));
                sorter.add({key, 1});
                ++expected[key];
            }
            std::vector<std::uint32_t> order;
            sorter.finish([&](const Counted& one) {
                order.push_back(one.key);
                found[one.key] = one.count;
            });
            EXPECT_EQ(found, expected);
            EXPECT_EQ(order.size(), expected.size());
            EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
        }
    }
}

TEST(ExternalSorter, OfNothingIsNothing) {
    ExternalSorter<Counted, ByKey, JoinKeys> sorter(0, ByKey(), JoinKeys());
    sorter.finish([](const Counted&) { ADD_FAILURE(); });
}

}  // namespace
}  // namespace epi
