#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/text.hpp"
#include "store/hdf5.hpp"
#include "store/hdf5_library.hpp"

namespace epi {
namespace fs = std::filesystem;

struct Hdf5Node::File {
    std::string name;
    Hdf5Handle id;
};

namespace {

// Strings of a file's string type, whether of fixed or of variable length.
template <class Read>
std::vector<std::string> texts_of(hid_t file_type, std::size_t count, Read&& read) {
    std::vector<std::string> texts(count);
    if (count == 0) return texts;
    if (H5Tis_variable_str(file_type) > 0) {
        const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
        H5Tset_size(type.get(), H5T_VARIABLE);
        H5Tset_cset(type.get(), H5Tget_cset(file_type));
        std::vector<char*> pointers(count, nullptr);
        read(type.get(), pointers.data());
        for (std::size_t i = 0; i < count; ++i) {
            if (pointers[i] != nullptr) texts[i] = pointers[i];
            H5free_memory(pointers[i]);
        }
    } else {
        const std::size_t width = H5Tget_size(file_type);
        std::vector<char> bytes(count * width);
        read(file_type, bytes.data());
        for (std::size_t i = 0; i < count; ++i) {
            const char* begin = bytes.data() + i * width;
            std::string_view text(begin,
                                  static_cast<std::size_t>(std::find(begin, begin + width, '\0') - begin));
            if (H5Tget_strpad(file_type) == H5T_STR_SPACEPAD)
                while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
            texts[i] = text;
        }
    }
    return texts;
}

herr_t collect_name(hid_t, const char* name, const H5L_info_t*, void* names) {
    static_cast<std::vector<std::string>*>(names)->emplace_back(name);
    return 0;
}

std::uint64_t product(const std::vector<std::uint64_t>& shape) {
    std::uint64_t n = 1;
    for (const auto extent : shape) n *= extent;
    return n;
}

}  // namespace

Hdf5Node Hdf5Node::open_file(const fs::path& path) {
    start_hdf5();
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status)) throw InputError(path.string(), "No such file or directory", "check the path");
    if (fs::is_directory(status))
        throw InputError(path.string(), "is a folder, not an HDF5 file", "give the file itself");
    const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_file_locking(access.get(), false, true);
    Hdf5Handle id(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose);
    if (!id) {
        if (H5Fis_hdf5(path.c_str()) > 0)
            throw InputError(path.string(), "the HDF5 file is truncated or damaged",
                             "copy it again; on network disks also try HDF5_USE_FILE_LOCKING=FALSE");
        throw InputError(path.string(), "not an HDF5 file or not readable",
                         "give an .h5, .h5ad or .h5mu file");
    }
    return {std::make_shared<File>(File{path.string(), std::move(id)}), "/"};
}

Hdf5Node::Hdf5Node(std::shared_ptr<File> file, std::string path)
    : file_(std::move(file)), path_(std::move(path)) {
    object_ = std::make_shared<Hdf5Handle>(H5Oopen(file_->id.get(), path_.c_str(), H5P_DEFAULT), H5Oclose);
    if (!*object_) fail("cannot be opened (damaged, or a link to nowhere)");
    const auto type = H5Iget_type(object_->get());
    if (type != H5I_GROUP && type != H5I_DATASET) fail("neither a group nor an array");
    group_ = type == H5I_GROUP;
}

fs::path Hdf5Node::file_path() const {
    return file_->name;
}

std::string Hdf5Node::place() const {
    return path_ == "/" ? file_->name : file_->name + ":" + path_;
}

void Hdf5Node::fail(std::string_view problem, std::string_view remedy) const {
    throw InputError(place(), problem, remedy);
}

bool Hdf5Node::has(std::string_view name) const {
    return group_ && H5Lexists(object_->get(), std::string(name).c_str(), H5P_DEFAULT) > 0;
}

Hdf5Node Hdf5Node::child(std::string_view name) const {
    if (!group_) fail("an array where a group is expected");
    if (!has(name)) fail("has no '" + std::string(name) + "' (but: " + join(members(), ", ") + ")");
    return {file_, (path_ == "/" ? "/" : path_ + "/") + std::string(name)};
}

std::vector<std::string> Hdf5Node::members() const {
    std::vector<std::string> names;
    if (!group_) fail("an array where a group is expected");
    if (H5Literate(object_->get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_name, &names) < 0)
        fail("its members cannot be listed (damaged)");
    return names;
}

bool Hdf5Node::has_attribute(const std::string& name) const {
    return H5Aexists(object_->get(), name.c_str()) > 0;
}

