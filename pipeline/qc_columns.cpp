#include "pipeline/qc_columns.hpp"

#include <functional>
#include <string>

#include "core/parallel.hpp"
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

// The columns of a table of the given barcodes, made when all are known.
class Columns {
  public:
    Columns(const QcSource& source, std::span<const std::uint32_t> barcodes)
        : source_(&source), barcodes_(barcodes) {}

    template <class Value>
    void count(std::string_view name, Value value) {
        add<std::int64_t>(name, value);
    }
    template <class Value>
    void real(std::string_view name, Value value) {
        add<double>(name, value);
    }
    DataFrame make(int threads) const {
        DataFrame table;
        for (const auto& column : columns_) table.columns.emplace_back(column.name, Column());
        // The names are one task more.
        parallel_for(columns_.size() + 1, threads, [&](std::size_t i) {
            if (i > 0)
                table.columns[i - 1].second = columns_[i - 1].make();
            else
                for (const auto barcode : barcodes_)
                    table.index.emplace_back(source_->barcodes.name(barcode));
        });
        return table;
    }

  private:
    struct Pending {
        std::string name;
        std::function<Column()> make;
    };

    template <class Number, class Value>
    void add(std::string_view name, Value value) {
        columns_.push_back({std::string(name), [source = source_, barcodes = barcodes_, value] {
                                std::vector<Number> column;
                                column.reserve(barcodes.size());
                                const BarcodeCounts no_counts;
                                const FormulaCounts no_formulas;
                                for (const auto barcode : barcodes) {
                                    const auto& formulas = source->formulas == nullptr
                                                               ? no_formulas
                                                               : of(*source->formulas, barcode, no_formulas);
                                    const Row row{barcode, of(source->counts, barcode, no_counts), formulas};
                                    column.push_back(static_cast<Number>(value(row)));
                                }
                                return Column(std::move(column));
                            }});
    }

    const QcSource* source_;
    std::span<const std::uint32_t> barcodes_;
    std::vector<Pending> columns_;
};

void add_formulas(Columns& columns, const QcSource& source) {
    const auto ratio = [](std::uint64_t a, std::uint64_t b) {
        return static_cast<double>(a) / static_cast<double>(b);
    };
    columns.real("tss_enrichment_signac_full", [&source](const Row& row) {
        return tss_enrichment_signac_full(row.formulas, source.mean_full_flank);
    });
    columns.real("tss_enrichment_archr", [](const Row& row) { return tss_enrichment_archr(row.formulas); });
    columns.real("tss_enrichment_snapatac2",
                 [](const Row& row) { return tss_enrichment_snapatac2(row.formulas); });
    columns.real("tss_enrichment_pycistopic",
                 [](const Row& row) { return tss_enrichment_pycistopic(row.formulas); });
    columns.real("nucleosome_ratio_archr", [ratio](const Row& row) {
        return ratio(row.formulas.one_nucleosome + row.formulas.more_nucleosomes, row.counts.nucleosome_free);
    });
    columns.real("nucleosome_signal_pycistopic", [ratio](const Row& row) {
        return ratio(row.formulas.of_147 + row.counts.mononucleosomal + row.formulas.of_294,
                     row.counts.nucleosome_free);
    });
}

}  // namespace

DataFrame qc_columns(const QcSource& source, std::span<const std::uint32_t> barcodes, int threads) {
    Columns columns(source, barcodes);
    columns.count("fragments", [](const Row& row) { return row.counts.fragments; });
    columns.count("reads", [](const Row& row) { return row.counts.reads; });
    columns.count("mitochondrial", [](const Row& row) { return row.counts.mitochondrial; });
    columns.count("nucleosome_free", [](const Row& row) { return row.counts.nucleosome_free; });
    columns.count("mononucleosomal", [](const Row& row) { return row.counts.mononucleosomal; });
    columns.real("nucleosome_signal",
                 [&source](const Row& row) { return nucleosome_signal_of(source, row); });
    columns.real("tss_enrichment", [&source](const Row& row) {
        return tss_enrichment(row.counts.tss_centre, row.counts.tss_flank, source.mean_tss_flank);
    });
    columns.count("peak_fragments", [](const Row& row) { return row.counts.peak_overlaps; });
    columns.count("fragments_in_peaks", [](const Row& row) { return row.counts.in_peaks; });
    columns.count("peak_insertions", [](const Row& row) { return row.counts.peak_insertions; });
    columns.real("frip", [](const Row& row) {
        return static_cast<double>(row.counts.in_peaks) / static_cast<double>(row.counts.fragments);
    });
    columns.count("blacklist_fragments", [](const Row& row) { return row.counts.blacklist; });
    columns.count("promoter_fragments", [](const Row& row) { return row.counts.promoter; });
    columns.real("duplicate_rate", [](const Row& row) { return duplicate_rate(row.counts); });
    if (source.formulas != nullptr) add_formulas(columns, source);
    return columns.make(threads);
}

}  // namespace epi
