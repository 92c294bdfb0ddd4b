#include "pipeline/qc_columns.hpp"

#include "qc/tss_enrichment.hpp"

namespace epi {
namespace {

// One barcode with everything that is known of it.
struct Row {
    std::uint32_t barcode;
    const BarcodeCounts& counts;
    const FormulaCounts& formulas;
};

template <class Counts>
const Counts& of(const std::vector<Counts>& all, std::uint32_t barcode, const Counts& none) {
    return barcode < all.size() ? all[barcode] : none;
}

double nucleosome_signal_of(const QcSource& source, const Row& row) {
    if (source.first_lines.empty()) return nucleosome_signal(row.counts);
    BarcodeCounts first;
    if (row.barcode < source.first_lines.size()) {
        first.nucleosome_free = source.first_lines[row.barcode][0];
        first.mononucleosomal = source.first_lines[row.barcode][1];
    }
    return nucleosome_signal(first);
}

template <class Number, class Value>
void add_column(DataFrame& table, const QcSource& source, std::span<const std::uint32_t> barcodes,
                std::string_view name, Value value) {
    std::vector<Number> column;
    column.reserve(barcodes.size());
    const BarcodeCounts no_counts;
    const FormulaCounts no_formulas;
    for (const auto barcode : barcodes) {
        const auto& formulas =
            source.formulas == nullptr ? no_formulas : of(*source.formulas, barcode, no_formulas);
        const Row row{barcode, of(source.counts, barcode, no_counts), formulas};
        column.push_back(static_cast<Number>(value(row)));
    }
    table.columns.emplace_back(name, std::move(column));
}

void add_formulas(DataFrame& table, const QcSource& source, std::span<const std::uint32_t> barcodes) {
    const auto real = [&](std::string_view name, auto value) {
        add_column<double>(table, source, barcodes, name, value);
    };
    const auto ratio = [](std::uint64_t a, std::uint64_t b) {
        return static_cast<double>(a) / static_cast<double>(b);
    };
    real("tss_enrichment_signac_full",
         [&](const Row& row) { return tss_enrichment_signac_full(row.formulas, source.mean_full_flank); });
    real("tss_enrichment_archr", [](const Row& row) { return tss_enrichment_archr(row.formulas); });
    real("tss_enrichment_snapatac2", [](const Row& row) { return tss_enrichment_snapatac2(row.formulas); });
    real("tss_enrichment_pycistopic", [](const Row& row) { return tss_enrichment_pycistopic(row.formulas); });
    real("nucleosome_ratio_archr", [&](const Row& row) {
        return ratio(row.formulas.one_nucleosome + row.formulas.more_nucleosomes, row.counts.nucleosome_free);
    });
    real("nucleosome_signal_pycistopic", [&](const Row& row) {
        return ratio(row.formulas.of_147 + row.counts.mononucleosomal + row.formulas.of_294,
                     row.counts.nucleosome_free);
    });
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
    real("nucleosome_signal", [&](const Row& row) { return nucleosome_signal_of(source, row); });
    real("tss_enrichment", [&](const Row& row) {
        return tss_enrichment(row.counts.tss_centre, row.counts.tss_flank, source.mean_tss_flank);
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
    if (source.formulas != nullptr) add_formulas(table, source, barcodes);
    return table;
}

}  // namespace epi
