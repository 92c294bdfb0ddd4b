#include "model/zip_archive.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace epi {
namespace {

// Signatures and fixed lengths of the records of the zip format (APPNOTE 4.3).
constexpr std::uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                        kLocator64 = 0x07064b50;
constexpr std::uint64_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kLocatorSize = 20, kEnd64Size = 56;
constexpr std::uint64_t kUnset32 = 0xffffffff;

std::uint64_t number(const std::string& bytes, std::size_t at, int width) {
    std::uint64_t value = 0;
    for (int i = width - 1; i >= 0; --i)
        value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
    return value;
}

}  // namespace

ZipArchive::ZipArchive(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary) {
    std::error_code error;
    size_ = std::filesystem::file_size(path, error);
    if (error || !file_) throw InputError(path.string(), "cannot be read", "check the path");
    read_directory();
}

void ZipArchive::fail(const std::string& problem) const {
    throw InputError(path_.string(), problem, "give a checkpoint written by torch.save, whole");
}

std::string ZipArchive::bytes_at(std::uint64_t offset, std::uint64_t size) {
    if (offset > size_ || size > size_ - offset) fail("is truncated or no zip archive");
    std::string bytes(size, '\0');
    file_.seekg(static_cast<std::streamoff>(offset));
    if (!file_.read(bytes.data(), static_cast<std::streamsize>(size))) fail("is truncated or no zip archive");
    return bytes;
}

void ZipArchive::read_directory() {
    // The end record is last but for a comment of at most 65,535 bytes.
    const auto tail_size = std::min<std::uint64_t>(size_, kEndSize + 65535);
    const auto tail = bytes_at(size_ - tail_size, tail_size);
    const std::string signature{"PK\x05\x06"};
    const auto found = tail.rfind(signature);
    if (found == std::string::npos || tail.size() - found < kEndSize) fail("is no zip archive");
    std::uint64_t entries = number(tail, found + 10, 2), length = number(tail, found + 12, 4),
                  begin = number(tail, found + 16, 4);
    const auto end_at = size_ - tail_size + found;
    if (end_at >= kLocatorSize) {
        const auto locator = bytes_at(end_at - kLocatorSize, kLocatorSize);
        if (number(locator, 0, 4) == kLocator64) {
            const auto end64 = bytes_at(number(locator, 8, 8), kEnd64Size);
            if (number(end64, 0, 4) != kEnd64) fail("has a damaged directory");
            entries = number(end64, 32, 8);
            length = number(end64, 40, 8);
            begin = number(end64, 48, 8);
        }
    }
    const auto directory = bytes_at(begin, length);
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < entries; ++i) {
        if (directory.size() - at < kCentralSize || number(directory, at, 4) != kCentral)
            fail("has a damaged directory");
        const auto name_size = number(directory, at + 28, 2), extra_size = number(directory, at + 30, 2),
                   comment_size = number(directory, at + 32, 2);
        const auto whole = kCentralSize + name_size + extra_size + comment_size;
        if (directory.size() - at < whole) fail("has a damaged directory");
        const auto name = directory.substr(at + kCentralSize, name_size);
        if (number(directory, at + 10, 2) != 0) fail("holds the compressed member '" + name + "'");
        Member member{number(directory, at + 42, 4), number(directory, at + 24, 4)};
        auto extra = at + kCentralSize + name_size;
        const auto extra_end = extra + extra_size;
        while (extra_end - extra >= 4) {
            const auto id = number(directory, extra, 2), size = number(directory, extra + 2, 2);
            extra += 4;
            if (size > extra_end - extra) fail("has a damaged directory");
            if (id == 1) {  // zip64: the values that did not fit, in this order
                auto value = extra;
                for (auto [wanted, skipped] :
                     {std::pair{&member.size, false},
                      {static_cast<std::uint64_t*>(nullptr), number(directory, at + 20, 4) == kUnset32},
                      {&member.header, false}}) {
                    if (wanted == nullptr ? !skipped : *wanted != kUnset32) continue;
                    if (value + 8 > extra + size) fail("has a damaged directory");
                    if (wanted != nullptr) *wanted = number(directory, value, 8);
                    value += 8;
                }
            }
            extra += size;
        }
        if (!members_.emplace(name, member).second) fail("holds the member '" + name + "' twice");
        at += whole;
    }
}

std::uint64_t ZipArchive::data_begin(const std::string& name, const Member& member) {
    const auto header = bytes_at(member.header, kLocalSize);
    if (number(header, 0, 4) != kLocal) fail("has no member where its directory says '" + name + "'");
    return member.header + kLocalSize + number(header, 26, 2) + number(header, 28, 2);
}

std::string ZipArchive::read(const std::string& name) {
    const auto found = members_.find(name);
    if (found == members_.end()) fail("has no member '" + name + "'");
    return bytes_at(data_begin(name, found->second), found->second.size);
}

void ZipArchive::read(const std::string& name, std::uint64_t offset, char* into, std::uint64_t size) {
    const auto found = members_.find(name);
    if (found == members_.end()) fail("has no member '" + name + "'");
    const auto begin = data_begin(name, found->second);
    const auto& member = found->second;
    if (offset > member.size || size > member.size - offset) fail("member '" + name + "' is too short");
    if (begin > size_ || member.size > size_ - begin) fail("is truncated");
    file_.seekg(static_cast<std::streamoff>(begin + offset));
    if (!file_.read(into, static_cast<std::streamsize>(size))) fail("is truncated");
}

}  // namespace epi
