#include "matrix/svd.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <functional>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"

namespace epi {
namespace {

// Block Golub-Kahan-Lanczos bidiagonalisation with full reorthogonalisation and thick restarts. Kept all
// along: A V = U R with orthonormal V (n x k), U (m x k) and small R (k x k). The singular triples of R are
// those of A up to what A^T U has outside V, which is known exactly and shrinks with every block added.
// A block of vectors is a DenseMatrix with one vector per column: sums run down the rows in fixed chunks, so
// no result depends on the number of threads.

constexpr std::size_t kBlock = 10;      // vectors per block; also the multiplicity that is surely found
constexpr std::size_t kRowChunk = 512;  // rows summed together
constexpr std::size_t kDirect = 1000;   // up to this many columns A^T A is decomposed to start from
constexpr double kRough = 1e-4;         // residuals above it are not worth that

using Small = Eigen::MatrixXd;
using Multiply = std::function<DenseMatrix(const DenseMatrix&)>;

// Basis vectors as blocks side by side.
struct Basis {
    std::size_t rows = 0;
    std::vector<DenseMatrix> blocks;

    std::size_t size() const {
        std::size_t count = 0;
        for (const auto& block : blocks) count += block.cols;
        return count;
    }
};

// left^T right.
Small inner(const DenseMatrix& left, const DenseMatrix& right, int threads) {
    const auto chunks = (left.rows + kRowChunk - 1) / kRowChunk;
    std::vector<DenseMatrix> partial(chunks, DenseMatrix(left.cols, right.cols));
    parallel_for(chunks, threads, [&](std::size_t chunk) {
        const auto end = std::min(left.rows, (chunk + 1) * kRowChunk);
        for (auto row = chunk * kRowChunk; row < end; ++row) {
            const double* b = right.values.data() + row * right.cols;
            for (std::size_t i = 0; i < left.cols; ++i) {
                const double a = left(row, i);
                double* sum = partial[chunk].values.data() + i * right.cols;
                for (std::size_t j = 0; j < right.cols; ++j) sum[j] += a * b[j];
            }
        }
    });
    Small total = Small::Zero(static_cast<Eigen::Index>(left.cols), static_cast<Eigen::Index>(right.cols));
    for (const auto& part : partial)
        for (std::size_t i = 0; i < left.cols; ++i)
            for (std::size_t j = 0; j < right.cols; ++j)
                total(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) += part(i, j);
    return total;
}

// target += sign * block * factor.
void add_product(DenseMatrix& target, const DenseMatrix& block, const Small& factor, double sign,
                 int threads) {
    DenseMatrix rows_of_factor(block.cols, target.cols);
    for (std::size_t i = 0; i < block.cols; ++i)
        for (std::size_t j = 0; j < target.cols; ++j)
            rows_of_factor(i, j) = sign * factor(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    parallel_ranges(
        target.rows, threads,
        [&](std::size_t begin, std::size_t end) {
            for (auto row = begin; row < end; ++row) {
                double* out = target.values.data() + row * target.cols;
                for (std::size_t i = 0; i < block.cols; ++i) {
                    const double a = block(row, i);
                    const double* f = rows_of_factor.values.data() + i * target.cols;
                    for (std::size_t j = 0; j < target.cols; ++j) out[j] += a * f[j];
                }
            }
        },
        kRowChunk);
}

// basis * factor, in one block.
DenseMatrix product(const Basis& basis, const Small& factor, int threads) {
    DenseMatrix result(basis.rows, static_cast<std::size_t>(factor.cols()));
    Eigen::Index row = 0;
    for (const auto& block : basis.blocks) {
        const auto count = static_cast<Eigen::Index>(block.cols);
        add_product(result, block, factor.middleRows(row, count), 1, threads);
        row += count;
    }
    return result;
}

// Takes the part inside the basis out of `block`, twice for full precision; returns basis^T block.
Small orthogonalise(DenseMatrix& block, const Basis& basis, int threads) {
    Small total = Small::Zero(static_cast<Eigen::Index>(basis.size()), static_cast<Eigen::Index>(block.cols));
    for (int pass = 0; pass < 2; ++pass) {
        Eigen::Index row = 0;
        for (const auto& part : basis.blocks) {
            const Small overlap = inner(part, block, threads);
            add_product(block, part, overlap, -1, threads);
            total.middleRows(row, overlap.rows()) += overlap;
            row += overlap.rows();
        }
    }
    return total;
}

DenseMatrix transpose(const DenseMatrix& a) {
    DenseMatrix result(a.cols, a.rows);
    for (std::size_t row = 0; row < a.rows; ++row)
        for (std::size_t col = 0; col < a.cols; ++col) result(col, row) = a(row, col);
    return result;
}

void scale(std::span<double> vector, double factor) {
    for (auto& value : vector) value *= factor;
}

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

// Takes the parts along the first `count` rows of `units` out of `vector`, twice; `along` gets their lengths.
void orthogonalise_row(std::span<double> vector, const DenseMatrix& units, std::size_t count,
                       std::vector<double>& along) {
    along.assign(count, 0);
    for (int pass = 0; pass < 2; ++pass)
        for (std::size_t i = 0; i < count; ++i) {
            const auto unit = units.row(i);
            const double length = dot(unit, vector);
            for (std::size_t j = 0; j < vector.size(); ++j) vector[j] -= length * unit[j];
            along[i] += length;
        }
}

void orthogonalise_row(std::span<double> vector, const Basis& basis, int threads) {
    DenseMatrix column(vector.size(), 1);
    std::copy(vector.begin(), vector.end(), column.values.begin());
    orthogonalise(column, basis, threads);
    std::copy(column.values.begin(), column.values.end(), vector.begin());
}

// Makes the columns of `block` orthonormal, which are orthogonal to `basis` already; returns the triangle S
// with block_before = block_after S. A column that depends on the others (its norm at most `floor`) gets a
// zero on the diagonal and a random direction, so that the search goes on elsewhere.
Small make_orthonormal(DenseMatrix& block, const Basis& basis, double floor, Rng& rng, int threads) {
    auto columns = transpose(block);
    Small triangle =
        Small::Zero(static_cast<Eigen::Index>(block.cols), static_cast<Eigen::Index>(block.cols));
    std::vector<double> along, ignored;
    for (std::size_t col = 0; col < block.cols; ++col) {
        const auto vector = columns.row(col);
        const double before = std::sqrt(dot(vector, vector));
        orthogonalise_row(vector, columns, col, along);
        for (std::size_t i = 0; i < col; ++i)
            triangle(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(col)) = along[i];
        double norm = std::sqrt(dot(vector, vector));
        const bool dependent = !(norm > floor);
        if (!dependent) triangle(static_cast<Eigen::Index>(col), static_cast<Eigen::Index>(col)) = norm;
        // What is left of a column that nearly vanished points anywhere, also into the basis.
        for (bool sure = !dependent && norm > 1e-3 * before; !sure; sure = norm > 0.1) {
            for (auto& value : vector) value = dependent ? rng.normal() : value / norm;
            if (dependent) scale(vector, 1 / std::sqrt(dot(vector, vector)));
            orthogonalise_row(vector, basis, threads);
            orthogonalise_row(vector, columns, col, ignored);
            norm = std::sqrt(dot(vector, vector));
        }
        scale(vector, 1 / norm);
    }
    block = transpose(columns);
    return triangle;
}

struct Operator {
    std::size_t rows = 0, cols = 0;  // cols <= rows
    Multiply forward, backward;      // A x, A^T y
};

struct State {
    Basis u, v;
    Small r = Small(0, 0);
    DenseMatrix next;  // the block that enters V
    Small rest;        // A^T U outside V, in terms of `next`: belongs to the last columns of U
};

// Takes `next` into V and its image into U, and finds the block after it.
void extend(State& state, const Operator& a, Rng& rng, int threads) {
    const auto width = static_cast<Eigen::Index>(state.next.cols), old = state.r.rows();
    auto image = a.forward(state.next);
    const double floor = 1e-14 * (old > 0 ? state.r.cwiseAbs().maxCoeff() : 1.0);
    const Small inside = orthogonalise(image, state.u, threads);
    const Small triangle = make_orthonormal(image, state.u, floor, rng, threads);
    Small r = Small::Zero(old + width, old + width);
    r.topLeftCorner(old, old) = state.r;
    r.topRightCorner(old, width) = inside;
    r.bottomRightCorner(width, width) = triangle;
    state.r = std::move(r);
    state.v.blocks.push_back(std::move(state.next));
    state.u.blocks.push_back(std::move(image));

    const auto left = a.cols - state.v.size();
    auto back = a.backward(state.u.blocks.back());
    orthogonalise(back, state.v, threads);
    if (left < back.cols) {  // V becomes complete: any orthonormal filling serves
        state.next = DenseMatrix(a.cols, left);
        state.rest = Small::Zero(static_cast<Eigen::Index>(left), width);
        if (left > 0) {
            make_orthonormal(state.next, state.v, 0, rng, threads);
            state.rest = inner(state.next, back, threads);
        }
        return;
    }
    state.next = std::move(back);
    state.rest = make_orthonormal(state.next, state.v, floor, rng, threads);
}

using SmallSvd = Eigen::BDCSVD<Small, Eigen::ComputeThinU | Eigen::ComputeThinV>;

bool converged(const State& state, const SmallSvd& svd, std::size_t rank, double residual_allowed) {
    if (state.next.cols == 0) return true;  // V spans everything
    const auto& d = svd.singularValues();
    const auto last = state.rest.cols();
    for (Eigen::Index i = 0; i < static_cast<Eigen::Index>(rank); ++i) {
        const double residual = (state.rest * svd.matrixU().col(i).tail(last)).norm();
        if (residual > std::max(residual_allowed * d(i), 1e-13 * d(0))) return false;
    }
    return true;
}

// Keeps the best `keep` triples as the new bases; `next` stays as it is.
void restart(State& state, const SmallSvd& svd, std::size_t keep, int threads) {
    const auto count = static_cast<Eigen::Index>(keep);
    auto u = product(state.u, svd.matrixU().leftCols(count), threads);
    auto v = product(state.v, svd.matrixV().leftCols(count), threads);
    state.u.blocks.assign(1, u);
    state.v.blocks.assign(1, v);
    state.r = svd.singularValues().head(count).asDiagonal();
}

// The eigenvectors of A^T A with the largest eigenvalues: nearly the answer where the singular values do not
// differ by orders of magnitude, and always a start that needs few blocks more.
DenseMatrix leading_vectors(const Operator& a, std::size_t count) {
    constexpr std::size_t kSlice = 64;
    const auto n = static_cast<Eigen::Index>(a.cols);
    Small gram(n, n);
    for (std::size_t first = 0; first < a.cols; first += kSlice) {
        DenseMatrix identity(a.cols, std::min(kSlice, a.cols - first));
        for (std::size_t i = 0; i < identity.cols; ++i) identity(first + i, i) = 1;
        const auto slice = a.backward(a.forward(identity));
        for (std::size_t row = 0; row < slice.rows; ++row)
            for (std::size_t i = 0; i < slice.cols; ++i)
                gram(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(first + i)) = slice(row, i);
    }
    const Eigen::SelfAdjointEigenSolver<Small> solver(gram);  // ascending
    DenseMatrix result(a.cols, count);
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t row = 0; row < a.cols; ++row)
            result(row, i) =
                solver.eigenvectors()(static_cast<Eigen::Index>(row), n - 1 - static_cast<Eigen::Index>(i));
    return result;
}

Svd solve(const Operator& a, std::size_t rank, std::uint64_t seed, int threads, double residual) {
    Svd result;
    if (rank == 0) {
        result.u = DenseMatrix(a.rows, 0);
        result.v = DenseMatrix(a.cols, 0);
        return result;
    }
    Rng rng(seed, hash_text("truncated_svd"));
    State state;
    state.u.rows = a.rows;
    state.v.rows = a.cols;
    const bool direct = a.cols <= kDirect && residual < kRough;
    if (direct) {
        state.next = leading_vectors(a, std::min(a.cols, rank + kBlock));
    } else {
        state.next = DenseMatrix(a.cols, kBlock);
        for (auto& value : state.next.values) value = rng.normal();
    }
    make_orthonormal(state.next, state.v, 0, rng, threads);
    const auto keep = std::min(a.cols, rank + 2 * kBlock), limit = std::min(a.cols, 4 * rank + 10 * kBlock);
    auto next_check = direct ? state.next.cols : std::min(limit, 2 * rank + 4 * kBlock);
    constexpr int kRestarts = 1000;
    for (int restarts = 0; restarts < kRestarts;) {
        while (state.v.size() < next_check && state.next.cols > 0) extend(state, a, rng, threads);
        const SmallSvd svd(state.r);
        if (converged(state, svd, rank, residual)) {
            const auto count = static_cast<Eigen::Index>(rank);
            result.u = product(state.u, svd.matrixU().leftCols(count), threads);
            result.v = product(state.v, svd.matrixV().leftCols(count), threads);
            result.d.assign(svd.singularValues().data(), svd.singularValues().data() + rank);
            return result;
        }
        if (state.v.size() >= limit) {
            restart(state, svd, keep, threads);
            ++restarts;
        }
        next_check = std::min(limit, state.v.size() + 4 * kBlock);
    }
    throw InternalError("truncated_svd: no convergence");
}

void fix_signs(Svd& svd) {
    for (std::size_t k = 0; k < svd.d.size(); ++k) {
        double extreme = 0;
        for (std::size_t row = 0; row < svd.v.rows; ++row)
            if (std::abs(svd.v(row, k)) > std::abs(extreme)) extreme = svd.v(row, k);
        if (extreme >= 0) continue;
        for (std::size_t row = 0; row < svd.v.rows; ++row) svd.v(row, k) = -svd.v(row, k);
        for (std::size_t row = 0; row < svd.u.rows; ++row) svd.u(row, k) = -svd.u(row, k);
    }
}

// The SVD of the matrix that multiplies as `forward` and, transposed, as `backward`.
Svd svd_of(std::size_t rows, std::size_t cols, Multiply forward, Multiply backward, int rank,
           std::uint64_t seed, int threads, double residual) {
    check(rank >= 0, "truncated_svd: rank is not negative");
    const auto wanted = std::min({static_cast<std::size_t>(rank), rows, cols});
    Svd result;
    if (cols <= rows) {
        result =
            solve({rows, cols, std::move(forward), std::move(backward)}, wanted, seed, threads, residual);
    } else {
        result =
            solve({cols, rows, std::move(backward), std::move(forward)}, wanted, seed, threads, residual);
        std::swap(result.u, result.v);
    }
    fix_signs(result);
    return result;
}

void multiply_row(std::span<double> out, double value, std::span<const double> row) {
    for (std::size_t j = 0; j < out.size(); ++j) out[j] += value * row[j];
}

DenseMatrix multiply(const DoubleMatrix& a, const DenseMatrix& x, int threads) {
    DenseMatrix result(static_cast<std::size_t>(a.rows), x.cols);
    parallel_for(result.rows, threads, [&](std::size_t row) {
        const auto columns = a.row_indices(static_cast<std::int64_t>(row));
        const auto values = a.row_values(static_cast<std::int64_t>(row));
        for (std::size_t i = 0; i < columns.size(); ++i)
            multiply_row(result.row(row), values[i], x.row(static_cast<std::size_t>(columns[i])));
    });
    return result;
}

DenseMatrix multiply(const DenseMatrix& a, const DenseMatrix& x, int threads) {
    DenseMatrix result(a.rows, x.cols);
    parallel_for(a.rows, threads, [&](std::size_t row) {
        for (std::size_t i = 0; i < a.cols; ++i) multiply_row(result.row(row), a(row, i), x.row(i));
    });
    return result;
}

template <class Matrix>
Svd truncated_svd_of(const Matrix& matrix, int rank, std::uint64_t seed, int threads, double residual) {
    const Matrix transposed = transpose(matrix);
    return svd_of(
        static_cast<std::size_t>(matrix.rows), static_cast<std::size_t>(matrix.cols),
        [&](const DenseMatrix& x) { return multiply(matrix, x, threads); },
        [&](const DenseMatrix& x) { return multiply(transposed, x, threads); }, rank, seed, threads,
        residual);
}

}  // namespace

Svd truncated_svd(const DoubleMatrix& matrix, int rank, std::uint64_t seed, int threads, double residual) {
    return truncated_svd_of(matrix, rank, seed, threads, residual);
}

Svd truncated_svd(const DenseMatrix& matrix, int rank, std::uint64_t seed, int threads, double residual) {
    return truncated_svd_of(matrix, rank, seed, threads, residual);
}

}  // namespace epi
