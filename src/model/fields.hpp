#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/error.hpp"
#include "core/text.hpp"

namespace epi {

// Settings of a preset: plain structs whose members are listed once, in
//     template <class Visit> void visit_fields(Struct&, Visit&& visit)  // visit(name, member, help)
// From that list come config.json, the options of the command line and their help. A member is an int, a
// double, a bool or an enum with `names_of(Enum)` (its values' names in order).

namespace detail {

template <class Value>
std::string field_text(const Value& value) {
    if constexpr (std::is_enum_v<Value>)
        return names_of(Value{})[static_cast<std::size_t>(value)];
    else if constexpr (std::is_same_v<Value, bool>)
        return value ? "true" : "false";
    else if constexpr (std::is_floating_point_v<Value>)
        return format_double(value);
    else
        return std::to_string(value);
}

// False if `text` is no such value.
template <class Value>
bool parse_field(std::string_view text, Value& value) {
    if constexpr (std::is_enum_v<Value>) {
        const auto& names = names_of(Value{});
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (names[i] != text) continue;
            value = static_cast<Value>(i);
            return true;
        }
        return false;
    } else if constexpr (std::is_same_v<Value, bool>) {
        value = text == "true";
        return value || text == "false";
    } else {
        const auto number = parse_number<Value>(text);
        if (number) value = *number;
        return number.has_value();
    }
}

template <class Value>
std::string field_choices(const Value&) {
    if constexpr (std::is_enum_v<Value>)
        return join(names_of(Value{}), ", ");
    else if constexpr (std::is_same_v<Value, bool>)
        return "true, false";
    else if constexpr (std::is_floating_point_v<Value>)
        return "a number";
    else
        return "a whole number";
}

}  // namespace detail

// Every field in order; numbers and booleans as such, enums as text.
template <class Fields>
nlohmann::ordered_json fields_to_json(const Fields& fields) {
    nlohmann::ordered_json json;
    visit_fields(const_cast<Fields&>(fields), [&](const char* name, auto& value, const char*) {
        using Value = std::remove_reference_t<decltype(value)>;
        if constexpr (std::is_enum_v<Value>)
            json[name] = detail::field_text(value);
        else
            json[name] = value;
    });
    return json;
}

// Reads every field; InputError naming `place` and the field that is absent or of another type.
template <class Fields>
void fields_from_json(Fields& fields, const nlohmann::ordered_json& json, std::string_view place) {
    visit_fields(fields, [&](const char* name, auto& value, const char*) {
        const std::string key = name;
        if (!json.is_object() || !json.contains(key))
            throw InputError(place, "no field '" + key + "'", "use a model written by this version");
        const auto& entry = json.at(key);
        const auto text = entry.is_string() ? entry.template get<std::string>() : entry.dump();
        if (!detail::parse_field(text, value))
            throw InputError(place,
                             "field '" + key + "' is " + text + ", not " + detail::field_choices(value),
                             "use a model written by this version");
    });
}

// Sets the field of this name from text; false if there is none. UsageError if the text is no such value.
template <class Fields>
bool set_field(Fields& fields, std::string_view wanted, std::string_view text) {
    bool found = false;
    visit_fields(fields, [&](const char* name, auto& value, const char*) {
        if (wanted != name) return;
        found = true;
        if (!detail::parse_field(text, value)) {
            std::string option = name;
            for (auto& c : option)
                if (c == '_') c = '-';
            throw UsageError("--" + option, "'" + std::string(text) + "' is not accepted",
                             "give " + detail::field_choices(value));
        }
    });
    return found;
}

}  // namespace epi
