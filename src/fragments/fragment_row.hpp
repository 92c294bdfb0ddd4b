#pragma once
#include <cstdint>
#include <tuple>

#include "fragments/barcode_table.hpp"

namespace epi {

// A line of the fragment file.
struct FragmentRow {
    std::uint32_t contig = 0;
    std::int32_t start = 0, end = 0;
    std::uint32_t barcode = 0, count = 0;
    char strand = '.';
};

struct ByRow {
    const BarcodeTable* barcodes = nullptr;

    bool operator()(const FragmentRow& a, const FragmentRow& b) const {
        const auto place = [](const FragmentRow& row) { return std::tuple(row.contig, row.start, row.end); };
        if (place(a) != place(b)) return place(a) < place(b);
        if (a.barcode != b.barcode) return barcodes->name(a.barcode) < barcodes->name(b.barcode);
        return a.strand < b.strand;
    }
};

struct JoinEqualRows {
    bool collapse = true;

    bool operator()(FragmentRow& row, const FragmentRow& other) const {
        const auto all = [](const FragmentRow& r) {
            return std::tuple(r.contig, r.start, r.end, r.barcode, r.strand);
        };
        if (!collapse || all(row) != all(other)) return false;
        row.count += other.count;
        return true;
    }
};

}  // namespace epi
