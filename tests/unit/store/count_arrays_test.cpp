#include "store/count_arrays.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "core/error.hpp"
#include "core/random.hpp"
#include "io/byte_source.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

namespace fs = std::filesystem;

// Counts that are held, and given in blocks of `step` rows.
class HeldCounts final : public CountRows {
  public:
    HeldCounts(const CountMatrix& matrix, std::int64_t step) : matrix_(matrix), step_(step) {
        cols_ = matrix.cols;
        indptr_ = matrix.indptr;
    }
    void visit(const std::function<void(const RowBlock&)>& take) const override {
        for (std::int64_t row = 0; row < rows(); row += step_) {
            const auto end = std::min(rows(), row + step_);
            const auto first = static_cast<std::size_t>(indptr_[static_cast<std::size_t>(row)]);
            const auto count = static_cast<std::size_t>(indptr_[static_cast<std::size_t>(end)]) - first;
            take({row,
                  std::span(indptr_).subspan(static_cast<std::size_t>(row),
                                             static_cast<std::size_t>(end - row) + 1),
                  std::span(matrix_.indices).subspan(first, count),
                  std::span(matrix_.values).subspan(first, count)});
        }
    }

  private:
    const CountMatrix& matrix_;
    std::int64_t step_;
};

// Every third row is empty.
CountMatrix random_counts(std::int64_t rows, std::int32_t cols, double share) {
    Rng rng(3);
    CountMatrix matrix;
    matrix.cols = cols;
    for (std::int64_t row = 0; row < rows; ++row) {
        std::vector<std::int32_t> columns, values;
        for (std::int32_t col = 0; row % 3 != 0 && col < cols; ++col)
            if (rng.chance(share)) {
                columns.push_back(col);
                values.push_back(1 + static_cast<std::int32_t>(rng.below(100'000)));
            }
        matrix.add_row(columns, values);
    }
    return matrix;
}

// The slow way: every place of the matrix.
template <class Matrix>
std::vector<double> dense(const Matrix& matrix) {
    std::vector<double> values(static_cast<std::size_t>(matrix.rows * matrix.cols));
    for (std::int64_t row = 0; row < matrix.rows; ++row)
        for (auto i = matrix.indptr[static_cast<std::size_t>(row)];
             i < matrix.indptr[static_cast<std::size_t>(row) + 1]; ++i)
            values[static_cast<std::size_t>(row * matrix.cols +
                                            matrix.indices[static_cast<std::size_t>(i)])] =
                static_cast<double>(matrix.values[static_cast<std::size_t>(i)]);
    return values;
}

std::vector<double> halves(const RowBlock& block) {
    std::vector<double> values;
    for (const auto count : block.values) values.push_back(count / 2.0);
    return values;
}

std::vector<double> shares_of_row(const RowBlock& block) {
    std::vector<double> values;
    for (std::int64_t row = 0; row < block.rows(); ++row) {
        double sum = 0;
        for (const auto count : block.row_values(row)) sum += count;
        for (const auto count : block.row_values(row)) values.push_back(count / sum);
    }
    return values;
}

AnnData tables_of(const CountRows& counts) {
    AnnData data;
    data.counts = &counts;
    for (std::int64_t row = 0; row < counts.rows(); ++row)
        data.obs.index.push_back("C" + std::to_string(row));
    for (std::int64_t col = 0; col < counts.cols(); ++col)
        data.var.index.push_back("P" + std::to_string(col));
    return data;
}

std::vector<double> changed(std::vector<double> values, double (*change)(double)) {
    for (auto& value : values) value = change(value);
    return values;
}

// The row sums of a dense matrix divide its values.
std::vector<double> shares(std::vector<double> values, std::int64_t cols) {
    const auto width = static_cast<std::size_t>(cols);
    for (std::size_t row = 0; row < values.size(); row += width) {
        double sum = 0;
        for (std::size_t i = row; i < row + width; ++i) sum += values[i];
        for (std::size_t i = row; sum > 0 && i < row + width; ++i) values[i] /= sum;
    }
    return values;
}

// The usual temporary place, and one in memory, where older systems know no writing past their cache.
std::vector<fs::path> places() {
    std::vector<fs::path> folders{fs::temp_directory_path()};
    if (::access("/dev/shm", W_OK) == 0) folders.emplace_back("/dev/shm");
    return folders;
}

// More and fewer entries than a buffer of 4 MiB holds, none at all, and blocks of one and of many rows.
TEST(CountArrays, MatrixAndLayersAreReadBack) {
    for (const auto& place : places()) {
        const auto path = place / ("epifoundry-count-arrays-" + std::to_string(::getpid()) + ".h5ad");
        for (const auto& [rows, cols, share] :
             {std::tuple{700, 5000, 0.6}, std::tuple{50, 40, 0.2}, std::tuple{20, 30, 0.0}})
            for (const std::int64_t step : {1, 33}) {
                const auto matrix = random_counts(rows, cols, share);
                const HeldCounts counts(matrix, step);
                auto data = tables_of(counts);
                data.count_layers = {{"half", halves}, {"share", shares_of_row}};
                write_h5ad(data, path, true);
                const auto read = read_h5ad(path);
                const auto expected = dense(matrix);
                ASSERT_TRUE(dense(read.x) == expected) << path << " " << rows;
                EXPECT_EQ(read.x_stored_as, StoredAs::Int32);
                ASSERT_TRUE(dense(read.layers.at("half")) ==
                            changed(expected, [](double v) { return v / 2; }));
                ASSERT_TRUE(dense(read.layers.at("share")) == shares(expected, cols));

                data.counts_as_ones = true;
                data.count_layers.clear();
                write_h5ad(data, path, true);
                ASSERT_TRUE(dense(read_h5ad(path).x) ==
                            changed(expected, [](double v) { return v > 0 ? 1.0 : 0.0; }));
            }
        fs::remove(path);
    }
}

// The bytes do not depend on the blocks, nor on what kind of disk it is.
TEST(CountArrays, TheSameBytesEverywhere) {
    const auto matrix = random_counts(300, 2000, 0.5);
    std::vector<std::string> files;
    for (const auto& place : places())
        for (const std::int64_t step : {1, 100}) {
            const HeldCounts counts(matrix, step);
            auto data = tables_of(counts);
            data.count_layers = {{"half", halves}};
            const auto path = place / ("epifoundry-count-arrays-" + std::to_string(::getpid()) + ".h5ad");
            write_h5ad(data, path, true);
            files.push_back(read_all(path));
            fs::remove(path);
        }
    for (const auto& file : files) EXPECT_TRUE(file == files[0]);
}

TEST(CountArrays, AFullDiskIsAnError) {
    const test::TemporaryFolder folder;
    const auto matrix = random_counts(10, 100, 0.5);
    const HeldCounts counts(matrix, 10);
    const auto data = tables_of(counts);
    Hdf5Writer file(folder / "x.h5ad", "x.h5ad");
    const CountArrays arrays(file, data);
    file.close();
    EXPECT_NE(test::message_of<ResourceError>([&] {
                  arrays.write("/dev/full", "x.h5ad");
              }).find("x.h5ad: cannot be written: No space left on device"),
              std::string::npos);
}

}  // namespace
}  // namespace epi