Hdf5Handle Hdf5Node::attribute(const std::string& name) const {
    Hdf5Handle handle(H5Aopen(object_->get(), name.c_str(), H5P_DEFAULT), H5Aclose);
    if (!handle) fail("attribute '" + name + "' is missing or damaged");
    return handle;
}

std::vector<std::string> Hdf5Node::texts_attribute(const std::string& name) const {
    if (!has_attribute(name)) return {};
    const auto handle = attribute(name);
    const Hdf5Handle type(H5Aget_type(handle.get()), H5Tclose);
    const Hdf5Handle space(H5Aget_space(handle.get()), H5Sclose);
    const auto count = H5Sget_simple_extent_npoints(space.get());
    if (count <= 0 || H5Tget_class(type.get()) != H5T_STRING) return {};
    return texts_of(type.get(), static_cast<std::size_t>(count), [&](hid_t memory, void* target) {
        if (H5Aread(handle.get(), memory, target) < 0) fail("attribute '" + name + "' is damaged");
    });
}

std::string Hdf5Node::text_attribute(const std::string& name) const {
    const auto texts = texts_attribute(name);
    return texts.empty() ? "" : texts[0];
}

std::vector<std::int64_t> Hdf5Node::integers_attribute(const std::string& name) const {
    const auto handle = attribute(name);
    const Hdf5Handle type(H5Aget_type(handle.get()), H5Tclose);
    const Hdf5Handle space(H5Aget_space(handle.get()), H5Sclose);
    const auto count = H5Sget_simple_extent_npoints(space.get());
    if (count < 0 || H5Tget_class(type.get()) != H5T_INTEGER) fail("attribute '" + name + "' is no integer");
    std::vector<std::int64_t> values(static_cast<std::size_t>(count));
    if (count > 0 && H5Aread(handle.get(), H5T_NATIVE_INT64, values.data()) < 0)
        fail("attribute '" + name + "' is damaged");
    return values;
}

std::vector<std::uint64_t> Hdf5Node::shape() const {
    if (group_) fail("a group where an array is expected");
    const Hdf5Handle space(H5Dget_space(object_->get()), H5Sclose);
    if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) return {0};
    const int rank = H5Sget_simple_extent_ndims(space.get());
    if (rank < 0) fail("its shape cannot be read (damaged)");
    std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
    H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr);
    return {extents.begin(), extents.end()};
}

std::uint64_t Hdf5Node::size() const {
    return product(shape());
}

H5T_class_t Hdf5Node::type_class() const {
    if (group_) fail("a group where an array is expected");
    const Hdf5Handle type(H5Dget_type(object_->get()), H5Tclose);
    return H5Tget_class(type.get());
}

std::size_t Hdf5Node::type_size() const {
    const Hdf5Handle type(H5Dget_type(object_->get()), H5Tclose);
    return H5Tget_size(type.get());
}

bool Hdf5Node::is_signed_integer() const {
    const Hdf5Handle type(H5Dget_type(object_->get()), H5Tclose);
    return H5Tget_class(type.get()) == H5T_INTEGER && H5Tget_sign(type.get()) == H5T_SGN_2;
}

bool Hdf5Node::is_text() const {
    return type_class() == H5T_STRING;
}

bool Hdf5Node::is_boolean() const {
    return type_class() == H5T_ENUM;
}

