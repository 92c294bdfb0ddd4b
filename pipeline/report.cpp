#include "pipeline/report.hpp"

#include "core/error.hpp"
#include "core/version.hpp"
#include "io/atomic_output.hpp"
#include "pipeline/plotly_script.hpp"
#include "pipeline/report_data.hpp"

namespace epi {

ReportResult report(const ReportOptions& options, const RunContext& context) {
    if (options.folders.empty())
        throw UsageError("report", "no result folder was given", "name the folders to report on");
    AtomicFolder folder(options.output, context.force);
    const auto script = read_plotly_script(options.plotly);
    ReportResult result;
    ReportData data;
    for (const auto& path : options.folders) {
        context.check_stop();
        read_result_folder(path, data);
        result.kinds.push_back(kind_of_folder(path));
    }
    HtmlReport html(options.title, "Single-cell ATAC: from fragments to cell types");
    add_report_sections(html, data);
    write_file(folder / "report.html", html.html(script, "Written by epifoundry " + version() + " report"),
               true);
    folder.commit();
    context.note("wrote " + (options.output / "report.html").string());
    return result;
}

}  // namespace epi
