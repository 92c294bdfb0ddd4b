#include "io/bgzip_writer.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/byte_source.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

std::string bytes_of_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(BgzipWriter, WritesTheSameAtAnyNumberOfThreads) {
    const test::TemporaryFolder folder;
    std::string text, one;
    for (int i = 0; i < 400'000; ++i)
        text += "line " + std::to_string(std::int64_t{i} * 7919 % 1'000'003) + "\n";
    for (const int threads : {1, 2, 5}) {
        BgzipWriter writer(folder / "out", threads);
        for (std::size_t at = 0; at < text.size(); at += 1000)
            writer.write(std::string_view(text).substr(at, 1000));
        writer.close();
        EXPECT_EQ(read_all(folder / "out"), text) << threads;
        if (threads == 1) one = bytes_of_file(folder / "out");
        EXPECT_EQ(bytes_of_file(folder / "out"), one) << threads;
    }
}

TEST(BgzipWriter, WritesNothingToo) {
    const test::TemporaryFolder folder;
    BgzipWriter writer(folder / "out", 1);
    writer.close();
    EXPECT_EQ(read_all(folder / "out"), "");
}

TEST(BgzipWriter, SaysThatTheDiskIsFull) {
    EXPECT_THROW(BgzipWriter("/nowhere/out", 1), ResourceError);
    BgzipWriter writer("/dev/full", 1);
    writer.write("x\n");
    EXPECT_THROW(writer.close(), ResourceError);
    BgzipWriter large("/dev/full", 1);
    EXPECT_THROW(
        for (int i = 0; i < 200; ++i) large.write(std::string(100'000, static_cast<char>('a' + i % 20))),
        ResourceError);
}

}  // namespace
}  // namespace epi
