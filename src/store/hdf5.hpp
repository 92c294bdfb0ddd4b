#pragma once
#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The HDF5 C library with owners, names in every error, and the types this project needs. The only code that
// calls it. Debian builds HDF5 without thread safety: one thread at a time may use anything in here.
namespace epi {

// Owns an HDF5 identifier and closes it.
class Hdf5Handle {
  public:
    Hdf5Handle() = default;
    Hdf5Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
    Hdf5Handle(Hdf5Handle&& other) noexcept;
    Hdf5Handle& operator=(Hdf5Handle&& other) noexcept;
    ~Hdf5Handle();

    hid_t get() const { return id_; }
    hid_t release();  // the caller closes it
    explicit operator bool() const { return id_ >= 0; }

  private:
    hid_t id_ = -1;
    herr_t (*close_)(hid_t) = nullptr;
};

// The type in memory for a C++ number; memory_type<double>() and so on.
template <class Number>
hid_t memory_type();
template <>
hid_t memory_type<double>();
template <>
hid_t memory_type<float>();
template <>
hid_t memory_type<std::int64_t>();
template <>
hid_t memory_type<std::uint64_t>();
template <>
hid_t memory_type<std::int32_t>();
template <>
hid_t memory_type<std::uint32_t>();
template <>
hid_t memory_type<std::uint16_t>();
template <>
hid_t memory_type<std::int16_t>();
template <>
hid_t memory_type<std::int8_t>();
template <>
hid_t memory_type<std::uint8_t>();

// The anndata convention for booleans: an enum of int8, FALSE = 0, TRUE = 1.
Hdf5Handle boolean_type();

// Bytes of the file before the HDF5 content, and what large arrays are aligned to.
inline constexpr std::uint64_t kHdf5Page = 4096;

// Where an array lies in the file, when its bytes there are the numbers of memory.
struct Hdf5Extent {
    std::uint64_t offset = 0, bytes = 0;
};

// A group or dataset of an open file, to read from. Cheap to copy. Every error is an InputError whose place
// is "file:/path/inside".
class Hdf5Node {
  public:
    // Opens a file to read, without locking it; HDF5's own messages are silenced. InputError: missing, not
    // HDF5, truncated.
    static Hdf5Node open_file(const std::filesystem::path& path);

    bool is_group() const { return group_; }
    std::filesystem::path file_path() const;
    // "file.h5ad:/X/indices"
    std::string place() const;
    [[noreturn]] void fail(std::string_view problem,
                           std::string_view remedy = "write the file again with the tool that made it") const;

    // Of a group.
    bool has(std::string_view name) const;
    Hdf5Node child(std::string_view name) const;  // InputError naming the members there are
    std::vector<std::string> members() const;     // in lexicographic order

    // Attributes. Text: "" where there is none.
    bool has_attribute(const std::string& name) const;
    std::string text_attribute(const std::string& name) const;
    std::vector<std::string> texts_attribute(const std::string& name) const;
    std::vector<std::int64_t> integers_attribute(const std::string& name) const;

    // Of a dataset.
    std::vector<std::uint64_t> shape() const;  // {} for a scalar
    std::uint64_t size() const;                // elements in all
    H5T_class_t type_class() const;
    std::size_t type_size() const;   // bytes
    bool is_signed_integer() const;  // signed integers
    bool is_text() const;
    bool is_boolean() const;  // an enum of FALSE and TRUE
    template <class Number>
    std::vector<Number> read() const {  // any number type or boolean, converted by HDF5
        std::vector<Number> values(size());
        read_into(values.data(), memory_type<Number>());
        return values;
    }
    // Elements [first, first + count) along the first axis, with all others whole.
    template <class Number>
    std::vector<Number> read_slice(std::uint64_t first, std::uint64_t count) const {
        std::vector<Number> values(slice_size(count));
        read_slice_into(values.data(), memory_type<Number>(), first, count);
        return values;
    }
    // Integers that must be 64-bit exact as a double: InputError beyond 2^53.
    std::vector<double> read_exact() const;
    std::vector<double> read_exact_slice(std::uint64_t first, std::uint64_t count) const;
    // Variable-length or fixed-length strings.
    std::vector<std::string> read_texts() const;
    // True if nothing was ever written and every element reads as 1.
    bool is_all_ones() const;
    bool is_contiguous() const;
    // Where the numbers lie, if they are of exactly this type, contiguous, uncompressed, allocated and at an
    // offset that suits the type.
    template <class Number>
    std::optional<Hdf5Extent> mappable() const {
        return extent_of(memory_type<Number>());
    }

