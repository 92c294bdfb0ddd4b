#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "io/table.hpp"
#include "report/html_report.hpp"

namespace epi {

// What the page shows of each kind of folder, as read from its files.

struct CountedSample {
    std::string name;
    Table qc;                   // every barcode
    Series sizes, tss_profile;  // fragments of each length; cuts around transcription start sites
};

struct SelectedSample {
    std::string name;
    Table cells;
};

// Cells on a plane, with a name each.
struct CellMap {
    std::string name;
    std::vector<std::string> cell_type;
    std::vector<double> x, y;
};

struct AnnotatedSample {
    CellMap map;
    std::vector<double> confidence;
};

struct TrainedModel {
    std::string name;
    Table training;
};

struct Evaluation {
    std::string name;
    nlohmann::ordered_json json;  // metrics.json
    std::vector<double> gene_auroc;
    bool has(const std::string& metric) const;
    double metric(const std::string& name) const;  // NaN if it is not there
};

struct ReportData {
    std::vector<CountedSample> counted;
    std::vector<SelectedSample> selected;
    std::vector<CellMap> labelled;
    std::vector<AnnotatedSample> annotated;
    std::vector<TrainedModel> trained;
    std::vector<Evaluation> evaluations;
};

// The name of the kind of a folder, or "" if it is none of those above.
std::string kind_of_folder(const std::filesystem::path& folder);
// Reads one folder into `data`.
void read_result_folder(const std::filesystem::path& folder, ReportData& data);

// Columns of a table as numbers; NaN where a field is empty or no number.
std::vector<double> numbers_of(const Table& table, const std::string& column);

// The sections of the page, in the order results, maps, quality, training; those without data are left out.
void add_report_sections(HtmlReport& html, const ReportData& data);

}  // namespace epi
