#include "core/text.hpp"

#include <gtest/gtest.h>

namespace epi {
namespace {

TEST(Text, SplitsIntoFieldsAndKeepsEmptyOnes) {
    EXPECT_EQ(split("a\t\tb"), (std::vector<std::string_view>{"a", "", "b"}));
    EXPECT_EQ(split(""), (std::vector<std::string_view>{""}));
}

TEST(Text, ReadsNumbersOnlyWhenNothingIsLeftOver) {
    EXPECT_EQ(parse_number<int>("12"), 12);
    EXPECT_EQ(parse_number<int>("-3"), -3);
    for (const auto* bad : {"", "12x", " 12", "1e3", "99999999999"})
        EXPECT_FALSE(parse_number<int>(bad)) << bad;
    EXPECT_DOUBLE_EQ(*parse_number<double>("1e3"), 1000);
}

TEST(Text, ReadsSizes) {
    EXPECT_EQ(parse_bytes("512"), 512U);
    EXPECT_EQ(parse_bytes("4G"), 4ULL << 30);
    EXPECT_EQ(parse_bytes("1.5k"), 1536U);
    EXPECT_EQ(parse_bytes("2GiB"), 2ULL << 30);
    for (const auto* bad : {"", "G", "-1", "4X", "nan"}) EXPECT_FALSE(parse_bytes(bad)) << bad;
}

TEST(Text, WritesNumbersForPeopleAndForFiles) {
    EXPECT_EQ(with_commas(1234567), "1,234,567");
    EXPECT_EQ(with_commas(-123), "-123");
    EXPECT_EQ(format_double(0.1), "0.1");
    EXPECT_EQ(format_double(1.0 / 0.0), "inf");
    EXPECT_EQ(format_duration(3723), "1:02:03");
    EXPECT_EQ(format_short(0.00012345678), "0.000123");
    EXPECT_EQ(format_short(1.5e-5), "1.5e-05");
    EXPECT_EQ(format_short(0.0 / 0.0), "nan");
}

}  // namespace
}  // namespace epi
