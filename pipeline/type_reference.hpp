#pragma once
#include <filesystem>
#include <string>

#include "label/typing.hpp"

namespace epi {

struct TypeReferenceFile {
    TypeReference reference;
    bool normalised_here = false;  // the file held counts or rates, see below
};

// Reads expression profiles of cell types from a table, tab- or comma-separated, plain or gzip. Two layouts:
// genes x types, the first column naming the gene (a gene that comes again is left out); or, with a column
// `celltype` or `cell_type`, samples x genes, whose mean per type is taken. Values are log-normalised
// profiles; where one is above 20, which log1p of 10,000 parts never reaches, they are taken for counts or
// rates: divided by the sum of the profile, times 10,000, log1p. InputError: no type, no gene, a type twice,
// a value that is no number or negative.
TypeReferenceFile read_type_reference(const std::filesystem::path& path);

}  // namespace epi
