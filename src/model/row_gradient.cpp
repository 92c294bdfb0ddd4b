#include "model/row_gradient.hpp"

#include <utility>

#include "core/error.hpp"

namespace epi {

RowGradient::RowGradient(torch::Tensor table, torch::Tensor rows)
    : table_(std::move(table)), rows_(std::move(rows)) {}

void RowGradient::add_nothing() {
    if (!values_.defined())
        values_ = torch::zeros({rows_.size(0), table_.size(1)}, table_.options().requires_grad(false));
}

void RowGradient::add(const torch::Tensor& rows, const torch::Tensor& gradients) {
    torch::NoGradGuard no_grad;
    add_nothing();
    if (rows.size(0) == 0) return;
    const auto places = at::searchsorted(rows_, rows).clamp_max_(rows_.size(0) - 1);
    check(rows_.index_select(0, places).equal(rows), "a row of the table that may occur");
    values_.index_add_(0, places, gradients);
}

}  // namespace epi
