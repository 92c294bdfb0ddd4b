#include "core/name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace epi {
namespace {

using std::string_view_literals::operator""sv;

TEST(CanBeAName, WantsTextWithoutControlCharacters) {
    for (const auto good :
         {"A"sv, "ACGT-1"sv, "a b"sv, "~"sv, "\u00fc:\u20ac:\U0001F9EC"sv, "\xF4\x8F\xBF\xBF"sv})
        EXPECT_TRUE(can_be_a_name(good)) << good;
    for (const auto bad : {""sv, "A\0B"sv, "\t"sv, "A\n"sv, "\r"sv, "\x7F"sv, "\x1B[31m"sv})
        EXPECT_FALSE(can_be_a_name(bad)) << bad;
}

TEST(CanBeAName, WantsAShortText) {
    EXPECT_TRUE(can_be_a_name(std::string(kMaxNameBytes, 'A')));
    EXPECT_FALSE(can_be_a_name(std::string(kMaxNameBytes + 1, 'A')));
}

TEST(CanBeAName, WantsUtf8) {
    for (const auto bad :
         {"\x80"sv, "\xC0\xAF"sv, "\xC3"sv, "\xC3("sv, "\xE2\x82"sv, "\xE0\x80\x80"sv, "\xED\xA0\x80"sv,
          "\xF0\x80\x80\x80"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv, "\xFF\xFE"sv})
        EXPECT_FALSE(can_be_a_name(bad));
}

}  // namespace
}  // namespace epi
