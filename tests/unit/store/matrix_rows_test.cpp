#include "store/matrix_rows.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "io/byte_source.hpp"
#include "store/anndata_elements.hpp"
#include "store/anndata_stream.hpp"
#include "store/csr_sink.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

// Entries as any writer may leave them: rows unsorted, some stored twice, some zero.
struct RawMatrix {
    std::vector<std::int64_t> indptr{0};
    std::vector<std::int64_t> indices;
    std::vector<double> values;
    DoubleMatrix expected;  // added up, without zeros
};

RawMatrix raw_matrix(std::int64_t rows, std::int64_t cols, bool tidy) {
    Rng rng(5);
    RawMatrix raw;
    raw.expected.cols = cols;
    for (std::int64_t row = 0; row < rows; ++row) {
        std::vector<double> dense(static_cast<std::size_t>(cols));
        for (std::int64_t col = 0; col < cols; ++col) {
            const int times = rng.chance(0.2) ? (!tidy && rng.chance(0.2) ? 2 : 1) : 0;
            for (int i = 0; i < times; ++i) {
                const auto value = static_cast<double>(tidy ? 1 + rng.below(9) : rng.below(4));
                raw.indices.push_back(col);
                raw.values.push_back(value);
                dense[static_cast<std::size_t>(col)] += value;
            }
        }
        const auto begin = static_cast<std::ptrdiff_t>(raw.indptr.back());
        if (!tidy) {
            std::reverse(raw.indices.begin() + begin, raw.indices.end());
            std::reverse(raw.values.begin() + begin, raw.values.end());
        }
        raw.indptr.push_back(static_cast<std::int64_t>(raw.indices.size()));
        std::vector<std::int32_t> columns;
        std::vector<double> values;
        for (std::int64_t col = 0; col < cols; ++col)
            if (dense[static_cast<std::size_t>(col)] != 0) {
                columns.push_back(static_cast<std::int32_t>(col));
                values.push_back(dense[static_cast<std::size_t>(col)]);
            }
        raw.expected.add_row(columns, values);
    }
    return raw;
}

// Writes it as /X of a file: by rows, or (the same arrays) by columns.
Hdf5Node written(const test::TemporaryFolder& folder, const RawMatrix& raw, const std::string& encoding) {
    const auto rows = static_cast<std::int64_t>(raw.indptr.size()) - 1, cols = raw.expected.cols;
    const auto path = folder / (encoding + ".h5");
    Hdf5Writer file(path, "x.h5");
    file.make_group("/X");
    write_encoding(file, "/X", encoding, "0.1.0");
    file.attribute("/X", "shape",
                   encoding == "csr_matrix" ? std::vector<std::int64_t>{rows, cols}
                                            : std::vector<std::int64_t>{cols, rows});
    file.array("/X/indptr", raw.indptr);
    file.compressed("/X/indices", raw.indices);
    file.compressed("/X/data", raw.values);
    file.close();
    return Hdf5Node::open_file(path).child("X");
}

void expect_equal(const DoubleMatrix& a, const DoubleMatrix& b) {
    EXPECT_EQ(a.rows, b.rows);
    EXPECT_EQ(a.cols, b.cols);
    EXPECT_EQ(a.indptr, b.indptr);
    EXPECT_EQ(a.indices, b.indices);
    EXPECT_EQ(a.values, b.values);
}

class MatrixInBlocks : public testing::TestWithParam<std::tuple<bool, std::size_t>> {};

TEST_P(MatrixInBlocks, IsTheMatrixWhateverTheLimit) {
    const auto [tidy, entries] = GetParam();
    const test::TemporaryFolder folder;
    const auto raw = raw_matrix(70, 40, tidy);
    const ReadLimits limits{entries, true};
    const auto rows = open_matrix(written(folder, raw, "csr_matrix"), limits);
    const auto columns = open_matrix(written(folder, raw, "csc_matrix"), limits);
    for (int pass = 0; pass < 2; ++pass) {
        expect_equal(collect(*rows), raw.expected);
        expect_equal(collect(*columns), transpose(raw.expected));
    }
    const auto found = scan(*columns);
    EXPECT_EQ(found.entries, raw.expected.nonzeros());
    EXPECT_EQ(found.largest, *std::max_element(raw.expected.values.begin(), raw.expected.values.end()));
    EXPECT_TRUE(found.counts());
    std::size_t most = 0;
    std::int64_t seen = 0;
    rows->for_each(
        [&](const MatrixBlock& block) {
            EXPECT_EQ(block.first, seen);
            seen += block.rows();
            EXPECT_TRUE(block.values.empty());
            most = std::max(most, block.rows() > 1 ? block.columns.size() : 0);
        },
        false);
    EXPECT_EQ(seen, 70);
    EXPECT_LE(most, entries);
}

INSTANTIATE_TEST_SUITE_P(Limits, MatrixInBlocks,
                         testing::Combine(testing::Bool(), testing::Values(1, 7, 100, 1 << 20)));

