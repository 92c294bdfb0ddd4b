#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batches/atlas_cells.hpp"

namespace epi {

// A choice of cells by their labels, such as
//     tissue == lung and cell_type != "" and not donor in [D1, 'D 2']
//
//     choice := all ("or" all)*            all := one ("and" one)*
//     one    := "not" one | "(" choice ")" | COLUMN "==" VALUE | COLUMN "!=" VALUE
//             | COLUMN ["not"] "in" "[" VALUE ("," VALUE)* "]"
//
// COLUMN: sample, batch, donor, tissue, cell_type or split. VALUE: in '...' or "..." (no escapes), or bare,
// of letters, digits and _ . : + / - *. Labels are compared as they are; an unknown label is "".
class CellFilter {
  public:
    // UsageError naming the place of the first mistake. Empty text chooses every cell.
    static CellFilter parse(std::string_view text);
    CellFilter(CellFilter&&) noexcept;
    CellFilter& operator=(CellFilter&&) noexcept;
    ~CellFilter();

    bool operator()(const AtlasCells& atlas, std::int64_t cell) const;
    // The cells of the list that are chosen, in its order. InputError if none is.
    std::vector<std::int64_t> choose(const AtlasCells& atlas, std::span<const std::int64_t> cells) const;
    const std::string& text() const { return text_; }

  private:
    struct Node;
    friend class FilterParser;
    CellFilter(std::string text, std::unique_ptr<Node> root);

    std::string text_;
    std::unique_ptr<Node> root_;  // null: every cell
};

}  // namespace epi
