#include "pipeline/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/atomic_output.hpp"
#include "io/provenance.hpp"
#include "pipeline/cell_file.hpp"
#include "pipeline/evaluate_output.hpp"
#include "pipeline/evaluate_scores.hpp"

namespace epi {
namespace {

// The cells to score: rows of the input, and where else something is known of them.
class Chosen {
  public:
    explicit Chosen(const EvaluateOptions& options)
        : input_(CellFile::read(options.input, options.cell_column)) {
        for (std::size_t row = 0; row < input_.names().size(); ++row) rows_.push_back(row);
        if (options.truth_table.empty()) return;
        truth_ = CellFile::read(options.truth_table, options.cell_column);
        truth_rows_ = match_cells(input_, *truth_);
        std::erase_if(rows_, [&](std::size_t row) { return truth_rows_[row] < 0; });
    }

    const CellFile& input() const { return input_; }
    const std::vector<std::size_t>& rows() const { return rows_; }

    // A column of the chosen cells: the truth table's if it has one of this name, else the input's.
    std::vector<std::string> column(const std::string& name) const {
        const bool from_truth = truth_ && truth_->has(name);
        const auto all = from_truth ? truth_->column(name) : input_.column(name);
        std::vector<std::string> values;
        for (const auto row : rows_)
            values.push_back(all[from_truth ? static_cast<std::size_t>(truth_rows_[row]) : row]);
        return values;
    }
    std::vector<std::string> predictions(const std::string& name) const {
        const auto all = input_.column(name);
        std::vector<std::string> values;
        for (const auto row : rows_) values.push_back(all[row]);
        return values;
    }

    // Keeps the cells whose `column` is `value`.
    void keep(const std::string& condition) {
        const auto equals = condition.find('=');
        if (equals == std::string::npos || equals == 0)
            throw UsageError("--where", "'" + condition + "' is no condition", "write COLUMN=VALUE");
        const auto name = condition.substr(0, equals), value = condition.substr(equals + 1);
        const auto values = column(name);
        std::vector<std::size_t> kept;
        for (std::size_t i = 0; i < rows_.size(); ++i)
            if (values[i] == value) kept.push_back(rows_[i]);
        if (kept.empty())
            throw InputError(truth_ && truth_->has(name) ? truth_->place() : input_.place(),
                             "no cell has '" + value + "' in column '" + name + "'",
                             "give --where a value that occurs");
        rows_ = std::move(kept);
    }

  private:
    CellFile input_;
    std::optional<CellFile> truth_;
    std::vector<std::int64_t> truth_rows_;
    std::vector<std::size_t> rows_;
};

// Positions of the entries that are not empty.
std::vector<std::size_t> known(const std::vector<std::string>& values) {
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!values[i].empty()) positions.push_back(i);
    return positions;
}

std::vector<std::string> at(const std::vector<std::string>& values,
                            const std::vector<std::size_t>& positions) {
    std::vector<std::string> chosen;
    for (const auto i : positions) chosen.push_back(values[i]);
    return chosen;
}

std::vector<std::size_t> require_known(const std::vector<std::string>& values, const std::string& column,
                                       const Chosen& cells) {
    auto positions = known(values);
    if (positions.empty())
        throw InputError(cells.input().place(), "no cell to score has anything in column '" + column + "'",
                         "name a column with the true labels");
    return positions;
}

void score_all_labels(const EvaluateOptions& options, const Chosen& cells, EvaluateResult& result) {
    const auto truth = cells.column(options.truth), predicted = cells.predictions(options.predicted);
    const auto scored = require_known(truth, options.truth, cells);
    result.labels = score_cell_labels(at(truth, scored), at(predicted, scored), options.unassigned);
    if (options.by.empty()) return;
    std::map<std::string, std::vector<std::size_t>> groups;
    const auto names = cells.column(options.by);
    for (std::size_t i = 0; i < names.size(); ++i) groups[names[i]].push_back(i);
    for (const auto& [name, members] : groups) {
        LabelGroup group;
        group.name = name;
        group.cells = static_cast<std::int64_t>(members.size());
        std::vector<std::size_t> with_truth;
        for (const auto i : members) {
            if (predicted[i] == options.unassigned || predicted[i].empty()) ++group.unassigned;
            if (!truth[i].empty()) with_truth.push_back(i);
        }
        group.scores =
            score_cell_labels(at(truth, with_truth), at(predicted, with_truth), options.unassigned);
        result.groups.push_back(std::move(group));
    }
}

DenseMatrix embedding_of(const EvaluateOptions& options, const Chosen& cells,
                         const std::vector<std::size_t>& positions) {
    const auto& data = cells.input().data();
    DenseMatrix all;
    if (options.embedding == "X") {
        all = DenseMatrix(data.obs.size(), data.var.size());
        for (std::size_t row = 0; row < all.rows; ++row)
            for (auto i = data.x.indptr[row]; i < data.x.indptr[row + 1]; ++i)
                all(row, static_cast<std::size_t>(data.x.indices[static_cast<std::size_t>(i)])) =
                    data.x.values[static_cast<std::size_t>(i)];
    } else if (const auto found = data.obsm.find(options.embedding); found != data.obsm.end()) {
        all = found->second;
    } else {
        std::vector<std::string> keys;
        for (const auto& [key, values] : data.obsm) keys.push_back(key);
        throw InputError(cells.input().place(), "there is no embedding '" + options.embedding + "'",
                         "obsm has: " + (keys.empty() ? "nothing" : join(keys, ", ")));
    }
    DenseMatrix points(positions.size(), all.cols);
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const auto row = cells.rows()[positions[i]];
        for (std::size_t c = 0; c < all.cols; ++c) {
            if (!std::isfinite(all(row, c)))
                throw InputError(cells.input().place(),
                                 "the embedding of cell '" + cells.input().names()[row] + "' is not finite",
                                 "leave such cells out");
            points(i, c) = all(row, c);
        }
    }
    return points;
}

