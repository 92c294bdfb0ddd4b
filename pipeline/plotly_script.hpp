#pragma once
#include <filesystem>
#include <string>

namespace epi {

// The text of Plotly's script, which every report carries inside. Looked for, in this order:
//   `given` (option --plotly), if not empty;
//   $EPIFOUNDRY_PLOTLY;
//   plotly.min.js beside the program;
//   the Python environments of $PATH: for each folder bin/ in it, ../lib/python3.*/site-packages/plotly.
// InputError naming where it was looked for, and how to get it.
std::string read_plotly_script(const std::filesystem::path& given);

}  // namespace epi
