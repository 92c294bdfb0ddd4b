#include "pipeline/select.hpp"

#include <cmath>
#include <limits>
#include <unordered_map>

#include "core/text.hpp"
#include "io/atomic_output.hpp"
#include "io/cell_list.hpp"
#include "io/provenance.hpp"
#include "io/table.hpp"
#include "io/text_writer.hpp"
#include "store/anndata.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

using RowByName = std::unordered_map<std::string, std::size_t>;

RowByName rows_by_name(const std::vector<std::string>& names, const std::string& place) {
    RowByName rows;
    for (std::size_t row = 0; row < names.size(); ++row)
        if (!rows.emplace(names[row], row).second)
            throw InputError(place, "has the barcode '" + names[row] + "' twice", "keep one of them");
    return rows;
}

// The QC table of `count`, with the columns that decide as numbers.
struct QcTable {
    Table table;
    RowByName row_of;
    std::vector<double> atac, nucleosome_signal, tss_enrichment;
};

std::vector<double> numbers(const Table& table, std::string_view column) {
    std::vector<double> result;
    const auto texts = table.values(column);
    for (std::size_t row = 0; row < texts.size(); ++row) {
        const auto value = parse_number<double>(texts[row]);
        if (!value)
            throw InputError(at_line(table.name, static_cast<long long>(row) + 2),
                             "column '" + std::string(column) + "' has '" + texts[row] + "'",
                             "it must be a number; write the table with 'epifoundry count'");
        result.push_back(*value);
    }
    return result;
}

QcTable read_qc(const fs::path& folder) {
    const auto path = folder / "qc.tsv.gz";
    if (!fs::exists(path))
        throw InputError(path.string(), "does not exist",
                         "give --counts the folder that 'epifoundry count' wrote");
    QcTable qc{read_table(path), {}, {}, {}, {}};
    qc.row_of = rows_by_name(qc.table.values("barcode"), qc.table.name);
    qc.atac = numbers(qc.table, "peak_fragments");
    qc.nucleosome_signal = numbers(qc.table, "nucleosome_signal");
    qc.tss_enrichment = numbers(qc.table, "tss_enrichment");
    return qc;
}

struct RnaTotals {
    RowByName row_of;
    std::vector<std::string> barcodes;
    std::vector<double> counts;
    std::vector<std::int64_t> genes;
};

RnaTotals read_rna_totals(const fs::path& path) {
    const auto data = read_h5ad(path);
    RnaTotals totals{rows_by_name(data.obs.index, path.string()), data.obs.index, {}, {}};
    for (std::int64_t row = 0; row < data.x.rows; ++row) {
        double sum = 0;
        std::int64_t genes = 0;
        for (const double value : data.x.row_values(row)) {
            sum += value;
            genes += value > 0;
        }
        totals.counts.push_back(sum);
        totals.genes.push_back(genes);
    }
    return totals;
}

std::size_t count_known(const std::vector<std::string>& names, const RowByName& rows) {
    std::size_t known = 0;
    for (const auto& name : names) known += rows.count(name);
    return known;
}

std::vector<std::string> cells_to_judge(const SelectOptions& options, const QcTable& qc,
                                        const RnaTotals& rna) {
    const auto barcodes = qc.table.values("barcode");
    const bool with_rna = !options.rna.empty();
    if (with_rna && count_known(rna.barcodes, qc.row_of) == 0)
        throw InputError(options.rna.string(),
                         "has no barcode in common with " + qc.table.name + " (RNA has '" +
                             (rna.barcodes.empty() ? "" : rna.barcodes[0]) + "', ATAC '" +
                             (barcodes.empty() ? "" : barcodes[0]) + "')",
                         "give RNA and fragments of the same cells, named alike");
    if (!options.cells.empty()) {
        auto cells = read_cell_list(options.cells);
        if (count_known(cells, qc.row_of) == 0)
            throw InputError(options.cells.string(),
                             "names no barcode of " + qc.table.name + " (its first is '" + cells[0] + "')",
                             "name the cells as the fragment file does");
        return cells;
    }
    auto cells = barcodes;
    for (const auto& barcode : rna.barcodes)
        if (qc.row_of.count(barcode) == 0) cells.push_back(barcode);
    return cells;
}

