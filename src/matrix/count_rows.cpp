#include "matrix/count_rows.hpp"

namespace epi {

CountMatrix CountRows::matrix() const {
    CountMatrix matrix;
    matrix.rows = rows();
    matrix.cols = cols_;
    matrix.indptr = indptr_;
    matrix.indices.reserve(static_cast<std::size_t>(nonzeros()));
    matrix.values.reserve(static_cast<std::size_t>(nonzeros()));
    visit([&](const RowBlock& block) {
        matrix.indices.insert(matrix.indices.end(), block.indices.begin(), block.indices.end());
        matrix.values.insert(matrix.values.end(), block.values.begin(), block.values.end());
    });
    return matrix;
}

}  // namespace epi