void Hdf5Node::read_into(void* values, hid_t type) const {
    const auto kind = type_class();
    if (kind != H5T_INTEGER && kind != H5T_FLOAT && kind != H5T_ENUM) fail("an array of numbers is expected");
    if (size() > 0 && H5Dread(object_->get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        fail("cannot be read (truncated, damaged, or an unknown compression)");
}

std::uint64_t Hdf5Node::slice_size(std::uint64_t count) const {
    auto extents = shape();
    if (extents.empty()) fail("a single value where an array is expected");
    extents[0] = count;
    return product(extents);
}

void Hdf5Node::read_slice_into(void* values, hid_t type, std::uint64_t first, std::uint64_t count) const {
    const auto extents = shape();
    check(!extents.empty() && first + count <= extents[0], "a slice inside the array");
    if (type_class() == H5T_STRING || type_class() == H5T_COMPOUND) fail("an array of numbers is expected");
    if (slice_size(count) == 0) return;
    std::vector<hsize_t> start(extents.size(), 0), block(extents.begin(), extents.end());
    start[0] = first;
    block[0] = count;
    const Hdf5Handle from(H5Dget_space(object_->get()), H5Sclose);
    H5Sselect_hyperslab(from.get(), H5S_SELECT_SET, start.data(), nullptr, block.data(), nullptr);
    const Hdf5Handle to(H5Screate_simple(static_cast<int>(block.size()), block.data(), nullptr), H5Sclose);
    if (H5Dread(object_->get(), type, to.get(), from.get(), H5P_DEFAULT, values) < 0)
        fail("cannot be read (truncated, damaged, or an unknown compression)");
}

void Hdf5Node::check_exact(const std::vector<double>& values) const {
    if (type_class() != H5T_INTEGER || type_size() < 8) return;
    constexpr double kLargest = 9007199254740992.0;  // 2^53: integers up to here are exact in a double
    if (std::any_of(values.begin(), values.end(), [](double v) { return std::abs(v) > kLargest; }))
        fail("holds an integer beyond 2^53", "store values that a double can hold");
}

std::vector<double> Hdf5Node::read_exact() const {
    auto values = read<double>();
    check_exact(values);
    return values;
}

template <class Stored>
bool Hdf5Node::read_widened(std::uint64_t first, std::uint64_t count, std::vector<double>& values) const {
    const Hdf5Handle stored(H5Dget_type(object_->get()), H5Tclose);
    if (H5Tequal(stored.get(), memory_type<Stored>()) <= 0) return false;
    const auto narrow = read_slice<Stored>(first, count);
    values.assign(narrow.begin(), narrow.end());
    return true;
}

std::vector<double> Hdf5Node::read_exact_slice(std::uint64_t first, std::uint64_t count) const {
    std::vector<double> values;
    // HDF5 converts far slower than a loop does.
    const bool done = read_widened<std::uint8_t>(first, count, values) ||
                      read_widened<std::int32_t>(first, count, values) ||
                      read_widened<float>(first, count, values) ||
                      read_widened<std::int64_t>(first, count, values) ||
                      read_widened<std::uint16_t>(first, count, values) ||
                      read_widened<std::uint32_t>(first, count, values);
    if (!done) values = read_slice<double>(first, count);
    check_exact(values);
    return values;
}

std::vector<std::string> Hdf5Node::read_texts() const {
    if (!is_text()) fail("an array of strings is expected");
    const Hdf5Handle type(H5Dget_type(object_->get()), H5Tclose);
    return texts_of(type.get(), size(), [&](hid_t memory, void* target) {
        if (H5Dread(object_->get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, target) < 0)
            fail("its strings cannot be read (truncated or damaged)");
    });
}

bool Hdf5Node::is_all_ones() const {
    const Hdf5Handle creation(H5Dget_create_plist(object_->get()), H5Pclose);
    H5D_space_status_t status{};
    std::int64_t fill = 0;
    if (H5Dget_space_status(object_->get(), &status) < 0 || status != H5D_SPACE_STATUS_NOT_ALLOCATED)
        return false;
    return H5Pget_fill_value(creation.get(), H5T_NATIVE_INT64, &fill) >= 0 && fill == 1;
}

bool Hdf5Node::is_contiguous() const {
    const Hdf5Handle creation(H5Dget_create_plist(object_->get()), H5Pclose);
    return H5Pget_layout(creation.get()) == H5D_CONTIGUOUS;
}

std::optional<Hdf5Extent> Hdf5Node::extent_of(hid_t type) const {
    const Hdf5Handle stored(H5Dget_type(object_->get()), H5Tclose);
    const Hdf5Handle creation(H5Dget_create_plist(object_->get()), H5Pclose);
    if (H5Tequal(stored.get(), type) <= 0 || H5Pget_layout(creation.get()) != H5D_CONTIGUOUS ||
        H5Pget_nfilters(creation.get()) != 0 || H5Pget_external_count(creation.get()) != 0)
        return std::nullopt;
    H5D_space_status_t status{};
    if (H5Dget_space_status(object_->get(), &status) < 0 || status != H5D_SPACE_STATUS_ALLOCATED)
        return std::nullopt;
    const auto offset = H5Dget_offset(object_->get());
    if (offset == HADDR_UNDEF || offset % H5Tget_size(type) != 0) return std::nullopt;
    const Hdf5Extent extent{offset, size() * H5Tget_size(type)};
    std::error_code error;
    const auto length = fs::file_size(file_->name, error);
    if (error || extent.offset + extent.bytes > length)
        fail("reaches beyond the end of the file", "copy it again");
    return extent;
}

}  // namespace epi
