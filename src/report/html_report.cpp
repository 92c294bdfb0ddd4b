#include "report/html_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/text.hpp"
#include "report/page.hpp"

namespace epi {
namespace {

using Json = nlohmann::ordered_json;

// Told apart by people with the usual colour deficiencies as far as sixteen colours can be.
constexpr std::array<const char*, 16> kPalette = {
    "#3b78b5", "#ee8432", "#47a25a", "#d9504f", "#8f68b8", "#55b6c2", "#e3bd3b", "#d873a8",
    "#8c6a54", "#2a9d8f", "#a5bf45", "#5f6caf", "#c97b63", "#7a9cc6", "#9b2f56", "#4d5a40"};
constexpr const char* kGrey = "#b4bac4";
constexpr std::array kGreyNames = {"unassigned", "dropped", "no label"};
// Beyond this many points the browser draws with WebGL; below, as shapes, which are sharper and not limited
// in number per page.
constexpr std::size_t kManyPoints = 20000;
constexpr int kRowHeight = 26;

// Five significant digits: more cannot be seen, and would double the size of the page.
double rounded(double value) {
    if (value == 0 || !std::isfinite(value)) return value;
    const double scale = std::pow(10.0, 4 - std::floor(std::log10(std::fabs(value))));
    return std::isfinite(scale) && scale > 0 ? std::round(value * scale) / scale : value;
}

Json numbers(std::span<const double> values) {
    Json list = Json::array();
    for (const double value : values) {
        const double short_value = rounded(value);
        if (!std::isfinite(value)) {
            list.push_back(nullptr);
        } else if (short_value == std::floor(short_value) && std::fabs(short_value) < 1e15) {
            list.push_back(static_cast<std::int64_t>(short_value));
        } else {
            list.push_back(short_value);
        }
    }
    return list;
}

// Plotly reads a little HTML in its texts.
Json texts(std::span<const std::string> values) {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(escape_html(value));
    return list;
}

// JSON that cannot end the <script> it stands in, whatever is in it; bytes that are no UTF-8 are replaced.
std::string script_json(const Json& value) {
    const std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    std::string safe;
    safe.reserve(text.size());
    for (const char c : text) {
        if (c == '<') {
            safe += "\\u003c";
        } else {
            safe += c;
        }
    }
    return safe;
}

Json axis(const std::string& title, bool logarithmic) {
    Json result = {{"title", {{"text", escape_html(title)}}}};
    if (logarithmic) result["type"] = "log";
    return result;
}

Json xy_layout(const PlotText& text, AxisStyle style, std::size_t series) {
    Json layout = {{"xaxis", axis(text.x_axis, style.log_x)},
                   {"yaxis", axis(text.y_axis, style.log_y)},
                   {"showlegend", series > 1}};
    if (style.hide_axes) {
        for (const auto* name : {"xaxis", "yaxis"}) {
            layout[name]["showticklabels"] = false;
            layout[name]["showgrid"] = false;
            layout[name]["ticks"] = "";
        }
        layout["yaxis"]["scaleanchor"] = "x";
        layout["height"] = 470;
    }
    return layout;
}

bool all_numbers(const std::vector<std::vector<std::string>>& rows, std::size_t column) {
    return std::all_of(rows.begin(), rows.end(), [column](const auto& row) {
        std::string text(trim(row[column]));
        text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ',' || c == '%'; }),
                   text.end());
        return text.empty() || parse_number<double>(text).has_value();
    });
}

}  // namespace

std::string escape_html(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            case '\'':
                result += "&#39;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

std::string for_people(double value) {
    if (std::isnan(value)) return "not defined";
    if (std::isinf(value)) return value > 0 ? "infinite" : "-infinite";
    if (std::fabs(value) < 1e15 && value == std::floor(value))
        return with_commas(static_cast<std::int64_t>(value));
    const double size = std::fabs(value);
    if (size >= 1000 && size < 1e15) return with_commas(static_cast<std::int64_t>(std::llround(value)));
    std::array<char, 32> buffer{};
    const auto digits = size >= 100 ? 1 : size >= 10 ? 2 : 3;
    const auto style =
        size < 0.001 || size >= 1e15 ? std::chars_format::scientific : std::chars_format::fixed;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, style,
                                   style == std::chars_format::fixed ? digits : 1);
    return {buffer.data(), end.ptr};
}

HtmlReport::HtmlReport(std::string title, std::string subtitle)
    : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

std::string& HtmlReport::body() {
    if (sections_.empty()) sections_.push_back({});
    return sections_.back().body;
}

std::string HtmlReport::colour(const std::string& name) {
    for (const auto* grey : kGreyNames)
        if (name == grey) return kGrey;
    auto known = std::find(colour_names_.begin(), colour_names_.end(), name);
    if (known == colour_names_.end()) {
        colour_names_.push_back(name);
        known = colour_names_.end() - 1;
    }
    return kPalette[static_cast<std::size_t>(known - colour_names_.begin()) % kPalette.size()];
}

