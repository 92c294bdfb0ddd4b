#include "store/extent_writer.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "core/error.hpp"

namespace epi {
namespace {

constexpr std::size_t kPage = RawFile::kPage;

std::byte* pages(std::size_t bytes) {
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(kPage, bytes));
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

// Bytes [begin, end) of a buffer that lies at `page` in the file: whole pages, and what is left at the ends.
void write_buffer(const RawFile& file, const std::byte* bytes, std::uint64_t page, std::size_t begin,
                  std::size_t end) {
    const auto first = std::min(end, (begin + kPage - 1) / kPage * kPage), last = end / kPage * kPage;
    if (begin < first) file.write(bytes + begin, first - begin, page + begin);
    if (first < last) file.write_pages(bytes + first, last - first, page + first);
    if (first <= last && last < end) file.write(bytes + last, end - last, page + last);
}

}  // namespace

void ExtentWriter::Free::operator()(std::byte* bytes) const {
    std::free(bytes);
}

ExtentWriter::ExtentWriter(const RawFile& file, Hdf5Extent extent, std::size_t buffer)
    : file_(file),
      size_(std::min<std::size_t>(buffer, (extent.bytes + 2 * kPage - 1) / kPage * kPage)),
      page_(extent.offset / kPage * kPage),
      begin_(extent.offset % kPage),
      end_(begin_) {
    check(buffer % kPage == 0 && buffer > 0, "a buffer of whole pages");
    if (extent.bytes == 0) return;
    filling_ = Buffer(pages(size_));
}

ExtentWriter::~ExtentWriter() {
    if (disk_.valid()) disk_.wait();
}

void ExtentWriter::wait() {
    if (disk_.valid()) disk_.get();
}

void ExtentWriter::hand_over() {
    wait();
    if (going_ == nullptr) going_ = Buffer(pages(size_));
    std::swap(filling_, going_);
    disk_ = std::async(std::launch::async, [this, page = page_, begin = begin_, end = end_] {
        write_buffer(file_, going_.get(), page, begin, end);
    });
    page_ += size_;
    begin_ = end_ = 0;
}

void ExtentWriter::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto count = std::min(bytes.size(), size_ - end_);
        std::memcpy(filling_.get() + end_, bytes.data(), count);
        end_ += count;
        bytes = bytes.subspan(count);
        if (end_ == size_) hand_over();
    }
}

void ExtentWriter::finish() {
    wait();
    if (begin_ < end_) write_buffer(file_, filling_.get(), page_, begin_, end_);
    begin_ = end_;
}

}  // namespace epi