EmbeddingScores score_one_embedding(const EvaluateOptions& options, const Chosen& cells,
                                    const RunContext& context) {
    const auto labels = cells.column(options.label);
    const auto scored = require_known(labels, options.label, cells);
    std::vector<std::string> batches;
    if (!options.batch.empty()) batches = at(cells.column(options.batch), scored);
    return score_embedding(embedding_of(options, cells, scored), at(labels, scored), batches, context);
}

ExpressionScores score_one_expression(const EvaluateOptions& options, const Chosen& cells,
                                      const RunContext& context) {
    const auto truth = CellFile::read(options.expression_truth, {});
    const auto cell_rows = match_cells(cells.input(), truth);
    const auto &predicted_data = cells.input().data(), &truth_data = truth.data();
    std::unordered_map<std::string_view, std::int32_t> columns;
    for (std::size_t i = 0; i < truth_data.var.index.size(); ++i)
        columns.emplace(truth_data.var.index[i], static_cast<std::int32_t>(i));
    std::vector<std::int32_t> new_predicted(predicted_data.var.size(), -1), new_truth(columns.size(), -1);
    new_truth.resize(truth_data.var.size(), -1);
    std::vector<std::string> genes;
    for (std::size_t i = 0; i < new_predicted.size(); ++i) {
        const auto found = columns.find(predicted_data.var.index[i]);
        if (found == columns.end()) continue;
        new_predicted[i] = static_cast<std::int32_t>(genes.size());
        new_truth[static_cast<std::size_t>(found->second)] = new_predicted[i];
        genes.push_back(predicted_data.var.index[i]);
    }
    if (genes.empty())
        throw InputError(truth.place(), "it has no gene of " + cells.input().place(),
                         "give both with the same gene names");
    std::vector<std::int64_t> predicted_rows, truth_rows;
    for (const auto row : cells.rows()) {
        if (cell_rows[row] < 0) continue;
        predicted_rows.push_back(static_cast<std::int64_t>(row));
        truth_rows.push_back(cell_rows[row]);
    }
    const auto n = static_cast<std::int64_t>(genes.size());
    const auto predicted = map_columns(select_rows(predicted_data.x, predicted_rows), new_predicted, n);
    const auto true_values = map_columns(select_rows(truth_data.x, truth_rows), new_truth, n);
    return score_expression(predicted, true_values, std::move(genes), context.threads);
}

}  // namespace

EvaluateResult evaluate(const EvaluateOptions& options, const RunContext& context) {
    if (options.truth.empty() && options.embedding.empty() && options.expression_truth.empty())
        throw UsageError("evaluate", "nothing to score was named",
                         "give --truth COLUMN, --embedding KEY or a second .h5ad of expression");
    AtomicFolder folder(options.output, context.force);
    Chosen cells(options);
    for (const auto& condition : options.where) cells.keep(condition);
    EvaluateResult result;
    result.input_cells = static_cast<std::int64_t>(cells.input().names().size());
    result.chosen_cells = static_cast<std::int64_t>(cells.rows().size());
    if (!options.truth.empty()) score_all_labels(options, cells, result);
    if (!options.embedding.empty()) result.embedding = score_one_embedding(options, cells, context);
    if (!options.expression_truth.empty()) result.expression = score_one_expression(options, cells, context);
    write_evaluation(result, options, context, folder.temporary_path());
    folder.commit();
    for (const auto& line : evaluation_lines(result)) context.note(line);
    return result;
}

}  // namespace epi
