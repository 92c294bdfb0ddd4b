#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace epi {

// Numbers are packed in groups of so many.
inline constexpr std::size_t kPackedGroup = 128;

// Appends `numbers` as a packed column: group after group (the last one filled with zeros),
//   one byte    bits 0-6: width W, 0 to 32; bit 7: there are exceptions
//   [two bytes] if there are exceptions: their number less 1, and the bytes B (1-4) of each one's high part
//   16 W bytes  the low W bits of each number, in four lanes: number i of the group is in lane i mod 4, at
//   bit
//               (i div 4) W of it, counted from the lowest of its W 32-bit words; the words of the lanes
//               alternate
//   [n bytes]   of each exception its place in the group, 0 to 127
//   [n B bytes] of each exception the bits above W, little-endian
// With `smallest` W is what takes the least space, else no number is an exception.
void pack_column(std::span<const std::uint32_t> numbers, bool smallest, std::string& packed);

// Reads a packed column, group by group. Never reads outside of the bytes given.
class PackedColumn {
  public:
    PackedColumn() = default;
    explicit PackedColumn(std::string_view bytes)
        : at_(bytes.data()), left_(static_cast<std::ptrdiff_t>(bytes.size())) {}

    // Writes the kPackedGroup numbers of the next group; false if the bytes are no such group.
    bool next(std::uint32_t* numbers);
    bool ended() const { return left_ == 0; }

  private:
    const char* at_ = nullptr;
    std::ptrdiff_t left_ = 0;
};

}  // namespace epi
