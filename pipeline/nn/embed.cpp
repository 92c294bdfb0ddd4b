#include "pipeline/nn/embed.hpp"

#include "core/text.hpp"
#include "embed/apply.hpp"
#include "io/atomic_output.hpp"
#include "io/provenance.hpp"
#include "pipeline/nn/embedding_columns.hpp"
#include "pipeline/nn/model_input.hpp"

namespace epi {
namespace {

DataFrame region_columns(const IntervalSet& peaks) {
    DataFrame obs;
    obs.index = peaks.names();
    std::vector<std::string> chrom;
    std::vector<std::int64_t> start, end;
    for (const auto& peak : peaks.intervals) {
        chrom.push_back(peaks.chromosomes.name(peak.chrom));
        start.push_back(peak.start);
        end.push_back(peak.end);
    }
    obs.set("chrom", make_categorical(chrom));
    obs.set("start", std::move(start));
    obs.set("end", std::move(end));
    return obs;
}

}  // namespace

EmbedResult embed(const EmbedOptions& options, const RunContext& context) {
    if (options.input.empty() && !options.regions)
        throw UsageError("INPUT", "no input", "give an atlas, .h5mu or .h5ad, or say --regions");
    refuse_existing(options.output, context.force);
    const auto model = read_model(options.model);
    Provenance provenance("embed", {{"regions", options.regions}, {"min_mapped", options.min_mapped}},
                          context);
    provenance.add_input(options.model);
    AnnData out;
    DenseFloat z;
    if (options.regions) {
        out.obs = region_columns(model.peaks);
        z = region_embeddings(*model.network);
        out.uns["epifoundry"] = provenance.stable();
    } else {
        provenance.add_input(options.input);
        auto input = read_model_input(options.input, model, options.model, options.min_mapped, context);
        z = embed_cells(*model.network, input.open, input.obs.index, context);
        out.obs = std::move(input.obs);
        out.uns["epifoundry"] = provenance.stable();
        if (input.mapping) out.uns["epifoundry"]["peak_mapping"] = to_json(*input.mapping);
    }
    set_embedding(out, z);
    write_h5ad(out, options.output, context.force);
    const EmbedResult result{static_cast<std::int64_t>(z.rows), static_cast<std::int64_t>(z.cols)};
    context.note("embedded " + with_commas(result.rows) + (options.regions ? " regions" : " cells") + " in " +
                 with_commas(result.width) + " dimensions");
    return result;
}

}  // namespace epi
