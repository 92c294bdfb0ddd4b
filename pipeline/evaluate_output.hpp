#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "pipeline/evaluate.hpp"

namespace epi {

// metrics.tsv, genes.tsv (for expression) and, last, metrics.json into an existing folder.
void write_evaluation(const EvaluateResult& result, const EvaluateOptions& options, const RunContext& context,
                      const std::filesystem::path& folder);

// The figures that matter, for people, one line for each question.
std::vector<std::string> evaluation_lines(const EvaluateResult& result);

}  // namespace epi
