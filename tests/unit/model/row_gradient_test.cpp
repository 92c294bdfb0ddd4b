#include "model/row_gradient.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

torch::Tensor rows_of(const std::vector<std::int64_t>& rows) {
    return torch::tensor(rows, torch::kInt64);
}

TEST(RowGradient, AddsUpAsADenseTable) {
    RowGradient gradient(torch::zeros({50, 3}), rows_of({2, 3, 17, 49}));
    EXPECT_FALSE(gradient.values().defined());
    auto dense = torch::zeros({50, 3});
    for (const auto& rows : {rows_of({17, 2, 2}), rows_of({}), rows_of({49, 17, 2})}) {
        const auto values = torch::rand({rows.size(0), 3});
        gradient.add(rows, values);
        for (std::int64_t i = 0; i < rows.size(0); ++i) dense[rows[i].item<std::int64_t>()] += values[i];
    }
    EXPECT_TRUE(at::allclose(gradient.values(), dense.index_select(0, gradient.rows()), 1e-6, 1e-7));
    EXPECT_EQ(gradient.values()[1].abs().sum().item<float>(), 0);  // row 3 might have come
}

TEST(RowGradient, NothingIsZeroInEachRow) {
    RowGradient gradient(torch::rand({5, 3}), rows_of({0, 4}));
    gradient.add_nothing();
    EXPECT_TRUE(gradient.values().equal(torch::zeros({2, 3})));
}

TEST(RowGradient, RefusesARowThatWasNotAnnounced) {
    for (const std::int64_t row : {1, 7}) {
        RowGradient gradient(torch::zeros({8, 3}), rows_of({2, 5}));
        test::message_of<InternalError>([&] { gradient.add(rows_of({2, row}), torch::ones({2, 3})); });
    }
}

}  // namespace
}  // namespace epi
