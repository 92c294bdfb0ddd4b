#include "io/deflate_decoder.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "core/random.hpp"
#include "support/raw_deflate.hpp"

namespace epi {
namespace {

using test::raw_deflate;
using test::raw_inflate;

// Packed data with what must be readable behind it, and room for its text, each of exactly its size, so that
// the sanitizers see what is read or written beyond.
struct Trial {
    Trial(std::string_view packed, std::size_t size)
        : bytes(std::make_unique<char[]>(packed.size() + 8)), text(std::make_unique<char[]>(size)) {
        std::copy(packed.begin(), packed.end(), bytes.get());
        stream = {{bytes.get(), packed.size()}, {text.get(), size}};
    }
    std::unique_ptr<char[]> bytes, text;
    DeflateStream stream;
};

// What the decoder makes of all of them at once; nothing where one is not good.
std::vector<std::optional<std::string>> unpack(const std::vector<std::pair<std::string, std::size_t>>& all) {
    std::vector<Trial> trials;
    for (const auto& [packed, size] : all) trials.emplace_back(packed, size);
    std::vector<DeflateStream> streams;
    for (const auto& trial : trials) streams.push_back(trial.stream);
    DeflateDecoder().unpack(streams);
    std::vector<std::optional<std::string>> texts;
    for (const auto& stream : streams)
        texts.push_back(stream.good ? std::optional(std::string(stream.text.data(), stream.text.size()))
                                    : std::nullopt);
    return texts;
}

std::string fragment_lines(std::size_t lines, Rng& rng) {
    std::string text;
    std::uint64_t start = 1'000'000;
    for (std::size_t i = 0; i < lines; ++i) {
        start += rng() % 50;
        text += "chr1\t" + std::to_string(start) + '\t' + std::to_string(start + 30 + rng() % 400) + '\t';
        for (int k = 0; k < 16; ++k) text += "ACGT"[rng() % 4];
        text += "-1\t" + std::to_string(1 + rng() % 3) + '\n';
    }
    return text;
}

// Of every kind: nothing, short, runs that copy themselves, long matches, noise, few letters, far matches.
std::vector<std::string> texts() {
    Rng rng(1);
    std::vector<std::string> all{"", "a", "abc", std::string(70'000, 'x'), fragment_lines(1500, rng)};
    for (const std::size_t period : {1, 2, 3, 7, 15, 16, 17, 31, 33, 300}) {
        std::string piece, text;
        for (std::size_t i = 0; i < period; ++i) piece += static_cast<char>('a' + rng() % 26);
        while (text.size() < 3000) text += piece + (rng() % 8 == 0 ? "!" : "");
        all.push_back(text);
    }
    for (const unsigned letters : {2U, 4U, 20U, 256U}) {
        std::string text;
        for (int i = 0; i < 40'000; ++i) text += static_cast<char>(rng() % letters);
        all.push_back(text);
    }
    std::string far = fragment_lines(20, rng);
    for (int i = 0; i < 31'000; ++i) far += static_cast<char>(rng());
    all.push_back(far + far.substr(0, 900));
    return all;
}

TEST(DeflateDecoder, UnpacksWhatZlibPacked) {
    for (const int strategy : {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED}) {
        for (const int level : {0, 1, 6, 9}) {
            std::vector<std::pair<std::string, std::size_t>> packed;
            for (const auto& text : texts())
                packed.emplace_back(raw_deflate(text, level, strategy), text.size());
            const auto found = unpack(packed);
            for (std::size_t i = 0; i < found.size(); ++i)
                EXPECT_EQ(found[i], texts()[i])
                    << "text " << i << ", level " << level << ", strategy " << strategy;
        }
    }
}

TEST(DeflateDecoder, TakesAnyNumberOfStreamsAtOnce) {
    Rng rng(2);
    for (std::size_t n = 0; n < 9; ++n) {
        std::vector<std::string> texts;
        std::vector<std::pair<std::string, std::size_t>> packed;
        for (std::size_t i = 0; i < n; ++i) {
            texts.push_back(fragment_lines(rng() % 300, rng));
            packed.emplace_back(raw_deflate(texts.back()), texts.back().size());
        }
        const auto found = unpack(packed);
        ASSERT_EQ(found.size(), n);
        for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(found[i], texts[i]);
    }
}

TEST(DeflateDecoder, WantsTheRightLength) {
    Rng rng(3);
    const auto text = fragment_lines(50, rng);
    const auto packed = raw_deflate(text);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, text.size() - 1, text.size() + 1, 2 * text.size()})
        EXPECT_EQ(unpack({{packed, size}}).front(), std::nullopt) << size;
}

TEST(DeflateDecoder, RefusesWhatIsCut) {
    Rng rng(4);
    const auto text = fragment_lines(50, rng);
    for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FIXED}) {
        const auto packed = raw_deflate(text, 6, strategy);
        for (std::size_t size = 0; size + 1 < packed.size(); ++size)
            EXPECT_EQ(unpack({{packed.substr(0, size), text.size()}}).front(), std::nullopt) << size;
    }
}

// Changed data may have another text, but then the one that zlib finds.
TEST(DeflateDecoder, AgreesWithZlibOnDamagedData) {
    Rng rng(5);
    const auto all = texts();
    int good = 0;
    for (int trial = 0; trial < 6000; ++trial) {
        const auto text = all[rng() % all.size()].substr(0, 3000);
        auto packed = raw_deflate(text, static_cast<int>(rng() % 10), static_cast<int>(rng() % 5));
        // Lengths of words are at the front, where damage does most.
        const auto place = rng() % std::min<std::size_t>(packed.size(), trial % 2 == 0 ? 60 : packed.size());
        packed[place] = static_cast<char>(packed[place] ^ (1 << (rng() % 8)));
        const auto found = unpack({{packed, text.size()}}).front();
        if (found) {
            ASSERT_EQ(found, raw_inflate(packed, text.size())) << trial;
            ++good;
        }
    }
    EXPECT_GT(good, 500);
}

TEST(DeflateDecoder, RefusesNoise) {
    Rng rng(6);
    for (int trial = 0; trial < 2000; ++trial) {
        std::string noise;
        for (auto n = rng() % 200; n > 0; --n) noise += static_cast<char>(rng());
        const auto size = rng() % 300;
        const auto found = unpack({{noise, size}}).front();
        if (found) {
            EXPECT_EQ(found, raw_inflate(noise, size));
        }
    }
}

}  // namespace
}  // namespace epi
