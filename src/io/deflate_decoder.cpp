#include "io/deflate_decoder.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "io/deflate_tables.hpp"

// The quick steps are compiled twice, once for processors with shifts of any register.
#define EPI_INLINE inline __attribute__((always_inline))

namespace epi {
namespace {

constexpr std::int64_t kEndOfBlock = 256;
// A quick step writes two literals and a match, in pieces of 16 bytes, and takes no more bits than these.
constexpr std::int64_t kStepText = 36, kStepBits = 40;

EPI_INLINE std::uint64_t load(const char* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

// The lowest n < 64 bits.
EPI_INLINE std::uint64_t lowest(std::uint64_t bits, std::uint64_t n) {
    return bits & ~(~std::uint64_t{0} << (n & 63));
}

}  // namespace

// Named, as DeflateDecoder has such members.
namespace deflate {

// A stream that is being unpacked.
struct Lane {
    DeflateStream* stream = nullptr;
    const char* packed = nullptr;
    std::uint64_t position = 0, position_end = 0;  // in bits
    char *text = nullptr, *text_begin = nullptr, *text_end = nullptr;
    bool last_block = false;
    PrefixCode literal_code, distance_code;
    ShortWords code_lengths;
    DeflateTables tables;

    void begin(DeflateStream& next) {
        stream = &next;
        packed = next.packed.data();
        position = 0;
        position_end = 8 * next.packed.size();
        text = text_begin = next.text.data();
        text_end = text + next.text.size();
        last_block = false;
    }
    bool over() const { return position > position_end; }
    // At least 57 bits; those behind the end are of no meaning. Not beyond the end.
    std::uint64_t bits() const { return load(packed + (position >> 3)) >> (position & 7); }
    unsigned take(int n) {
        if (over()) return 0;
        const auto value = lowest(bits(), static_cast<std::uint64_t>(n));
        position += static_cast<std::uint64_t>(n);
        return static_cast<unsigned>(value);
    }
    // How many quick steps neither text nor data end before.
    std::int64_t quick_steps() const {
        return std::min(
            (text_end - text) / kStepText - 1,
            (static_cast<std::int64_t>(position_end) - static_cast<std::int64_t>(position)) / kStepBits);
    }
};

using QuickSteps = std::size_t (*)(Lane*);
// For one lane, a lane and the next, a lane and the next but one, and three.
struct Steps {
    QuickSteps one, two, outer_two, three;
};

}  // namespace deflate

namespace {

using deflate::Lane;
using deflate::Steps;

enum class State { Within, BlockEnd, Bad };

State copy_stored(Lane& lane) {
    const auto at = (lane.position + 7) / 8, end = lane.position_end / 8;
    if (at + 4 > end) return State::Bad;
    lane.position = 8 * at;
    const std::size_t size = lane.take(16);
    if (lane.take(16) != (size ^ 0xffff) || size > end - at - 4) return State::Bad;
    if (size > static_cast<std::size_t>(lane.text_end - lane.text)) return State::Bad;
    std::copy_n(lane.packed + at + 4, size, lane.text);
    lane.text += size;
    lane.position += 8 * size;
    return State::BlockEnd;
}

// Lengths of `n` words, themselves packed with a code.
bool read_lengths(Lane& lane, const ShortWords& code, std::span<std::uint8_t> lengths) {
    for (std::size_t i = 0; i < lengths.size();) {
        if (lane.over()) return false;
        const auto word = code.read(lane.bits());
        if (word.symbol < 0) return false;
        lane.position += static_cast<std::uint64_t>(word.bits);
        if (word.symbol < 16) {
            lengths[i++] = static_cast<std::uint8_t>(word.symbol);
            continue;
        }
        if (word.symbol == 16 && i == 0) return false;
        const std::uint8_t again = word.symbol == 16 ? lengths[i - 1] : std::uint8_t{0};
        const std::size_t n = word.symbol == 16   ? 3 + lane.take(2)
                              : word.symbol == 17 ? 3 + lane.take(3)
                                                  : 11 + lane.take(7);
        if (n > lengths.size() - i) return false;
        std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(i), n, again);
        i += n;
    }
    return true;
}

bool read_codes(Lane& lane) {
    constexpr std::array<std::uint8_t, 19> kOrder{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                  11, 4,  12, 3, 13, 2, 14, 1, 15};
    const std::size_t literals = lane.take(5) + 257U, distances = lane.take(5) + 1U, n = lane.take(4) + 4U;
    if (literals > 286 || distances > 30) return false;
    std::array<std::uint8_t, 19> of_lengths{};
    for (std::size_t i = 0; i < n; ++i) of_lengths[kOrder[i]] = static_cast<std::uint8_t>(lane.take(3));
    std::array<std::uint8_t, 286 + 30> all;
    const std::span lengths(all.data(), literals + distances);
    if (!lane.literal_code.assign(of_lengths)) return false;
    lane.code_lengths.assign(lane.literal_code);
    return read_lengths(lane, lane.code_lengths, lengths) && lengths[kEndOfBlock] != 0 &&
           lane.distance_code.assign(lengths.subspan(literals)) &&
           lane.literal_code.assign(lengths.first(literals));
}

bool fixed_codes(Lane& lane) {
    std::array<std::uint8_t, 288> literals;
    std::fill_n(literals.begin(), 144, std::uint8_t{8});
    std::fill_n(literals.begin() + 144, 112, std::uint8_t{9});
    std::fill_n(literals.begin() + 256, 24, std::uint8_t{7});
    std::fill_n(literals.begin() + 280, 8, std::uint8_t{8});
    std::array<std::uint8_t, 32> distances;
    distances.fill(5);
    return lane.literal_code.assign(literals) && lane.distance_code.assign(distances);
}

State begin_block(Lane& lane) {
    lane.last_block = lane.take(1) != 0;
    const auto type = lane.take(2);
    if (type == 0) return copy_stored(lane);
    if (type == 3 || !(type == 1 ? fixed_codes(lane) : read_codes(lane)) || lane.over()) return State::Bad;
    lane.tables.assign(lane.literal_code, lane.distance_code);
    return State::Within;
}

// A length or distance with its extra bits, and behind these.
template <std::size_t kSize>
std::optional<std::size_t> number_of(Lane& lane, const std::array<NumberCode, kSize>& codes, int symbol) {
    if (symbol < 0 || symbol >= static_cast<int>(kSize)) return std::nullopt;
    const auto& code = codes[static_cast<std::size_t>(symbol)];
    return code.first + lane.take(code.extra);
}

// One word (and distance), whatever it is.
State slow_step(Lane& lane) {
    if (lane.over()) return State::Bad;
    auto word = lane.literal_code.read(lane.bits());
    lane.position += static_cast<std::uint64_t>(word.bits);
    if (word.symbol < 0 || lane.over()) return State::Bad;
    if (word.symbol == kEndOfBlock) return State::BlockEnd;
    if (word.symbol < kEndOfBlock) {
        if (lane.text == lane.text_end) return State::Bad;
        *lane.text++ = static_cast<char>(word.symbol);
        return State::Within;
    }
    const auto length = number_of(lane, kLengthCodes, word.symbol - kFirstLength);
    if (!length || lane.over()) return State::Bad;
    word = lane.distance_code.read(lane.bits());
    lane.position += static_cast<std::uint64_t>(word.bits);
    const auto distance = number_of(lane, kDistanceCodes, word.symbol);
    if (!distance || lane.over() || *distance > static_cast<std::size_t>(lane.text - lane.text_begin) ||
        *length > static_cast<std::size_t>(lane.text_end - lane.text))
        return State::Bad;
    for (std::size_t i = 0; i < *length; ++i) lane.text[i] = *(lane.text + i - *distance);
    lane.text += *length;
    return State::Within;
}

// Where a lane is, in registers.
struct Place {
    std::uint64_t position;
    char* text;
};

// What one look into the tables says; false, and nothing done, where it says nothing. There must be room.
EPI_INLINE bool quick_step(Place& place, const Lane& lane) {
    const auto bits = load(lane.packed + (place.position >> 3)) >> (place.position & 7);
    // What is needed later is read first: for all the compiler knows, text may lie over the tables.
    const auto& first = lane.tables.literals[bits % lane.tables.literals.size()];
    const std::uint64_t first_bits = first.bits;
    const auto behind = bits >> (first_bits & 63);
    const auto& second = lane.tables.distances[behind % lane.tables.distances.size()];
    const std::uint64_t second_bits = second.bits;
    const auto match = static_cast<std::uint64_t>(std::int64_t{first.match});
    const auto length = (bits >> (first.code_bits & 63) & first.extra) + first.length;
    // 0 without a match, so that what is copied is of no meaning.
    const auto distance = ((behind >> (second.code_bits & 63) & second.extra) + second.first) & match;
    std::uint32_t literals;
    std::memcpy(&literals, &first, sizeof literals);
    char* const text = place.text + first.literal_count;
    const char* const from = text - distance;
    if (__builtin_expect(from < lane.text_begin, 0)) return false;
    if (__builtin_expect(length > distance, 0)) {  // it goes on in itself, or is not in the table
        if (first_bits == 0 || second_bits == 0) return false;
        std::memcpy(place.text, &literals, sizeof literals);
        for (std::size_t i = 0; i < length; ++i) text[i] = from[i];
    } else {
        std::memcpy(place.text, &literals, sizeof literals);
        std::array<char, 16> left, right;
        std::memcpy(left.data(), from, 16);
        std::memcpy(right.data(), from + 16, 16);
        std::memcpy(text, left.data(), 16);
        std::memcpy(text + 16, right.data(), 16);
    }
    place.text = text + length;
    place.position += first_bits + (second_bits & match);
    return true;
}

constexpr std::size_t kNone = SIZE_MAX;

// Quick steps of `kLanes` lanes in turn, every `kStride`-th from here on, until one of them ends soon, or has
// a step that is not quick: the first lane's number is 0, the next one's 1.
template <std::size_t kLanes, std::size_t kStride>
EPI_INLINE std::size_t quick_steps(Lane* lanes) {
    std::array<Place, kLanes> places;
    for (std::size_t i = 0; i < kLanes; ++i)
        places[i] = {lanes[i * kStride].position, lanes[i * kStride].text};
    auto n = lanes[0].quick_steps();
    for (std::size_t i = 1; i < kLanes; ++i) n = std::min(n, lanes[i * kStride].quick_steps());
    std::size_t stopped = kNone;
    for (; n > 0 && stopped == kNone; --n) {
        if (!quick_step(places[0], lanes[0])) stopped = 0;
        if constexpr (kLanes > 1)
            if (stopped == kNone && !quick_step(places[1], lanes[kStride])) stopped = 1;
        if constexpr (kLanes > 2)
            if (stopped == kNone && !quick_step(places[2], lanes[2 * kStride])) stopped = 2;
    }
    for (std::size_t i = 0; i < kLanes; ++i) {
        lanes[i * kStride].position = places[i].position;
        lanes[i * kStride].text = places[i].text;
    }
    return stopped;
}

#if defined(__x86_64__)
template <std::size_t kLanes, std::size_t kStride>
__attribute__((target("bmi2"))) std::size_t quick_steps_bmi2(Lane* lanes) {
    return quick_steps<kLanes, kStride>(lanes);
}
constexpr Steps kStepsBmi2{quick_steps_bmi2<1, 1>, quick_steps_bmi2<2, 1>, quick_steps_bmi2<2, 2>,
                           quick_steps_bmi2<3, 1>};
#endif
template <std::size_t kLanes, std::size_t kStride>
std::size_t quick_steps_anywhere(Lane* lanes) {
    return quick_steps<kLanes, kStride>(lanes);
}
constexpr Steps kSteps{quick_steps_anywhere<1, 1>, quick_steps_anywhere<2, 1>, quick_steps_anywhere<2, 2>,
                       quick_steps_anywhere<3, 1>};

}  // namespace

struct DeflateDecoder::Lanes {
    std::array<Lane, kTogether> lanes;
    Steps steps = kSteps;

