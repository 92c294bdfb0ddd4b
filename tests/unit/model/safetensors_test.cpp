#include "model/safetensors.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.hpp"

namespace epi {
namespace {

std::string file_of(const std::string& header, std::size_t buffer) {
    std::string bytes(8, '\0');
    for (int i = 0; i < 8; ++i)
        bytes[static_cast<std::size_t>(i)] = static_cast<char>(header.size() >> (8 * i));
    return bytes + header + std::string(buffer, '\0');
}

TEST(SafeTensors, RoundTripsEveryTypeAndShape) {
    test::TemporaryFolder folder;
    const NamedTensors tensors{{"b", torch::rand({3, 4})},
                               {"scalar", torch::full({}, 7, torch::kInt64)},
                               {"empty", torch::zeros({0, 5})},
                               {"half", torch::rand({3}).to(torch::kFloat16)},
                               {"flags", torch::tensor({1, 0, 1}).to(torch::kBool)},
                               {"view", torch::rand({4, 6}).t()}};
    write_safetensors(tensors, {{"note", "kept"}}, folder / "a.safetensors");
    const auto read = read_safetensors(folder / "a.safetensors");
    EXPECT_EQ(read.metadata.at("note"), "kept");
    ASSERT_EQ(read.tensors.size(), tensors.size());
    for (const auto& [name, tensor] : tensors) EXPECT_TRUE(read.tensors.at(name).equal(tensor)) << name;
}

TEST(SafeTensors, NoTensorsAtAll) {
    test::TemporaryFolder folder;
    write_safetensors({}, {}, folder / "a.safetensors");
    EXPECT_TRUE(read_safetensors(folder / "a.safetensors").tensors.empty());
}

struct Hostile {
    const char* what;
    std::string bytes;
};

class HostileFiles : public testing::TestWithParam<Hostile> {};
INSTANTIATE_TEST_SUITE_P(
    SafeTensors, HostileFiles,
    testing::Values(
        Hostile{"nothing", ""}, Hostile{"short", "abc"},
        Hostile{"length that is not there", file_of("{}", 0).substr(0, 9)},
        Hostile{"length of 2^63", std::string("\0\0\0\0\0\0\0\x80{}", 10)},
        Hostile{"no object", file_of("[]", 0)}, Hostile{"no JSON", file_of("{\"a\":", 0)},
        Hostile{"deep", file_of("{\"a\":" + std::string(90000, '[') + std::string(90000, ']') + "}", 0)},
        Hostile{"bytes after the end", file_of("{}", 4)},
        Hostile{"unknown type", file_of(R"({"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})", 4)},
        Hostile{"offsets and shape", file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4)},
        Hostile{"backwards", file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4)},
        Hostile{"negative", file_of(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4)},
        Hostile{"overflow",
                file_of(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", 4)},
        Hostile{"hole", file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2)},
        Hostile{"overlap", file_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                                   R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                                   3)},
        Hostile{"named twice", file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                       R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                                       1)},
        Hostile{"truncated", file_of(R"({"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})", 3)},
        Hostile{"entry is no object", file_of(R"({"a":3})", 0)},
        Hostile{"metadata", file_of(R"({"__metadata__":{"a":1}})", 0)}));

TEST_P(HostileFiles, AreRefusedNamingTheFile) {
    test::TemporaryFolder folder;
    const auto path = folder.file("bad.safetensors", GetParam().bytes);
    const auto message = test::message_of<InputError>([&] { read_safetensors(path); });
    EXPECT_NE(message.find("bad.safetensors"), std::string::npos) << GetParam().what;
}

TEST(SafeTensors, MissingFileAndFullDisk) {
    test::message_of<InputError>([] { read_safetensors("/no/such/file"); });
    test::message_of<InputError>([] { read_safetensors("/tmp"); });
    test::message_of<ResourceError>([] { write_safetensors({{"a", torch::zeros({9})}}, {}, "/dev/full"); });
}

}  // namespace
}  // namespace epi
