#pragma once
#include <optional>
#include <regex>
#include <string>
#include <string_view>

#include "io/alignment_reader.hpp"

namespace epi {

// Where the barcode of a read is: in a tag, or in its name as the first group of a regular expression
// (ECMAScript's, looked for anywhere in the name). UsageError: no tag, no regular expression, no group in it.
class BarcodeFinder {
  public:
    BarcodeFinder(const std::string& tag, const std::string& regex);

    // Nothing if it is absent or can_be_a_name() says no. Safe to call from several threads; valid until the
    // next batch.
    std::optional<std::string_view> find(const AlignmentReader& reads, std::size_t i) const;
    bool in_name() const { return regex_.has_value(); }

  private:
    std::string tag_;
    std::optional<std::regex> regex_;
};

}  // namespace epi
