#include "pipeline/plotly_script.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/byte_source.hpp"

namespace epi {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRemedy =
    "give --plotly FILE or set EPIFOUNDRY_PLOTLY to the plotly.min.js of the Python package plotly";

std::string environment_value(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

// The script in the Python environment whose programs lie in `bin`; empty if there is none.
fs::path script_beside(const fs::path& bin) {
    std::error_code none;
    std::vector<fs::path> pythons;
    for (fs::directory_iterator entry(bin.parent_path() / "lib", none), end; !none && entry != end;
         entry.increment(none))
        if (entry->path().filename().string().starts_with("python3")) pythons.push_back(entry->path());
    std::sort(pythons.begin(), pythons.end());
    for (const auto& python : pythons) {
        auto script = python / "site-packages/plotly/package_data/plotly.min.js";
        if (fs::exists(script, none)) return script;
    }
    return {};
}

fs::path find_script(const fs::path& given) {
    if (!given.empty()) return given;
    if (const auto named = environment_value("EPIFOUNDRY_PLOTLY"); !named.empty()) return named;
    std::error_code none;
    auto installed = fs::read_symlink("/proc/self/exe", none).replace_filename("plotly.min.js");
    if (fs::exists(installed, none)) return installed;
    const auto path = environment_value("PATH");
    for (const auto folder : split(path, ':'))
        if (!folder.empty())
            if (auto script = script_beside(folder); !script.empty()) return script;
    throw InputError("report",
                     "Plotly's script is neither beside the program nor in a Python environment of PATH",
                     kRemedy);
}

}  // namespace

std::string read_plotly_script(const fs::path& given) {
    const auto path = find_script(given);
    auto script = read_all(path);
    // The library names itself wherever it is minified; a wrong file would make a page without plots.
    if (script.find("Plotly") == std::string::npos)
        throw InputError(path.string(), "this is not Plotly's script", kRemedy);
    return script;
}

}  // namespace epi