  private:
    struct File;
    Hdf5Node(std::shared_ptr<File> file, std::string path);
    Hdf5Handle attribute(const std::string& name) const;
    std::uint64_t slice_size(std::uint64_t count) const;
    void read_into(void* values, hid_t type) const;
    void read_slice_into(void* values, hid_t type, std::uint64_t first, std::uint64_t count) const;
    std::optional<Hdf5Extent> extent_of(hid_t type) const;
    void check_exact(const std::vector<double>& values) const;
    // If the file's type is exactly this one.
    template <class Stored>
    bool read_widened(std::uint64_t first, std::uint64_t count, std::vector<double>& values) const;

    std::shared_ptr<File> file_;
    std::string path_;  // inside the file
    std::shared_ptr<Hdf5Handle> object_;
    bool group_ = false;
};

// A new HDF5 file. Contents are written in order, without times, so that the same calls give the same bytes.
// Every error is a ResourceError (disk full, permissions). Use AtomicFile's temporary path.
class Hdf5Writer {
  public:
    // `user_block` bytes (0, or kHdf5Page) are left free in front. `name` is for messages.
    Hdf5Writer(const std::filesystem::path& path, std::string name, std::uint64_t user_block = 0);
    // One that was closed, to add to it.
    static Hdf5Writer reopen(const std::filesystem::path& path, std::string name);

    // Paths are absolute inside the file; parents must exist ("/" does).
    void make_group(const std::string& path);
    // A second name of an array.
    void link(const std::string& path, const std::string& new_path);
    void attribute(const std::string& path, const std::string& name, std::string_view text);
    void attribute(const std::string& path, const std::string& name, const std::vector<std::string>& texts);
    void attribute(const std::string& path, const std::string& name,
                   const std::vector<std::int64_t>& numbers);
    void boolean_attribute(const std::string& path, const std::string& name, bool value);
    // Contiguous, uncompressed, allocated at once (large ones at page boundaries); `stored` is the type in
    // the file.
    template <class Number>
    void array(const std::string& path, const std::vector<Number>& values,
               const std::vector<std::uint64_t>& shape, hid_t stored) {
        write_array(path, values.data(), values.size(), memory_type<Number>(), shape, stored);
    }
    template <class Number>
    void array(const std::string& path, const std::vector<Number>& values) {
        array(path, values, {values.size()}, memory_type<Number>());
    }
    // Chunked and gzip-compressed, for files that others make small: not mappable.
    template <class Number>
    void compressed(const std::string& path, const std::vector<Number>& values) {
        write_compressed(path, values.data(), values.size(), memory_type<Number>());
    }
    void texts(const std::string& path, const std::vector<std::string>& values);
    void text(const std::string& path, std::string_view value);  // scalar
    template <class Number>
    void scalar(const std::string& path, Number value) {
        write_array(path, &value, 1, memory_type<Number>(), {}, memory_type<Number>());
    }
    void booleans(const std::string& path, const std::vector<std::int8_t>& values,
                  const std::vector<std::uint64_t>& shape);  // {}: scalar
    // `n` ones of type uint8 that take no space in the file.
    void ones(const std::string& path, std::uint64_t n);

    // Room for `n` numbers as array() would lay them out, to be written by other means once the file is
    // closed. Bytes 0 where n is 0.
    template <class Number>
    Hdf5Extent reserve(const std::string& path, std::uint64_t n) {
        return reserve_array(path, n, memory_type<Number>());
    }

    // Flushes and closes; must be called.
    void close();

  private:
    Hdf5Writer(Hdf5Handle file, std::string name) : name_(std::move(name)), file_(std::move(file)) {}
    void write_array(const std::string& path, const void* values, std::size_t count, hid_t memory,
                     const std::vector<std::uint64_t>& shape, hid_t stored);
    void write_compressed(const std::string& path, const void* values, std::size_t count, hid_t type);
    void write_attribute(const std::string& path, const std::string& name, hid_t type, const void* values,
                         std::optional<std::size_t> count);
    Hdf5Extent reserve_array(const std::string& path, std::uint64_t n, hid_t type);
    Hdf5Handle create(const std::string& path, hid_t type, hid_t space, bool early);
    void require(bool good) const;

    std::string name_;
    Hdf5Handle file_;
};

}  // namespace epi
