#include "pipeline/doctor.hpp"

#include <sys/sysinfo.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>

#include "core/parallel.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "io/library_versions.hpp"
#include "store/hdf5_library.hpp"

namespace epi {
namespace {

namespace fs = std::filesystem;

// The first file of this name on PATH that may be run; empty if there is none.
fs::path find_program(std::string_view name) {
    const char* path = std::getenv("PATH");
    for (const auto folder : split(path == nullptr ? "" : path, ':')) {
        auto candidate = fs::path(folder) / name;
        if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    return {};
}

DoctorItem program_item(const std::string& name, const std::string& use) {
    const auto found = find_program(name);
    if (!found.empty()) return {name, found.string(), true, ""};
    return {name, "not on PATH", false,
            "needed " + use + "; ./run build installs it into a cached environment"};
}

std::string memory_of_machine() {
    struct sysinfo info {};
    if (::sysinfo(&info) != 0) return "unknown";
    const double gib = static_cast<double>(info.totalram) * info.mem_unit / static_cast<double>(1ULL << 30);
    return std::to_string(std::lround(gib)) + " GiB";
}

}  // namespace

std::vector<DoctorItem> examine(const RunContext& context, const std::vector<DoctorItem>& nn_items) {
    std::vector<DoctorItem> items = {{"EpiFoundry", version(), true, ""},
                                     {"threads", std::to_string(context.threads), true, ""},
                                     {"memory of the machine", memory_of_machine(), true, ""}};
    for (const auto& [name, found] : io_library_versions()) items.push_back({name, found, true, ""});
    items.push_back({"HDF5", hdf5_version(), true, ""});
    items.insert(items.end(), nn_items.begin(), nn_items.end());
    items.push_back(program_item("snakemake", "to run the workflows"));
    items.push_back(program_item("macs3", "for peak calling in the workflows"));
    return items;
}

std::vector<DoctorItem> parse_doctor_items(const std::string& json) {
    std::vector<DoctorItem> items;
    try {
        const auto answer = nlohmann::json::parse(json);
        for (const auto& item : answer.at("items"))
            items.push_back({item.at("what"), item.at("found"), item.at("ok"), item.value("remedy", "")});
    } catch (const nlohmann::json::exception& error) {
        throw InputError("epifoundry-nn doctor", std::string("unreadable answer: ") + error.what(),
                         "build both programs from the same version");
    }
    return items;
}

std::string doctor_text(const std::vector<DoctorItem>& items) {
    std::string text;
    for (const auto& item : items) {
        text += (item.ok ? "ok       " : "MISSING  ") + item.what + ": " + item.found + "\n";
        if (!item.remedy.empty()) text += "         -> " + item.remedy + "\n";
    }
    return text;
}

nlohmann::ordered_json doctor_json(const std::vector<DoctorItem>& items) {
    nlohmann::ordered_json result = {{"ok", true}, {"items", nlohmann::ordered_json::array()}};
    for (const auto& item : items) {
        nlohmann::ordered_json entry = {{"what", item.what}, {"found", item.found}, {"ok", item.ok}};
        if (!item.remedy.empty()) entry["remedy"] = item.remedy;
        if (!item.ok) result["ok"] = false;
        result["items"].push_back(std::move(entry));
    }
    return result;
}

}  // namespace epi
