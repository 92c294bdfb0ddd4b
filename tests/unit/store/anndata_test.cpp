#include "store/anndata.hpp"

#include <gtest/gtest.h>

#include <cstdio>

#include "core/error.hpp"
#include "io/byte_source.hpp"
#include "io/checksum.hpp"
#include "store/anndata_elements.hpp"
#include "support/optional_data.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

// 3 cells x 4 features; the second cell is empty.
DoubleMatrix small_matrix() {
    DoubleMatrix matrix;
    matrix.cols = 4;
    matrix.add_row(std::vector<std::int32_t>{0, 3}, std::vector<double>{1, 300});
    matrix.add_row({}, {});
    matrix.add_row(std::vector<std::int32_t>{2}, std::vector<double>{70000});
    return matrix;
}

AnnData small_data() {
    AnnData data;
    data.x = small_matrix();
    data.x_stored_as = StoredAs::UInt8;
    data.obs.index = {"AAA-1", "CCC-1", "GGG-1"};
    data.obs.set("cell_type", make_categorical({"T", "", "B"}));
    data.obs.set("depth", std::vector<double>{0.5, 1, 2});
    data.obs.set("fragments", std::vector<std::int64_t>{1, 2, 1LL << 60});
    data.obs.set("kept", std::vector<bool>{true, false, true});
    data.obs.set("name", std::vector<std::string>{"a", "\xc3\xa9", ""});
    data.var.index = {"chr1:0-10", "chr1:20-30", "chr2:0-5", "chr2:7-9"};
    data.layers["lognorm"] = small_matrix();
    data.obsm["X_lsi"] = DenseMatrix(3, 2);
    data.obsm["X_lsi"](2, 1) = 0.25;
    data.var_lists["cell_types"] = {"B", "T"};
    data.uns["epifoundry"] = {{"seed", 7},
                              {"options", {{"rule", "signac"}, {"frip", 0.5}, {"dedup", false}}}};
    return data;
}

TEST(AnnData, ReadsBackWhatItWrote) {
    const test::TemporaryFolder folder;
    write_h5ad(small_data(), folder / "a.h5ad", false);
    const AnnData back = read_h5ad(folder / "a.h5ad");
    const AnnData expected = small_data();
    EXPECT_EQ(back.x.indptr, expected.x.indptr);
    EXPECT_EQ(back.x.indices, expected.x.indices);
    EXPECT_EQ(back.x.values, expected.x.values);
    EXPECT_EQ(back.x_stored_as, StoredAs::Int32);  // 70,000 needs more than the 8 bits asked for
    EXPECT_EQ(back.obs.index, expected.obs.index);
    EXPECT_EQ(back.var.index, expected.var.index);
    EXPECT_EQ(back.obs.text("cell_type", "obs"), (std::vector<std::string>{"T", "", "B"}));
    EXPECT_EQ(back.obs.text("name", "obs"), (std::vector<std::string>{"a", "\xc3\xa9", ""}));
    EXPECT_EQ(std::get<std::vector<std::int64_t>>(*back.obs.find("fragments"))[2], 1LL << 60);
    EXPECT_EQ(back.obs.numbers("depth", "obs"), (std::vector<double>{0.5, 1, 2}));
    EXPECT_EQ(back.obs.numbers("kept", "obs"), (std::vector<double>{1, 0, 1}));
    EXPECT_EQ(back.layers.at("lognorm").values, expected.x.values);
    EXPECT_EQ(back.obsm.at("X_lsi").values, expected.obsm.at("X_lsi").values);
    EXPECT_EQ(back.var_lists, expected.var_lists);
    // Members of a group come back in alphabetic order.
    EXPECT_EQ(nlohmann::json(back.uns), nlohmann::json(expected.uns));
}

TEST(AnnData, SameContentGivesSameBytes) {
    const test::TemporaryFolder folder;
    write_h5ad(small_data(), folder / "a.h5ad", false);
    write_h5ad(small_data(), folder / "b.h5ad", false);
    EXPECT_EQ(sha256_of_file(folder / "a.h5ad"), sha256_of_file(folder / "b.h5ad"));
}

TEST(AnnData, OldCategoricalsAreRead) {
    EPI_NEEDS_DATA("data/simba_pbmc10k_paired100/10xpbmc_rna_subset.h5ad");
    const AnnData data =
        read_h5ad(test::optional_data("data/simba_pbmc10k_paired100/10xpbmc_rna_subset.h5ad"));
    EXPECT_EQ(data.x.rows, 100);
    EXPECT_EQ(data.x.cols, 10000);
    EXPECT_EQ(data.x.nonzeros(), 57030);
    EXPECT_EQ(std::get<Categorical>(*data.obs.find("celltype")).categories.size(), 19u);
    EXPECT_EQ(data.var.text("feature_types", "var")[0], "Gene Expression");
}

TEST(AnnData, MissingColumnNamesThoseThereAre) {
    const auto message =
        test::message_of<InputError>([] { small_data().obs.text("celltype", "x.h5ad obs"); });
    EXPECT_NE(message.find("cell_type, depth"), std::string::npos) << message;
    test::message_of<InputError>([] { small_data().obs.numbers("name", "x.h5ad obs"); });
}

