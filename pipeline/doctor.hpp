#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/run_context.hpp"

namespace epi {

// One thing that doctor looked at: what it is, what was found, and what to do where something is missing.
struct DoctorItem {
    std::string what, found;
    bool ok = true;
    std::string remedy;  // empty where ok
};

struct DoctorOptions {
    bool json = false;
};

// Versions of the libraries, the machine, and the programs that the workflows call (looked up on PATH).
// `nn_items`: what epifoundry-nn says of LibTorch and devices, or one item that it is missing.
std::vector<DoctorItem> examine(const RunContext& context, const std::vector<DoctorItem>& nn_items);

// What `epifoundry-nn doctor --json` prints, read back. InputError if it is not that.
std::vector<DoctorItem> parse_doctor_items(const std::string& json);

// For people: one line an item; the remedy below it where there is one.
std::string doctor_text(const std::vector<DoctorItem>& items);
nlohmann::ordered_json doctor_json(const std::vector<DoctorItem>& items);

}  // namespace epi
