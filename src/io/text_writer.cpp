#include "io/text_writer.hpp"

#include <htslib/bgzf.h>
#include <htslib/tbx.h>

#include <utility>

#include "core/error.hpp"

namespace epi {

// "wu" is htslib's plain mode: one writer for both.
struct TextWriter::Sink {
    std::string name;
    BGZF* file = nullptr;
    std::string buffer;

    void flush() {
        if (!buffer.empty() && bgzf_write(file, buffer.data(), buffer.size()) < 0)
            throw ResourceError(name, "writing failed", "check the space on the disk");
        buffer.clear();
    }
};

TextWriter::TextWriter(const std::filesystem::path& path) : TextWriter(path, path.extension() == ".gz") {}

TextWriter::TextWriter(const std::filesystem::path& path, bool compress) : sink_(std::make_unique<Sink>()) {
    sink_->name = path.string();
    sink_->file = bgzf_open(path.c_str(), compress ? "w6" : "wu");
    if (sink_->file == nullptr)
        throw ResourceError(path.string(), "cannot be written",
                            "check the folder, its permissions and the disk");
}

TextWriter::~TextWriter() {
    if (sink_->file != nullptr) bgzf_close(sink_->file);
}

void TextWriter::write(std::string_view text) {
    sink_->buffer.append(text);
    if (sink_->buffer.size() > (1U << 16)) sink_->flush();
}

void TextWriter::row(const std::vector<std::string>& fields) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i > 0) sink_->buffer += '\t';
        sink_->buffer += fields[i];
    }
    write("\n");
}

void TextWriter::close() {
    sink_->flush();
    BGZF* file = std::exchange(sink_->file, nullptr);
    if (bgzf_close(file) != 0)
        throw ResourceError(sink_->name, "writing failed", "check the space on the disk");
}

void write_tabix_index(const std::filesystem::path& bgzip_path, const std::filesystem::path& index_path,
                       bool large) {
    constexpr int kCsiBits = 14;  // of the smallest bin; 0 is .tbi
    if (tbx_index_build2(bgzip_path.c_str(), index_path.c_str(), large ? kCsiBits : 0, &tbx_conf_bed) != 0)
        throw InputError(bgzip_path.string(), "no tabix index can be made",
                         "sort the rows by chromosome and start first");
}

}  // namespace epi
