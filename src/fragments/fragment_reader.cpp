#include "fragments/fragment_reader.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "fragments/fragment_line.hpp"

namespace epi {

FragmentReader::FragmentReader(std::vector<std::filesystem::path> files, Chromosomes reference,
                               const std::vector<std::string>& cells)
    : paths_(std::move(files)),
      reference_size_(reference.size()),
      reference_(std::move(reference)),
      contigs_(reference_),
      contigs_told_(contigs_.size()) {
    for (const auto& path : paths_) {
        std::error_code unknown;
        const auto size = std::filesystem::file_size(path, unknown);
        if (!unknown) total_size_ += size;
    }
    for (const auto& cell : cells) barcodes_.id(cell);
    check(barcodes_.size() == cells.size(), "FragmentReader: distinct cells");
}

bool FragmentReader::open_next() {
    if (next_path_ == paths_.size()) return false;
    lines_ = std::make_unique<LineReader>(paths_[next_path_++]);
    names_.emplace(reference_);
    summaries_.push_back({lines_->source().name(), 0, lines_->source().compressed(), 0});
    last_name_.clear();
    last_start_ = -1;
    contig_seen_.assign(contigs_.size(), false);
    return true;
}

void FragmentReader::close() {
    if (summaries_.back().fragments == 0)
        throw InputError(
            summaries_.back().name, "there is no fragment in it",
            "check that the file is whole; fragments are lines of chrom, start, end, barcode, reads");
    for (const auto& pair : names_->renamed())
        if (std::find(renamed_.begin(), renamed_.end(), pair) == renamed_.end()) renamed_.push_back(pair);
    finished_size_ += lines_->source().position();
    lines_.reset();
}

std::size_t FragmentReader::position() const {
    return finished_size_ + (lines_ ? lines_->source().position() : 0);
}

// The id in contigs_ of a name of this file. Ids of `names_` are the same for the reference only.
std::uint32_t FragmentReader::contig_of(std::string_view name) {
    const auto id = names_->id(name, lines_->place());
    const auto contig = id < reference_size_ ? id : contigs_.add(name);
    if (contig_seen_.size() < contigs_.size()) contig_seen_.resize(contigs_.size());
    return contig;
}

void FragmentReader::note_order(std::uint32_t contig, std::int32_t start) {
    auto& unsorted = summaries_.back().first_unsorted_line;
    const bool same = last_start_ >= 0 && contig == last_contig_;
    if (unsorted == 0 && (same ? start < last_start_ : bool{contig_seen_[contig]}))
        unsorted = lines_->line_number();
    contig_seen_[contig] = true;
    last_contig_ = contig;
    last_start_ = start;
}

bool FragmentReader::next(FragmentBatch& batch, std::size_t limit) {
    batch.clear();
    std::string_view line;
    FragmentLine fragment;
    while (batch.size() < limit) {
        if (!lines_ && !open_next()) break;
        if (!lines_->next(line)) {
            close();
            continue;
        }
        if (line.empty() || line.front() == '#') continue;
        if (!parse_fragment(line, fragment)) {
            const auto [problem, remedy] = explain_bad_fragment(line);
            throw InputError(lines_->place(), problem, remedy);
        }
        std::uint32_t contig = last_contig_;
        if (last_start_ < 0 || fragment.chrom != last_name_) {
            contig = contig_of(fragment.chrom);
            while (contigs_told_ < contigs_.size())
                batch.new_contigs.push_back(contigs_.name(static_cast<std::uint32_t>(contigs_told_++)));
            last_name_ = fragment.chrom;
        }
        note_order(contig, fragment.start);
        batch.add(contig, fragment.start, fragment.end, barcodes_.id(fragment.barcode), fragment.reads);
        ++summaries_.back().fragments;
    }
    return batch.size() > 0;
}

}  // namespace epi
