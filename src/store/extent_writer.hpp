#pragma once
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <span>

#include "store/hdf5.hpp"
#include "store/raw_file.hpp"

namespace epi {

// A stretch of a file that is written front to back, while the disk works beside the caller. Holds two
// buffers.
class ExtentWriter {
  public:
    static constexpr std::size_t kBuffer = std::size_t{8} << 20;

    // `buffer`: bytes, whole pages.
    ExtentWriter(const RawFile& file, Hdf5Extent extent, std::size_t buffer = kBuffer);
    ~ExtentWriter();
    ExtentWriter(const ExtentWriter&) = delete;
    ExtentWriter& operator=(const ExtentWriter&) = delete;

    // ResourceError also of what was appended before.
    void append(std::span<const std::byte> bytes);
    // Returns when everything appended is written; must be called.
    void finish();

  private:
    struct Free {
        void operator()(std::byte* bytes) const;
    };
    using Buffer = std::unique_ptr<std::byte, Free>;
    void hand_over();
    void wait();

    const RawFile& file_;
    std::size_t size_;         // of a buffer
    std::uint64_t page_;       // where the buffer lies in the file: at a page
    std::size_t begin_, end_;  // what of the buffer is filled
    Buffer filling_, going_;   // going_: to the disk
    std::future<void> disk_;
};

}  // namespace epi
