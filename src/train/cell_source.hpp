#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace epi {

// What training needs of a cell. Peaks and genes are indices without special tokens; -1: no label.
struct TrainingCell {
    std::vector<std::int32_t> peaks;   // open
    std::vector<std::int32_t> genes;   // expressed, ascending
    std::vector<std::int32_t> counts;  // of those genes; filled where the task is expression
    std::int32_t cell_type = -1, batch = -1;
};

// Cells to train or validate on, in a fixed order. Safe to read from several threads.
class CellSource {
  public:
    virtual ~CellSource() = default;
    virtual std::int64_t size() const = 0;
    virtual void read(std::int64_t cell, TrainingCell& out) const = 0;
    virtual std::int32_t cell_type(std::int64_t cell) const = 0;
    virtual std::string name(std::int64_t cell) const = 0;
};

}  // namespace epi
