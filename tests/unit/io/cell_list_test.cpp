#include "io/cell_list.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using Names = std::vector<std::string>;

TEST(CellList, OneBarcodeALineOrATable) {
    const test::TemporaryFolder folder;
    EXPECT_EQ(read_cell_list(folder.file("a.tsv", "AC-1\nGT-1\n")), (Names{"AC-1", "GT-1"}));
    EXPECT_EQ(
        read_cell_list(folder.file("b.tsv", "barcode\tkept\treason\nAC-1\ttrue\t\nGT-1\tfalse\tdepth\n")),
        (Names{"AC-1"}));
    EXPECT_EQ(read_cell_list(folder.file("c.csv", "barcode,gex_barcode,is_cell\nAC-1,AC-1,0\nGT-1,GT-1,1\n")),
              (Names{"GT-1"}));
    EXPECT_EQ(read_cell_list(folder.file("d.tsv", "cell\tsplit\nAC-1\ttrain\n")), (Names{"AC-1"}));
}

TEST(CellList, NoCellAndTheSameCellTwiceAreErrors) {
    const test::TemporaryFolder folder;
    const auto message = [&](std::string_view content) {
        return test::message_of<InputError>([&] { read_cell_list(folder.file("x.tsv", content)); });
    };
    EXPECT_NE(message("").find("is empty"), std::string::npos);
    EXPECT_NE(message("barcode\tkept\nAC\tfalse\n").find("names no cell"), std::string::npos);
    EXPECT_NE(message("AC\nAC\n").find("'AC' twice"), std::string::npos);
    EXPECT_NE(message("barcode\tkept\nAC\tperhaps\n").find("'perhaps'"), std::string::npos);
}

}  // namespace
}  // namespace epi
