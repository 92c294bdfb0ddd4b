#include "pipeline/nn/training_run.hpp"

#include <set>

#include "io/atomic_output.hpp"
#include "io/table.hpp"
#include "model/safetensors.hpp"

namespace epi {

namespace {
namespace fs = std::filesystem;

// What AtomicFile writes into until a file is whole; a killed process leaves it.
bool is_temporary(const fs::path& path) {
    const auto name = path.filename().string();
    return name.starts_with(".") && name.find(".tmp-") != std::string::npos;
}

// Whether a folder holds nothing but what a training that was killed leaves.
bool only_leftovers(const fs::path& folder) {
    static const std::set<std::string> known{"checkpoint",        "training.tsv", "config.json",
                                             "model.safetensors", "peaks.bed",    "genes.tsv",
                                             "chrom.sizes",       "batches.tsv",  "cell_types.tsv"};
    if (!fs::is_directory(folder)) return false;
    for (const auto& entry : fs::directory_iterator(folder))
        if (!known.contains(entry.path().filename().string()) && !is_temporary(entry.path())) return false;
    return true;
}

void remove_temporaries(const fs::path& folder) {
    if (!fs::is_directory(folder)) return;
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder))
        if (is_temporary(entry.path())) found.push_back(entry.path());
    for (const auto& path : found) fs::remove(path);
}

}  // namespace

TrainingRun::TrainingRun(const TrainingOptions& options, nlohmann::ordered_json identity,
                         const RunContext& context)
    : output_(options.output),
      state_(output_ / "checkpoint" / "state.safetensors"),
      checkpoint_seconds_(options.checkpoint_seconds),
      identity_(std::move(identity)),
      context_(context) {
    if (output_.filename().empty()) {  // "model/"
        output_ = output_.parent_path();
        state_ = output_ / "checkpoint" / "state.safetensors";
    }
    if (!options.resume) {
        refuse_existing(output_, context.force);
        std::error_code error;
        fs::remove_all(output_, error);
        if (error)
            throw ResourceError(output_.string(), "cannot be replaced: " + error.message(),
                                "check permissions");
        return;
    }
    finished_ = fs::exists(output_ / "DONE");
    continues_ = !finished_ && fs::exists(state_);
    if (!finished_ && !continues_ && fs::exists(output_) && !only_leftovers(output_))
        throw UsageError(output_.string(), "has no checkpoint to resume, but other files",
                         "give --force to start anew, or another --output");
    remove_temporaries(output_);
    remove_temporaries(state_.parent_path());
    std::error_code ignored;
    if (finished_) fs::remove_all(state_.parent_path(), ignored);
}

void TrainingRun::write_log(const Trainer& trainer) const {
    Table table;
    table.columns = training_columns();
    for (const auto& record : trainer.log()) table.rows.push_back(training_row(record));
    AtomicFile file(output_ / "training.tsv", true);
    write_table(table, file.temporary_path());
    file.commit();
}

void TrainingRun::save(const Trainer& trainer) const {
    write_log(trainer);
    AtomicFile file(state_, true);
    write_safetensors(trainer.tensors(),
                      {{"counters", trainer.counters().dump()}, {"identity", identity_.dump()}},
                      file.temporary_path());
    file.commit();
}

void TrainingRun::train(Trainer& trainer) {
    if (continues_) {
        const auto stored = read_safetensors(state_);
        const auto text = [&](const char* key) {
            const auto found = stored.metadata.find(key);
            return found == stored.metadata.end() ? std::string() : found->second;
        };
        if (text("identity") != identity_.dump())
            throw UsageError(
                state_.string(), "the checkpoint belongs to another training",
                "repeat the first command line exactly, with --resume, or give --force to start anew");
        trainer.restore(stored.tensors, nlohmann::ordered_json::parse(text("counters"), nullptr, false),
                        state_.string());
        context_.note("continuing " + state_.string());
    }
    trainer.run(
        context_, [&] { save(trainer); }, checkpoint_seconds_);
}

void TrainingRun::finish(const ModelFolder& model, const Trainer& trainer) {
    std::error_code error;
    std::filesystem::create_directories(output_, error);
    if (error)
        throw ResourceError(output_.string(), "cannot be made: " + error.message(), "check permissions");
    write_log(trainer);
    write_model(model, output_);
    std::filesystem::remove_all(state_.parent_path(), error);
}

void apply_fields(const std::map<std::string, std::string>& fields, ModelConfig& config,
                  TrainSettings& settings) {
    for (const auto& [name, text] : fields)
        check(set_field(config, name, text) || set_field(settings, name, text), "an option that is a field");
    check_model_config(config);
    check_train_settings(settings);
}

Chromosomes chromosomes_of(const IntervalSet& peaks, const GeneTable& genes) {
    Chromosomes chromosomes;
    for (std::uint32_t i = 0; i < peaks.chromosomes.size(); ++i)
        chromosomes.add(peaks.chromosomes.name(i), peaks.chromosomes.length(i));
    for (const auto& peak : peaks.intervals) chromosomes.add(peaks.chromosomes.name(peak.chrom), peak.end);
    for (const auto& gene : genes.genes)
        if (!gene.chrom.empty()) chromosomes.add(gene.chrom, std::max<std::int64_t>(1, gene.end));
    return chromosomes;
}

void with_torch_errors(const std::function<void()>& action) {
    try {
        action();
    } catch (const c10::Error& error) {
        const std::string what = error.what_without_backtrace();
        if (what.find("memory") != std::string::npos || what.find("alloc") != std::string::npos)
            throw ResourceError("LibTorch", what.substr(0, what.find('\n')),
                                "lower --tokens-per-batch, --max-peaks or --max-genes");
        throw InternalError("LibTorch: " + what.substr(0, what.find('\n')));
    }
}

}  // namespace epi
