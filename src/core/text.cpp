#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>

namespace epi {
namespace {

constexpr std::size_t kDoubleText = 24;  // "-2.2250738585072014e-308"

}  // namespace

std::vector<std::string_view> split(std::string_view line, char separator) {
    std::vector<std::string_view> fields;
    std::size_t begin = 0;
    for (std::size_t end; (end = line.find(separator, begin)) != std::string_view::npos; begin = end + 1)
        fields.push_back(line.substr(begin, end - begin));
    fields.push_back(line.substr(begin));
    return fields;
}

std::string_view take_field(std::string_view& rest, char separator) {
    const auto end = rest.find(separator);
    const auto field = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return field;
}

std::string_view trim(std::string_view text) {
    const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string to_lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return lower;
}

std::string format_double(double value) {
    std::array<char, kDoubleText> buffer;
    return {buffer.data(), put_double(buffer.data(), value)};
}

char* put_double(char* to, double value) {
    const auto put = [to](std::string_view text) { return std::copy(text.begin(), text.end(), to); };
    if (std::isnan(value)) return put("nan");
    if (std::isinf(value)) return put(value > 0 ? "inf" : "-inf");
    return std::to_chars(to, to + kDoubleText, value).ptr;
}

std::string format_fixed(double value, int decimals) {
    if (!std::isfinite(value)) return format_double(value);
    std::array<char, 400> buffer{};  // the largest double has 309 digits
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                            std::chars_format::fixed, std::min(decimals, 60));
    return {buffer.data(), end};
}

std::string format_short(double value) {
    if (!std::isfinite(value)) return format_double(value);
    std::array<char, 32> buffer{};
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, 3);
    return {buffer.data(), end};
}

std::string with_commas(std::int64_t value) {
    std::string digits = std::to_string(value);
    const std::size_t first = value < 0 ? 1 : 0;
    for (std::size_t i = digits.size(); i > first + 3;) digits.insert(i -= 3, 1, ',');
    return digits;
}

std::string format_duration(double seconds) {
    std::array<char, 32> buffer{};
    if (seconds < 60) {
        std::snprintf(buffer.data(), buffer.size(), "%.1f s", seconds);
    } else {
        const auto whole = static_cast<long long>(std::llround(seconds));
        std::snprintf(buffer.data(), buffer.size(), "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60,
                      whole % 60);
    }
    return buffer.data();
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    double unit = 1;
    if (!text.empty() && (text.back() == 'B' || text.back() == 'b')) text.remove_suffix(1);
    if (!text.empty() && (text.back() == 'i')) text.remove_suffix(1);
    if (!text.empty()) {
        const std::string_view units = "kmgt";
        const auto power =
            units.find(static_cast<char>(std::tolower(static_cast<unsigned char>(text.back()))));
        if (power != std::string_view::npos) {
            unit = std::pow(1024.0, static_cast<double>(power + 1));
            text.remove_suffix(1);
        }
    }
    const auto number = parse_number<double>(text);
    if (!number || !(*number >= 0) || *number * unit > 9e18) return std::nullopt;
    return static_cast<std::uint64_t>(*number * unit);
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) text += separator;
        text += parts[i];
    }
    return text;
}

}  // namespace epi
