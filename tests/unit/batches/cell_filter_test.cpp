#include "batches/cell_filter.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "store/shard.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

// Four cells: lung T, lung B, blood T (donor "D 2"), blood without a type.
AtlasCells labelled_cells(const test::TemporaryFolder& folder) {
    ShardContent content;
    content.obs.index = {"A", "B", "C", "D"};
    content.obs.set("sample", make_categorical({"S", "S", "S", "S"}));
    content.obs.set("tissue", make_categorical({"lung", "lung", "blood", "blood"}));
    content.obs.set("donor", make_categorical({"D1", "D1", "D 2", "D3"}));
    content.obs.set("cell_type", make_categorical({"T", "B", "T", ""}));
    add_interval_named(content.peaks, "chr1:0-5", "");
    content.indptr = {0, 0, 0, 0, 0};
    write_shard(content, folder / "s.h5mu", true);
    return AtlasCells::open(folder / "s.h5mu");
}

TEST(CellFilter, ChoosesByLabels) {
    const test::TemporaryFolder folder;
    const auto atlas = labelled_cells(folder);
    const std::vector<std::int64_t> all{0, 1, 2, 3};
    const auto chosen = [&](std::string_view text) { return CellFilter::parse(text).choose(atlas, all); };
    using Cells = std::vector<std::int64_t>;
    EXPECT_EQ(chosen(""), all);
    EXPECT_EQ(chosen("tissue == lung"), (Cells{0, 1}));
    EXPECT_EQ(chosen("tissue!=lung"), (Cells{2, 3}));
    EXPECT_EQ(chosen("donor in [D1, 'D 2']"), (Cells{0, 1, 2}));
    EXPECT_EQ(chosen("donor not in [\"D 2\"]"), (Cells{0, 1, 3}));
    EXPECT_EQ(chosen("cell_type == ''"), (Cells{3}));
    EXPECT_EQ(chosen("not cell_type == '' and not tissue == blood"), (Cells{0, 1}));
    // "and" binds tighter than "or".
    EXPECT_EQ(chosen("tissue == lung or tissue == blood and cell_type == T"), (Cells{0, 1, 2}));
    EXPECT_EQ(chosen("(tissue == lung or tissue == blood) and cell_type == T"), (Cells{0, 2}));
    EXPECT_EQ(chosen("not (tissue == lung or cell_type == T)"), (Cells{3}));
    EXPECT_EQ(chosen("split == ''"), all);
    EXPECT_EQ(chosen("sample == S and batch == \"\""), all);
}

TEST(CellFilter, SaysWhereItIsWrong) {
    for (const auto* text : {"tissue", "tissue =", "tissue = lung", "tissue ==", "age == 3",
                             "'tissue' == lung", "tissue == lung and", "(tissue == lung", "tissue == lung)",
                             "tissue in lung", "tissue in [lung", "tissue in []", "tissue == 'lung",
                             "tissue == lung tissue == blood", "not", "tissue == [", "tissue < lung"}) {
        const auto message = test::message_of<UsageError>([&] { CellFilter::parse(text); });
        EXPECT_NE(message.find(text), std::string::npos) << message;
    }
    EXPECT_THROW(CellFilter::parse(std::string(1000, '(')), UsageError);
    EXPECT_NE(
        test::message_of<UsageError>([] { CellFilter::parse("tissue == lung or age == 3"); }).find("at 'age"),
        std::string::npos);
}

TEST(CellFilter, NoCellIsAnError) {
    const test::TemporaryFolder folder;
    const auto atlas = labelled_cells(folder);
    const std::vector<std::int64_t> all{0, 1, 2, 3};
    const auto message =
        test::message_of<InputError>([&] { CellFilter::parse("tissue == liver").choose(atlas, all); });
    EXPECT_NE(message.find("tissue == liver"), std::string::npos);
}

}  // namespace
}  // namespace epi