    Lanes() {
#if defined(__x86_64__)
        if (__builtin_cpu_supports("bmi2")) steps = kStepsBmi2;
#endif
    }

    // Goes on, after a step that is not quick if `slowly`, to where there is room for quick steps, with the
    // next of `left` where a stream ends; false: none is left.
    static bool advance(Lane& lane, bool slowly, std::span<DeflateStream>& left) {
        for (;;) {
            State state = State::Within;
            if (lane.stream == nullptr) {
                if (left.empty()) return false;
                lane.begin(left.front());
                left = left.subspan(1);
                state = begin_block(lane);
            } else if (slowly || lane.quick_steps() < 1) {
                state = slow_step(lane);
                slowly = false;
            } else {
                return true;
            }
            while (state == State::BlockEnd && !lane.last_block) state = begin_block(lane);
            if (state == State::Within) continue;
            lane.stream->good = state == State::BlockEnd && lane.text == lane.text_end && !lane.over();
            lane.stream = nullptr;
        }
    }
};

DeflateDecoder::DeflateDecoder() : lanes_(std::make_unique<Lanes>()) {}
DeflateDecoder::~DeflateDecoder() = default;
DeflateDecoder::DeflateDecoder(DeflateDecoder&&) noexcept = default;
DeflateDecoder& DeflateDecoder::operator=(DeflateDecoder&&) noexcept = default;

void DeflateDecoder::unpack(std::span<DeflateStream> streams) {
    auto& lanes = lanes_->lanes;
    const auto& steps = lanes_->steps;
    auto left = streams;
    std::array<bool, kTogether> more;
    for (std::size_t i = 0; i < kTogether; ++i) more[i] = Lanes::advance(lanes[i], false, left);
    while (more[0] && more[1] && more[2]) {
        const auto stopped = steps.three(lanes.data());
        for (std::size_t i = 0; i < kTogether; ++i) more[i] = Lanes::advance(lanes[i], i == stopped, left);
    }
    const std::size_t first = more[0] ? 0 : 1, second = more[2] ? 2 : 1;
    while (first != second && more[first] && more[second]) {
        const auto stopped = (second - first == 1 ? steps.two : steps.outer_two)(&lanes[first]);
        more[first] = Lanes::advance(lanes[first], stopped == 0, left);
        more[second] = Lanes::advance(lanes[second], stopped == 1, left);
    }
    for (std::size_t i = 0; i < kTogether; ++i)
        while (more[i]) more[i] = Lanes::advance(lanes[i], steps.one(&lanes[i]) == 0, left);
}

}  // namespace epi
