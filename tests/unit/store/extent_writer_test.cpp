#include "store/extent_writer.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

// Bytes anywhere in a file, in pieces of any size: at pages and beside them, more and fewer than a buffer.
void write_anywhere(const std::filesystem::path& path, std::uint64_t offset, std::uint64_t size,
                    bool direct) {
    std::string expected(offset + size + 10, '.');
    std::ofstream(path, std::ios::binary) << expected;
    {
        const RawFile file(path, path.string(), direct);
        ExtentWriter writer(file, {offset, size}, 2 * RawFile::kPage);
        for (std::uint64_t at = 0; at < size;) {
            const auto piece = std::min<std::uint64_t>(size - at, 1 + at % 3333);
            for (std::uint64_t i = at; i < at + piece; ++i)
                expected[offset + i] = static_cast<char>('a' + i % 23);
            writer.append(std::as_bytes(std::span(expected).subspan(offset + at, piece)));
            at += piece;
        }
        writer.finish();
        file.sync();
    }
    std::ifstream stream(path, std::ios::binary);
    const std::string found((std::istreambuf_iterator<char>(stream)), {});
    ASSERT_TRUE(found == expected) << offset << " " << size << " " << direct;
}

TEST(ExtentWriter, BytesLieWhereTheyBelong) {
    const test::TemporaryFolder folder;
    for (const std::uint64_t offset : {0, 4096, 100, 5000})
        for (const std::uint64_t size : {1, 4000, 4096, 20000, 100000})
            for (const bool direct : {true, false}) write_anywhere(folder / "file", offset, size, direct);
}

// What the disk says no to is an error of a later call.
TEST(ExtentWriter, AFullDiskIsAnError) {
    const RawFile file("/dev/full", "/dev/full");
    ExtentWriter writer(file, {0, 1 << 20}, 2 * RawFile::kPage);
    const std::vector<std::byte> bytes(1 << 16);
    EXPECT_THROW(
        {
            writer.append(bytes);
            writer.finish();
        },
        ResourceError);
}

}  // namespace
}  // namespace epi
