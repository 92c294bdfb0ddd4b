// The fragment cache. Any bytes as a file or as a block give fragments or are refused; any fragments, written
// as a block, are read as they were.
#include <algorithm>
#include <cstring>

#include "core/error.hpp"
#include "fragments/fragment_block.hpp"
#include "fragments/fragment_cache.hpp"
#include "fuzz/memory_file.hpp"
#include "genome/chromosomes.hpp"

namespace {

using namespace epi;

// The rows of a block, or nothing if it is none.
std::optional<FragmentColumns> decode(std::string_view block, std::uint64_t barcodes) {
    BlockDecoder decoder;
    if (!decoder.open(block, barcodes)) return std::nullopt;
    FragmentColumns rows;
    FragmentBatch batch;
    do {
        if (!decoder.next(batch)) return std::nullopt;
        for (std::size_t i = 0; i < batch.size; ++i) {
            fuzz::require(0 <= batch.start[i] && batch.start[i] <= batch.end[i] &&
                          batch.barcode[i] < barcodes);
            rows.start.push_back(static_cast<std::uint32_t>(batch.start[i]));
            rows.end.push_back(static_cast<std::uint32_t>(batch.end[i]));
            rows.barcode.push_back(batch.barcode[i]);
            rows.reads.push_back(batch.reads[i]);
        }
    } while (batch.size > 0);
    return rows;
}

void open_file(std::string_view bytes) {
    const fuzz::MemoryFile file(bytes);
    try {
        const FragmentCache cache(file.path());
        RawBuffer buffer;
        for (std::size_t i = 0; i < cache.directory().blocks.size(); ++i) {
            cache.read(i, i + 1, buffer);
            decode(cache.block(i, i, buffer), cache.directory().barcodes.size());
        }
    } catch (const InputError&) {
    }
}

void write_and_read(std::string_view bytes, bool smallest) {
    constexpr auto kMost = static_cast<std::uint32_t>(kMaxCoordinate);
    FragmentColumns rows;
    for (; bytes.size() >= 16; bytes.remove_prefix(16)) {
        std::uint32_t numbers[4];
        std::memcpy(numbers, bytes.data(), sizeof numbers);
        rows.start.push_back(numbers[0] % (kMost + 1));
        rows.end.push_back(numbers[1]);
        rows.barcode.push_back(numbers[2] % (kMost + 1));
        rows.reads.push_back(numbers[3]);
    }
    if (rows.size() == 0) return;
    std::sort(rows.start.begin(), rows.start.end());
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows.end[i] = rows.start[i] + rows.end[i] % (kMost - rows.start[i] + 1);
    std::string block;
    encode_fragments(rows, 0, rows.size(), smallest, block);
    fuzz::require(block_size_of(block) == block.size());
    const auto again = decode(block, std::uint64_t{kMost} + 1);
    fuzz::require(again && again->start == rows.start && again->end == rows.end &&
                  again->barcode == rows.barcode && again->reads == rows.reads);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto bytes = fuzz::text_of(data + 2, size - 2);
    switch (data[0] % 3) {
        case 0:
            open_file(bytes);
            break;
        case 1:
            decode(bytes, data[1]);
            break;
        default:
            write_and_read(bytes, data[1] % 2 == 0);
            break;
    }
    return 0;
}
