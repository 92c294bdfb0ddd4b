#include "embed/apply.hpp"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"

namespace epi {
namespace {

// Calls body(cell) for every cell, in parallel over cells; LibTorch uses the calling thread only, because its
// own threads would change the order of sums.
void for_each_cell(std::size_t cells, std::string_view what, const RunContext& context,
                   const std::function<void(std::size_t)>& body) {
    const int torch_threads = at::get_num_threads();
    std::atomic<std::uint64_t> done{0};
    parallel_ranges(cells, context.threads, [&](std::size_t begin, std::size_t end) {
        at::set_num_threads(1);
        const c10::InferenceMode no_gradients;
        for (std::size_t cell = begin; cell < end; ++cell) {
            context.check_stop();
            body(cell);
            if (const auto count = ++done; count % 64 == 0) context.update(what, count, cells);
        }
    });
    at::set_num_threads(torch_threads);
}

void copy_row(const torch::Tensor& row, std::span<float> out) {
    const auto values = row.contiguous();
    check(values.numel() == static_cast<std::int64_t>(out.size()), "copy_row: as many numbers as columns");
    std::copy_n(values.const_data_ptr<float>(), out.size(), out.begin());
}

torch::Tensor as_tensor(std::span<const float> row) {
    auto result = torch::empty({1, static_cast<std::int64_t>(row.size())}, torch::kFloat32);
    std::copy(row.begin(), row.end(), result.data_ptr<float>());
    return result;
}

torch::Tensor batch_tensor(std::span<const std::int64_t> batch, std::size_t cell) {
    if (batch.empty()) return {};
    return torch::full({1}, batch[cell], torch::kInt64);
}

}  // namespace

std::vector<std::int32_t> limit_peaks(std::span<const std::int32_t> open, std::size_t most,
                                      std::string_view name, std::uint64_t seed) {
    std::vector<std::int32_t> peaks(open.begin(), open.end());
    if (peaks.size() <= most) return peaks;
    Rng rng(mix(seed, hash_text(name.substr(name.rfind(':') + 1))));
    for (std::size_t i = 0; i < most; ++i) std::swap(peaks[i], peaks[i + rng.below(peaks.size() - i)]);
    peaks.resize(most);
    std::ranges::sort(peaks);
    return peaks;
}

DenseFloat embed_cells(const Network& network, const OpenPeaks& open, std::span<const std::string> names,
                       const RunContext& context) {
    check(!network.training(), "embed_cells: a network in evaluation mode");
    check(static_cast<std::size_t>(open.rows) == names.size(), "embed_cells: a name for each cell");
    check(open.cols + kSpecials == network.config().peaks, "embed_cells: the columns are the model's peaks");
    const auto most = static_cast<std::size_t>(network.config().max_peaks - 1);
    DenseFloat result(names.size(), static_cast<std::size_t>(network.config().embed_dim));
    for_each_cell(names.size(), "cells embedded", context, [&](std::size_t cell) {
        const std::vector<std::vector<std::int32_t>> one = {
            limit_peaks(open.row_indices(static_cast<std::int64_t>(cell)), most, names[cell], context.seed)};
        copy_row(network.embed_cells(pack_cells(one)), result.row(cell));
    });
    return result;
}

DenseMatrix cell_type_probabilities(const Network& network, const DenseFloat& z, double temperature,
                                    const RunContext& context) {
    check(temperature > 0, "cell_type_probabilities: a temperature above 0");
    DenseMatrix result(z.rows, static_cast<std::size_t>(network.config().cell_types));
    for_each_cell(z.rows, "cells typed", context, [&](std::size_t cell) {
        const auto logits =
            network.cell_type_logits(as_tensor(z.row(cell))).to(torch::kFloat64) / temperature;
        const auto probabilities = torch::softmax(logits, -1).contiguous();
        std::copy_n(probabilities.const_data_ptr<double>(), result.cols, result.row(cell).begin());
    });
    return result;
}

DenseFloat expressed_probabilities(const Network& network, const DenseFloat& z,
                                   std::span<const std::int64_t> batch, double prior,
                                   const RunContext& context) {
    check(prior >= 0 && prior < 1, "expressed_probabilities: a prior in [0, 1)");
    const double shift = prior > 0 ? std::log(prior / (1 - prior)) : 0;
    const c10::InferenceMode no_gradients;
    const auto queries = network.gene_queries();
    DenseFloat result(z.rows, static_cast<std::size_t>(network.config().genes - kSpecials));
    for_each_cell(z.rows, "cells decoded", context, [&](std::size_t cell) {
        const auto logits =
            network.gene_logits_all(as_tensor(z.row(cell)), queries, batch_tensor(batch, cell));
        copy_row(torch::sigmoid(logits.select(-1, 1) - logits.select(-1, 0) + shift), result.row(cell));
    });
    return result;
}

DenseFloat expression_levels(const Network& network, const DenseFloat& z, std::span<const std::int64_t> batch,
                             const RunContext& context) {
    check(network.config().value_head, "expression_levels: a model with the value head");
    const c10::InferenceMode no_gradients;
    const auto queries = network.value_queries();
    DenseFloat result(z.rows, static_cast<std::size_t>(network.config().genes - kSpecials));
    for_each_cell(z.rows, "cells decoded", context, [&](std::size_t cell) {
        copy_row(network.expression_all(as_tensor(z.row(cell)), queries, batch_tensor(batch, cell)),
                 result.row(cell));
    });
    return result;
}

DenseFloat region_embeddings(const Network& network) {
    const c10::InferenceMode no_gradients;
    const auto table = network.parameter("atac_emb.embedding.weight").slice(0, kSpecials).contiguous();
    DenseFloat result(static_cast<std::size_t>(table.size(0)), static_cast<std::size_t>(table.size(1)));
    copy_row(table, result.values);
    return result;
}

}  // namespace epi
