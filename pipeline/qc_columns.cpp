#include "pipeline/qc_columns.hpp"

#include "qc/tss_enrichment.hpp"

namespace epi {
namespace {

// One barcode with everything that is known of it.
struct Row {
    BarcodeCounts counts;
    OverlapTotals peaks;
    double mean_tss_flank;
};

Row row_of(const QcSource& source, std::uint32_t barcode) {
    return {barcode < source.counts.size() ? source.counts[barcode] : BarcodeCounts(),
            barcode < source.peaks.size() ? source.peaks[barcode] : OverlapTotals(), source.mean_tss_flank};
}

template <class Number, class Value>
void add_column(DataFrame& table, const std::vector<Row>& rows, std::string_view name, Value value) {
    std::vector<Number> column;
    column.reserve(rows.size());
    for (const auto& row : rows) column.push_back(static_cast<Number>(value(row)));
    table.columns.emplace_back(name, std::move(column));
}

}  // namespace

DataFrame qc_columns(const QcSource& source, std::span<const std::uint32_t> barcodes) {
    DataFrame table;
    std::vector<Row> rows;
    rows.reserve(barcodes.size());
    for (const auto barcode : barcodes) {
        table.index.emplace_back(source.barcodes.name(barcode));
        rows.push_back(row_of(source, barcode));
    }
    const auto count = [&](std::string_view name, auto value) {
        add_column<std::int64_t>(table, rows, name, value);
    };
    const auto real = [&](std::string_view name, auto value) {
        add_column<double>(table, rows, name, value);
    };
    count("fragments", [](const Row& row) { return row.counts.fragments; });
    count("reads", [](const Row& row) { return row.counts.reads; });
    count("mitochondrial", [](const Row& row) { return row.counts.mitochondrial; });
    count("nucleosome_free", [](const Row& row) { return row.counts.nucleosome_free; });
    count("mononucleosomal", [](const Row& row) { return row.counts.mononucleosomal; });
    real("nucleosome_signal", [](const Row& row) { return nucleosome_signal(row.counts); });
    real("tss_enrichment", [](const Row& row) {
        return tss_enrichment(row.counts.tss_centre, row.counts.tss_flank, row.mean_tss_flank);
    });
    count("peak_fragments", [](const Row& row) { return row.peaks.overlaps; });
    count("fragments_in_peaks", [](const Row& row) { return row.peaks.fragments; });
    count("peak_insertions", [](const Row& row) { return row.peaks.insertions; });
    real("frip", [](const Row& row) {
        return static_cast<double>(row.peaks.fragments) / static_cast<double>(row.counts.fragments);
    });
    count("blacklist_fragments", [](const Row& row) { return row.counts.blacklist; });
    count("promoter_fragments", [](const Row& row) { return row.counts.promoter; });
    real("duplicate_rate", [](const Row& row) { return duplicate_rate(row.counts); });
    return table;
}

}  // namespace epi
