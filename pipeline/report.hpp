#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/run_context.hpp"

namespace epi {

// A page over the result folders of a run. What a folder holds is told by its manifest: count.json,
// select.json, label.json, training.tsv (a model), annotate.json, metrics.json (of evaluate).
struct ReportOptions {
    std::vector<std::filesystem::path> folders;
    std::string title = "EpiFoundry";
    std::filesystem::path plotly;  // plotly.min.js; empty: found (pipeline/plotly_script.hpp)
    std::filesystem::path output;  // folder
};

struct ReportResult {
    std::vector<std::string> kinds;  // of each folder: "count", "select", ...
};

// Writes report.html. Series are named after the folders. UsageError: no folder. InputError: a folder with
// none of these manifests, or with a file missing or malformed; no Plotly.
ReportResult report(const ReportOptions& options, const RunContext& context);

}  // namespace epi
