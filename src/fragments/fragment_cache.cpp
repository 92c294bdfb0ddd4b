#include "fragments/fragment_cache.hpp"

#include "core/error.hpp"
#include "io/checksum.hpp"

namespace epi {
namespace {

CacheHead read_head(const RandomFile& file) {
    if (file.size() == 0)
        throw InputError(file.name(), "no such fragment cache, or an empty one",
                         "check the path, or make it with 'count --cache'");
    auto head = read_cache_head(file.read(0, kCacheHead), file.name());
    if (kCacheHead + head.block_bytes + head.directory_bytes() != file.size())
        throw_damaged_cache(file.name(),
                            "it has " + std::to_string(file.size()) + " bytes where " +
                                std::to_string(kCacheHead + head.block_bytes + head.directory_bytes()) +
                                " belong");
    return head;
}

}  // namespace

bool is_fragment_cache(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return false;
    return RandomFile(path).read(0, kCacheMagic.size()) == kCacheMagic;
}

FragmentCache::FragmentCache(const std::filesystem::path& path)
    : file_(path),
      head_(read_head(file_)),
      directory_(read_cache_directory(file_.read(kCacheHead + head_.block_bytes, head_.directory_bytes()),
                                      head_, file_.name())) {
    begins_.reserve(directory_.blocks.size() + 1);
    begins_.push_back(kCacheHead);
    for (const auto& block : directory_.blocks) begins_.push_back(begins_.back() + block.bytes);
}

void FragmentCache::read(std::size_t first, std::size_t last, RawBuffer& buffer) const {
    const auto bytes = begins_[last] - begins_[first];
    buffer.reserve(bytes);
    if (file_.read(begins_[first], buffer.data(), bytes) != bytes)
        throw_damaged_cache(name(), "it became shorter while it was read");
}

std::string_view FragmentCache::block(std::size_t i, std::size_t first, RawBuffer& buffer) const {
    const std::string_view bytes(buffer.data() + (begins_[i] - begins_[first]), directory_.blocks[i].bytes);
    if (crc32_of(bytes) != directory_.blocks[i].crc)
        throw_damaged_cache(name(),
                            "the checksum of the block at byte " + std::to_string(begins_[i]) + " is wrong");
    return bytes;
}

}  // namespace epi
