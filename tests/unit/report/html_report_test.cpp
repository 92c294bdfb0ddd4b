#include "report/html_report.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"

namespace epi {
namespace {

const std::string kNoScript = "/*Plotly*/";

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

TEST(HtmlReport, ShowsHeadlinesThenSectionsInTheOrderOfTheCalls) {
    HtmlReport report("Demo", "four samples");
    report.section("Quality", "How good the cells are.");
    report.section("Cell types", "");
    report.headline("Accuracy", "0.91", "donor D4");
    const auto page = report.html(kNoScript, "epifoundry");
    EXPECT_LT(page.find("0.91"), page.find("<h2>Quality</h2>"));
    EXPECT_LT(page.find("<h2>Quality</h2>"), page.find("<h2>Cell types</h2>"));
    EXPECT_NE(page.find("<a href=\"#section2\">Cell types</a>"), std::string::npos);
    EXPECT_NE(page.find(kNoScript), std::string::npos);
    EXPECT_EQ(page.find("http"), std::string::npos) << "the page must not need the network";
}

TEST(HtmlReport, EscapesTextThatComesFromFiles) {
    const std::string evil = "</script><script>alert('x')</script>";
    HtmlReport report(evil, evil);
    report.headline(evil, evil, evil);
    report.section(evil, evil);
    const std::vector<Series> series = {{evil, {1, 2}, {3, 4}}};
    const std::vector<Sample> samples = {{evil, {0.5}}};
    const std::vector<std::string> names = {evil};
    const PlotText text{evil, evil, evil, evil};
    report.scatter(text, series);
    report.lines(text, series);
    report.histogram(text, samples, 0, 1);
    report.heatmap(text, names, names, {{1.0}});
    report.bars(text, names, std::vector<Series>{{evil, {1}, {}}});
    report.table(evil, evil, {evil}, {{evil}});
    const auto page = report.html(kNoScript, evil);
    EXPECT_EQ(page.find("<script>alert"), std::string::npos);
    EXPECT_EQ(page.find("alert('x')"), std::string::npos);
    // Five plots bring their data in one element each; two more hold the scripts of the page.
    EXPECT_EQ(count_of(page, "</script>"), 7U);
}

TEST(HtmlReport, CountsValuesIntoBinsAndKeepsThoseOutside) {
    HtmlReport report("t", "");
    const std::vector<Sample> samples = {{"a", {-5, 0.1, 0.2, 0.9, 7, std::nan("")}}};
    report.histogram({"h", "", "", ""}, samples, 0, 1, 2);
    EXPECT_NE(report.html("", "").find(R"("x":[0.25,0.75],"y":[3,2])"), std::string::npos);
}

TEST(HtmlReport, ColoursConfusionByShareOfTheRowAndShowsNumbers) {
    HtmlReport report("t", "");
    const std::vector<std::string> types = {"B", "T"};
    report.heatmap({"c", "", "", ""}, types, types, {{3, 1}, {0, 0}});
    const auto page = report.html("", "");
    EXPECT_NE(page.find(R"("z":[[0.75,0.25],[0,0]])"), std::string::npos);
    EXPECT_NE(page.find(R"("text":[["3","1"],["",""]])"), std::string::npos);
}

TEST(HtmlReport, KeepsTheColourOfANameAndRoundsNumbers) {
    HtmlReport report("t", "");
    report.scatter({"a", "", "", ""}, std::vector<Series>{{"B", {0}, {0}}, {"T", {0.123456789}, {1}}});
    report.scatter({"b", "", "", ""},
                   std::vector<Series>{{"T", {std::nan("")}, {1}}, {"unassigned", {}, {}}});
    const auto page = report.html("", "");
    EXPECT_EQ(count_of(page, "#ee8432"), 2U) << "T is orange in both plots";
    EXPECT_EQ(count_of(page, "#b4bac4"), 1U) << "unassigned is grey";
    EXPECT_NE(page.find("[0.12346]"), std::string::npos);
    EXPECT_NE(page.find("[null]"), std::string::npos) << "what is not a number is a gap";
}

TEST(HtmlReport, AlignsColumnsOfNumbers) {
    HtmlReport report("t", "");
    report.table("Cells", "", {"sample", "cells"}, {{"D1", "1,234"}, {"D2", "7"}});
    const auto page = report.html("", "");
    EXPECT_NE(page.find("<td>D1</td><td class=\"number\">1,234</td>"), std::string::npos);
    EXPECT_THROW(report.table("x", "", {"one"}, {{"a", "b"}}), InternalError);
}

TEST(ForPeople, WritesNumbersShort) {
    EXPECT_EQ(for_people(12345), "12,345");
    EXPECT_EQ(for_people(0.91349), "0.913");
    EXPECT_EQ(for_people(12.345), "12.35");
    EXPECT_EQ(for_people(123.45), "123.5");
    EXPECT_EQ(for_people(12345.6), "12,346");
    EXPECT_EQ(for_people(0.0000123), "1.2e-05");
    EXPECT_EQ(for_people(std::nan("")), "not defined");
}

}  // namespace
}  // namespace epi
