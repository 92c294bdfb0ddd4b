#pragma once
#include <filesystem>
#include <string_view>
#include <vector>

#include "fragments/cache_format.hpp"
#include "io/random_file.hpp"
#include "io/text_chunks.hpp"

namespace epi {

// Whether a file starts as a fragment cache does. False for what is no regular file.
bool is_fragment_cache(const std::filesystem::path& path);

// A fragment cache that is read. Safe to use from several threads.
class FragmentCache {
  public:
    // InputError: not a cache, another version, truncated, damaged (but for its blocks, which are not read
    // yet).
    explicit FragmentCache(const std::filesystem::path& path);

    const std::string& name() const { return file_.name(); }
    const CacheDirectory& directory() const { return directory_; }
    std::uint64_t rows() const { return head_.rows; }

    // Reads the blocks `first` ... `last - 1`.
    void read(std::size_t first, std::size_t last, RawBuffer& buffer) const;
    // One of the blocks that lie in a buffer from `first` on. InputError: it is not as it was written.
    std::string_view block(std::size_t i, std::size_t first, RawBuffer& buffer) const;

  private:
    RandomFile file_;
    CacheHead head_;
    CacheDirectory directory_;
    std::vector<std::uint64_t> begins_;  // of the blocks, and the end of the last
};

}  // namespace epi
