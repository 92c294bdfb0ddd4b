#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace epi::test {

// A folder of this test's own, removed at its end.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "epifoundry-test-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }
    // Writes `content` and returns where.
    std::filesystem::path file(const std::filesystem::path& name, std::string_view content) const {
        std::ofstream(path_ / name, std::ios::binary) << content;
        return path_ / name;
    }

  private:
    std::filesystem::path path_;
};

// The message of the Error of this type that `action` throws; a failure if it throws none.
template <class ErrorType, class Action>
std::string message_of(Action&& action) {
    try {
        action();
    } catch (const ErrorType& error) {
        return error.what();
    }
    ADD_FAILURE() << "no such error was thrown";
    return {};
}

}  // namespace epi::test