void HtmlReport::headline(const std::string& label, const std::string& value, const std::string& note) {
    headlines_ += "<div class=\"headline\"><div class=\"label\">" + escape_html(label) +
                  "</div><div class=\"value\">" + escape_html(value) + "</div><div class=\"note\">" +
                  escape_html(note) + "</div></div>\n";
}

void HtmlReport::section(std::string title, const std::string& text) {
    sections_.push_back({std::move(title), {}});
    if (!text.empty()) sections_.back().body = "<p>" + escape_html(text) + "</p>\n";
    sections_.back().body += "<div class=\"cards\">\n";
}

void HtmlReport::add_plot(const PlotText& text, const std::string& data, const std::string& layout,
                          bool wide) {
    const std::string id = "plot" + std::to_string(++plots_);
    body() += std::string("<div class=\"card") + (wide ? " wide" : "") + "\"><h3>" + escape_html(text.title) +
              "</h3><p>" + escape_html(text.caption) + "</p><div class=\"plot\" id=\"" + id +
              "\"></div><script type=\"application/json\" class=\"plot-data\" data-plot=\"" + id +
              "\">{\"data\":" + data + ",\"layout\":" + layout + "}</script></div>\n";
}

void HtmlReport::scatter(const PlotText& text, std::span<const Series> series, AxisStyle style) {
    std::size_t points = 0;
    for (const auto& one : series) points += one.x.size();
    const int size = points > 5000 ? 3 : points > 1500 ? 4 : 6;
    Json data = Json::array();
    for (const auto& one : series) {
        check(one.x.size() == one.y.size(), "HtmlReport::scatter: one y for each x");
        data.push_back({{"type", points > kManyPoints ? "scattergl" : "scatter"},
                        {"mode", "markers"},
                        {"name", escape_html(one.name)},
                        {"x", numbers(one.x)},
                        {"y", numbers(one.y)},
                        {"marker", {{"size", size}, {"opacity", 0.75}, {"color", colour(one.name)}}}});
    }
    add_plot(text, script_json(data), script_json(xy_layout(text, style, series.size())), style.wide);
}

void HtmlReport::lines(const PlotText& text, std::span<const Series> series, AxisStyle style) {
    Json data = Json::array();
    for (const auto& one : series) {
        check(one.x.size() == one.y.size(), "HtmlReport::lines: one y for each x");
        data.push_back({{"type", "scatter"},
                        {"mode", one.x.size() > 40 ? "lines" : "lines+markers"},
                        {"name", escape_html(one.name)},
                        {"x", numbers(one.x)},
                        {"y", numbers(one.y)},
                        {"marker", {{"size", 6}}},
                        {"line", {{"width", 2}, {"color", colour(one.name)}}}});
    }
    add_plot(text, script_json(data), script_json(xy_layout(text, style, series.size())), style.wide);
}

void HtmlReport::histogram(const PlotText& text, std::span<const Sample> samples, double low, double high,
                           int bins) {
    check(bins > 0 && high > low, "HtmlReport::histogram: bins of some width");
    const double width = (high - low) / bins;
    Json data = Json::array();
    for (const auto& sample : samples) {
        std::vector<double> counts(static_cast<std::size_t>(bins), 0), centres;
        for (int bin = 0; bin < bins; ++bin) centres.push_back(low + (bin + 0.5) * width);
        for (const double value : sample.values)
            if (!std::isnan(value))
                ++counts[static_cast<std::size_t>(std::clamp((value - low) / width, 0.0, bins - 1.0))];
        data.push_back({{"type", "bar"},
                        {"name", escape_html(sample.name)},
                        {"x", numbers(centres)},
                        {"y", numbers(counts)},
                        {"marker", {{"color", colour(sample.name)}}}});
    }
    Json layout = xy_layout(text, {}, samples.size());
    layout["barmode"] = "stack";
    layout["bargap"] = 0.06;
    layout["xaxis"]["range"] = {low, high};
    add_plot(text, script_json(data), script_json(layout), false);
}

void HtmlReport::heatmap(const PlotText& text, std::span<const std::string> rows,
                         std::span<const std::string> columns,
                         const std::vector<std::vector<double>>& values) {
    check(values.size() == rows.size(), "HtmlReport::heatmap: one row of values for each row");
    Json shares = Json::array(), labels = Json::array();
    for (const auto& row : values) {
        check(row.size() == columns.size(), "HtmlReport::heatmap: one value for each column");
        double total = 0;
        for (const double value : row) total += value;
        std::vector<double> share;
        Json label = Json::array();
        for (const double value : row) {
            share.push_back(total > 0 ? value / total : 0);
            label.push_back(value == 0 ? std::string() : for_people(value));
        }
        shares.push_back(numbers(share));
        labels.push_back(label);
    }
    const Json data =
        Json::array({{{"type", "heatmap"},
                      {"x", texts(columns)},
                      {"y", texts(rows)},
                      {"z", shares},
                      {"text", labels},
                      {"texttemplate", "%{text}"},
                      {"hovertemplate", "%{y} as %{x}: %{text} (%{z:.0%} of row)<extra></extra>"},
                      {"zmin", 0},
                      {"zmax", 1},
                      {"xgap", 2},
                      {"ygap", 2},
                      {"colorscale", {{0, "#f6f8fb"}, {0.5, "#8fb6dc"}, {1, "#1f5a98"}}},
                      {"colorbar", {{"thickness", 10}, {"tickformat", ".0%"}, {"len", 0.9}}}}});
    Json layout = xy_layout(text, {}, 1);
    layout["yaxis"]["autorange"] = "reversed";
    layout["xaxis"]["type"] = layout["yaxis"]["type"] = "category";
    layout["height"] = std::max(380, 150 + kRowHeight * static_cast<int>(rows.size()));
    add_plot(text, script_json(data), script_json(layout), columns.size() > 14);
}

