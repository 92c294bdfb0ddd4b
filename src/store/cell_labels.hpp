#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/anndata.hpp"

namespace epi {

// The labels of many cells in one column, in as few bytes as the number of values asks for: none where all
// cells have the same, one for up to 127 values.
class CellLabels {
  public:
    CellLabels() = default;  // of any number of cells without a label
    explicit CellLabels(const Categorical& labels);

    // Place in categories(); -1: no label.
    std::int32_t code(std::int64_t cell) const;
    // "" where there is none.
    std::string_view operator[](std::int64_t cell) const;
    const std::vector<std::string>& categories() const { return categories_; }

  private:
    std::vector<std::string> categories_;
    std::variant<std::int32_t, std::vector<std::int8_t>, std::vector<std::int16_t>, std::vector<std::int32_t>>
        codes_ = -1;  // a number: of every cell
};

}  // namespace epi
