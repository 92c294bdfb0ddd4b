#include "pipeline/cached_fragments.hpp"

#include <array>
#include <charconv>

#include "core/text.hpp"
#include "fragments/cache_scan.hpp"
#include "io/atomic_output.hpp"
#include "io/provenance.hpp"
#include "io/text_writer.hpp"

namespace epi {
namespace {

// Writes the fragments of a cache, front to back.
class LineSink final : public FragmentSink {
  public:
    LineSink(const CacheDirectory& directory, TextWriter& writer)
        : barcodes_(directory.barcodes), writer_(writer) {
        for (const auto& file : directory.files)
            for (const auto& contig : file.contigs) contigs_.add(contig);
    }
    void consume(FragmentBatch& batch) override {
        text_.clear();
        for (std::size_t i = 0; i < batch.size; ++i) {
            text_ += contigs_.name(batch.chrom);
            add(batch.start[i]);
            add(batch.end[i]);
            text_ += '\t';
            text_ += barcodes_[batch.barcode[i]];
            add(batch.reads[i]);
            text_ += '\n';
        }
        writer_.write(text_);
    }

  private:
    template <class Number>
    void add(Number number) {
        std::array<char, 16> digits;
        digits[0] = '\t';
        const auto end = std::to_chars(digits.data() + 1, digits.data() + digits.size(), number).ptr;
        text_.append(digits.data(), end);
    }

    const std::vector<std::string>& barcodes_;
    TextWriter& writer_;
    Chromosomes contigs_;
    std::string text_;
};

}  // namespace

FragmentsResult write_cached_fragments(const FragmentsOptions& options, const RunContext& context) {
    const std::filesystem::path record_path = options.output.string() + ".json";
    refuse_existing(record_path, context.force);
    AtomicFile file(options.output, context.force);
    TextWriter writer(file.temporary_path(), options.output.extension() == ".gz");
    Provenance provenance("fragments", nlohmann::ordered_json::object(), context);
    FragmentsResult result;
    for (const auto& input : options.inputs) {
        const FragmentCache cache(input);
        LineSink sink(cache.directory(), writer);
        const auto scan = scan_fragment_cache(cache, {}, {&sink}, context);
        result.fragments += scan.fragments;
        result.barcodes += std::ssize(scan.order);
        provenance.add_input(input);
    }
    writer.close();
    auto record = provenance.full();
    record["fragments"] = result.fragments;
    write_json(record, record_path, context.force);
    file.commit();
    context.note(with_commas(result.fragments) + " fragments");
    return result;
}

}  // namespace epi
