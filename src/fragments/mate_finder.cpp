#include "fragments/mate_finder.hpp"

#include <algorithm>

#include "core/random.hpp"

namespace epi {
namespace {

constexpr std::size_t kBytesPerWaiting = sizeof(ReadEnd) + 64;  // with what the map needs

bool by_name(const ReadEnd& a, const ReadEnd& b) {
    return a.name < b.name;
}

}  // namespace

ReadName read_name(std::string_view name, std::size_t file) {
    // Two hashes of different make: FNV-1a, and a sum of powers.
    std::uint64_t sum = file + 1;
    for (const char c : name) sum = sum * 0x9E3779B97F4A7C15ULL + static_cast<unsigned char>(c) + 1;
    return {mix(hash_text(name), file), mix(sum, name.size())};
}

MateFinder::Problem MateFinder::match(const ReadEnd& one, const ReadEnd& other) {
    if (one.second == other.second) return "more than one pair has the same read name";
    if (one.contig != other.contig || one.start != other.mate_start || other.start != one.mate_start)
        return "a read does not lie where its mate says (or pairs share a name)";
    if (one.second)
        met_(other, one);
    else
        met_(one, other);
    return std::nullopt;
}

MateFinder::Problem MateFinder::add(const ReadEnd& end) {
    const auto [at, is_new] = waiting_.try_emplace(end.name, end);
    if (!is_new) {
        auto problem = match(at->second, end);
        waiting_.erase(at);
        return problem;
    }
    if (waiting_.size() * kBytesPerWaiting > memory_bytes_) spill();
    return std::nullopt;
}

void MateFinder::spill() {
    std::vector<ReadEnd> ends;
    ends.reserve(waiting_.size());
    for (const auto& [name, end] : waiting_) ends.push_back(end);
    waiting_.clear();
    std::sort(ends.begin(), ends.end(), by_name);
    runs_.add(ends);
}

MateFinder::Problem MateFinder::finish() {
    if (runs_.empty()) {
        alone_ = std::ssize(waiting_);
        waiting_.clear();
        return std::nullopt;
    }
    spill();
    Problem problem;
    std::optional<ReadEnd> last;
    runs_.merge(by_name, memory_bytes_, [&](const ReadEnd& end) {
        if (last && last->name == end.name) {
            if (!problem) problem = match(*last, end);
            last.reset();
            return;
        }
        if (last) ++alone_;
        last = end;
    });
    if (last) ++alone_;
    return problem;
}

}  // namespace epi
