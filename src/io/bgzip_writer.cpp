#include "io/bgzip_writer.hpp"

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "io/bgzf_blocks.hpp"

namespace epi {
namespace {

constexpr std::size_t kPiece = 1U << 20, kPiecesPerThread = 4;

}  // namespace

BgzipWriter::BgzipWriter(const std::filesystem::path& path, int threads)
    : name_(path.string()), threads_(threads), file_(path, std::ios::binary), pieces_(1) {
    if (!file_)
        throw ResourceError(name_, "cannot be written",
                            "check the folder, its permissions and the space on the disk");
}

void BgzipWriter::write(std::string_view text) {
    if (pieces_.back().size() + text.size() > kPiece) {
        if (pieces_.size() >= kPiecesPerThread * static_cast<std::size_t>(threads_)) flush();
        pieces_.emplace_back();
    }
    pieces_.back() += text;
}

void BgzipWriter::flush() {
    parallel_for(pieces_.size(), threads_, [&](std::size_t i) { pieces_[i] = bgzf_compress(pieces_[i]); });
    for (const auto& piece : pieces_) file_ << piece;
    if (!file_) throw ResourceError(name_, "writing failed", "check the space on the disk");
    pieces_.clear();
}

void BgzipWriter::close() {
    flush();
    file_ << bgzf_end();
    file_.close();
    if (!file_) throw ResourceError(name_, "writing failed", "check the space on the disk");
}

}  // namespace epi
