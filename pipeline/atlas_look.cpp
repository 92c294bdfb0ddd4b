#include <map>

#include "batches/cell_filter.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "pipeline/atlas.hpp"
#include "store/manifest.hpp"

namespace epi {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

std::map<std::string, std::int64_t> tally(const AtlasCells& cells, std::string_view column) {
    std::map<std::string, std::int64_t> counts;
    for (const auto& value : cells.column(column)) ++counts[value];
    return counts;
}

Json info_json(const fs::path& atlas) {
    const auto manifest = read_manifest(atlas);
    const auto cells = AtlasCells::open(atlas);
    Json info{{"atlas", atlas.string()},
              {"genome", manifest.genome},
              {"cells", cells.size()},
              {"peaks", manifest.peaks.count},
              {"peak_identity", manifest.peaks.identity},
              {"genes", manifest.genes.count},
              {"gene_identity", manifest.genes.identity}};
    info["shards"] = Json::array();
    for (const auto& entry : manifest.shards)
        info["shards"].push_back({{"file", entry.file},
                                  {"samples", entry.samples},
                                  {"cells", entry.cells},
                                  {"peak_entries", entry.peak_entries},
                                  {"gene_entries", entry.gene_entries},
                                  {"bytes", entry.bytes}});
    for (const auto* column : {"sample", "batch", "donor", "tissue", "cell_type", "split"})
        info[column] = tally(cells, column);
    info["read_instead_of_mapped"] = cells.notes();
    return info;
}

std::string info_text(const Json& info) {
    const auto number = [](const Json& value) { return with_commas(value.get<std::int64_t>()); };
    std::string text = info.at("atlas").get<std::string>() + "\n";
    text += "  cells   " + number(info.at("cells")) + "\n  peaks   " + number(info.at("peaks")) +
            "\n  genes   " + number(info.at("genes")) + "\n  genome  " +
            info.at("genome").get<std::string>() + "\n  shards\n";
    for (const auto& shard : info.at("shards"))
        text += "    " + shard.at("file").get<std::string>() + "  " + number(shard.at("cells")) + " cells, " +
                number(shard.at("peak_entries")) + " open peaks, " + number(shard.at("gene_entries")) +
                " expressed genes\n";
    for (const auto* column : {"sample", "batch", "donor", "tissue", "cell_type", "split"}) {
        text += std::string("  ") + column + "\n";
        for (const auto& [value, count] : info.at(column).items())
            text += "    " + (value.empty() ? "(none)" : value) + "  " + number(count) + "\n";
    }
    for (const auto& note : info.at("read_instead_of_mapped")) text += "  " + note.get<std::string>() + "\n";
    return text;
}

}  // namespace

std::string atlas_cells(const AtlasCellsOptions& options) {
    const auto filter = CellFilter::parse(options.where);
    const auto cells = AtlasCells::open(options.atlas);
    std::string rows;
    for (std::int64_t cell = 0; cell < cells.size(); ++cell) {
        if (!options.split.empty() && cells.split(cell) != options.split) continue;
        if (!options.sample.empty() && cells.sample(cell) != options.sample) continue;
        if (!filter(cells, cell)) continue;
        rows += cells.name(cell);
        for (const auto field :
             {cells.sample(cell), cells.barcode(cell), cells.batch(cell), cells.donor(cell),
              cells.tissue(cell), cells.cell_type(cell), cells.split(cell)})
            rows.append("\t").append(field);
        rows += "\n";
    }
    if (rows.empty())
        throw InputError(options.atlas.string(), "no cell is chosen by --split, --sample and --where",
                         "`epifoundry atlas info` lists splits, samples and labels");
    return "cell\tsample\tbarcode\tbatch\tdonor\ttissue\tcell_type\tsplit\n" + rows;
}

std::string atlas_info(const fs::path& atlas, bool json) {
    const auto info = info_json(atlas);
    return json ? info.dump(2) + "\n" : info_text(info);
}

}  // namespace epi
