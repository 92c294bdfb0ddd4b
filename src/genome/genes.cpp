#include "genome/genes.hpp"

#include <algorithm>
#include <span>
#include <unordered_set>

#include "core/error.hpp"
#include "core/text.hpp"
#include "genome/chromosomes.hpp"
#include "io/line_reader.hpp"
#include "io/text_writer.hpp"

namespace epi {
namespace {

using Fields = std::vector<std::string_view>;

constexpr std::string_view kColumns = "gene_id gene_name chrom start end strand gene_type";

bool is_strand(std::string_view text) {
    return text == "+" || text == "-" || text == "." || text == "*";
}

char strand_of(std::string_view text, const LineReader& lines) {
    if (!is_strand(text))
        throw InputError(lines.place(), "'" + std::string(text) + "' is not a strand",
                         "a strand is +, - or * (not known)");
    return text == "." ? '*' : text.front();
}

// `first` is the coordinate of the first base in the file's own counting: 0 in BED, 1 in GTF.
void set_span(Gene& gene, std::string_view start, std::string_view end, std::int64_t first,
              const LineReader& lines) {
    const auto start_number = parse_number<std::int64_t>(start);
    const auto end_number = parse_number<std::int64_t>(end);
    if (!start_number || !end_number || *start_number < first || *end_number > kMaxCoordinate)
        throw InputError(
            lines.place(),
            "'" + std::string(!start_number || *start_number < first ? start : end) + "' is not a coordinate",
            "start and end are whole numbers from " + std::to_string(first) + " to 2^31");
    gene.start = *start_number - first;
    gene.end = *end_number;
    const bool unknown = gene.start == 0 && gene.end == 0;
    if (gene.end <= gene.start && !unknown)
        throw InputError(
            lines.place(),
            "the gene ends (" + std::string(end) + ") before it starts (" + std::string(start) + ")",
            "check the columns; on either strand start is the smaller coordinate");
}

// Attribute `key` of a GTF line's ninth column, without its quotes; empty if it is not there.
std::string_view gtf_attribute(std::string_view attributes, std::string_view key) {
    while (!attributes.empty()) {
        attributes = attributes.substr(std::min(attributes.find_first_not_of("; "), attributes.size()));
        const auto name = attributes.substr(0, attributes.find_first_of(" ;"));
        attributes.remove_prefix(name.size());
        std::string_view value;
        if (attributes.starts_with(" \"")) {
            attributes.remove_prefix(2);
            value = attributes.substr(0, attributes.find('"'));
            attributes.remove_prefix(std::min(value.size() + 1, attributes.size()));
        } else {
            value = trim(attributes.substr(0, attributes.find(';')));
            attributes.remove_prefix(std::min(attributes.find(';'), attributes.size()));
        }
        if (!name.empty() && name == key) return value;
    }
    return {};
}

bool looks_like_gtf(const Fields& fields) {
    return fields.size() >= 9 && is_strand(fields[6]) && parse_number<std::int64_t>(fields[3]) &&
           parse_number<std::int64_t>(fields[4]) && fields[8].find("gene_id") != std::string_view::npos;
}

bool looks_like_bed(const Fields& fields) {
    return fields.size() >= 6 && is_strand(fields[5]) && parse_number<std::int64_t>(fields[1]) &&
           parse_number<std::int64_t>(fields[2]);
}

// Collects the records of one kind (gene records, or all others) into genes, in order of first appearance.
class GtfGenes {
  public:
    void add(const Gene& record) {
        const auto [found, added] = groups_of_.try_emplace(record.id, groups_.size());
        if (added) groups_.push_back({record, {}});
        auto& [gene, chromosomes] = groups_[found->second];
        gene.start = std::min(gene.start, record.start);
        gene.end = std::max(gene.end, record.end);
        if (std::find(chromosomes.begin(), chromosomes.end(), record.chrom) == chromosomes.end())
            chromosomes.push_back(record.chrom);
    }
    bool empty() const { return groups_.empty(); }
    // On several chromosomes: one gene on each, all with the same span, as Signac has it.
    std::vector<Gene> genes() const {
        std::vector<Gene> result;
        for (const auto& [gene, chromosomes] : groups_) {
            for (const auto& chromosome : chromosomes) {
                result.push_back(gene);
                result.back().chrom = chromosome;
            }
        }
        return result;
    }

