#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "store/hdf5.hpp"
#include "store/hdf5_library.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

Hdf5Handle utf8_type() {
    Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type.get(), H5T_VARIABLE);
    H5Tset_cset(type.get(), H5T_CSET_UTF8);
    return type;
}

Hdf5Handle space_of(const std::vector<std::uint64_t>& shape) {
    if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
    const std::vector<hsize_t> extents(shape.begin(), shape.end());
    return {H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose};
}

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<const char*> pointers;
    pointers.reserve(texts.size());
    for (const auto& text : texts) pointers.push_back(text.c_str());
    return pointers;
}

Hdf5Handle access_to_write() {
    Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_V18);
    // Small objects need no page of their own: a mapping can start a little before an array.
    H5Pset_alignment(access.get(), 16 * kHdf5Page, kHdf5Page);
    H5Pset_file_locking(access.get(), false, true);
    return access;
}

}  // namespace

Hdf5Handle::Hdf5Handle(Hdf5Handle&& other) noexcept : id_(other.id_), close_(other.close_) {
    other.id_ = -1;
}

Hdf5Handle& Hdf5Handle::operator=(Hdf5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
}

Hdf5Handle::~Hdf5Handle() {
    if (id_ >= 0) close_(id_);
}

hid_t Hdf5Handle::release() {
    return std::exchange(id_, -1);
}

template <>
hid_t memory_type<double>() {
    return H5T_NATIVE_DOUBLE;
}
template <>
hid_t memory_type<float>() {
    return H5T_NATIVE_FLOAT;
}
template <>
hid_t memory_type<std::int64_t>() {
    return H5T_NATIVE_INT64;
}
template <>
hid_t memory_type<std::uint64_t>() {
    return H5T_NATIVE_UINT64;
}
template <>
hid_t memory_type<std::int32_t>() {
    return H5T_NATIVE_INT32;
}
template <>
hid_t memory_type<std::uint32_t>() {
    return H5T_NATIVE_UINT32;
}
template <>
hid_t memory_type<std::uint16_t>() {
    return H5T_NATIVE_UINT16;
}
template <>
hid_t memory_type<std::int16_t>() {
    return H5T_NATIVE_INT16;
}
template <>
hid_t memory_type<std::int8_t>() {
    return H5T_NATIVE_INT8;
}
template <>
hid_t memory_type<std::uint8_t>() {
    return H5T_NATIVE_UINT8;
}

Hdf5Handle boolean_type() {
    Hdf5Handle type(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose);
    std::int8_t value = 0;
    H5Tenum_insert(type.get(), "FALSE", &value);
    value = 1;
    H5Tenum_insert(type.get(), "TRUE", &value);
    return type;
}

Hdf5Writer::Hdf5Writer(const fs::path& path, std::string name, std::uint64_t user_block)
    : name_(std::move(name)) {
    start_hdf5();
    const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation.get(), false);
    H5Pset_userblock(creation.get(), user_block);
    const auto access = access_to_write();
    file_ = Hdf5Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose);
    require(static_cast<bool>(file_));
}

Hdf5Writer Hdf5Writer::reopen(const fs::path& path, std::string name) {
    start_hdf5();
    const auto access = access_to_write();
    Hdf5Writer writer(Hdf5Handle(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.get()), H5Fclose),
                      std::move(name));
    writer.require(static_cast<bool>(writer.file_));
    return writer;
}

void Hdf5Writer::require(bool good) const {
    if (!good)
        throw ResourceError(name_, "cannot be written",
                            "check the space on the disk and the permissions of the folder");
}

void Hdf5Writer::make_group(const std::string& path) {
    const Hdf5Handle creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation.get(), false);
    const Hdf5Handle group(H5Gcreate2(file_.get(), path.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
                           H5Gclose);
    require(static_cast<bool>(group));
}

void Hdf5Writer::link(const std::string& path, const std::string& new_path) {
    require(H5Lcreate_hard(file_.get(), path.c_str(), file_.get(), new_path.c_str(), H5P_DEFAULT,
                           H5P_DEFAULT) >= 0);
}

