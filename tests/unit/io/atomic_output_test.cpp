#include "io/atomic_output.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/byte_source.hpp"
#include "io/checksum.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;
using test::TemporaryFolder;

TEST(AtomicFile, AppearsOnlyWhenCommitted) {
    const TemporaryFolder folder;
    {
        AtomicFile file(folder / "out.txt", false);
        EXPECT_FALSE(std::filesystem::exists(folder / "out.txt"));
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    write_file(folder / "out.txt", "whole", false);
    EXPECT_EQ(read_all(folder / "out.txt"), "whole");
}

TEST(AtomicFile, RefusesToReplaceUnlessForced) {
    const TemporaryFolder folder;
    const auto path = folder.file("out.txt", "old");
    EXPECT_NE(message_of<UsageError>([&] { write_file(path, "new", false); }).find("--force"),
              std::string::npos);
    write_file(path, "new", true);
    EXPECT_EQ(read_all(path), "new");
}

TEST(AtomicFile, SaysWhenAFolderIsInTheWay) {
    const TemporaryFolder folder;
    EXPECT_NE(message_of<UsageError>([&] { AtomicFile(folder.path(), true); }).find("not a folder"),
              std::string::npos);
}

TEST(AtomicFile, SaysWhenTheFolderCannotBeMade) {
    const TemporaryFolder folder;
    folder.file("plain", "");
    EXPECT_NE(message_of<ResourceError>([&] {
                  AtomicFile(folder / "plain/sub/out", false);
              }).find("cannot be made"),
              std::string::npos);
}

TEST(AtomicFile, SaysWhenItCannotBeWritten) {
    EXPECT_NE(
        message_of<ResourceError>([] { AtomicFile("/proc/self/out", false); }).find("cannot be written: "),
        std::string::npos);
}

TEST(AtomicFile, SaysWhenItCannotBePutInPlace) {
    const TemporaryFolder folder;
    AtomicFile file(folder / "out", false);
    std::filesystem::remove(file.temporary_path());
    EXPECT_NE(
        message_of<ResourceError>([&] { file.commit(); }).find("out: the finished output cannot be put in"),
        std::string::npos);
}

TEST(AtomicFolder, AppearsWholeAndReplacesOnlyAtCommit) {
    const TemporaryFolder folder;
    {
        AtomicFolder out(folder / "out/", false);
        write_file(out / "a.txt", "1", false);
        EXPECT_FALSE(std::filesystem::exists(folder / "out"));
        out.commit();
    }
    {
        AtomicFolder again(folder / "out", true);
        write_file(again / "b.txt", "2", false);
        EXPECT_EQ(read_all(folder / "out/a.txt"), "1");
        again.commit();
    }
    EXPECT_FALSE(std::filesystem::exists(folder / "out/a.txt"));
    EXPECT_EQ(read_all(folder / "out/b.txt"), "2");
    EXPECT_THROW(AtomicFolder(folder / "out", false), UsageError);
}

TEST(AtomicFolder, SaysWhenAFileHasItsName) {
    const TemporaryFolder folder;
    folder.file("out", "");
    EXPECT_NE(message_of<UsageError>([&] { AtomicFolder(folder / "out", true); }).find("a file has its name"),
              std::string::npos);
}

TEST(Sha256, EqualsThePublishedDigestOfAbc) {
    EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace epi
