#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace epi {

// Gives every barcode, of whatever form, a number: 0, 1, ... in order of first appearance. Barcodes are told
// apart by their whole text. Holds each once.
class BarcodeTable {
  public:
    BarcodeTable();

    // Room for so many, as one that grows would have it.
    void reserve(std::size_t barcodes);
    // The barcode's number; a new one if it was not met before.
    std::uint32_t id(std::string_view barcode);
    // The same of several, with less waiting for memory.
    void ids(std::span<const std::string> barcodes, std::uint32_t* ids);
    std::string_view name(std::uint32_t id) const {
        return std::string_view(text_).substr(begins_[id], begins_[id + 1] - begins_[id]);
    }
    std::size_t size() const { return begins_.size() - 1; }
    // Of all barcodes together.
    std::size_t text_bytes() const { return text_.size(); }

  private:
    struct Slot {
        std::uint32_t hash = 0, id_plus_one = 0;  // 0: free
    };
    std::uint32_t find_or_add(std::string_view barcode, std::uint32_t hash);
    void resize(std::size_t slots);

    std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
    std::string text_;         // all barcodes, one after the other
    std::vector<std::uint64_t> begins_{0};
};

}  // namespace epi
