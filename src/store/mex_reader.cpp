#include "store/mex_reader.hpp"

#include <algorithm>
#include <optional>

#include "core/error.hpp"
#include "core/text.hpp"
#include "genome/interval.hpp"
#include "io/line_reader.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

struct Entry {
    std::int64_t cell;
    std::int32_t feature;
    double value;
};

struct Header {
    bool pattern = false;
    std::int64_t features = 0, cells = 0, entries = 0;
};

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> fields;
    for (const auto field : split(line, line.find('\t') != std::string_view::npos ? '\t' : ' '))
        if (!field.empty()) fields.push_back(field);
    return fields;
}

Header read_header(LineReader& lines) {
    std::string_view line;
    if (!lines.next(line) || !line.starts_with("%%MatrixMarket"))
        throw InputError(lines.source().name(), "not a Matrix Market file (%%MatrixMarket is missing)",
                         "give the matrix.mtx of a MEX folder");
    const std::string banner = to_lower(line);
    if (banner.find("coordinate") == std::string::npos || banner.find("general") == std::string::npos ||
        banner.find("complex") != std::string::npos)
        throw InputError(lines.place(), "only 'matrix coordinate integer|real|pattern general' is read",
                         "write it as a sparse matrix");
    Header header;
    header.pattern = banner.find("pattern") != std::string::npos;
    while (lines.next(line) && (line.empty() || line[0] == '%')) {
    }
    const auto fields = words(line);
    std::optional<std::int64_t> sizes[3];
    if (fields.size() == 3)
        for (std::size_t i = 0; i < 3; ++i) sizes[i] = parse_number<std::int64_t>(fields[i]);
    for (const auto& size : sizes)
        if (!size || *size < 0)
            throw InputError(lines.place(), "three numbers (features, cells, entries) are expected",
                             "the file is damaged, write it again");
    header.features = *sizes[0];
    header.cells = *sizes[1];
    header.entries = *sizes[2];
    if (header.features > 0x7fffffff || header.cells > 0x7fffffff)
        throw InputError(lines.place(), "more than 2^31 features or cells", "split the matrix");
    return header;
}

Entry parse_entry(std::string_view line, const Header& header, const LineReader& lines) {
    const auto fields = words(line);
    const std::size_t expected = header.pattern ? 2 : 3;
    std::optional<std::int64_t> feature, cell;
    std::optional<double> value = 1.0;
    if (fields.size() == expected) {
        feature = parse_number<std::int64_t>(fields[0]);
        cell = parse_number<std::int64_t>(fields[1]);
        if (!header.pattern) value = parse_number<double>(fields[2]);
    }
    if (!feature || !cell || !value)
        throw InputError(lines.place(), "feature, cell and value are expected",
                         "the file is damaged, write it again");
    if (*feature < 1 || *feature > header.features || *cell < 1 || *cell > header.cells)
        throw InputError(lines.place(),
                         "the entry is outside the matrix of " + std::to_string(header.features) + " x " +
                             std::to_string(header.cells),
                         "the file is damaged, write it again");
    return {*cell - 1, static_cast<std::int32_t>(*feature - 1), *value};
}

DoubleMatrix matrix_of(std::vector<Entry>& entries, const Header& header) {
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return a.cell != b.cell ? a.cell < b.cell : a.feature < b.feature;
    });
    DoubleMatrix matrix;
    matrix.cols = header.features;
    std::size_t next = 0;
    std::vector<std::int32_t> columns;
    std::vector<double> values;
    for (std::int64_t cell = 0; cell < header.cells; ++cell) {
        columns.clear();
        values.clear();
        for (; next < entries.size() && entries[next].cell == cell; ++next) {
            if (!columns.empty() && columns.back() == entries[next].feature) {
                values.back() += entries[next].value;
            } else if (entries[next].value != 0) {
                columns.push_back(entries[next].feature);
                values.push_back(entries[next].value);
            }
        }
        matrix.add_row(columns, values);
    }
    return matrix;
}

std::optional<fs::path> find_member(const fs::path& folder, std::initializer_list<const char*> names) {
    for (const auto* name : names)
        for (const auto* suffix : {".gz", ""})
            if (const auto path = folder / (std::string(name) + suffix); fs::exists(path)) return path;
    return std::nullopt;
}

fs::path require_member(const fs::path& folder, std::initializer_list<const char*> names,
                        std::string_view what) {
    if (auto path = find_member(folder, names)) return *path;
    throw InputError(folder.string(), "has no " + std::string(what) + " (plain or .gz)",
                     "give a MEX folder with matrix.mtx, barcodes.tsv and features.tsv");
}

std::vector<Feature> read_features(const fs::path& folder) {
    std::vector<Feature> features;
    if (const auto bed = find_member(folder, {"peaks.bed"})) {
        for (auto& name : read_bed(*bed).names()) features.push_back({name, name, "Peaks", name});
        return features;
    }
    LineReader lines(
        require_member(folder, {"features.tsv", "genes.tsv"}, "features.tsv, genes.tsv or peaks.bed"));
    std::string_view line;
    while (lines.next(line)) {
        const auto fields = split(line);
        if (fields[0].empty())
            throw InputError(lines.place(), "the feature has no id", "check the columns: id, name, type");
        Feature feature;
        feature.id = fields[0];
        feature.name = fields.size() > 1 ? fields[1] : fields[0];
        if (fields.size() > 2) feature.type = fields[2];
        if (fields.size() > 5 && !fields[3].empty())
            feature.interval =
                std::string(fields[3]) + ":" + std::string(fields[4]) + "-" + std::string(fields[5]);
        features.push_back(std::move(feature));
    }
    return features;
}

}  // namespace

DoubleMatrix read_matrix_market_transposed(const fs::path& path) {
    LineReader lines(path);
    const Header header = read_header(lines);
    std::vector<Entry> entries;
    std::string_view line;
    while (lines.next(line))
        if (!line.empty()) entries.push_back(parse_entry(line, header, lines));
    if (static_cast<std::int64_t>(entries.size()) != header.entries)
        throw InputError(path.string(),
                         "has " + std::to_string(entries.size()) + " entries, its header says " +
                             std::to_string(header.entries),
                         "the file is truncated, copy it again");
    return matrix_of(entries, header);
}

FeatureCounts read_mex(const fs::path& folder) {
    FeatureCounts counts;
    counts.name = folder.string();
    const auto matrix = require_member(folder, {"matrix.mtx"}, "matrix.mtx");
    LineReader barcodes(require_member(folder, {"barcodes.tsv"}, "barcodes.tsv"));
    std::string_view line;
    while (barcodes.next(line)) counts.barcodes.emplace_back(split(line)[0]);
    counts.features = read_features(folder);
    counts.x = read_matrix_market_transposed(matrix);
    if (counts.x.rows != static_cast<std::int64_t>(counts.barcodes.size()) ||
        counts.x.cols != static_cast<std::int64_t>(counts.features.size()))
        throw InputError(matrix.string(),
                         "is " + std::to_string(counts.x.cols) + " x " + std::to_string(counts.x.rows) +
                             ", but there are " + std::to_string(counts.features.size()) + " features and " +
                             std::to_string(counts.barcodes.size()) + " barcodes",
                         "give the files of one matrix");
    return counts;
}

}  // namespace epi
