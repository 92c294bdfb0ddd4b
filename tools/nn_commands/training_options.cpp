#include "tools/nn_commands/training_options.hpp"

#include <algorithm>

namespace epi {
namespace {

template <class Fields>
void bind_fields(CLI::App& app, TrainingOptions& options, const std::string& group) {
    Fields fields;
    visit_fields(fields, [&](const char* name, auto& value, const char* help) {
        std::string option = name;
        std::replace(option.begin(), option.end(), '_', '-');
        const std::string key = name;
        app.add_option_function<std::string>(
               "--" + option, [&options, key](const std::string& text) { options.fields[key] = text; }, help)
            ->type_name(detail::field_choices(value))
            ->group(group);
    });
}

}  // namespace

void bind_training(CLI::App& app, TrainingOptions& options) {
    add_output(app, options.output, "Model folder to write")->required();
    app.add_option(
        "--where", options.where,
        "Use only the cells that this chooses, as in \"tissue == lung and donor != D3\"; columns: sample, "
        "batch, donor, tissue, cell_type, split");
    app.add_option(
           "--checkpoint-seconds", options.checkpoint_seconds,
           "Seconds from one checkpoint to the next; one is also written after every epoch (0: update)")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--device", options.device, "cpu or cuda")->check(CLI::IsMember({"cpu", "cuda"}));
    app.add_flag("--resume", options.resume, "Continue the checkpoint in the output folder, if there is one");
    bind_fields<ModelConfig>(app, options, "Network (default: the preset's)");
    bind_fields<TrainSettings>(app, options, "Training (default: the preset's)");
}

void report_training(const TrainingOptions& options, const TrainingResult& result,
                     const RunContext& context) {
    context.note(result.nothing_left ? options.output.string() + " is trained already; nothing to do"
                                     : "wrote " + options.output.string());
}

}  // namespace epi