void HtmlReport::bars(const PlotText& text, std::span<const std::string> categories,
                      std::span<const Series> series, bool stacked) {
    Json data = Json::array();
    for (const auto& one : series) {
        check(one.x.size() == categories.size(), "HtmlReport::bars: one number for each category");
        Json labels = Json::array();
        for (const double value : one.x) labels.push_back(for_people(value));
        Json trace = {
            {"type", "bar"},          {"orientation", "h"},  {"name", escape_html(one.name)},
            {"y", texts(categories)}, {"x", numbers(one.x)}, {"marker", {{"color", colour(one.name)}}}};
        if (!stacked) {
            trace["text"] = labels;
            trace["textposition"] = "auto";
        }
        data.push_back(trace);
    }
    Json layout = xy_layout(text, {}, series.size());
    layout["yaxis"]["autorange"] = "reversed";
    layout["yaxis"]["type"] = "category";
    layout["barmode"] = stacked ? "stack" : "group";
    layout["bargap"] = 0.25;
    const auto bars_in_all = categories.size() * (stacked ? 1 : series.size());
    layout["height"] = std::max(stacked ? 220 : 380, 110 + kRowHeight * static_cast<int>(bars_in_all));
    add_plot(text, script_json(data), script_json(layout), false);
}

void HtmlReport::table(const std::string& title, const std::string& caption,
                       const std::vector<std::string>& columns,
                       const std::vector<std::vector<std::string>>& rows) {
    std::vector<const char*> classes;
    for (const auto& row : rows)
        check(row.size() == columns.size(), "HtmlReport::table: one field for each column");
    for (std::size_t i = 0; i < columns.size(); ++i)
        classes.push_back(!rows.empty() && all_numbers(rows, i) ? " class=\"number\"" : "");
    std::string text = "<thead><tr>";
    for (std::size_t i = 0; i < columns.size(); ++i)
        text += std::string("<th") + classes[i] + ">" + escape_html(columns[i]) + "</th>";
    text += "</tr></thead><tbody>\n";
    for (const auto& row : rows) {
        text += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i)
            text += std::string("<td") + classes[i] + ">" + escape_html(row[i]) + "</td>";
        text += "</tr>\n";
    }
    body() += std::string("<div class=\"card") + (columns.size() > 5 ? " wide" : "") + "\"><h3>" +
              escape_html(title) + "</h3><p>" + escape_html(caption) + "</p><div class=\"scroll\"><table>" +
              text + "</tbody></table></div></div>\n";
}

std::string HtmlReport::html(std::string_view plotly_script, std::string_view footer) const {
    std::string navigation, sections;
    for (std::size_t i = 0; i < sections_.size(); ++i) {
        const std::string id = "section" + std::to_string(i + 1), title = escape_html(sections_[i].title);
        if (title.empty()) {
            sections += "<section><div class=\"cards\">" + sections_[i].body + "</div></section>\n";
            continue;
        }
        navigation += "<a href=\"#" + id + "\">" + title + "</a>";
        sections +=
            "<section id=\"" + id + "\"><h2>" + title + "</h2>\n" + sections_[i].body + "</div></section>\n";
    }
    std::string page = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n";
    page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
    page += escape_html(title_) + "</title>\n<style>";
    page.append(kPageStyle);
    page += "</style>\n</head><body>\n<header><div class=\"page\"><h1>" + escape_html(title_) + "</h1><p>" +
            escape_html(subtitle_) + "</p></div></header>\n";
    if (!navigation.empty()) page += "<nav><div class=\"page\">" + navigation + "</div></nav>\n";
    page += "<main class=\"page\">\n";
    if (!headlines_.empty()) page += "<div class=\"headlines\">\n" + headlines_ + "</div>\n";
    page += sections + "</main>\n<footer><div class=\"page\">" + escape_html(footer) + "</div></footer>\n";
    page += "<noscript><p class=\"page\">The plots of this page need JavaScript.</p></noscript>\n<script>";
    page.append(plotly_script);
    page += "</script>\n<script>";
    page.append(kPageScript);
    page += "</script>\n</body></html>\n";
    return page;
}

}  // namespace epi
