#include "io/atomic_output.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "core/error.hpp"
#include "io/byte_source.hpp"
#include "support/temporary_folder.hpp"

namespace {

// What the disk says when it is asked to keep a file, or a folder.
int error_of_files = 0, error_of_folders = 0;

}  // namespace

// In the place of the system's, for this program.
extern "C" int fsync(int fd) {
    struct stat info {};
    ::fstat(fd, &info);
    const int error = S_ISDIR(info.st_mode) ? error_of_folders : error_of_files;
    if (error == 0) return static_cast<int>(::syscall(SYS_fsync, fd));
    errno = error;
    return -1;
}

namespace epi {
namespace {

using test::message_of;
using test::TemporaryFolder;

// While it lives, a disk that keeps nothing.
struct BadDisk {
    BadDisk(int files, int folders) {
        error_of_files = files;
        error_of_folders = folders;
    }
    ~BadDisk() { error_of_files = error_of_folders = 0; }
    BadDisk(const BadDisk&) = delete;
    BadDisk& operator=(const BadDisk&) = delete;
};

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
    std::filesystem::create_directory(folder / "out");
    EXPECT_NE(
        message_of<ResourceError>([&] { file.commit(); }).find("out: the finished output cannot be put in"),
        std::string::npos);
}

TEST(AtomicFile, SaysWhenItIsGone) {
    const TemporaryFolder folder;
    AtomicFile file(folder / "out", false);
    std::filesystem::remove(file.temporary_path());
    EXPECT_NE(message_of<ResourceError>([&] { file.commit(); }).find("out: the disk does not keep"),
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

TEST(AtomicFile, WhatTheDiskDoesNotKeepDoesNotAppear) {
    const TemporaryFolder folder;
    const auto path = folder.file("out.txt", "old");
    {
        const BadDisk disk(EIO, 0);
        EXPECT_NE(message_of<ResourceError>([&] {
                      write_file(path, "new", true);
                  }).find("out.txt: the disk does not keep what was written: Input/output error"),
                  std::string::npos);
    }
    EXPECT_EQ(read_all(path), "old");
    const BadDisk disk(0, EIO);  // it may be lost with the folder's new entry
    EXPECT_THROW(write_file(folder / "two.txt", "new", false), ResourceError);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
}

TEST(AtomicFile, AFolderThatCannotBeFlushedIsNoError) {
    const TemporaryFolder folder;
    const BadDisk disk(0, EINVAL);
    write_file(folder / "out.txt", "new", false);
    EXPECT_EQ(read_all(folder / "out.txt"), "new");
}

TEST(AtomicFolder, WhatTheDiskDoesNotKeepDoesNotAppear) {
    const TemporaryFolder folder;
    {
        AtomicFolder out(folder / "out", false);
        write_file(out / "a.txt", "1", false);
        const BadDisk disk(ENOSPC, 0);
        EXPECT_NE(message_of<ResourceError>([&] { out.commit(); }).find("out/a.txt: the disk does not keep"),
                  std::string::npos);
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace epi
