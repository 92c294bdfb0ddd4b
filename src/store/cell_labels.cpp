#include "store/cell_labels.hpp"

#include <algorithm>
#include <limits>
#include <type_traits>

namespace epi {

CellLabels::CellLabels(const Categorical& labels) : categories_(labels.categories) {
    const auto& codes = labels.codes;
    const auto fits = [&](auto smallest) {
        return categories_.size() <= static_cast<std::size_t>(std::numeric_limits<decltype(smallest)>::max());
    };
    if (std::adjacent_find(codes.begin(), codes.end(), std::not_equal_to<>()) == codes.end())
        codes_ = codes.empty() ? -1 : codes.front();
    else if (fits(std::int8_t{}))
        codes_ = std::vector<std::int8_t>(codes.begin(), codes.end());
    else if (fits(std::int16_t{}))
        codes_ = std::vector<std::int16_t>(codes.begin(), codes.end());
    else
        codes_ = codes;
}

std::int32_t CellLabels::code(std::int64_t cell) const {
    return std::visit(
        [&](const auto& codes) -> std::int32_t {
            if constexpr (std::is_same_v<std::decay_t<decltype(codes)>, std::int32_t>)
                return codes;
            else
                return codes[static_cast<std::size_t>(cell)];
        },
        codes_);
}

std::string_view CellLabels::operator[](std::int64_t cell) const {
    const auto at = code(cell);
    return at < 0 ? std::string_view() : categories_[static_cast<std::size_t>(at)];
}

}  // namespace epi
