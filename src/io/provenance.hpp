#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/run_context.hpp"

namespace epi {

// Where an output comes from: version, command, options, seed, checksums of inputs.
class Provenance {
  public:
    // `options` holds what changes the result (not threads, not output names).
    Provenance(std::string command, nlohmann::ordered_json options, const RunContext& context);
    // Records path, size and XXH3 of an input file ("-" is recorded by name only); folders: of every file
    // in them. `checksum`: of a file where it is known already.
    void add_input(const std::filesystem::path& path, const std::string& checksum = {});
    // Records inputs as another record has them.
    void add_inputs(const nlohmann::ordered_json& records);

    // For files that must have the same bytes at any thread count and date (uns["epifoundry"] of an .h5ad).
    nlohmann::ordered_json stable() const;
    // For .json files: also the command line, threads, and the time of writing.
    nlohmann::ordered_json full() const;

  private:
    nlohmann::ordered_json record_;
    const RunContext* context_;
};

// Pretty-printed JSON with a line end, atomically. Replaces what is there if `force`.
void write_json(const nlohmann::ordered_json& value, const std::filesystem::path& path, bool force = true);
// InputError naming file and position if it is no JSON.
nlohmann::ordered_json read_json(const std::filesystem::path& path);

}  // namespace epi
