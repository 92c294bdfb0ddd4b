#pragma once
#include <string_view>

namespace epi {

// The look of a report, and the few lines that draw its plots.
extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;

}  // namespace epi
