#pragma once
#include <string>
#include <vector>

#include "embed/cell_type_call.hpp"
#include "io/table.hpp"
#include "store/anndata.hpp"

namespace epi {

// obsm["X_epifoundry"]; gives `data` an X without columns if it has none yet.
void set_embedding(AnnData& data, const DenseFloat& z);

// What is said of a cell's type: the probabilities, and why it is left `unassigned` ("" where it is not).
struct CellTypeVerdict {
    CellTypeCall call;
    std::string reason;
    bool assigned() const { return reason.empty() && call.best >= 0; }
};

// obs columns predicted_cell_type (or "unassigned"), confidence, runner_up, runner_up_confidence,
// best_cell_type (the most probable one, assigned or not) and reason.
void add_verdicts(DataFrame& obs, const std::vector<CellTypeVerdict>& verdicts,
                  const std::vector<std::string>& cell_types);

// `barcode` (the row names), the columns of add_verdicts, then every other column of obs, as text.
Table verdict_table(const DataFrame& obs);

}  // namespace epi