// Arrays as the file has them, where nothing has to be done to a row: what is found in place is what the pass
// over blocks finds, for every type of values.
template <class Number>
void expect_same_scan(bool tidy) {
    const test::TemporaryFolder folder;
    const auto raw = raw_matrix(70, 40, tidy);
    Hdf5Writer file(folder / "x.h5", "x.h5");
    file.make_group("/X");
    write_encoding(file, "/X", "csr_matrix", "0.1.0");
    file.attribute("/X", "shape", std::vector<std::int64_t>{70, 40});
    file.array("/X/indptr", raw.indptr);
    file.array("/X/indices", std::vector<std::int32_t>(raw.indices.begin(), raw.indices.end()));
    file.array("/X/data", std::vector<Number>(raw.values.begin(), raw.values.end()));
    file.close();
    for (const int threads : {1, 3}) {
        const auto rows = open_matrix(Hdf5Node::open_file(folder / "x.h5").child("X"));
        const auto found = scan(*rows, threads), expected = scan(*held_rows(raw.expected));
        EXPECT_EQ(found.lengths, expected.lengths);
        EXPECT_EQ(found.row_largest, expected.row_largest);
        EXPECT_EQ(found.entries, expected.entries);
        EXPECT_EQ(found.largest, expected.largest);
        EXPECT_TRUE(found.counts());
        EXPECT_EQ(rows->in_file() != nullptr, tidy);
        std::vector<std::int32_t> columns;
        for (std::int64_t row = 0; tidy && row < 70; ++row) {
            rows->in_file()->read(row, columns);
            const auto wanted = raw.expected.row_indices(row);
            EXPECT_TRUE(std::equal(columns.begin(), columns.end(), wanted.begin(), wanted.end()));
        }
        if (!tidy || threads == 1) continue;
        std::filesystem::resize_file(folder / "x.h5", 100);
        EXPECT_THROW(rows->in_file()->read(60, columns), InputError);
    }
}

TEST(MatrixRows, AreLookedAtInThePlaceWhereTheyLie) {
    for (const bool tidy : {true, false}) {
        expect_same_scan<float>(tidy);
        expect_same_scan<double>(tidy);
        expect_same_scan<std::int32_t>(tidy);
        expect_same_scan<std::uint8_t>(tidy);
        expect_same_scan<std::uint16_t>(tidy);
    }
}

TEST(MatrixRows, AnIndexOutsideIsNamed) {
    const test::TemporaryFolder folder;
    for (const auto* encoding : {"csr_matrix", "csc_matrix"}) {
        auto raw = raw_matrix(10, 10, true);
        ASSERT_FALSE(raw.indices.empty());
        raw.indices.back() = 10;
        const auto node = written(folder, raw, encoding);
        const auto message = test::message_of<InputError>([&] { collect(*open_matrix(node)); });
        EXPECT_NE(message.find(std::string(encoding) + ".h5:/X/indices: index 10 is outside"),
                  std::string::npos)
            << message;
    }
}

// Rows put in any order, with a buffer of every size, and indices that are int64 where they must.
TEST(AnnDataWriter, RowsComeInAnyOrder) {
    const test::TemporaryFolder folder;
    const auto matrix = raw_matrix(70, 40, true).expected;
    AnnData tables;
    tables.uns = nlohmann::ordered_json::object();
    std::vector<std::int32_t> lengths;
    std::vector<std::int64_t> order;
    for (std::int64_t row = 0; row < 70; ++row) {
        tables.obs.index.push_back("C" + std::to_string(row));
        lengths.push_back(static_cast<std::int32_t>(matrix.row_indices(row).size()));
        order.push_back(row);
    }
    for (int col = 0; col < 40; ++col) tables.var.index.push_back("F" + std::to_string(col));
    Rng(3).shuffle(order);
    for (const std::int64_t narrow : {1 << 20, 10}) {
        for (const auto stored :
             {StoredAs::UInt8, StoredAs::UInt16, StoredAs::Int32, StoredAs::Float32, StoredAs::Float64}) {
            AnnDataWriter writer(tables, lengths, stored, folder / "x.h5ad", true, narrow);
            for (const auto row : order) writer.put(row, matrix.row_indices(row), matrix.row_values(row));
            writer.commit();
            expect_equal(read_h5ad(folder / "x.h5ad").x, matrix);
            const auto x = Hdf5Node::open_file(folder / "x.h5ad").child("X");
            EXPECT_EQ(x.child("indices").type_size(), narrow == 10 ? 8u : 4u);
            EXPECT_EQ(x.child("indptr").type_size(), narrow == 10 ? 8u : 4u);
        }
    }
    AnnDataWriter writer(tables, lengths, StoredAs::UInt8, folder / "y.h5ad", true);
    EXPECT_THROW(writer.put(0, std::vector<std::int32_t>(100), std::vector<double>(100)), InternalError);
    EXPECT_THROW(writer.commit(), InternalError);  // rows are missing
    EXPECT_FALSE(std::filesystem::exists(folder / "y.h5ad"));
}

TEST(CsrSink, SmallBuffersWriteTheSameBytes) {
    const test::TemporaryFolder folder;
    const auto matrix = raw_matrix(50, 30, true).expected;
    std::vector<std::int32_t> lengths;
    std::vector<std::int64_t> order;
    for (std::int64_t row = 0; row < 50; ++row) {
        lengths.push_back(static_cast<std::int32_t>(matrix.row_indices(row).size()));
        order.push_back(row);
    }
    Rng(4).shuffle(order);
    for (const std::size_t buffer : {1, 100, 1000, 1 << 20}) {
        const auto path = folder / "s.h5";
        Hdf5Writer file(path, "s.h5");
        const auto place = reserve_csr(file, "/X", 30, lengths, std::nullopt);
        file.close();
        const RawFile raw(path, "s.h5");
        CsrSink sink(raw, place, buffer);
        for (const auto row : order) sink.put(row, matrix.row_indices(row), {});
        sink.finish();
        const auto x = Hdf5Node::open_file(path).child("X");
        EXPECT_EQ(x.child("indices").read<std::int32_t>(), matrix.indices) << buffer;
        EXPECT_TRUE(x.child("data").is_all_ones());
    }
    test::message_of<ResourceError>([&] { RawFile(folder / "none", "none"); });
}

}  // namespace
}  // namespace epi