// Writes a CSR group by hand, so that it can be wrong.
struct RawCsr {
    std::vector<std::int64_t> shape{2, 3};
    std::vector<std::int64_t> indptr{0, 2, 3}, indices{2, 0, 1};
    std::vector<std::uint64_t> data{1, 0, 5};
    std::string encoding = "csr_matrix";
};

DoubleMatrix through_file(const RawCsr& raw) {
    const test::TemporaryFolder folder;
    Hdf5Writer file(folder / "raw.h5", "raw.h5");
    file.make_group("/X");
    write_encoding(file, "/X", raw.encoding, "0.1.0");
    file.attribute("/X", "shape", raw.shape);
    file.array("/X/indptr", raw.indptr);
    file.array("/X/indices", raw.indices);
    file.array("/X/data", raw.data);
    file.close();
    return read_matrix(Hdf5Node::open_file(folder / "raw.h5").child("X"));
}

TEST(AnnData, RowsAreSortedZerosDroppedDuplicatesAdded) {
    const auto matrix = through_file({});
    EXPECT_EQ(matrix.indptr, (std::vector<std::int64_t>{0, 1, 2}));
    EXPECT_EQ(matrix.indices, (std::vector<std::int32_t>{2, 1}));
    RawCsr twice;
    twice.indices = {2, 2, 1};
    twice.data = {1, 4, 5};
    EXPECT_EQ(through_file(twice).values, (std::vector<double>{5, 5}));
}

TEST(AnnData, CscIsTurnedIntoRows) {
    RawCsr raw;
    raw.encoding = "csc_matrix";
    raw.shape = {3, 2};
    const auto matrix = through_file(raw);  // column 0: row 2 -> 1, row 0 -> 0; column 1: row 1 -> 5
    EXPECT_EQ(matrix.rows, 3);
    EXPECT_EQ(matrix.cols, 2);
    EXPECT_EQ(matrix.indptr, (std::vector<std::int64_t>{0, 0, 1, 2}));
    EXPECT_EQ(matrix.values, (std::vector<double>{5, 1}));
}

std::string complaint(const RawCsr& raw) {
    return test::message_of<InputError>([&] { through_file(raw); });
}

TEST(AnnData, WrongIndicesAreNamed) {
    RawCsr raw;
    raw.indptr = {0, 3, 2};
    EXPECT_NE(complaint(raw).find("X/indptr: runs backwards"), std::string::npos) << complaint(raw);
    raw.indptr = {1, 2, 3};
    EXPECT_NE(complaint(raw).find("does not start at 0"), std::string::npos);
    raw.indptr = {0, 2};
    EXPECT_NE(complaint(raw).find("has 2 values"), std::string::npos);
    raw.indptr = {0, 2, 4};
    EXPECT_NE(complaint(raw).find("ends at 4"), std::string::npos);
    raw = {};
    raw.indices = {0, 3, 1};
    EXPECT_NE(complaint(raw).find("X/indices: index 3 is outside the 3 that"), std::string::npos);
    raw.indices = {0, -1, 1};
    EXPECT_NE(complaint(raw).find("index -1"), std::string::npos);
    raw = {};
    raw.data = {1, (1ULL << 53) + 2, 1};
    EXPECT_NE(complaint(raw).find("beyond 2^53"), std::string::npos);
    raw = {};
    raw.encoding = "coo_matrix";
    EXPECT_NE(complaint(raw).find("its encoding is none of"), std::string::npos);
    raw = {};
    raw.shape = {2};
    EXPECT_NE(complaint(raw).find("a matrix with rows and columns"), std::string::npos);
}

TEST(AnnData, BadFilesGiveOneClearLine) {
    const test::TemporaryFolder folder;
    const auto message = [&](const std::filesystem::path& path) {
        return test::message_of<InputError>([&] { read_h5ad(path); });
    };
    EXPECT_NE(message(folder / "none.h5ad").find("No such file"), std::string::npos);
    EXPECT_NE(message(folder.path()).find("is a folder"), std::string::npos);
    EXPECT_NE(message(folder.file("empty.h5ad", "")).find("not an HDF5 file"), std::string::npos);
    EXPECT_NE(message(folder.file("text.h5ad", "barcode\tx\n")).find("not an HDF5 file"), std::string::npos);
    write_h5ad(small_data(), folder / "a.h5ad", false);
    const auto whole = std::filesystem::file_size(folder / "a.h5ad");
    std::filesystem::resize_file(folder / "a.h5ad", whole / 2);
    EXPECT_NE(message(folder / "a.h5ad").find("truncated or damaged"), std::string::npos);
}

TEST(AnnData, ImpossibleNamesAreRefused) {
    const test::TemporaryFolder folder;
    auto data = small_data();
    data.obs.set("a/b", std::vector<double>{1, 2, 3});
    test::message_of<InputError>([&] { write_h5ad(data, folder / "a.h5ad", false); });
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));  // nothing half-written is left
}

}  // namespace
}  // namespace epi