  private:
    struct Group {
        Gene gene;
        std::vector<std::string> chromosomes;
    };
    std::vector<Group> groups_;
    std::unordered_map<std::string, std::size_t> groups_of_;
};

// The next line that is neither empty nor a comment.
bool next_record(LineReader& lines, std::string_view& line) {
    while (lines.next(line))
        if (!line.empty() && line.front() != '#' && !line.starts_with("track") &&
            !line.starts_with("browser"))
            return true;
    return false;
}

std::vector<Gene> read_gtf(LineReader& lines, std::string_view line) {
    GtfGenes gene_records, other_records;
    do {
        const auto fields = split(line);
        if (fields.size() < 9)
            throw InputError(lines.place(), std::to_string(fields.size()) + " columns where a GTF has nine",
                             "check that the file is whole and separated by tabs");
        Gene gene;
        gene.id = gtf_attribute(fields[8], "gene_id");
        if (gene.id.empty())
            throw InputError(lines.place(), "there is no gene_id", "every line of a GTF needs a gene_id");
        gene.name = gtf_attribute(fields[8], "gene_name");
        gene.type = gtf_attribute(fields[8], "gene_biotype");
        if (gene.type.empty()) gene.type = gtf_attribute(fields[8], "gene_type");
        gene.chrom = fields[0];
        gene.strand = strand_of(fields[6], lines);
        set_span(gene, fields[3], fields[4], 1, lines);
        (fields[2] == "gene" ? gene_records : other_records).add(gene);
    } while (next_record(lines, line));
    return gene_records.empty() ? other_records.genes() : gene_records.genes();
}

std::vector<Gene> read_bed6(LineReader& lines, std::string_view line) {
    std::vector<Gene> genes;
    do {
        const auto fields = split(line);
        if (fields.size() < 6)
            throw InputError(lines.place(), std::to_string(fields.size()) + " columns where BED6 has six",
                             "the columns are chrom start end name score strand");
        Gene& gene = genes.emplace_back();
        gene.chrom = fields[0];
        gene.id = gene.name = fields[3];
        gene.strand = strand_of(fields[5], lines);
        set_span(gene, fields[1], fields[2], 0, lines);
    } while (next_record(lines, line));
    return genes;
}

// Position of each of kColumns in the header; gene_name, strand and gene_type may be missing (-1).
std::vector<std::ptrdiff_t> table_columns(const Fields& header, const LineReader& lines) {
    std::vector<std::ptrdiff_t> columns;
    for (const auto name : split(kColumns, ' ')) {
        const auto found = std::find(header.begin(), header.end(), name);
        columns.push_back(found == header.end() ? -1 : found - header.begin());
        if (found == header.end() &&
            (name == "gene_id" || name == "chrom" || name == "start" || name == "end"))
            throw InputError(lines.place(), "the gene table has no column '" + std::string(name) + "'",
                             "its columns are " + std::string(kColumns));
    }
    return columns;
}

std::vector<Gene> read_table_rows(LineReader& lines, std::string_view line) {
    const auto width = split(line).size();
    const auto columns = table_columns(split(line), lines);
    std::vector<Gene> genes;
    while (next_record(lines, line)) {
        const auto fields = split(line);
        if (fields.size() != width)
            throw InputError(
                lines.place(),
                std::to_string(fields.size()) + " fields where the header has " + std::to_string(width),
                "every row needs one field per column");
        const auto field = [&](std::size_t i) {
            return columns[i] < 0 ? std::string_view() : fields[static_cast<std::size_t>(columns[i])];
        };
        Gene& gene = genes.emplace_back();
        gene.id = field(0);
        gene.name = field(1);
        gene.chrom = field(2);
        gene.strand = columns[5] < 0 ? '*' : strand_of(field(5), lines);
        gene.type = field(6);
        set_span(gene, field(3), field(4), 0, lines);
        if (gene.id.empty()) throw InputError(lines.place(), "there is no gene_id", "every gene needs an id");
    }
    return genes;
}

}  // namespace

std::vector<std::string> GeneTable::unique_names() const {
    std::vector<std::string> names;
    names.reserve(size());
    for (const auto& gene : genes) names.push_back(gene.name.empty() ? gene.id : gene.name);
    // A suffixed name must not meet any name of the list, wherever that stands.
    std::unordered_set<std::string> taken(names.begin(), names.end());
    std::unordered_map<std::string, int> last_suffix;
    for (auto& name : names) {
        const auto [suffix, first] = last_suffix.try_emplace(name, 0);
        if (first) continue;
        std::string candidate;
        do candidate = name + "." + std::to_string(++suffix->second);
        while (taken.contains(candidate));
        taken.insert(candidate);
        name = candidate;
    }
    return names;
}

GeneTable read_genes(const std::filesystem::path& path) {
    LineReader lines(path);
    return read_genes(lines);
}

GeneTable read_genes(LineReader& lines) {
    std::string_view line;
    const bool any = next_record(lines, line);
    const auto fields = any ? split(line) : Fields();
    GeneTable table;
    if (std::find(fields.begin(), fields.end(), "gene_id") != fields.end())
        table.genes = read_table_rows(lines, line);
    else if (looks_like_gtf(fields))
        table.genes = read_gtf(lines, line);
    else if (looks_like_bed(fields))
        table.genes = read_bed6(lines, line);
    else if (any)
        throw InputError(lines.place(), "this is neither a gene table, a GTF nor BED6",
                         "a gene table starts with a header line: " + std::string(kColumns));
    if (table.genes.empty())
        throw InputError(lines.source().name(), "there is no gene in it",
                         "give a gene table, a GTF or a BED6 file with at least one gene");
    for (auto& gene : table.genes) {
        if (gene.name.empty() || gene.name == "NA") gene.name = gene.id;
        table.has_types = table.has_types || !gene.type.empty();
    }
    return table;
}

void write_gene_table(const GeneTable& table, const std::filesystem::path& path) {
    TextWriter writer(path);
    std::vector<std::string> header;
    for (const auto column : split(kColumns, ' ')) header.emplace_back(column);
    writer.row(header);
    for (const auto& gene : table.genes)
        writer.row({gene.id, gene.name, gene.chrom, std::to_string(gene.start), std::to_string(gene.end),
                    std::string(1, gene.strand), gene.type});
    writer.close();
}

}  // namespace epi
