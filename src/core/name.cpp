#include "core/name.hpp"

#include <algorithm>
#include <cstdint>

namespace epi {
namespace {

// How many bytes the character has that begins here; 0 if it is none (RFC 3629, table 3-7 of Unicode).
std::size_t character_size(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    const auto second = byte(1);
    const bool too_long = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool surrogate = first == 0xED && second > 0x9F, too_large = first == 0xF4 && second > 0x8F;
    return too_long || surrogate || too_large ? 0 : size;
}

}  // namespace

bool can_be_a_name(std::string_view text) {
    if (text.empty() || text.size() > kMaxNameBytes) return false;
    const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
    if (std::all_of(text.begin(), text.end(), plain)) return true;
    while (!text.empty()) {
        const auto size = character_size(text);
        if (size == 0 || (size == 1 && !plain(text.front()))) return false;
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace epi
