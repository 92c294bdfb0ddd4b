#include "counts/pair_store.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/huge_pages.hpp"

namespace epi {
namespace {

constexpr std::size_t kSlab = 8U << 20, kPage = 2U << 20;

// Memory for so many elements, not yet filled.
template <class T>
void reserve_large(std::vector<T>& values, std::size_t n) {
    values.reserve(n);
    prefer_huge_pages(values.data(), n * sizeof(T));
}

// Pairs come in almost the order of features where fragments are sorted.
void sort_columns(std::span<std::int32_t> columns) {
    std::size_t moves = 8 * columns.size();
    for (std::size_t i = 1; i < columns.size(); ++i) {
        const auto column = columns[i];
        std::size_t at = i;
        for (; at > 0 && columns[at - 1] > column; --at) columns[at] = columns[at - 1];
        columns[at] = column;
        if (i - at > moves) return std::sort(columns.begin(), columns.end());
        moves -= i - at;
    }
}

[[noreturn]] void disk_problem(const char* what) {
    const auto folder = std::filesystem::temp_directory_path().string();
    throw ResourceError(folder, std::string(what) + " a temporary file failed: " + std::strerror(errno),
                        "free space there, name another folder with TMPDIR, or give more --memory");
}

}  // namespace

PairStore::~PairStore() {
    if (file_ >= 0) ::close(file_);
}

void PairStore::add(std::size_t lane, std::uint64_t order, std::span<const Pair> pairs) {
    if (pairs.empty()) return;
    const std::lock_guard lock(mutex_);
    Block& block = blocks_.emplace_back();
    block.lane = lane;
    block.size = pairs.size();
    block.order = order;
    block.first_feature = pairs.front().feature;
    if (held_bytes_ + pairs.size_bytes() > memory_bytes_) return spill(block, pairs);
    held_bytes_ += pairs.size_bytes();
    auto* const kept = allocate(pairs.size());
    std::copy(pairs.begin(), pairs.end(), kept);
    block.pairs = kept;
}

void PairStore::Free::operator()(Pair* pairs) const {
    std::free(pairs);
}

Pair* PairStore::allocate(std::size_t pairs) {
    if (pairs > slab_left_) {
        const auto size = (std::max(pairs, kSlab / sizeof(Pair)) * sizeof(Pair) + kPage - 1) / kPage * kPage;
        auto* slab = static_cast<Pair*>(std::aligned_alloc(kPage, size));
        if (slab == nullptr) throw ResourceError("--memory", "no memory is left", "use a larger machine");
        prefer_huge_pages(slab, size);
        slabs_.emplace_back(slab);
        slab_left_ = size / sizeof(Pair);
        slab_at_ = slab;
    }
    slab_left_ -= pairs;
    return std::exchange(slab_at_, slab_at_ + pairs);
}

void PairStore::spill(Block& block, std::span<const Pair> pairs) {
    if (file_ < 0) {
        auto name = (std::filesystem::temp_directory_path() / "epifoundry-pairs-XXXXXX").string();
        file_ = ::mkstemp(name.data());
        if (file_ < 0) disk_problem("making");
        ::unlink(name.c_str());  // it goes with the program, however that ends
    }
    block.offset = file_size_;
    const auto* bytes = reinterpret_cast<const char*>(pairs.data());
    for (std::size_t done = 0; done < pairs.size_bytes();) {
        const auto n =
            ::pwrite(file_, bytes + done, pairs.size_bytes() - done, static_cast<off_t>(block.offset + done));
        if (n < 0 && errno != EINTR) disk_problem("writing");
        if (n > 0) done += static_cast<std::size_t>(n);
    }
    file_size_ += pairs.size_bytes();
}

std::span<const Pair> PairStore::read(const Block& block, std::vector<Pair>& buffer) const {
    if (block.pairs != nullptr) return {block.pairs, block.size};
    buffer.resize(block.size);
    auto* bytes = reinterpret_cast<char*>(buffer.data());
    for (std::size_t done = 0; done < block.size * sizeof(Pair);) {
        const auto n = ::pread(file_, bytes + done, block.size * sizeof(Pair) - done,
                               static_cast<off_t>(block.offset + done));
        if ((n < 0 && errno != EINTR) || n == 0) disk_problem("reading");
        if (n > 0) done += static_cast<std::size_t>(n);
    }
    return buffer;
}

CountMatrix PairStore::matrix(std::span<const std::vector<std::int32_t>> row_of, std::int64_t rows) {
    // Nearly by feature, whatever the order of chromosomes in the files.
    std::sort(blocks_.begin(), blocks_.end(), [](const Block& a, const Block& b) {
        return std::pair(a.first_feature, a.order) < std::pair(b.first_feature, b.order);
    });
    std::vector<std::int64_t> next(static_cast<std::size_t>(rows) + 1);
    std::vector<Pair> buffer;
    for (const auto& block : blocks_)
        for (const auto& pair : read(block, buffer))
            if (const auto row = row_of[block.lane][pair.barcode]; row >= 0)
                ++next[static_cast<std::size_t>(row) + 1];
    for (std::size_t i = 1; i < next.size(); ++i) next[i] += next[i - 1];
    const auto begins = next;
    CountMatrix matrix;
    matrix.rows = rows;
    matrix.cols = static_cast<std::int64_t>(features_);
    auto& columns = matrix.indices;
    reserve_large(columns, static_cast<std::size_t>(begins.back()));
    columns.resize(static_cast<std::size_t>(begins.back()));
    for (auto& block : blocks_) {
        for (const auto& pair : read(block, buffer))
            if (const auto row = row_of[block.lane][pair.barcode]; row >= 0)
                columns[static_cast<std::size_t>(next[static_cast<std::size_t>(row)]++)] =
                    static_cast<std::int32_t>(pair.feature);
    }
    blocks_.clear();
    slabs_.clear();
    slab_left_ = 0;
    matrix.indptr.assign(1, 0);
    matrix.indptr.reserve(begins.size());
    reserve_large(matrix.values, columns.size());
    std::vector<std::int32_t> counts;  // of one row
    std::size_t kept = 0;
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
        const auto first = static_cast<std::size_t>(begins[row]),
                   last = static_cast<std::size_t>(begins[row + 1]);
        sort_columns(std::span(columns).subspan(first, last - first));
        counts.assign(last - first + 1, 0);
        std::size_t n = 0;  // distinct so far; columns[kept + n - 1] is the last of them
        for (auto i = first; i < last; ++i) {
            n += n > 0 && columns[kept + n - 1] == columns[i] ? 0 : 1;
            columns[kept + n - 1] = columns[i];
            ++counts[n - 1];
        }
        kept += n;
        matrix.values.insert(matrix.values.end(), counts.begin(),
                             counts.begin() + static_cast<std::ptrdiff_t>(n));
        matrix.indptr.push_back(static_cast<std::int64_t>(kept));
    }
    columns.resize(kept);
    return matrix;
}

}  // namespace epi
