#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace epi {

// The words around one plot. The caption is one sentence that says what to look for.
struct PlotText {
    std::string title, caption, x_axis, y_axis;
};

// A named set of points (x[i], y[i]). A name keeps its colour through the whole report;
// "unassigned", "dropped" and "no label" are grey.
struct Series {
    std::string name;
    std::vector<double> x, y;
};

// Named numbers, to be counted into bins.
struct Sample {
    std::string name;
    std::vector<double> values;
};

struct AxisStyle {
    bool log_x = false, log_y = false;
    bool hide_axes = false;  // for maps whose axes mean nothing (UMAP): no ticks, equal scales
    bool wide = false;       // the full width of the page
};

// Builds one HTML page that needs nothing else: no network, no file beside it. Values in, text out; whatever
// text comes in (labels of other people's files) is escaped. Numbers are rounded to five significant digits.
// The same calls give the same bytes.
//
// Order of calls = order on the page: headline figures (always shown at the top), then sections, each with
// the plots and tables that follow it.
class HtmlReport {
  public:
    HtmlReport(std::string title, std::string subtitle);

    // One of the few figures that matter: "Accuracy", "0.91", "2,312 cells of donor D4".
    void headline(const std::string& label, const std::string& value, const std::string& note);
    // Starts a section; `text` is a sentence or two under its heading, and may be empty.
    void section(std::string title, const std::string& text);

    void scatter(const PlotText& text, std::span<const Series> series, AxisStyle style = {});
    void lines(const PlotText& text, std::span<const Series> series, AxisStyle style = {});
    // `bins` equal bins over [low, high]; values outside count in the outermost bin.
    void histogram(const PlotText& text, std::span<const Sample> samples, double low, double high,
                   int bins = 40);
    // Colour = share of the row; the number in each field is values[row][column]. Rows are drawn downwards.
    void heatmap(const PlotText& text, std::span<const std::string> rows,
                 std::span<const std::string> columns, const std::vector<std::vector<double>>& values);
    // One group of horizontal bars per category, one bar per series; the x of each series has one number per
    // category (its y is not used). `stacked` puts the bars of a category end to end.
    void bars(const PlotText& text, std::span<const std::string> categories, std::span<const Series> series,
              bool stacked = false);
    // `columns` and `rows` as text; columns whose fields are all numbers are aligned to the right.
    void table(const std::string& title, const std::string& caption, const std::vector<std::string>& columns,
               const std::vector<std::vector<std::string>>& rows);

    // The page. `plotly_script` is the text of plotly.min.js, put in whole; `footer` says where the page
    // comes from, e.g. "epifoundry 0.1.0 report".
    std::string html(std::string_view plotly_script, std::string_view footer) const;

  private:
    struct Section {
        std::string title, body;
    };
    std::string& body();
    std::string colour(const std::string& name);
    void add_plot(const PlotText& text, const std::string& data, const std::string& layout, bool wide);

    std::string title_, subtitle_, headlines_;
    std::vector<Section> sections_;
    std::vector<std::string> colour_names_;
    int plots_ = 0;
};

// Text made safe inside HTML and inside double-quoted attributes.
std::string escape_html(std::string_view text);

// A number as people read it: "0.913", "12,345", "1.2e-05", "not defined" for NaN.
std::string for_people(double value);

}  // namespace epi