void Hdf5Writer::write_attribute(const std::string& path, const std::string& name, hid_t type,
                                 const void* values, std::optional<std::size_t> count) {
    const Hdf5Handle space =
        space_of(count ? std::vector<std::uint64_t>{*count} : std::vector<std::uint64_t>{});
    const Hdf5Handle handle(H5Acreate_by_name(file_.get(), path.c_str(), name.c_str(), type, space.get(),
                                              H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                            H5Aclose);
    require(handle && (count == 0 || H5Awrite(handle.get(), type, values) >= 0));
}

void Hdf5Writer::attribute(const std::string& path, const std::string& name, std::string_view text) {
    const auto type = utf8_type();
    const std::string copy(text);
    const char* pointer = copy.c_str();
    write_attribute(path, name, type.get(), &pointer, std::nullopt);
}

void Hdf5Writer::attribute(const std::string& path, const std::string& name,
                           const std::vector<std::string>& texts) {
    const auto type = utf8_type();
    write_attribute(path, name, type.get(), pointers_to(texts).data(), texts.size());
}

void Hdf5Writer::attribute(const std::string& path, const std::string& name,
                           const std::vector<std::int64_t>& numbers) {
    write_attribute(path, name, H5T_NATIVE_INT64, numbers.data(), numbers.size());
}

void Hdf5Writer::boolean_attribute(const std::string& path, const std::string& name, bool value) {
    const auto type = boolean_type();
    const std::int8_t byte = value ? 1 : 0;
    write_attribute(path, name, type.get(), &byte, std::nullopt);
}

Hdf5Handle Hdf5Writer::create(const std::string& path, hid_t type, hid_t space, bool early) {
    const Hdf5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation.get(), false);
    H5Pset_layout(creation.get(), H5D_CONTIGUOUS);
    if (early) {
        H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_EARLY);
        // HDF5 refuses this for strings of variable length.
        if (H5Tis_variable_str(type) <= 0) H5Pset_fill_time(creation.get(), H5D_FILL_TIME_NEVER);
    } else {
        const std::uint8_t one = 1;
        H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_LATE);
        H5Pset_fill_value(creation.get(), H5T_NATIVE_UINT8, &one);
    }
    Hdf5Handle dataset(
        H5Dcreate2(file_.get(), path.c_str(), type, space, H5P_DEFAULT, creation.get(), H5P_DEFAULT),
        H5Dclose);
    require(static_cast<bool>(dataset));
    return dataset;
}

void Hdf5Writer::write_array(const std::string& path, const void* values, std::size_t count, hid_t memory,
                             const std::vector<std::uint64_t>& shape, hid_t stored) {
    const auto space = space_of(shape);
    check(H5Sget_simple_extent_npoints(space.get()) == static_cast<hssize_t>(count),
          "an array as large as its shape");
    const auto dataset = create(path, stored, space.get(), true);
    require(count == 0 || H5Dwrite(dataset.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
}

void Hdf5Writer::write_compressed(const std::string& path, const void* values, std::size_t count,
                                  hid_t type) {
    const auto space = space_of({count});
    const Hdf5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(creation.get(), false);
    const hsize_t chunk = std::clamp<std::size_t>(count, 1, 80'000);  // Cell Ranger's
    H5Pset_chunk(creation.get(), 1, &chunk);
    H5Pset_deflate(creation.get(), 4);
    const Hdf5Handle dataset(
        H5Dcreate2(file_.get(), path.c_str(), type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
        H5Dclose);
    require(dataset &&
            (count == 0 || H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0));
}

void Hdf5Writer::texts(const std::string& path, const std::vector<std::string>& values) {
    const auto type = utf8_type();
    write_array(path, pointers_to(values).data(), values.size(), type.get(), {values.size()}, type.get());
}

void Hdf5Writer::text(const std::string& path, std::string_view value) {
    const auto type = utf8_type();
    const std::string copy(value);
    const char* pointer = copy.c_str();
    write_array(path, &pointer, 1, type.get(), {}, type.get());
}

void Hdf5Writer::booleans(const std::string& path, const std::vector<std::int8_t>& values,
                          const std::vector<std::uint64_t>& shape) {
    const auto type = boolean_type();
    write_array(path, values.data(), values.size(), type.get(), shape, type.get());
}

void Hdf5Writer::ones(const std::string& path, std::uint64_t n) {
    const auto space = space_of({n});
    create(path, H5T_NATIVE_UINT8, space.get(), false);
}

Hdf5Extent Hdf5Writer::reserve_array(const std::string& path, std::uint64_t n, hid_t type) {
    const auto space = space_of({n});
    const auto dataset = create(path, type, space.get(), true);
    if (n == 0) return {};
    const auto offset = H5Dget_offset(dataset.get());
    require(offset != HADDR_UNDEF);
    return {offset, n * H5Tget_size(type)};
}

void Hdf5Writer::close() {
    require(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL) >= 0);
    require(H5Fclose(file_.release()) >= 0);
}

}  // namespace epi
