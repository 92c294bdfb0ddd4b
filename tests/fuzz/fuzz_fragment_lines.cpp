// The quick parser of many lines against the slow one of a single line: they must take the same lines for
// fragments and read the same in them, and a line that is refused must get a problem and a remedy.
#include <vector>

#include "core/error.hpp"
#include "core/name.hpp"
#include "fragments/fragment_line.hpp"
#include "fragments/fragment_scan.hpp"
#include "fuzz/memory_file.hpp"

namespace {

using namespace epi;

struct Sums {
    std::int64_t fragments = 0, starts = 0, ends = 0, reads = 0;
    bool operator==(const Sums&) const = default;
    void add(std::int64_t start, std::int64_t end, std::int64_t count) {
        ++fragments;
        starts += start;
        ends += end;
        reads += count;
    }
};

class Collector : public FragmentSink {
  public:
    void consume(FragmentBatch& batch) override {
        for (std::size_t i = 0; i < batch.size; ++i) sums.add(batch.start[i], batch.end[i], batch.reads[i]);
    }
    Sums sums;
};

struct Lines {
    Sums sums;
    std::int64_t bad = 0;
};

Lines slowly(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.front() == '#') continue;
        FragmentLine fragment;
        if (parse_fragment(line, fragment)) {
            fuzz::require(fragment.start >= 0 && fragment.start <= fragment.end &&
                          can_be_a_name(fragment.barcode) && can_be_a_name(fragment.chrom));
            lines.sums.add(fragment.start, fragment.end, fragment.reads);
        } else {
            const auto why = explain_bad_fragment(line);
            fuzz::require(!why.problem.empty() && !why.remedy.empty());
            ++lines.bad;
        }
    }
    return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    // What looks packed is for another target.
    if (text.starts_with("\x1f\x8b")) return 0;
    const auto expected = slowly(text);
    const fuzz::MemoryFile file(text);
    ScanOptions options{{file.path()}, {}, {}, 1'000'000, {}};
    options.text.bytes = 1 + size / 3;
    Collector one, other;
    try {
        const auto scan = scan_fragments(options, {&one, &other}, RunContext{});
        auto sums = one.sums;
        sums.fragments += other.sums.fragments;
        sums.starts += other.sums.starts;
        sums.ends += other.sums.ends;
        sums.reads += other.sums.reads;
        std::int64_t skipped = 0;
        for (const auto& [problem, count] : scan.skipped) skipped += count;
        fuzz::require(sums == expected.sums && scan.fragments == expected.sums.fragments &&
                      skipped == expected.bad);
    } catch (const InputError&) {
        // No fragment at all, or chromosomes named in two styles.
    }
    return 0;
}
