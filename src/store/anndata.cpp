#include "store/anndata.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "core/error.hpp"
#include "core/text.hpp"
#include "store/anndata_elements.hpp"

namespace epi {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

template <class Values, class Function>
auto map_values(const Values& values, Function&& function) {
    std::vector<decltype(function(values[0]))> result;
    result.reserve(values.size());
    for (const auto& value : values) result.push_back(function(value));
    return result;
}

std::vector<std::string> labels_of(const Categorical& column) {
    return map_values(column.codes, [&](std::int32_t code) {
        return code < 0 ? std::string() : column.categories[static_cast<std::size_t>(code)];
    });
}

}  // namespace

std::vector<std::string> text_of(const Column& column) {
    return std::visit(
        Overloaded{[](const std::vector<std::string>& values) { return values; },
                   [](const std::vector<double>& values) { return map_values(values, format_double); },
                   [](const std::vector<std::int64_t>& values) {
                       return map_values(values, [](std::int64_t value) { return std::to_string(value); });
                   },
                   [](const std::vector<bool>& values) {
                       return map_values(values,
                                         [](bool value) { return std::string(value ? "True" : "False"); });
                   },
                   [](const Categorical& values) { return labels_of(values); }},
        column);
}

std::size_t column_length(const Column& column) {
    return std::visit(
        [](const auto& values) {
            if constexpr (std::is_same_v<std::decay_t<decltype(values)>, Categorical>)
                return values.codes.size();
            else
                return values.size();
        },
        column);
}

const Column* DataFrame::find(std::string_view name) const {
    for (const auto& [column_name, column] : columns)
        if (column_name == name) return &column;
    return nullptr;
}

void DataFrame::set(std::string_view name, Column column) {
    for (auto& [column_name, old] : columns)
        if (column_name == name) {
            old = std::move(column);
            return;
        }
    columns.emplace_back(name, std::move(column));
}

namespace {

const Column& require_column(const DataFrame& frame, std::string_view name, std::string_view place) {
    if (const Column* column = frame.find(name)) return *column;
    std::vector<std::string> names;
    for (const auto& entry : frame.columns) names.push_back(entry.first);
    throw InputError(place, "has no column '" + std::string(name) + "'",
                     names.empty() ? "it has no column at all" : "it has: " + join(names, ", "));
}

}  // namespace

std::vector<std::string> DataFrame::text(std::string_view name, std::string_view place) const {
    return text_of(require_column(*this, name, place));
}

std::vector<double> DataFrame::numbers(std::string_view name, std::string_view place) const {
    const auto not_numeric = [&]() -> std::vector<double> {
        throw InputError(place, "column '" + std::string(name) + "' is not numeric", "name another column");
    };
    const auto to_double = [](auto value) { return static_cast<double>(value); };
    return std::visit(
        Overloaded{[](const std::vector<double>& values) { return values; },
                   [&](const std::vector<std::int64_t>& values) { return map_values(values, to_double); },
                   [&](const std::vector<bool>& values) { return map_values(values, to_double); },
                   [&](const std::vector<std::string>&) { return not_numeric(); },
                   [&](const Categorical&) { return not_numeric(); }},
        require_column(*this, name, place));
}

Categorical make_categorical(const std::vector<std::string>& labels) {
    Categorical result;
    std::unordered_map<std::string_view, std::int32_t> code;
    for (const auto& label : labels)
        if (!label.empty()) code.emplace(label, 0);
    for (const auto& known : code) result.categories.emplace_back(known.first);
    std::sort(result.categories.begin(), result.categories.end());
    for (std::size_t i = 0; i < result.categories.size(); ++i)
        code.at(result.categories[i]) = static_cast<std::int32_t>(i);
    result.codes.reserve(labels.size());
    for (const auto& label : labels) result.codes.push_back(label.empty() ? -1 : code.at(label));
    return result;
}

}  // namespace epi
