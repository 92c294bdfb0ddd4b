#include "pipeline/nn/training_run.hpp"

#include <set>

#include "io/atomic_output.hpp"
#include "io/table.hpp"
#include "model/device.hpp"
#include "model/safetensors.hpp"

namespace epi {

namespace {
namespace fs = std::filesystem;

// Another process cannot begin: this one ends with its exit code.
class EndedByAnother : public Error {
  public:
    EndedByAnother(int rank, int code)
        : Error("process " + std::to_string(rank), "cannot begin", "look at its own message"), code_(code) {}
    int exit_code() const noexcept override { return code_; }

  private:
    int code_;
};

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

// Runs `action`, which may fail in one process alone: only the first writes, a disk may be of one machine.
// All end with its exit code then, as one that ended by itself would be taken for dead by the others.
void all_or_none(const ProcessGroup& processes, const std::function<void()>& action) {
    std::exception_ptr failed;
    std::uint8_t code = 0;
    try {
        action();
    } catch (const Error& error) {
        failed = std::current_exception();
        code = static_cast<std::uint8_t>(error.exit_code());
    }
    const auto codes = processes.gather({&code, 1});
    if (failed) std::rethrow_exception(failed);
    for (std::size_t rank = 0; rank < codes.size(); ++rank)
        if (codes[rank] != 0) throw EndedByAnother(static_cast<int>(rank), codes[rank]);
}

}  // namespace

TrainingRun::TrainingRun(const TrainingOptions& options, nlohmann::ordered_json identity,
                         ProcessGroup& processes, const RunContext& context)
    : output_(options.output),
      state_(output_ / "checkpoint" / "state.safetensors"),
      checkpoint_seconds_(options.checkpoint_seconds),
      identity_(std::move(identity)),
      processes_(processes),
      context_(context) {
    // Sums in another order end with other bits.
    if (!processes_.alone()) identity_["processes"] = processes_.size();
    if (output_.filename().empty()) {  // "model/"
        output_ = output_.parent_path();
        state_ = output_ / "checkpoint" / "state.safetensors";
    }
    all_or_none(processes_, [&] { options.resume ? look_for_checkpoint() : make_room(); });
    if (!options.resume || !processes_.first()) return;
    remove_temporaries(output_);
    remove_temporaries(state_.parent_path());
    std::error_code ignored;
    if (finished_) fs::remove_all(state_.parent_path(), ignored);
}

void TrainingRun::make_room() const {
    if (!processes_.first()) return;
    refuse_existing(output_, context_.force);
    std::error_code error;
    fs::remove_all(output_, error);
    if (error)
        throw ResourceError(output_.string(), "cannot be replaced: " + error.message(), "check permissions");
}

void TrainingRun::look_for_checkpoint() {
    finished_ = fs::exists(output_ / "DONE");
    continues_ = !finished_ && fs::exists(state_);
    if (!finished_ && !continues_ && fs::exists(output_) && !only_leftovers(output_))
        throw UsageError(output_.string(), "has no checkpoint to resume, but other files",
                         "give --force to start anew, or another --output");
}

TrainingResult TrainingRun::nothing_left() const {
    processes_.finish();
    return {{}, true, processes_.first()};
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

void TrainingRun::check_identity(const std::string& stored) const {
    if (stored == identity_.dump()) return;
    auto before = nlohmann::ordered_json::parse(stored, nullptr, false), now = identity_;
    if (before.is_object()) {
        const int then = before.value("processes", 1);
        before.erase("processes");
        now.erase("processes");
        if (before == now)
            throw UsageError(
                state_.string(),
                "the checkpoint is of a training with " + std::to_string(then) + " processes, not " +
                    std::to_string(processes_.size()),
                "start as many (mpirun -n " + std::to_string(then) + "), or give --force to start anew");
    }
    throw UsageError(state_.string(), "the checkpoint belongs to another training",
                     "repeat the first command line exactly, with --resume, or give --force to start anew");
}

void TrainingRun::train(Trainer& trainer) {
    if (continues_) {
        const auto stored = read_safetensors(state_);
        const auto text = [&](const char* key) {
            const auto found = stored.metadata.find(key);
            return found == stored.metadata.end() ? std::string() : found->second;
        };
        check_identity(text("identity"));
        trainer.restore(stored.tensors, nlohmann::ordered_json::parse(text("counters"), nullptr, false),
                        state_.string());
        context_.note("continuing " + state_.string());
    }
    try {
        trainer.run(
            context_, [&] { save(trainer); }, checkpoint_seconds_);
    } catch (const Interrupted&) {
        if (trainer.stopped_in_order()) processes_.finish();
        throw;
    }
}

void TrainingRun::finish(const ModelFolder& model, const Trainer& trainer) {
    if (processes_.first()) write(model, trainer);
    processes_.finish();
}

void TrainingRun::write(const ModelFolder& model, const Trainer& trainer) const {
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

TrainingResult train_together(
    const TrainingOptions& options, const RunContext& context,
    const std::function<TrainingResult(ProcessGroup& processes, const RunContext& context)>& train) {
    TrainingResult result;
    with_torch_errors([&] {
        prepare_device(options.device, context.threads, options.deterministic);
        const auto processes = join_processes(find_launch(), options.device);
        auto own = context;
        if (!processes->first()) own.progress = nullptr;
        result = train(*processes, own);
    });
    return result;
}

}  // namespace epi
