#include "store/mapped_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

// While it lives, this program may take a little more address space than it has, and no more.
class NarrowAddressSpace {
  public:
    NarrowAddressSpace() {
        ::getrlimit(RLIMIT_AS, &before_);
        std::uint64_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        const rlimit narrow{pages * static_cast<std::uint64_t>(::getpagesize()) + (std::uint64_t{256} << 20),
                            before_.rlim_max};
        ::setrlimit(RLIMIT_AS, &narrow);
    }
    ~NarrowAddressSpace() { ::setrlimit(RLIMIT_AS, &before_); }
    NarrowAddressSpace(const NarrowAddressSpace&) = delete;
    NarrowAddressSpace& operator=(const NarrowAddressSpace&) = delete;

  private:
    rlimit before_{};
};

TEST(MappedFile, GivesTheBytesOfTheFileAlsoAfterTheyWereReleased) {
    const test::TemporaryFolder folder;
    const MappedFile file(folder.file("x", "0123456789"));
    EXPECT_EQ(file.size(), 10u);
    for (int round = 0; round < 2; ++round) {
        const auto part = file.at<char>(3, 4);
        EXPECT_EQ(std::string(part.begin(), part.end()), "3456");
        file.release();
    }
    EXPECT_EQ(MappedFile(folder.file("empty", "")).size(), 0u);
}

TEST(MappedFile, SaysWhenItCannotBeMapped) {
    const test::TemporaryFolder folder;
    const auto path = folder.file("large", "");
    std::filesystem::resize_file(path, std::uint64_t{1} << 40);  // takes no space
    const NarrowAddressSpace narrow;
    const auto message = test::message_of<ResourceError>([&] { const MappedFile file(path); });
    EXPECT_NE(message.find("large: cannot be mapped: "), std::string::npos) << message;
    EXPECT_NE(message.find("ulimit -v"), std::string::npos) << message;
}

TEST(MappedFile, SaysWhenItIsNotThere) {
    const auto message = test::message_of<InputError>([] { const MappedFile file("/none/x.h5mu"); });
    EXPECT_NE(message.find("/none/x.h5mu: No such file or directory"), std::string::npos) << message;
}

}  // namespace
}  // namespace epi
