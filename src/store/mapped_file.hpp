#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace epi {

// A file mapped into memory, to read.
class MappedFile {
  public:
    explicit MappedFile(const std::filesystem::path& path);  // InputError, ResourceError
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::uint64_t size() const { return size_; }
    // The numbers at `offset`, which must lie inside and be aligned for their type.
    template <class Number>
    std::span<const Number> at(std::uint64_t offset, std::uint64_t count) const {
        return {reinterpret_cast<const Number*>(bytes_ + offset), static_cast<std::size_t>(count)};
    }

    // Takes its pages out of this program's memory; they come back from the system's cache or the disk when
    // they are touched again. Safe while others read.
    void release() const;

  private:
    const std::byte* bytes_ = nullptr;
    std::uint64_t size_ = 0;
};

// Asks the system to read these mapped bytes from the disk, without waiting.
void will_need(std::span<const std::byte> bytes);

// Numbers that are mapped from a file, or held.
template <class Number>
class MappedArray {
  public:
    MappedArray() = default;
    explicit MappedArray(std::vector<Number> held) : held_(std::move(held)), view_(held_) {}
    MappedArray(std::shared_ptr<const MappedFile> file, std::span<const Number> view)
        : file_(std::move(file)), view_(view) {}
    MappedArray(MappedArray&&) noexcept = default;  // a vector keeps its buffer when moved
    MappedArray& operator=(MappedArray&&) noexcept = default;

    std::span<const Number> view() const { return view_; }
    std::size_t size() const { return view_.size(); }
    Number operator[](std::size_t i) const { return view_[i]; }
    // The file it lies in; null where it is held.
    const MappedFile* file() const { return file_.get(); }

  private:
    std::shared_ptr<const MappedFile> file_;
    std::vector<Number> held_;
    std::span<const Number> view_;
};

}  // namespace epi
