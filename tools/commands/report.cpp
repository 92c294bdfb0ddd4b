#include "pipeline/report.hpp"

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"

namespace epi {
namespace {

void bind_report(CLI::App& app, ReportOptions& options) {
    app.add_option("FOLDER", options.folders,
                   "Folders that count, select, label, pretrain, finetune, annotate and evaluate wrote")
        ->required();
    add_output(app, options.output, "Folder to write: report.html");
    app.add_option("--title", options.title, "Title of the page");
    app.add_option("--plotly", options.plotly,
                   "plotly.min.js to put in (default: $EPIFOUNDRY_PLOTLY, else of the Python environments "
                   "in PATH)");
}

void run_report(const ReportOptions& options, const RunContext& context) {
    report(options, context);
}

}  // namespace

void add_report_command(CommandLine& line) {
    line.add_command<ReportOptions>({"report",
                                     "Put results on one HTML page with plots",
                                     {"epifoundry report count/D1 select/D1 label/D1 finetune annotate/D4 "
                                      "evaluate/D4.model -o report/"}},
                                    bind_report, run_report);
}

}  // namespace epi
