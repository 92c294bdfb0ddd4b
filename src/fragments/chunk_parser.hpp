#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "fragments/chunk_log.hpp"
#include "fragments/fragment_batch.hpp"
#include "fragments/lane_barcodes.hpp"

namespace epi {

// Takes the fragments of a scan; each thread has its own.
class FragmentSink {
  public:
    virtual ~FragmentSink() = default;
    // What comes is of the chunk with this order, which grows along the files.
    virtual void begin_chunk(std::uint64_t /*order*/) {}
    virtual void consume(FragmentBatch& batch) = 0;
    // All batches of the chunk have come.
    virtual void end_chunk(std::uint64_t /*order*/) {}
};

// Turns the lines of chunks into batches of fragments, for one thread.
class ChunkParser {
  public:
    ChunkParser(ChunkLog& log, const std::unordered_set<std::string>* cells, std::int64_t bad_lines_allowed,
                FragmentSink& sink);

    void parse(const TextChunk& chunk, ChunkRecord& record);
    const LaneBarcodes& barcodes() const { return barcodes_; }

  private:
    // Lines of the same contig in the usual form; returns where another one begins.
    template <bool (*Pack)(const char*, std::uint32_t&)>
    const char* parse_lines_with(const char* at, const char* end);
    const char* parse_quick_lines(const char* at, const char* end);
    const char* parse_quick_lines_ssse3(const char* at, const char* end);
    void parse_line(std::string_view line);
    void refuse_long_line();
    void change_contig(std::string_view name);
    void add(std::int32_t start, std::int32_t end, std::uint32_t reads, LaneBarcodes::Code code);
    void flush();
    void note_order();

    ChunkLog& log_;
    LaneBarcodes barcodes_;
    bool ssse3_;  // whether the processor has it
    std::int64_t bad_allowed_;
    FragmentSink& sink_;
    FragmentBatch batch_;
    std::array<LaneBarcodes::Code, FragmentBatch::kCapacity> codes_;
    std::array<std::uint32_t, FragmentBatch::kCapacity> lines_;  // of the batch's fragments

    // Contigs by their names in a file.
    std::size_t file_ = 0;
    std::unordered_map<std::string, Contig> contigs_;

    // Of the chunk in hand.
    ChunkRecord* record_ = nullptr;
    std::string chrom_;           // of the batch, with the tab behind it; empty: none yet
    std::uint64_t position_ = 0;  // of the chunk's first fragment
    long long line_ = 0;
};

}  // namespace epi