CellValues values_of(const std::string& cell, const QcTable& qc, const RnaTotals& rna) {
    CellValues values;
    if (const auto row = qc.row_of.find(cell); row != qc.row_of.end()) {
        values.atac = qc.atac[row->second];
        values.nucleosome_signal = qc.nucleosome_signal[row->second];
        values.tss_enrichment = qc.tss_enrichment[row->second];
    }
    if (const auto row = rna.row_of.find(cell); row != rna.row_of.end()) values.rna = rna.counts[row->second];
    return values;
}

// Judges every cell and writes its row.
SelectResult write_cells(const std::vector<std::string>& cells, const QcTable& qc, const RnaTotals& rna,
                         const SelectOptions& options, const fs::path& path) {
    const bool with_rna = !options.rna.empty();
    const auto name_column = qc.table.column("barcode");
    TextWriter writer(path);
    std::vector<std::string> fields{"barcode", "kept", "reason"};
    if (with_rna) fields.insert(fields.end(), {"rna_counts", "rna_genes"});
    for (std::size_t i = 0; i < qc.table.columns.size(); ++i)
        if (i != name_column) fields.push_back(qc.table.columns[i]);
    writer.row(fields);

    SelectResult result;
    for (const auto& cell : cells) {
        const auto failed = failed_criteria(values_of(cell, qc, rna), options.thresholds, with_rna);
        for (const auto& name : failed) ++result.failed[name];
        ++result.cells;
        result.kept += failed.empty();
        fields = {cell, failed.empty() ? "true" : "false", join(failed, ",")};
        if (with_rna) {
            const auto row = rna.row_of.find(cell);
            const bool known = row != rna.row_of.end();
            fields.push_back(known ? format_double(rna.counts[row->second]) : "");
            fields.push_back(known ? std::to_string(rna.genes[row->second]) : "");
        }
        const auto row = qc.row_of.find(cell);
        for (std::size_t i = 0; i < qc.table.columns.size(); ++i)
            if (i != name_column)
                fields.push_back(row == qc.row_of.end() ? "" : qc.table.rows[row->second][i]);
        writer.row(fields);
    }
    writer.close();
    return result;
}

nlohmann::ordered_json thresholds_json(const SelectOptions& options) {
    const auto& limits = options.thresholds;
    nlohmann::ordered_json json;
    if (!options.rna.empty()) {
        json["min_rna"] = limits.min_rna;
        json["max_rna"] = limits.max_rna;
    }
    json["min_atac"] = limits.min_atac;
    json["max_atac"] = limits.max_atac;
    json["max_nucleosome_signal"] = limits.max_nucleosome_signal;
    json["min_tss_enrichment"] = limits.min_tss_enrichment;
    return json;
}

}  // namespace

SelectResult run_select(const SelectOptions& options, const RunContext& context) {
    refuse_existing(options.output, context.force);
    const auto qc = read_qc(options.counts);
    const auto rna = options.rna.empty() ? RnaTotals{} : read_rna_totals(options.rna);
    const auto cells = cells_to_judge(options, qc, rna);
    Provenance provenance("select", thresholds_json(options), context);
    provenance.add_input(options.counts / "qc.tsv.gz");
    if (!options.rna.empty()) provenance.add_input(options.rna);
    if (!options.cells.empty()) provenance.add_input(options.cells);

    AtomicFolder folder(options.output, context.force);
    auto result = write_cells(cells, qc, rna, options, folder / "cells.tsv");
    auto json = provenance.full();
    json["cells"] = result.cells;
    json["kept"] = result.kept;
    json["failed"] = result.failed;
    write_json(json, folder / "select.json");
    context.check_stop();
    folder.commit();

    std::string line = "kept " + with_commas(result.kept) + " of " + with_commas(result.cells) + " barcodes";
    for (const auto& [name, count] : result.failed) line += ", " + name + " " + with_commas(count);
    if (result.kept == 0) context.warn("no cell passes; see the column 'reason' of cells.tsv");
    context.note(line);
    return result;
}

}  // namespace epi
