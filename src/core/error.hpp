#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace epi {

// Every error says where (file, file:line, option), what is wrong there, and what to do about it, in one
// line:
//   "sample.tsv.gz:1812: end (90) is not after start (120); check that the columns are chrom start end
//   barcode count"
// Only tools/ turns errors into exit codes.
class Error : public std::runtime_error {
  public:
    Error(std::string_view place, std::string_view problem, std::string_view remedy);
    // What the process exits with when this error reaches main.
    virtual int exit_code() const noexcept = 0;
};

// The command line is wrong. Exit code 2.
class UsageError : public Error {
  public:
    using Error::Error;
    int exit_code() const noexcept override { return 2; }
};

// An input is missing, malformed or does not fit another. Exit code 3.
class InputError : public Error {
  public:
    using Error::Error;
    int exit_code() const noexcept override { return 3; }
};

// Disk, memory, device or permission. Exit code 4.
class ResourceError : public Error {
  public:
    using Error::Error;
    int exit_code() const noexcept override { return 4; }
};

// A broken invariant: our bug. Exit code 70.
class InternalError : public Error {
  public:
    explicit InternalError(std::string_view what);
    int exit_code() const noexcept override { return 70; }
};

// A signal asked to stop: 130 for SIGINT, 143 for SIGTERM and SIGUSR1.
class Interrupted : public Error {
  public:
    explicit Interrupted(int code);
    int exit_code() const noexcept override { return code_; }

  private:
    int code_;
};

// Throws InternalError with `what` unless `condition` holds.
inline void check(bool condition, std::string_view what) {
    if (!condition) throw InternalError(what);
}

// "file:line", the place of most messages.
std::string at_line(std::string_view file, long long line);

}  // namespace epi
