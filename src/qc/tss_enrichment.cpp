#include "qc/tss_enrichment.hpp"

namespace epi {
namespace {

constexpr double kFlankWidth = 200, kCentreWidth = 1001;

}  // namespace

double mean_tss_flank(std::span<const std::uint64_t> flanks) {
    if (flanks.empty()) return 0;
    std::uint64_t sum = 0;  // exact, so the order of cells does not matter
    for (const auto flank : flanks) sum += flank;
    return static_cast<double>(sum) / kFlankWidth / static_cast<double>(flanks.size());
}

double tss_enrichment(std::uint64_t centre, std::uint64_t flank, double mean_flank) {
    const double background = flank == 0 ? mean_flank : static_cast<double>(flank) / kFlankWidth;
    return static_cast<double>(centre) / background / kCentreWidth;
}

}  // namespace epi
