#include "fragments/chunk_log.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace epi {

ChunkLog::ChunkLog(std::vector<std::filesystem::path> files, Chromosomes reference, TextChunkOptions options,
                   std::int64_t bad_lines_allowed)
    : paths_(std::move(files)),
      options_(options),
      bad_allowed_(bad_lines_allowed),
      reference_size_(reference.size()),
      reference_(std::move(reference)),
      contigs_(reference_) {
    for (const auto& path : paths_)
        files_.push_back({nullptr, path.string(), ContigNames(reference_), {}, 0, false});
    if (files_.empty()) stop_ = true;
}

void ChunkLog::open(File& file, const std::filesystem::path& path) {
    try {
        file.chunks = open_chunks(path, options_);
        file.name = file.chunks->name();
    } catch (...) {
        file.ended = stop_ = true;
        record(current_, 0).error = std::current_exception();
    }
}

ChunkRecord& ChunkLog::record(std::size_t file, std::size_t number) {
    auto& records = files_[file].records;
    while (records.size() <= number) {
        records.emplace_back();
        records.back().file = file;
        records.back().number = records.size() - 1;
    }
    return records[number];
}

ChunkRecord* ChunkLog::take(TextChunk& chunk) {
    for (;;) {
        File* file = nullptr;
        std::size_t at = 0;
        {
            const std::lock_guard lock(mutex_);
            if (stop_ || current_ == files_.size()) return nullptr;
            at = current_;
            file = &files_[at];
            if (!file->chunks) open(*file, paths_[at]);
            if (stop_) return nullptr;
        }
        std::exception_ptr error;
        bool any = true;
        try {
            any = file->chunks->next(chunk);
        } catch (...) {
            error = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        if (any) {
            ChunkRecord& taken = record(at, chunk.number);
            if (!error) return &taken;
            taken.error = error;
            taken.done = stop_ = true;
            progress_.notify_all();
            return nullptr;
        }
        if (!file->ended) {
            file->ended = true;
            if (chunk.number > 0) record(at, chunk.number - 1);  // others may still be reading them
            ++current_;
            progress_.notify_all();
        }
    }
}

void ChunkLog::finish(ChunkRecord& record) {
    const std::lock_guard lock(mutex_);
    record.done = true;
    fragments_ += record.fragments;
    bad_lines_ += std::ssize(record.bad);
    if (record.error || bad_lines_ > bad_allowed_) stop_ = true;
    File& file = files_[record.file];
    while (file.done < file.records.size() && file.records[file.done].done) ++file.done;
    progress_.notify_all();
}

// Chunks before one that was handed out were handed out too, and come back.
bool ChunkLog::all_before_done(const ChunkRecord& record) const {
    for (std::size_t i = 0; i < record.file; ++i)
        if (!files_[i].ended || files_[i].done < files_[i].records.size()) return false;
    return files_[record.file].done >= record.number;
}

long long ChunkLog::lines_before(const ChunkRecord& record) const {
    long long lines = 0;
    for (std::size_t i = 0; i < record.number; ++i) lines += files_[record.file].records[i].lines;
    return lines;
}

Contig ChunkLog::contig(std::string_view name, const ChunkRecord& record, long long line) {
    std::unique_lock lock(mutex_);
    File& file = files_[record.file];
    if (file.names.as_reference())
        if (const auto id = reference_.find(name)) return contig_of(contigs_, *id);
    progress_.wait(lock, [&] { return all_before_done(record); });
    const auto& renamed = file.names.renamed();
    const auto before = renamed.size();
    const auto id = file.names.id(name, at_line(file.name, lines_before(record) + line));
    if (renamed.size() > before &&
        std::find(renamed_.begin(), renamed_.end(), renamed.back()) == renamed_.end())
        renamed_.push_back(renamed.back());
    return contig_of(contigs_, id < reference_size_ ? id : contigs_.add(name));
}

void ChunkLog::throw_first_error() const {
    std::int64_t bad = 0;
    for (const auto& file : files_) {
        long long lines = 0;
        std::int64_t fragments = 0;
        for (const auto& record : file.records) {
            for (const auto& line : record.bad)
                if (++bad > bad_allowed_)
                    throw InputError(at_line(file.name, lines + line.line), line.problem, line.remedy);
            if (record.error) std::rethrow_exception(record.error);
            lines += record.lines;
            fragments += record.fragments;
        }
        if (fragments == 0)
            throw InputError(
                file.name, "there is no fragment in it",
                "check that the file is whole; fragments are lines of chrom, start, end, barcode, reads");
    }
}

std::vector<FragmentFileSummary> ChunkLog::summaries() const {
    std::vector<FragmentFileSummary> result;
    for (const auto& file : files_) {
        FragmentFileSummary summary{file.name,
                                    0,
                                    file.chunks->compressed(),
                                    file.chunks->truncated(),
                                    0,
                                    file.names.renamed(),
                                    file.chunks->checksum()};
        std::vector<bool> seen(contigs_.size());
        long long lines = 0;
        const ContigRun* last = nullptr;
        for (const auto& record : file.records) {
            for (const auto& run : record.runs) {
                const bool same = last != nullptr && last->contig == run.contig;
                const bool sorted = same ? run.first_start >= last->last_start : !seen[run.contig];
                if (!sorted && summary.first_unsorted_line == 0)
                    summary.first_unsorted_line = lines + run.line;
                seen[run.contig] = true;
                last = &run;
            }
            if (record.unsorted_line > 0 && summary.first_unsorted_line == 0)
                summary.first_unsorted_line = lines + record.unsorted_line;
            lines += record.lines;
            summary.fragments += record.fragments;
        }
        result.push_back(std::move(summary));
    }
    return result;
}

std::vector<std::pair<std::string, std::int64_t>> ChunkLog::skipped() const {
    std::vector<std::pair<std::string, std::int64_t>> result;
    for (const auto& file : files_)
        for (const auto& record : file.records)
            for (const auto& line : record.bad) {
                const auto found = std::find_if(result.begin(), result.end(), [&](const auto& entry) {
                    return entry.first == line.problem;
                });
                if (found == result.end())
                    result.emplace_back(line.problem, 1);
                else
                    ++found->second;
            }
    return result;
}

std::vector<std::pair<std::uint64_t, std::int64_t>> ChunkLog::fragments_before() const {
    std::vector<std::pair<std::uint64_t, std::int64_t>> result;
    for (const auto& file : files_) {
        std::int64_t before = 0;
        for (const auto& record : file.records) {
            result.emplace_back(record.order(), before);
            before += record.fragments;
        }
    }
    return result;
}

std::int64_t ChunkLog::fragments() const {
    const std::lock_guard lock(mutex_);
    return fragments_;
}

std::size_t ChunkLog::position() const {
    const std::lock_guard lock(mutex_);
    std::size_t position = 0;
    for (const auto& file : files_) position += file.chunks ? file.chunks->position() : 0;
    return position;
}

}  // namespace epi
