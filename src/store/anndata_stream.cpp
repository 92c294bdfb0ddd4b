#include "store/anndata_stream.hpp"

#include "core/error.hpp"
#include "io/atomic_output.hpp"
#include "store/anndata_elements.hpp"
#include "store/csr_sink.hpp"

namespace epi {

struct AnnDataWriter::State {
    State(const std::filesystem::path& path, bool force) : output(path, force) {}

    AtomicFile output;
    CsrPlace place;
    std::optional<RawFile> file;
    std::optional<CsrSink> sink;
};

AnnDataWriter::AnnDataWriter(const AnnData& tables, std::span<const std::int32_t> lengths, StoredAs values,
                             const std::filesystem::path& path, bool force, std::int64_t narrow)
    : state_(std::make_unique<State>(path, force)) {
    check(lengths.size() == tables.obs.size(), "as many rows of X as of obs");
    const auto& temporary = state_->output.temporary_path();
    Hdf5Writer file(temporary, path.string());
    write_encoding(file, "/", "anndata", "0.1.0");
    state_->place =
        reserve_csr(file, "/X", static_cast<std::int64_t>(tables.var.size()), lengths, values, narrow);
    write_dataframe(file, "/obs", tables.obs);
    write_dataframe(file, "/var", tables.var);
    for (const auto* name : {"/layers", "/obsm", "/varm", "/obsp", "/varp"}) write_dict(file, name);
    write_json_element(file, "/uns", tables.uns);
    file.close();
    state_->file.emplace(temporary, path.string());
    state_->sink.emplace(*state_->file, state_->place);
}

AnnDataWriter::~AnnDataWriter() = default;

void AnnDataWriter::put(std::int64_t row, std::span<const std::int32_t> columns,
                        std::span<const double> values) {
    state_->sink->put(row, columns, values);
}

void AnnDataWriter::commit() {
    state_->sink->finish();
    state_->output.commit();
}

}  // namespace epi
