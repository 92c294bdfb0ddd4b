#pragma once
#include <torch/torch.h>

namespace epi {

// The gradient of an embedding table of which few rows occur in an update: those rows alone, added up over
// all backward passes of the update.
class RowGradient {
  public:
    // `rows`: all that may occur, int64, ascending, none twice. Both tensors on one device.
    RowGradient(torch::Tensor table, torch::Tensor rows);

    const torch::Tensor& table() const { return table_; }
    const torch::Tensor& rows() const { return rows_; }
    // Gradient i is of row rows()[i]: (rows, width). Undefined before anything was added.
    const torch::Tensor& values() const { return values_; }

    // Adds the gradients (n, width) of these rows (n), in any order, some perhaps several times.
    // InternalError: a row that is not one of rows().
    void add(const torch::Tensor& rows, const torch::Tensor& gradients);
    // As adding none: values() are there afterwards.
    void add_nothing();

  private:
    torch::Tensor table_, rows_, values_;
};

}  // namespace epi
