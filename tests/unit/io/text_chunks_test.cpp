#include "io/text_chunks.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "io/checksum.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;
using test::TemporaryFolder;

// All pieces one after the other.
std::string all_of(const std::filesystem::path& path, const TextChunkOptions& options = {}) {
    const auto chunks = open_chunks(path, options);
    TextChunk chunk;
    std::string text;
    std::size_t number = 0;
    for (; chunks->next(chunk); ++number) {
        EXPECT_EQ(chunk.number, number);
        text += chunk.lines;
        if (chunk.line_too_long) text += "<too long>\n";
    }
    EXPECT_EQ(chunk.number, number) << "at the end, how many there were";
    EXPECT_FALSE(chunks->next(chunk));
    return text;
}

// In blocks of random sizes, some of them empty.
std::string random_bgzf(const std::string& text, Rng& rng) {
    std::string packed;
    for (std::size_t at = 0; at < text.size();) {
        const auto n = 1 + rng.below(rng.chance(0.5) ? 20 : 2000);
        packed += bgzf_compress(std::string_view(text).substr(at, n));
        if (rng.chance(0.1)) packed += std::string(bgzf_end());
        at += n;
    }
    return packed + std::string(bgzf_end());
}

std::string random_lines(Rng& rng) {
    std::string text;
    for (auto lines = rng.below(200); lines > 0; --lines)
        text += std::string(rng.below(rng.chance(0.05) ? 3000 : 40), 'x') + "\n";
    if (rng.chance(0.5)) text += "no line end";
    return text;
}

TEST(TextChunks, KnowTheChecksumOfAFileThatWasReadWhole) {
    const TemporaryFolder folder;
    Rng rng(5);
    const auto packed = random_bgzf(random_lines(rng) + "last\n", rng);
    TextChunkOptions options;
    options.bytes = 100;
    options.checksum = options.allow_truncated = true;
    for (const auto& path :
         {folder.file("whole.gz", packed), folder.file("short.gz", packed.substr(0, packed.size() - 40))}) {
        const auto chunks = open_chunks(path, options);
        EXPECT_EQ(chunks->checksum(), "");
        TextChunk chunk;
        while (chunks->next(chunk)) {
        }
        EXPECT_EQ(chunks->checksum(), xxh3_of_file(path));
    }
    options.checksum = false;
    const auto chunks = open_chunks(folder.path() / "whole.gz", options);
    TextChunk chunk;
    while (chunks->next(chunk)) {
    }
    EXPECT_EQ(chunks->checksum(), "");
}

TEST(TextChunks, GiveEveryLineOnceWhateverTheBlocks) {
    const TemporaryFolder folder;
    Rng rng(1);
    for (int round = 0; round < 300; ++round) {
        const auto text = random_lines(rng);
        TextChunkOptions options;
        options.bytes = 1 + rng.below(3000);
        const auto packed = folder.file("x.gz", random_bgzf(text, rng));
        ASSERT_EQ(all_of(packed, options), text);
        ASSERT_EQ(all_of(folder.file("x", text), options), text);
        options.one_stream = true;
        ASSERT_EQ(all_of(packed, options), text);
    }
}

TEST(TextChunks, LeaveOutLinesThatAreNoText) {
    const TemporaryFolder folder;
    Rng rng(2);
    const std::string text = "one\n" + std::string(kLongestLine + 5'000'000, 'x') + "\ntwo\n";
    const std::string expected = "one\n<too long>\ntwo\n";
    TextChunkOptions options;
    options.bytes = 1U << 20;
    EXPECT_TRUE(all_of(folder.file("x", text), options) == expected);
    options.bytes = 1U << 10;
    EXPECT_TRUE(all_of(folder.file("x.gz", bgzf_compress(text) + std::string(bgzf_end())), options) ==
                expected);
}

TEST(TextChunks, NoticeAMissingEnd) {
    const TemporaryFolder folder;
    Rng rng(3);
    std::string text;
    for (int i = 0; i < 3000; ++i) text += std::to_string(rng()) + "\n";
    const auto packed = random_bgzf(text, rng);
    TextChunkOptions partly;
    partly.allow_truncated = true;
    for (int round = 0; round < 100; ++round) {
        const auto path =
            folder.file("x.gz", packed.substr(0, packed.size() - 1 - rng.below(packed.size() / 2)));
        EXPECT_NE(message_of<InputError>([&] { open_chunks(path); }).find("the file is truncated"),
                  std::string::npos);
        const auto chunks = open_chunks(path, partly);
        EXPECT_TRUE(chunks->truncated());
        const auto whole = all_of(path, partly);
        ASSERT_TRUE(text.starts_with(whole) && whole.ends_with('\n'));
        ASSERT_GT(whole.size(), text.size() / 3);
    }
}

TEST(TextChunks, NoticeEveryFlippedByte) {
    const TemporaryFolder folder;
    Rng rng(4);
    std::string text;
    for (int i = 0; i < 300; ++i) text += std::to_string(rng()) + "\n";
    const auto packed = random_bgzf(text, rng);
    for (int round = 0; round < 300; ++round) {
        auto broken = packed;
        broken[18 + rng.below(broken.size() - 18 - 28)] ^= static_cast<char>(1 << rng.below(8));
        const auto path = folder.file("x.gz", broken);
        try {
            // Some bytes of a header (time, system) say nothing.
            ASSERT_TRUE(all_of(path) == text);
        } catch (const InputError& error) {
            ASSERT_NE(std::string(error.what()).find("corrupt"), std::string::npos) << error.what();
        } catch (const MixedGzipError&) {
        }
    }
}

TEST(TextChunks, SayWhereBgzipEndsAndGzipGoesOn) {
    const TemporaryFolder folder;
    // A gzip member without the extra field of bgzip.
    const std::string member("\x1f\x8b\x08\0\0\0\0\0\0\x03\x33\x34\x32\xe6\x02\0\x9e\xb9\xd3\x4d\x04\0\0\0",
                             24);
    const auto path = folder.file("x.gz", bgzf_compress("first\n") + member + std::string(bgzf_end()));
    const auto chunks = open_chunks(path);
    TextChunk chunk;
    EXPECT_THROW(chunks->next(chunk), MixedGzipError);
}

}  // namespace
}  // namespace epi
