#include "pipeline/nn/training_run.hpp"

#include "io/atomic_output.hpp"
#include "io/table.hpp"
#include "model/safetensors.hpp"

namespace epi {

TrainingRun::TrainingRun(const TrainingOptions& options, nlohmann::ordered_json identity,
                         const RunContext& context)
    : output_(options.output),
      state_(output_ / "checkpoint" / "state.safetensors"),
      identity_(std::move(identity)),
      context_(context) {
    namespace fs = std::filesystem;
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
    if (!finished_ && !continues_ && fs::exists(output_) && !fs::is_empty(output_))
        throw UsageError(output_.string(), "has no checkpoint to resume", "give --force to start anew");
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
    trainer.run(context_, [&] { save(trainer); });
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
