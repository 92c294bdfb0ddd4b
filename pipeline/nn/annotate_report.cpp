#include "pipeline/nn/annotate_report.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "core/text.hpp"
#include "core/version.hpp"
#include "report/html_report.hpp"

namespace epi {
namespace {

std::string shown_type(const AnnotateReport& report, std::size_t cell) {
    const auto& verdict = report.verdicts[cell];
    return verdict.assigned() ? report.cell_types[static_cast<std::size_t>(verdict.call.best)] : kUnassigned;
}

std::string shown_reason(const CellTypeVerdict& verdict) {
    return verdict.assigned() ? "assigned" : verdict.reason;
}

using Point = std::pair<double, double>;

// One series per name, the most frequent first.
std::vector<Series> by_name(std::size_t cells, const std::function<std::string(std::size_t)>& name,
                            const std::function<Point(std::size_t)>& point) {
    std::map<std::string, Series> series;
    for (std::size_t cell = 0; cell < cells; ++cell) {
        const auto [x, y] = point(cell);
        if (!std::isfinite(x) || !std::isfinite(y)) continue;
        auto& one = series[name(cell)];
        one.x.push_back(x);
        one.y.push_back(y);
    }
    std::vector<Series> result;
    for (auto& [key, one] : series) {
        one.name = key;
        result.push_back(std::move(one));
    }
    std::ranges::stable_sort(result, std::greater{}, [](const Series& one) { return one.x.size(); });
    return result;
}

double median(std::vector<double> values) {
    if (values.empty()) return std::nan("");
    std::ranges::sort(values);
    return values[values.size() / 2];
}

std::string share(std::size_t part, std::size_t whole) {
    return whole == 0 ? "0 %"
                      : for_people(100.0 * static_cast<double>(part) / static_cast<double>(whole)) + " %";
}

std::string count_text(std::size_t n) {
    return with_commas(static_cast<std::int64_t>(n));
}

void add_headlines(HtmlReport& html, const AnnotateReport& report) {
    const auto cells = report.verdicts.size();
    std::map<std::string, std::size_t> types;
    std::vector<double> confidence;
    for (std::size_t cell = 0; cell < cells; ++cell) {
        if (!report.verdicts[cell].assigned()) continue;
        ++types[shown_type(report, cell)];
        confidence.push_back(report.verdicts[cell].call.confidence);
    }
    html.headline("Cells", count_text(cells), "barcodes looked at");
    html.headline("Named", share(confidence.size(), cells),
                  count_text(cells - confidence.size()) + " cells are unassigned");
    html.headline("Cell types", count_text(types.size()),
                  "of " + count_text(report.cell_types.size()) + " that the model knows");
    html.headline("Median confidence", for_people(median(confidence)), "of the named cells");
}

void add_types(HtmlReport& html, const AnnotateReport& report) {
    const auto cells = report.verdicts.size();
    const auto at = [&](std::size_t cell) { return Point{report.umap(cell, 0), report.umap(cell, 1)}; };
    const auto type = [&](std::size_t cell) { return shown_type(report, cell); };
    html.section("Cell types", "Each cell is named by the model from its open peaks alone.");
    AxisStyle map_style;
    map_style.hide_axes = true;
    html.scatter({"Map of the cells", "UMAP of the model's embedding: cells of one type should lie together.",
                  "UMAP 1", "UMAP 2"},
                 by_name(cells, type, at), map_style);
    html.scatter(
        {"Why cells are unassigned", "The same map: unassigned cells by their reason.", "UMAP 1", "UMAP 2"},
        by_name(
            cells, [&](std::size_t cell) { return shown_reason(report.verdicts[cell]); }, at),
        map_style);
    std::map<std::string, std::vector<double>> confidence;
    for (std::size_t cell = 0; cell < cells; ++cell)
        confidence[shown_type(report, cell)].push_back(report.verdicts[cell].call.confidence);
    std::vector<Sample> samples;
    std::vector<std::string> names;
    Series bars{"cells", {}, {}};
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, values] : confidence) {
        samples.push_back({name, values});
        names.push_back(name);
        bars.x.push_back(static_cast<double>(values.size()));
        rows.push_back(
            {name, count_text(values.size()), share(values.size(), cells), for_people(median(values))});
    }
    html.bars({"Cells of each type", "How the sample is composed.", "cells", ""}, names,
              std::vector<Series>{bars});
    html.histogram({"Confidence",
                    "Named cells should lie to the right; a flat curve means that the sample is "
                    "unlike what the model was trained on.",
                    "confidence", "cells"},
                   samples, 0, 1);
    html.table("Cell types", "Cells, their share, and the median confidence.",
               {"cell type", "cells", "share", "median confidence"}, rows);
}

void add_quality(HtmlReport& html, const AnnotateReport& report) {
    const auto cells = report.verdicts.size();
    html.section("Quality",
                 "Poor cells and likely doublets are left unassigned, whatever the model says of them.");
    const auto reason = [&](std::size_t cell) { return shown_reason(report.verdicts[cell]); };
    const auto scatter = [&](const PlotText& text, const std::function<Point(std::size_t)>& point,
                             bool log_x) {
        const auto series = by_name(cells, reason, point);
        AxisStyle style;
        style.log_x = log_x;
        if (!series.empty()) html.scatter(text, series, style);
    };
    scatter(
        {"Depth and TSS enrichment", "Good cells form one cloud at the upper right.", "fragments",
         "TSS enrichment"},
        [&](std::size_t cell) {
            return Point{report.quality[cell].fragments, report.quality[cell].tss_enrichment};
        },
        true);
    scatter(
        {"Signal and nucleosomes", "Good cells lie to the right and low.", "share of fragments in peaks",
         "nucleosome signal"},
        [&](std::size_t cell) {
            return Point{report.quality[cell].frip, report.quality[cell].nucleosome_signal};
        },
        false);
    scatter(
        {"Open peaks and doublet score", "Doublets lie at the upper right.", "open peaks", "doublet score"},
        [&](std::size_t cell) {
            return Point{report.quality[cell].open_peaks, report.quality[cell].doublet_score};
        },
        true);
    std::map<std::string, std::size_t> reasons;
    for (std::size_t cell = 0; cell < cells; ++cell) ++reasons[reason(cell)];
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, n] : reasons) rows.push_back({name, count_text(n), share(n, cells)});
    html.table("Named or not", "How many cells were left unassigned, and why.", {"outcome", "cells", "share"},
               rows);
}

}  // namespace

std::string annotate_html(const AnnotateReport& report, std::string_view plotly_script) {
    HtmlReport html("Cell types of " + report.sample, "by the model " + report.model);
    add_headlines(html, report);
    add_types(html, report);
    add_quality(html, report);
    html.section("Input", "");
    html.table("What was read", "", {"what", "value"}, report.inputs);
    return html.html(plotly_script, "epifoundry " + version() + " annotate");
}

}  // namespace epi
