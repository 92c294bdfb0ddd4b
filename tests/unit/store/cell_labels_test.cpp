#include "store/cell_labels.hpp"

#include <gtest/gtest.h>

namespace epi {
namespace {

// As many values as fit one, two and four bytes, cells without a label among them.
TEST(CellLabels, AnyNumberOfValuesIsGivenBack) {
    for (const std::int32_t values : {0, 1, 2, 127, 128, 40000}) {
        Categorical labels;
        for (std::int32_t i = 0; i < values; ++i) labels.categories.push_back("type" + std::to_string(i));
        for (std::int32_t cell = 0; cell < 100000; ++cell) labels.codes.push_back(cell % (values + 1) - 1);
        const CellLabels compact(labels);
        EXPECT_EQ(compact.categories(), labels.categories);
        for (std::int64_t cell = 0; cell < 100000; cell += 7) {
            const auto code = labels.codes[static_cast<std::size_t>(cell)];
            ASSERT_EQ(compact.code(cell), code) << values;
            ASSERT_EQ(compact[cell], code < 0 ? "" : labels.categories[static_cast<std::size_t>(code)]);
        }
    }
}

TEST(CellLabels, NoneAtAll) {
    EXPECT_EQ(CellLabels()[5], "");
    EXPECT_EQ(CellLabels(Categorical{{"T"}, {0, 0}})[1], "T");
}

}  // namespace
}  // namespace epi
