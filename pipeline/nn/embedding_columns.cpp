#include "pipeline/nn/embedding_columns.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/text.hpp"

namespace epi {
namespace {

constexpr std::array kVerdictColumns = {"predicted_cell_type",  "confidence",     "runner_up",
                                        "runner_up_confidence", "best_cell_type", "reason"};

// Six significant digits are enough for people; the .h5ad has all.
std::string short_number(double value) {
    if (!std::isfinite(value) || value == 0) return format_double(value);
    const double scale = std::pow(10, 5 - std::floor(std::log10(std::abs(value))));
    return format_double(std::round(value * scale) / scale);
}

std::vector<std::string> column_text(const DataFrame& obs, const std::string& name) {
    if (const auto* numbers = std::get_if<std::vector<double>>(obs.find(name))) {
        std::vector<std::string> text;
        for (const double value : *numbers) text.push_back(short_number(value));
        return text;
    }
    return obs.text(name, "obs");
}

}  // namespace

void set_embedding(AnnData& data, const DenseFloat& z) {
    DenseMatrix matrix(z.rows, z.cols);
    std::ranges::copy(z.values, matrix.values.begin());
    data.obsm["X_epifoundry"] = std::move(matrix);
    while (data.x.rows < static_cast<std::int64_t>(z.rows)) data.x.add_row({}, {});
}

void add_verdicts(DataFrame& obs, const std::vector<CellTypeVerdict>& verdicts,
                  const std::vector<std::string>& cell_types) {
    std::vector<std::string> predicted, best, runner_up, reason;
    std::vector<double> confidence, runner_up_confidence;
    const auto name = [&](int type) {
        return type < 0 ? std::string() : cell_types[static_cast<std::size_t>(type)];
    };
    for (const auto& verdict : verdicts) {
        best.push_back(name(verdict.call.best));
        predicted.push_back(verdict.assigned() ? best.back() : kUnassigned);
        confidence.push_back(verdict.call.confidence);
        runner_up.push_back(name(verdict.call.runner_up));
        runner_up_confidence.push_back(verdict.call.runner_up_confidence);
        reason.push_back(verdict.reason);
    }
    obs.set("predicted_cell_type", make_categorical(predicted));
    obs.set("confidence", std::move(confidence));
    obs.set("runner_up", make_categorical(runner_up));
    obs.set("runner_up_confidence", std::move(runner_up_confidence));
    obs.set("best_cell_type", make_categorical(best));
    obs.set("reason", std::move(reason));
}

Table verdict_table(const DataFrame& obs) {
    Table table;
    std::vector<std::string> names(kVerdictColumns.begin(), kVerdictColumns.end());
    for (const auto& [name, column] : obs.columns)
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    table.columns = {"barcode"};
    table.columns.insert(table.columns.end(), names.begin(), names.end());
    for (const auto& cell : obs.index) table.rows.push_back({cell});
    for (const auto& name : names) {
        const auto text = column_text(obs, name);
        for (std::size_t row = 0; row < text.size(); ++row) table.rows[row].push_back(text[row]);
    }
    return table;
}

}  // namespace epi
