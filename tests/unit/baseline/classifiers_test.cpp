#include "baseline/classifiers.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"

namespace epi {
namespace {

struct Cells {
    DoubleMatrix matrix;
    std::vector<std::int32_t> labels;
};

// A fixed pattern, for which scikit-learn 1.9 was asked what it predicts.
Cells patterned_cells() {
    Cells cells;
    cells.matrix.cols = 9;
    for (int i = 0; i < 24; ++i) {
        std::vector<std::int32_t> open;
        for (int j = 0; j < 9; ++j)
            if ((i * 7 + j * j * 3 + i * j) % 5 < 2) open.push_back(j);
        cells.matrix.add_row(open, std::vector<double>(open.size(), 1.0));
        cells.labels.push_back((i * i + i / 3) % 3);
    }
    return cells;
}

void expect_rows(const DenseMatrix& got, const std::vector<std::vector<double>>& wanted, double tolerance) {
    for (std::size_t row = 0; row < wanted.size(); ++row)
        for (std::size_t c = 0; c < wanted[row].size(); ++c)
            EXPECT_NEAR(got(row, c), wanted[row][c], tolerance) << "row " << row << " class " << c;
}

TEST(Logistic, AgreesWithScikitLearn) {
    const auto cells = patterned_cells();
    const auto model = fit_logistic(cells.matrix, cells.labels, 3, {.c = 2, .tolerance = 1e-9}, 1);
    EXPECT_TRUE(model.converged);
    // LogisticRegression(C=2, tol=1e-10).fit(X, y).predict_proba(X[:4]), .coef_[0][:3]
    expect_rows(predict(model, cells.matrix, 1).probability,
                {{0.23826459319456847, 0.35726330078338975, 0.4044721060220417},
                 {0.21359317286315657, 0.5604605469985118, 0.22594628013833168},
                 {0.38874653499042194, 0.40510478074453254, 0.2061486842650455},
                 {0.3678101790445486, 0.23623504506271215, 0.39595477589273936}},
                1e-6);
    expect_rows(model.weights, {{-0.060747812483419095, -0.051787093426379306, -0.023396985286527196}}, 1e-6);
}

TEST(Logistic, IsTheSameAtAnyThreadCountAndLearnsWhatSeparates) {
    const auto cells = patterned_cells();
    const auto one = fit_logistic(cells.matrix, cells.labels, 3, {}, 1);
    const auto three = fit_logistic(cells.matrix, cells.labels, 3, {}, 3);
    EXPECT_EQ(one.weights.values, three.weights.values);
    // Class 0 has feature 0, class 1 has feature 1.
    DoubleMatrix simple;
    simple.cols = 2;
    std::vector<std::int32_t> labels;
    for (std::int32_t i = 0; i < 10; ++i) {
        simple.add_row(std::vector<std::int32_t>{i % 2}, std::vector<double>{1.0});
        labels.push_back(i % 2);
    }
    EXPECT_EQ(predict(fit_logistic(simple, labels, 2, {}, 1), simple, 1).chosen, labels);
    EXPECT_THROW(fit_logistic(simple, {}, 2, {}, 1), InternalError);
}

TEST(NaiveBayes, AgreesWithScikitLearnAndIgnoresCounts) {
    auto cells = patterned_cells();
    for (double& value : cells.matrix.values) value = 7;  // open is open
    const auto model = fit_naive_bayes(cells.matrix, cells.labels, 3, 0.5);
    // MultinomialNB(alpha=0.5).fit(X, y).predict_proba(X[:4]) of the pattern of ones
    expect_rows(predict(model, cells.matrix, 1).probability,
                {{0.28395196506550197, 0.2208515283842796, 0.49519650655021835},
                 {0.17426757101339083, 0.6560205895481876, 0.16971183943842127},
                 {0.39000181630334774, 0.4531296823167845, 0.15686850137986796},
                 {0.36052708399602174, 0.1696307130461394, 0.4698422029578389}},
                1e-12);
    EXPECT_THROW(fit_naive_bayes(cells.matrix, cells.labels, 3, 0), InternalError);
}

TEST(Knn, VotesAndBreaksTiesByDistance) {
    KnnModel model;
    model.points = DenseMatrix(4, 1);
    model.points.values = {0, 1, 2.5, 3};
    model.labels = {1, 1, 0, 0};
    model.classes = 3;
    model.k = 4;
    DenseMatrix cells(2, 1);
    cells.values = {0.5, 2.9};
    const auto result = predict(model, cells, 1);
    EXPECT_EQ(result.chosen, (std::vector<std::int32_t>{1, 0})) << "two votes each: the nearer pair wins";
    EXPECT_DOUBLE_EQ(result.probability(0, 0), 0.5);
    EXPECT_DOUBLE_EQ(result.probability(0, 2), 0);
    model.k = 10;
    EXPECT_DOUBLE_EQ(predict(model, cells, 1).probability(0, 1), 0.5) << "k is cut to what there is";
    EXPECT_THROW(predict(KnnModel{}, cells, 1), InternalError);
}

}  // namespace
}  // namespace epi
