#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace epi {

// The fields of `line` between `separator`s, as views into it; an empty line has one empty field.
std::vector<std::string_view> split(std::string_view line, char separator = '\t');
// Takes the field before the next separator off the front of `rest`; `rest` becomes empty after the last one.
std::string_view take_field(std::string_view& rest, char separator = '\t');
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);

// The whole of `text` as a number, or nothing: no spaces, no sign '+', nothing left over.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

// The shortest decimal text that reads back as exactly this double; "nan", "inf", "-inf" for the rest.
std::string format_double(double value);
// The same, at most 24 characters, written to `to`; returns where it ends.
char* put_double(char* to, double value);
// With so many digits after the point, for people.
std::string format_fixed(double value, int decimals);
// With three digits, for people: "0.000123", "1.5e-05".
std::string format_short(double value);
// "12,345,678", for people.
std::string with_commas(std::int64_t value);
// "1:02:03" or "4.2 s", for people.
std::string format_duration(double seconds);
// "512M", "4G", "1.5g", "1048576" -> bytes; nothing if it is none of these.
std::optional<std::uint64_t> parse_bytes(std::string_view text);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace epi
