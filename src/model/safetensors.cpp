#include "model/safetensors.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

namespace epi {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxHeader = 100'000'000;

const std::vector<std::pair<std::string, torch::ScalarType>>& types() {
    static const std::vector<std::pair<std::string, torch::ScalarType>> list{
        {"F64", torch::kFloat64},   {"F32", torch::kFloat32}, {"F16", torch::kFloat16},
        {"BF16", torch::kBFloat16}, {"I64", torch::kInt64},   {"I32", torch::kInt32},
        {"I16", torch::kInt16},     {"I8", torch::kInt8},     {"U8", torch::kUInt8},
        {"BOOL", torch::kBool}};
    return list;
}

class Reader {
  public:
    explicit Reader(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary) {}

    SafeTensors read() {
        if (!file_) throw InputError(path_.string(), "cannot be read", "check the path");
        const auto header = parse_header();
        SafeTensors result;
        std::vector<Entry> entries;
        for (const auto& [name, value] : header.items()) {
            if (name == "__metadata__")
                result.metadata = metadata(value);
            else
                entries.push_back(entry(name, value));
        }
        check_layout(entries);
        for (const auto& one : entries) {
            auto tensor = torch::empty(one.shape, one.type);
            file_.seekg(static_cast<std::streamoff>(buffer_begin_ + one.begin));
            file_.read(static_cast<char*>(tensor.data_ptr()),
                       static_cast<std::streamsize>(one.end - one.begin));
            if (!file_) fail("is truncated in tensor '" + one.name + "'");
            result.tensors.emplace(one.name, tensor);
        }
        return result;
    }

  private:
    struct Entry {
        std::string name;
        torch::ScalarType type;
        std::vector<std::int64_t> shape;
        std::uint64_t begin, end;
    };

    [[noreturn]] void fail(const std::string& problem) const {
        throw InputError(path_.string(), problem, "copy the file again from where it was written");
    }

    json parse_header() {
        std::error_code error;
        const auto size = std::filesystem::file_size(path_, error);
        if (error) fail("is no file");
        unsigned char length[8];
        if (size < 8 || !file_.read(reinterpret_cast<char*>(length), 8))
            fail("is too short for a safetensors file");
        std::uint64_t header_size = 0;
        for (int i = 7; i >= 0; --i) header_size = header_size << 8 | length[i];
        if (header_size > kMaxHeader || header_size > size - 8)
            fail("its header claims " + std::to_string(header_size) + " bytes");
        std::string text(header_size, '\0');
        file_.read(text.data(), static_cast<std::streamsize>(header_size));
        if (!file_ || text.empty() || text.front() != '{') fail("its header is no JSON object");
        buffer_begin_ = 8 + header_size;
        buffer_size_ = size - buffer_begin_;
        return parse_json(text);
    }

    // The parser takes a repeated key silently; the format forbids it. Depth is bounded because no valid
    // header is deeper, and a recursion of the input's choosing is not.
    json parse_json(const std::string& text) const {
        std::set<std::string> keys;
        bool repeated = false, too_deep = false;
        const auto watch = [&](int depth, json::parse_event_t event, json& value) {
            if (depth > 3) too_deep = true;
            if (event == json::parse_event_t::key && depth == 1)
                repeated |= !keys.insert(value.get<std::string>()).second;
            return !too_deep;
        };
        auto header = json::parse(text, watch, false);
        if (header.is_discarded() || !header.is_object() || too_deep) fail("its header is no valid JSON");
        if (repeated) fail("its header names a tensor twice");
        return header;
    }

    std::map<std::string, std::string> metadata(const json& value) const {
        std::map<std::string, std::string> result;
        if (!value.is_object()) fail("its __metadata__ is malformed");
        for (const auto& [key, text] : value.items()) {
            if (!text.is_string()) fail("its __metadata__ is malformed");
            result[key] = text.get<std::string>();
        }
        return result;
    }

    Entry entry(const std::string& name, const json& value) const {
        const auto malformed = [&] { fail("the header of tensor '" + name + "' is malformed"); };
        if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
            !value["dtype"].is_string() || !value.contains("shape") || !value["shape"].is_array() ||
            !value.contains("data_offsets") || !value["data_offsets"].is_array() ||
            value["data_offsets"].size() != 2)
            malformed();
        const auto type_name = value["dtype"].get<std::string>();
        const auto type = std::find_if(types().begin(), types().end(),
                                       [&](const auto& known) { return known.first == type_name; });
        if (type == types().end()) fail("tensor '" + name + "' has the unknown type '" + type_name + "'");
        Entry result{name, type->second, {}, 0, 0};
        const auto number = [&](const json& field) {
            if (!field.is_number_unsigned()) malformed();
            return field.get<std::uint64_t>();
        };
        result.begin = number(value["data_offsets"][0]);
        result.end = number(value["data_offsets"][1]);
        std::uint64_t bytes = c10::elementSize(type->second);
        for (const auto& field : value["shape"]) {
            const auto size = number(field);
            // What does not fit in the file is wrong, and is found before anything overflows.
            if (size != 0 && (size > buffer_size_ || bytes > buffer_size_ / size))
                fail("tensor '" + name + "' is larger than the file");
            bytes *= size;
            result.shape.push_back(static_cast<std::int64_t>(size));
        }
        if (result.end < result.begin || result.end - result.begin != bytes)
            fail("the offsets of tensor '" + name + "' do not fit its shape");
        return result;
    }

    void check_layout(std::vector<Entry>& entries) const {
        std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
            return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
        });
        std::uint64_t position = 0;
        for (const auto& one : entries) {
            if (one.begin != position) fail("tensor '" + one.name + "' overlaps another or leaves a hole");
            position = one.end;
        }
        if (position != buffer_size_) fail("its length is not what its header says");
    }

    std::filesystem::path path_;
    std::ifstream file_;
    std::uint64_t buffer_begin_ = 0, buffer_size_ = 0;
};

std::string type_name(torch::ScalarType type) {
    for (const auto& [name, known] : types())
        if (known == type) return name;
    throw InternalError("a number type that safetensors can hold");
}

}  // namespace

SafeTensors read_safetensors(const std::filesystem::path& path) {
    return Reader(path).read();
}

void write_safetensors(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata,
                       const std::filesystem::path& path) {
    auto ordered = tensors;
    for (auto& [name, tensor] : ordered) tensor = tensor.detach().cpu().contiguous();
    std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
        const auto size_a = a.second.element_size(), size_b = b.second.element_size();
        return size_a != size_b ? size_a > size_b : a.first < b.first;
    });
    nlohmann::ordered_json header;
    if (!metadata.empty()) header["__metadata__"] = metadata;
    std::uint64_t position = 0;
    for (const auto& [name, tensor] : ordered) {
        const auto end = position + tensor.nbytes();
        header[name] = {{"dtype", type_name(tensor.scalar_type())},
                        {"shape", tensor.sizes().vec()},
                        {"data_offsets", {position, end}}};
        position = end;
    }
    auto text = ordered.empty() && metadata.empty() ? std::string("{}") : header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    std::ofstream file(path, std::ios::binary);
    char length[8];
    for (int i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> (8 * i));
    file.write(length, 8);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    for (const auto& [name, tensor] : ordered)
        file.write(static_cast<const char*>(tensor.data_ptr()),
                   static_cast<std::streamsize>(tensor.nbytes()));
    file.close();
    if (!file) throw ResourceError(path.string(), "cannot be written", "check free space and permissions");
}

}  // namespace epi
