#include "store/csr_sink.hpp"

#include <algorithm>
#include <cstring>

#include "core/error.hpp"
#include "store/anndata_elements.hpp"

namespace epi {
namespace {

Hdf5Extent reserve_values(Hdf5Writer& file, const std::string& path, std::uint64_t n, StoredAs stored) {
    switch (stored) {
        case StoredAs::UInt8:
            return file.reserve<std::uint8_t>(path, n);
        case StoredAs::UInt16:
            return file.reserve<std::uint16_t>(path, n);
        case StoredAs::Int32:
            return file.reserve<std::int32_t>(path, n);
        case StoredAs::Float32:
            return file.reserve<float>(path, n);
        case StoredAs::Float64:
            break;
    }
    return file.reserve<double>(path, n);
}

std::size_t size_of(StoredAs stored) {
    switch (stored) {
        case StoredAs::UInt8:
            return 1;
        case StoredAs::UInt16:
            return 2;
        case StoredAs::Int32:
        case StoredAs::Float32:
            return 4;
        case StoredAs::Float64:
            break;
    }
    return 8;
}

template <class Target, class Source>
void append_as(std::span<const Source> values, std::vector<std::byte>& bytes) {
    const auto before = bytes.size();
    bytes.resize(before + values.size() * sizeof(Target));
    auto* at = bytes.data() + before;
    for (const auto value : values) {
        const auto stored = static_cast<Target>(value);
        std::memcpy(at, &stored, sizeof stored);
        at += sizeof stored;
    }
}

void append_values(StoredAs stored, std::span<const double> values, std::vector<std::byte>& bytes) {
    switch (stored) {
        case StoredAs::UInt8:
            return append_as<std::uint8_t>(values, bytes);
        case StoredAs::UInt16:
            return append_as<std::uint16_t>(values, bytes);
        case StoredAs::Int32:
            return append_as<std::int32_t>(values, bytes);
        case StoredAs::Float32:
            return append_as<float>(values, bytes);
        case StoredAs::Float64:
            return append_as<double>(values, bytes);
    }
}

}  // namespace

CsrPlace reserve_csr(Hdf5Writer& file, const std::string& path, std::int64_t cols,
                     std::span<const std::int32_t> lengths, std::optional<StoredAs> values,
                     std::int64_t narrow) {
    CsrPlace place;
    place.values = values;
    place.indptr.reserve(lengths.size() + 1);
    place.indptr.push_back(0);
    for (const auto length : lengths) place.indptr.push_back(place.indptr.back() + length);
    const auto entries = static_cast<std::uint64_t>(place.indptr.back());
    place.wide = place.indptr.back() > narrow;
    write_csr_attributes(file, path, static_cast<std::int64_t>(lengths.size()), cols);
    const auto stored = place.wide ? memory_type<std::int64_t>() : memory_type<std::int32_t>();
    file.array(path + "/indptr", place.indptr, {place.indptr.size()}, stored);
    place.indices = place.wide ? file.reserve<std::int64_t>(path + "/indices", entries)
                               : file.reserve<std::int32_t>(path + "/indices", entries);
    if (values)
        place.data = reserve_values(file, path + "/data", entries, *values);
    else
        file.ones(path + "/data", entries);
    return place;
}

CsrSink::CsrSink(const RawFile& file, const CsrPlace& place, std::size_t buffer)
    : file_(file), place_(place), next_indices_(file, place.indices), next_data_(file, place.data) {
    most_ = std::max<std::size_t>(1, buffer / (place.values ? 12 : 4));
    file.allocate(place.indices.offset, place.indices.bytes);
    file.allocate(place.data.offset, place.data.bytes);
}

void CsrSink::put(std::int64_t row, std::span<const std::int32_t> columns, std::span<const double> values) {
    const auto at = static_cast<std::size_t>(row);
    check(place_.indptr.at(at + 1) - place_.indptr[at] == static_cast<std::int64_t>(columns.size()),
          "a row as long as it was said to be");
    check(!place_.values || values.size() == columns.size(), "as many values as columns");
    if (columns.empty()) return;
    if (follows(place_.indptr[at])) return append(columns, values);
    if (columns_.size() + columns.size() > most_) flush();
    held_.push_back({row, columns_.size(), columns.size()});
    columns_.insert(columns_.end(), columns.begin(), columns.end());
    if (place_.values) values_.insert(values_.end(), values.begin(), values.end());
}

// Whether a row from entry number `entry` on is the next of the file, as all before it were.
bool CsrSink::follows(std::int64_t entry) {
    if (in_order_ && entry != written_) {
        next_indices_.finish();
        next_data_.finish();
        in_order_ = false;
    }
    return in_order_;
}

void CsrSink::append(std::span<const std::int32_t> columns, std::span<const double> values) {
    bytes_.clear();
    if (place_.wide) append_as<std::int64_t>(columns, bytes_);
    next_indices_.append(place_.wide ? std::span<const std::byte>(bytes_) : std::as_bytes(columns));
    written_ += static_cast<std::int64_t>(columns.size());
    if (!place_.values) return;
    bytes_.clear();
    append_values(*place_.values, values, bytes_);
    next_data_.append(bytes_);
}

// The rows held_[first .. last), which are neighbours in the file, from entry number `entry` on.
void CsrSink::write_run(std::size_t first, std::size_t last, std::uint64_t entry) {
    bool in_order = !place_.wide;
    for (auto i = first + 1; i < last; ++i)
        in_order = in_order && held_[i].begin == held_[i - 1].begin + held_[i - 1].length;
    if (in_order)  // held as it goes to the file
        file_.write(columns_.data() + held_[first].begin, run_length(first, last) * sizeof(std::int32_t),
                    place_.indices.offset + entry * sizeof(std::int32_t));
    else
        write_columns(first, last, entry);
    if (!place_.values) return;
    bytes_.clear();
    for (auto i = first; i < last; ++i)
        append_values(*place_.values,
                      std::span<const double>(values_).subspan(held_[i].begin, held_[i].length), bytes_);
    file_.write(bytes_.data(), bytes_.size(), place_.data.offset + entry * size_of(*place_.values));
}

std::size_t CsrSink::run_length(std::size_t first, std::size_t last) const {
    std::size_t length = 0;
    for (auto i = first; i < last; ++i) length += held_[i].length;
    return length;
}

void CsrSink::write_columns(std::size_t first, std::size_t last, std::uint64_t entry) {
    bytes_.clear();
    for (auto i = first; i < last; ++i) {
        const auto columns = std::span<const std::int32_t>(columns_).subspan(held_[i].begin, held_[i].length);
        if (place_.wide)
            append_as<std::int64_t>(columns, bytes_);
        else
            append_as<std::int32_t>(columns, bytes_);
    }
    const auto width = place_.wide ? sizeof(std::int64_t) : sizeof(std::int32_t);
    file_.write(bytes_.data(), bytes_.size(), place_.indices.offset + entry * width);
}

void CsrSink::flush() {
    std::sort(held_.begin(), held_.end(), [](const Held& a, const Held& b) { return a.row < b.row; });
    for (std::size_t first = 0; first < held_.size();) {
        const auto begin = place_.indptr[static_cast<std::size_t>(held_[first].row)];
        auto end = begin;
        auto last = first;
        while (last < held_.size() && place_.indptr[static_cast<std::size_t>(held_[last].row)] == end)
            end += static_cast<std::int64_t>(held_[last++].length);
        write_run(first, last, static_cast<std::uint64_t>(begin));
        written_ += end - begin;
        first = last;
    }
    // The disk works while the next rows are read, and little is left to wait for at the end.
    file_.start_writing(place_.indices.offset, place_.indices.bytes);
    if (place_.values) file_.start_writing(place_.data.offset, place_.data.bytes);
    held_.clear();
    columns_.clear();
    values_.clear();
}

void CsrSink::finish() {
    if (in_order_) {
        next_indices_.finish();
        next_data_.finish();
    } else {
        flush();
    }
    check(written_ == place_.indptr.back(), "every row of a matrix was put, once");
}

}  // namespace epi
