#include "pipeline/count_notes.hpp"

#include "core/text.hpp"

namespace epi {

void tell_of_files(const std::vector<FragmentFileSummary>& files,
                   const std::vector<std::pair<std::string, std::int64_t>>& skipped_lines,
                   const RunContext& context) {
    for (const auto& file : files)
        if (file.first_unsorted_line > 0)
            context.note(at_line(file.name, file.first_unsorted_line) +
                         ": the rows are not sorted; this only costs time");
    for (const auto& file : files)
        if (file.truncated)
            context.warn(file.name + ": its end is missing; counted the " + with_commas(file.fragments) +
                         " fragments that are whole");
    for (const auto& [problem, lines] : skipped_lines)
        context.warn("skipped " + with_commas(lines) + (lines == 1 ? " line: " : " lines: ") + problem);
}

void tell(const SampleCounts& counts, const RunContext& context) {
    tell_of_files(counts.files, counts.skipped_lines, context);
    if (counts.genes_without_place > 0)
        context.note(with_commas(counts.genes_without_place) + " genes without coordinates are left out");
    if (!counts.renamed_chromosomes.empty()) {
        const auto& [from, to] = counts.renamed_chromosomes.front();
        context.note("chromosomes are named in another style than the peaks; took '" + from + "' as '" + to +
                     "' and so on");
    }
    if (counts.beyond_chromosome_end > 0)
        context.warn(with_commas(counts.beyond_chromosome_end) +
                     " fragments end beyond the end of their chromosome; is this the right genome?");
    if (counts.listed_cells_without_fragments > 0)
        context.warn(with_commas(counts.listed_cells_without_fragments) + " listed cells have no fragment");
}

}  // namespace epi
