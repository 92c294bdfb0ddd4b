#include "io/alignment_reader.hpp"

#include <htslib/hts.h>
#include <htslib/hts_log.h>
#include <htslib/kstring.h>
#include <htslib/sam.h>

#include "core/error.hpp"
#include "core/name.hpp"
#include "core/text.hpp"
#include "io/random_file.hpp"

namespace epi {
namespace {

constexpr std::uint32_t kGoodBase = 15;

// Bases clipped from the start and the end, soft or hard.
std::pair<std::int64_t, std::int64_t> clips_of(const bam1_t& read) {
    const auto* cigar = bam_get_cigar(&read);
    const auto n = static_cast<std::int64_t>(read.core.n_cigar);
    const auto clipped = [&](std::int64_t i) {
        const auto op = bam_cigar_op(cigar[i]);
        return op == BAM_CSOFT_CLIP || op == BAM_CHARD_CLIP ? std::int64_t{bam_cigar_oplen(cigar[i])} : -1;
    };
    std::int64_t before = 0, after = 0;
    for (std::int64_t i = 0; i < n && clipped(i) >= 0; ++i) before += clipped(i);
    for (std::int64_t i = n - 1; i >= 0 && clipped(i) >= 0; --i) after += clipped(i);
    return {before, after};
}

// Qualities that are absent are stored as 255 each: they say nothing.
std::uint32_t quality_of(const bam1_t& read) {
    const auto* quality = bam_get_qual(&read);
    std::uint32_t sum = 0;
    if (read.core.l_qseq == 0 || quality[0] == 0xff) return 0;
    for (std::int32_t i = 0; i < read.core.l_qseq; ++i) sum += quality[i] >= kGoodBase ? quality[i] : 0U;
    return sum;
}

}  // namespace

struct AlignmentReader::File {
    std::string name;
    samFile* file = nullptr;
    sam_hdr_t* header = nullptr;
    std::vector<bam1_t*> batch;
    std::int64_t read = 0;

    ~File() {
        for (auto* one : batch) bam_destroy1(one);
        sam_hdr_destroy(header);
        if (file != nullptr) sam_close(file);
    }
};

AlignmentReader::AlignmentReader(const std::filesystem::path& path) : file_(std::make_unique<File>()) {
    hts_set_log_level(HTS_LOG_OFF);  // errors are told by exceptions
    const auto& name = file_->name = path == "-" ? "standard input" : path.string();
    file_->file = sam_open(path.c_str(), "r");
    if (file_->file == nullptr && path != "-" && !std::filesystem::exists(path))
        throw InputError(name, "No such file or directory", "check the path");
    const InputError half_a_header(name, "its header is truncated or corrupt", "copy or make it again");
    // The header of CRAM is read at once.
    if (file_->file == nullptr && path != "-" && RandomFile(path).read(0, 4) == "CRAM") throw half_a_header;
    if (file_->file == nullptr || hts_get_format(file_->file)->category != sequence_data)
        throw InputError(name, "is no SAM, BAM or CRAM file", "give the aligned reads");
    if (hts_check_EOF(file_->file) == 0)
        throw InputError(name, "is truncated: the marker of its end is missing", "copy or make it again");
    // Bases are left packed: then CRAM needs no reference.
    hts_set_opt(file_->file, CRAM_OPT_REQUIRED_FIELDS,
                SAM_QNAME | SAM_FLAG | SAM_RNAME | SAM_POS | SAM_MAPQ | SAM_CIGAR | SAM_RNEXT | SAM_PNEXT |
                    SAM_QUAL | SAM_AUX);
    hts_set_opt(file_->file, CRAM_OPT_DECODE_MD, 0);
    // On one thread: with more, htslib 1.16 waits for itself where a file is damaged.
    file_->header = sam_hdr_read(file_->file);
    if (file_->header == nullptr) throw half_a_header;
    if (sam_hdr_nref(file_->header) == 0)
        throw InputError(name, "its header names no contigs (@SQ lines)", "give the file with its header");
    for (int i = 0; i < sam_hdr_nref(file_->header); ++i) {
        contigs_.emplace_back(sam_hdr_tid2name(file_->header, i), sam_hdr_tid2len(file_->header, i));
        if (!can_be_a_name(contigs_.back().first))
            throw InputError(name, "the name of contig " + with_commas(i + 1) + " in its header is no name",
                             "copy or make it again");
    }
}

AlignmentReader::~AlignmentReader() = default;

std::size_t AlignmentReader::read(std::size_t n) {
    while (file_->batch.size() < n) file_->batch.push_back(bam_init1());
    for (std::size_t i = 0; i < n; ++i) {
        const int status = sam_read1(file_->file, file_->header, file_->batch[i]);
        if (status == -1) return i;
        if (status < -1)
            throw InputError(file_->name, "is truncated or corrupt behind read " + with_commas(file_->read),
                             "copy or make it again; samtools quickcheck tells which files are whole");
        ++file_->read;
    }
    return n;
}

Alignment AlignmentReader::operator[](std::size_t i) const {
    const bam1_t& read = *file_->batch[i];
    Alignment one;
    one.name = bam_get_qname(&read);
    one.flags = read.core.flag;
    one.mapq = read.core.qual;
    one.contig = read.core.tid;
    one.mate_contig = read.core.mtid;
    one.start = read.core.pos;
    one.end = bam_endpos(&read);
    one.mate_start = read.core.mpos;
    const auto [before, after] = clips_of(read);
    one.unclipped_start = one.start - before;
    one.unclipped_end = one.end + after;
    one.quality = quality_of(read);
    return one;
}

std::optional<std::string_view> AlignmentReader::tag(std::size_t i, std::string_view name) const {
    check(name.size() == 2, "a tag's name has two letters");
    const auto* aux = bam_aux_get(file_->batch[i], name.data());
    if (aux == nullptr) return std::nullopt;
    if (*aux == 'A') return std::string_view(reinterpret_cast<const char*>(aux) + 1, 1);
    const char* text = bam_aux2Z(aux);
    if (text == nullptr) return std::nullopt;
    return text;
}

std::vector<std::string> AlignmentReader::tags(std::size_t i) const {
    constexpr std::size_t kColumnsBeforeTags = 11;
    kstring_t text{};
    if (sam_format1(file_->header, file_->batch[i], &text) < 0) ks_free(&text);
    std::vector<std::string> names;
    if (text.s == nullptr) return names;
    const auto fields = split(std::string_view(text.s, text.l));
    for (auto at = kColumnsBeforeTags; at < fields.size(); ++at) names.emplace_back(fields[at].substr(0, 2));
    ks_free(&text);
    return names;
}

}  // namespace epi
