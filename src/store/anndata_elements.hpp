#pragma once
#include <filesystem>
#include <string>

#include "store/anndata.hpp"
#include "store/hdf5.hpp"

// The elements that .h5ad and .h5mu files are made of (anndata's on-disk format), one function per element.
namespace epi {

// Every read_ function throws InputError naming file and element.

// A csr_matrix, csc_matrix or dense array, by rows, checked: indptr rising from 0 to the number of entries,
// indices inside the matrix. Sorted; entries at the same place are added; stored zeros are dropped.
DoubleMatrix read_matrix(const Hdf5Node& node);
// Rows and columns, without reading the entries.
std::pair<std::int64_t, std::int64_t> matrix_shape(const Hdf5Node& node);
// The smallest StoredAs that holds the file's number type.
StoredAs stored_type_of(const Hdf5Node& node);
DataFrame read_dataframe(const Hdf5Node& node);
// One of its columns; nothing if its encoding is not known.
std::optional<Column> read_dataframe_column(const Hdf5Node& frame, const std::string& name);
// One column or index as text, whatever its type.
std::vector<std::string> text_of(const Column& column);
std::size_t column_length(const Column& column);
// A whole AnnData group: an .h5ad's root, or mod/<name> of an .h5mu.
AnnData read_anndata(const Hdf5Node& group);

// Every write_ function makes the element at `path`.
void write_matrix(Hdf5Writer& file, const std::string& path, const DoubleMatrix& matrix, StoredAs stored_as);
// 0/1 matrix: the ones are a fill value that takes no space.
void write_binary_matrix(Hdf5Writer& file, const std::string& path, std::int64_t rows, std::int64_t cols,
                         const std::vector<std::int32_t>& indptr, const std::vector<std::int32_t>& indices);
// An empty group with the attributes of a csr_matrix.
void write_csr_attributes(Hdf5Writer& file, const std::string& path, std::int64_t rows, std::int64_t cols);
void write_dataframe(Hdf5Writer& file, const std::string& path, const DataFrame& frame);
void write_json_element(Hdf5Writer& file, const std::string& path, const nlohmann::ordered_json& value);
// An element with anndata's two attributes: encoding-type and encoding-version.
void write_encoding(Hdf5Writer& file, const std::string& path, std::string_view type,
                    std::string_view version);
// An empty group of encoding dict.
void write_dict(Hdf5Writer& file, const std::string& path);
// The indptr of a matrix whose indices are int32: of their type where its numbers allow it.
void write_indptr(Hdf5Writer& file, const std::string& path, const std::vector<std::int64_t>& indptr);
// InputError: column and key names become names of HDF5 objects, and this one cannot.
void check_key(std::string_view key);

}  // namespace epi
