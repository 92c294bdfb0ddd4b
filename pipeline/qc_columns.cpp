#include "pipeline/qc_columns.hpp"

#include "qc/tss_enrichment.hpp"

namespace epi {
namespace {

// One barcode with everything that is known of it.
struct Row {
    const BarcodeCounts& counts;
    double mean_tss_flank;
};

template <class Number, class Value>
void add_column(DataFrame& table, const QcSource& source, std::span<const std::uint32_t> barcodes,
                std::string_view name, Value value) {
    std::vector<Number> column;
    column.reserve(barcodes.size());
    const BarcodeCounts none;
    for (const auto barcode : barcodes) {
        const Row row{barcode < source.counts.size() ? source.counts[barcode] : none, source.mean_tss_flank};
        column.push_back(static_cast<Number>(value(row)));
    }
    table.columns.emplace_back(name, std::move(column));
}

}  // namespace

DataFrame qc_columns(const QcSource& source, std::span<const std::uint32_t> barcodes) {
    DataFrame table;
    for (const auto barcode : barcodes) table.index.emplace_back(source.barcodes.name(barcode));
    const auto count = [&](std::string_view name, auto value) {
        add_column<std::int64_t>(table, source, barcodes, name, value);
    };
    const auto real = [&](std::string_view name, auto value) {
        add_column<double>(table, source, barcodes, name, value);
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
    count("peak_fragments", [](const Row& row) { return row.counts.peak_overlaps; });
    count("fragments_in_peaks", [](const Row& row) { return row.counts.in_peaks; });
    count("peak_insertions", [](const Row& row) { return row.counts.peak_insertions; });
    real("frip", [](const Row& row) {
        return static_cast<double>(row.counts.in_peaks) / static_cast<double>(row.counts.fragments);
    });
    count("blacklist_fragments", [](const Row& row) { return row.counts.blacklist; });
    count("promoter_fragments", [](const Row& row) { return row.counts.promoter; });
    real("duplicate_rate", [](const Row& row) { return duplicate_rate(row.counts); });
    return table;
}

}  // namespace epi
