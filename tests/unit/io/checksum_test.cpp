#include "io/checksum.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::TemporaryFolder;

TEST(Sha256, EqualsThePublishedDigestOfAbc) {
    EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// As `xxh128sum` 0.8.1 prints them; the first is in the library's own list of test values.
TEST(Xxh3, EqualsTheDigestsOfTheCommand) {
    const TemporaryFolder folder;
    EXPECT_EQ(xxh3_of_file(folder.file("empty", "")), "99aa06d3014798d86001c324468d497f");
    EXPECT_EQ(xxh3_of_file(folder.file("abc", "abc")), "06b05ab6733a618578af5f94892f3950");
}

TEST(Xxh3, IsTheSameOfAnyPieces) {
    const TemporaryFolder folder;
    Rng rng(3);
    std::string bytes;
    for (int i = 0; i < 3'000'000; ++i) bytes += static_cast<char>(rng.below(256));
    Xxh3 hash;
    for (std::size_t at = 0; at < bytes.size();) {
        const auto n = rng.below(400'000);
        hash.update(std::string_view(bytes).substr(at, n));
        at += n;
    }
    EXPECT_EQ(hash.hex(), xxh3_of_file(folder.file("bytes", bytes)));
    bytes[1'234'567] ^= 1;
    EXPECT_NE(hash.hex(), xxh3_of_file(folder.file("bytes", bytes)));
}

TEST(Checksum, OfAFileThatCannotBeReadIsAnError) {
    EXPECT_THROW(xxh3_of_file("no/such/file"), InputError);
    EXPECT_THROW(sha256_of_file("no/such/file"), InputError);
}

// The check value of CRC-32/ISO-HDLC, which gzip has.
TEST(Crc32, EqualsThePublishedCheckValue) {
    EXPECT_EQ(crc32_of("123456789"), 0xcbf43926U);
    EXPECT_EQ(crc32_of(""), 0U);
}

}  // namespace
}  // namespace epi
