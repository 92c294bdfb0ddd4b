#include "io/provenance.hpp"

#include <algorithm>
#include <ctime>

#include "core/error.hpp"
#include "core/version.hpp"
#include "io/atomic_output.hpp"
#include "io/byte_source.hpp"
#include "io/checksum.hpp"

namespace epi {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

Json describe_file(const fs::path& path, const std::string& checksum = {}) {
    return {{"path", path.string()},
            {"bytes", fs::file_size(path)},
            {"xxh3_128", checksum.empty() ? xxh3_of_file(path) : checksum}};
}

}  // namespace

Provenance::Provenance(std::string command, Json options, const RunContext& context) : context_(&context) {
    record_["tool"] = "epifoundry";
    record_["version"] = version();
    record_["command"] = std::move(command);
    record_["options"] = std::move(options);
    record_["seed"] = context.seed;
    record_["inputs"] = Json::array();
}

void Provenance::add_input(const fs::path& path, const std::string& checksum) {
    auto& inputs = record_["inputs"];
    if (path == "-") {
        inputs.push_back({{"path", "-"}});
    } else if (fs::is_directory(path)) {
        std::vector<fs::path> files;
        for (const auto& entry : fs::recursive_directory_iterator(path))
            if (entry.is_regular_file()) files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        for (const auto& file : files) inputs.push_back(describe_file(file));
    } else {
        if (!fs::exists(path)) throw InputError(path.string(), "No such file or directory", "check the path");
        inputs.push_back(describe_file(path, checksum));
    }
}

void Provenance::add_inputs(const Json& records) {
    for (const auto& record : records) record_["inputs"].push_back(record);
}

Json Provenance::stable() const {
    return record_;
}

Json Provenance::full() const {
    Json record = record_;
    record["command_line"] = context_->command_line;
    record["threads"] = context_->threads;
    record["written"] = utc_now();
    return record;
}

void write_json(const Json& value, const fs::path& path, bool force) {
    write_file(path, value.dump(2) + "\n", force);
}

Json read_json(const fs::path& path) {
    const std::string text = read_all(path);
    try {
        return Json::parse(text);
    } catch (const nlohmann::json::exception& error) {
        throw InputError(path.string(), std::string("not valid JSON: ") + error.what(),
                         "write the file again");
    }
}

}  // namespace epi
