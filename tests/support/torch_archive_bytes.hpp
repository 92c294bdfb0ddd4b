#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace epi::test {

inline std::string little(std::uint64_t value, int width) {
    std::string bytes;
    for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
    return bytes;
}

// A zip archive of stored members, as torch.save writes it.
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& members, int method = 0) {
    std::string bytes, directory;
    for (const auto& [name, content] : members) {
        const auto begin = bytes.size();
        const auto common = little(20, 2) + little(0, 2) + little(static_cast<std::uint64_t>(method), 2) +
                            little(0, 4) + little(0, 4) + little(content.size(), 4) +
                            little(content.size(), 4) + little(name.size(), 2) + little(0, 2);
        bytes += "PK\x03\x04" + common + name + content;
        directory += "PK\x01\x02" + little(20, 2) + common + little(0, 2) + little(0, 2) + little(0, 2) +
                     little(0, 4) + little(begin, 4) + name;
    }
    const auto at = bytes.size();
    bytes += directory + "PK\x05\x06" + little(0, 4) + little(members.size(), 2) + little(members.size(), 2) +
             little(directory.size(), 4) + little(at, 4) + little(0, 2);
    return bytes;
}

inline std::string text(const std::string& value) {
    return "X" + little(value.size(), 4) + value;
}

inline const std::string kStart = "\x80\x02";
inline const std::string kStorage =
    "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\x04tQ";

// {"model": {"w": tensor of this storage, offset, size and stride}}
inline std::string tensor_pickle(const std::string& storage, const std::string& shape) {
    return kStart + "}(" + text("model") + "}(" + text("w") + "ctorch._utils\n_rebuild_tensor_v2\n(" +
           storage + shape + "\x89" + "ccollections\nOrderedDict\n)RtRuu.";
}

inline std::string archive_of(const std::string& pickle) {
    return zip_of({{"a/data.pkl", pickle}, {"a/data/0", std::string(16, '\0')}});
}

}  // namespace epi::test
