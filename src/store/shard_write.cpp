#include <cstring>
#include <fstream>

#include "core/error.hpp"
#include "core/version.hpp"
#include "genome/interval.hpp"
#include "io/atomic_output.hpp"
#include "store/anndata_elements.hpp"
#include "store/gene_mapping.hpp"
#include "store/shard.hpp"

namespace epi {
namespace {

// The columns that every modality repeats, so that it is useful when opened alone.
DataFrame cell_columns_of(const DataFrame& obs) {
    DataFrame result;
    result.index = obs.index;
    for (const auto name : kCellColumns)
        if (const Column* column = obs.find(name)) result.set(name, *column);
    return result;
}

DataFrame var_of_peaks(const std::vector<std::string>& peaks, std::string_view place) {
    DataFrame var;
    var.index = peaks;
    IntervalSet set;
    std::vector<std::string> chroms;
    std::vector<std::int64_t> starts, ends;
    for (const auto& peak : peaks) {
        add_interval_named(set, peak, place);
        const auto& interval = set.intervals.back();
        chroms.push_back(set.chromosomes.name(interval.chrom));
        starts.push_back(interval.start);
        ends.push_back(interval.end);
    }
    var.set("chromosome", make_categorical(chroms));
    var.set("start", std::move(starts));
    var.set("end", std::move(ends));
    return var;
}

// An AnnData group without its matrix and tables.
void begin_modality(Hdf5Writer& file, const std::string& path) {
    file.make_group(path);
    write_encoding(file, path, "anndata", "0.1.0");
    for (const auto* name : {"/layers", "/obsm", "/varm", "/obsp", "/varp", "/uns"})
        write_dict(file, path + name);
}

// Which rows (or columns) of the whole are this modality's: a boolean mask, and 1-based places.
void write_membership(Hdf5Writer& file, const std::string& axis, const std::string& modality,
                      std::size_t whole, std::size_t first, std::size_t count) {
    std::vector<std::int8_t> mask(whole, 0);
    std::vector<std::uint32_t> places(whole, 0);
    for (std::size_t i = 0; i < count; ++i) {
        mask[first + i] = 1;
        places[first + i] = static_cast<std::uint32_t>(i + 1);
    }
    file.booleans("/" + axis + "m/" + modality, mask, {whole});
    write_encoding(file, "/" + axis + "m/" + modality, "array", "0.2.0");
    file.array("/" + axis + "map/" + modality, places);
    write_encoding(file, "/" + axis + "map/" + modality, "array", "0.2.0");
}

void write_root(Hdf5Writer& file, const ShardContent& content, const DataFrame& atac_var) {
    write_encoding(file, "/", "MuData", "0.1.0");
    file.attribute("/", "encoder", "epifoundry");
    file.attribute("/", "encoder-version", version());
    file.attribute("/", "axis", std::vector<std::int64_t>{0});
    write_dataframe(file, "/obs", content.obs);
    DataFrame var;
    var.index = atac_var.index;
    const auto genes = content.has_rna ? content.genes.unique_names() : std::vector<std::string>{};
    var.index.insert(var.index.end(), genes.begin(), genes.end());
    write_dataframe(file, "/var", var);
    for (const auto* name : {"/obsm", "/varm", "/obsp", "/varp", "/obsmap", "/varmap"})
        write_dict(file, name);
    const auto cells = content.obs.size();
    write_membership(file, "obs", "atac", cells, 0, cells);
    write_membership(file, "var", "atac", var.size(), 0, atac_var.size());
    if (content.has_rna) {
        write_membership(file, "obs", "rna", cells, 0, cells);
        write_membership(file, "var", "rna", var.size(), atac_var.size(), genes.size());
    }
    nlohmann::ordered_json uns;
    uns["epifoundry"] = content.provenance;
    uns["genome"] = content.genome;
    write_json_element(file, "/uns", uns);
}

// MuData files say what they are in their first bytes, before the HDF5 content.
void write_mark(const std::filesystem::path& path, const std::string& name) {
    std::string mark = "MuData (format-version=0.1.0;creator=epifoundry;creator-version=" + version() + ")";
    mark.resize(kHdf5Page, '\0');
    std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
    stream.write(mark.data(), static_cast<std::streamsize>(mark.size()));
    stream.close();
    if (!stream) throw ResourceError(name, "cannot be written", "check the space on the disk");
}

}  // namespace

void write_shard(const ShardContent& content, const std::filesystem::path& path, bool force) {
    const auto cells = static_cast<std::int64_t>(content.obs.size());
    check(content.indptr.size() == content.obs.size() + 1, "one row of open peaks per cell");
    check(!content.has_rna || content.counts.rows == cells, "one row of counts per cell");
    const auto atac_var = var_of_peaks(content.peaks, path.string());
    const auto obs = cell_columns_of(content.obs);
    AtomicFile output(path, force);
    Hdf5Writer file(output.temporary_path(), path.string(), kHdf5Page);
    write_root(file, content, atac_var);
    file.make_group("/mod");
    file.attribute(
        "/mod", "mod-order",
        content.has_rna ? std::vector<std::string>{"atac", "rna"} : std::vector<std::string>{"atac"});
    begin_modality(file, "/mod/atac");
    write_binary_matrix(file, "/mod/atac/X", cells, static_cast<std::int64_t>(content.peaks.size()),
                        content.indptr, content.indices);
    write_dataframe(file, "/mod/atac/obs", obs);
    write_dataframe(file, "/mod/atac/var", atac_var);
    if (content.has_rna) {
        begin_modality(file, "/mod/rna");
        write_matrix(file, "/mod/rna/X", content.counts, StoredAs::UInt8);
        write_dataframe(file, "/mod/rna/obs", obs);
        write_dataframe(file, "/mod/rna/var", var_of_genes(content.genes));
    }
    file.close();
    write_mark(output.temporary_path(), path.string());
    output.commit();
}

}  // namespace epi
