#include "io/temporary_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

TEST(TemporaryFile, HoldsWhatWasWritten) {
    TemporaryFile file;
    EXPECT_EQ(file.append("abc", 3), 0U);
    EXPECT_EQ(file.append("defg", 4), 3U);
    EXPECT_EQ(file.size(), 7U);
    std::string text(4, ' ');
    file.read(2, text.data(), 4);
    EXPECT_EQ(text, "cdef");
    EXPECT_THROW(file.read(4, text.data(), 4), InternalError);
}

TEST(TemporaryFile, SaysThatItCannotBeMadeOrFilled) {
    const test::TemporaryFolder folder;
    const char* before = std::getenv("TMPDIR");
    const std::string old = before == nullptr ? "/tmp" : before;
    ::setenv("TMPDIR", (folder / "nowhere").c_str(), 1);
    TemporaryFile none;
    EXPECT_THROW(none.append("abc", 3), ResourceError);
    ::setenv("TMPDIR", old.c_str(), 1);

    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1000, limit.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    TemporaryFile full;
    const std::string text(2000, 'x');
    const auto message = test::message_of<ResourceError>([&] { full.append(text.data(), text.size()); });
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, handler);
    EXPECT_NE(message.find("writing a temporary file failed"), std::string::npos) << message;
}

}  // namespace
}  // namespace epi
