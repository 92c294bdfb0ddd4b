#include "model/torch_archive.hpp"

#include <gtest/gtest.h>

#include "golden.hpp"
#include "support/temporary_folder.hpp"
#include "support/torch_archive_bytes.hpp"

namespace epi {
namespace {

using namespace test;

TEST(TorchArchive, ReadsATensorAndPlainValues) {
    test::TemporaryFolder folder;
    const auto path = folder.file("a.pth", archive_of(tensor_pickle(kStorage, "K\x01K\x03\x85K\x01\x85")));
    const auto archive = read_torch_archive(path);
    ASSERT_TRUE(archive.tensors.contains("model/w"));
    EXPECT_TRUE(archive.tensors.at("model/w").equal(torch::zeros({3})));
    const auto values = read_torch_archive(
        folder.file("b.pth", archive_of(kStart + "}(" + text("epoch") + "K\x07" + text("ok") + "\x88" +
                                        text("list") + "](K\x01Me" + std::string("\x00", 1) + "eu.")));
    EXPECT_EQ(values.values.at("epoch"), "7");
    EXPECT_EQ(values.values.at("ok"), "true");
}

TEST(TorchArchive, TheReferencesCheckpointHoldsTheGoldenWeights) {
    EPI_NEEDS_DATA("golden/epifoundation/reference.pth");
    const auto archive = read_torch_archive(test::optional_data("golden/epifoundation/reference.pth"));
    const auto golden = read_safetensors(test::optional_data("golden/epifoundation/model.safetensors"));
    for (const auto& [name, tensor] : golden.tensors) {
        ASSERT_TRUE(archive.tensors.contains("model/" + name)) << name;
        EXPECT_TRUE(archive.tensors.at("model/" + name).equal(tensor)) << name;
    }
    EXPECT_EQ(archive.values.at("epoch"), "3");
}

struct HostilePickle {
    const char* what;
    std::string bytes;
    const char* message;
};
class HostileCheckpoints : public testing::TestWithParam<HostilePickle> {};

std::string hostile_pickle(const std::string& body) {
    return archive_of(kStart + body);
}

INSTANTIATE_TEST_SUITE_P(
    TorchArchive, HostileCheckpoints,
    testing::Values(
        HostilePickle{"no zip", "hello", "no zip archive"}, HostilePickle{"empty", "", ""},
        HostilePickle{"compressed", zip_of({{"a/data.pkl", "x"}}, 8), "compressed"},
        HostilePickle{"no pickle", zip_of({{"a/data/0", "x"}}), "data.pkl"},
        HostilePickle{"twice", zip_of({{"a/data.pkl", "."}, {"a/data.pkl", "."}}), "twice"},
        HostilePickle{"big-endian", zip_of({{"a/data.pkl", "."}, {"a/byteorder", "big"}}), "big-endian"},
        HostilePickle{"a system call", hostile_pickle("cposix\nsystem\n(" + text("true") + "tR."),
                      "posix system"},
        HostilePickle{"eval", hostile_pickle("c__builtin__\neval\n(" + text("1") + "tR."),
                      "__builtin__ eval"},
        HostilePickle{"an instance (i)", hostile_pickle("(iposix\nsystem\n."), "operation 105"},
        HostilePickle{"an object (o)", hostile_pickle("(o."), "operation 111"},
        HostilePickle{"new object", hostile_pickle(")\x81."), "operation 129"},
        HostilePickle{"extension", hostile_pickle(std::string("\x82\x01.")), "operation 130"},
        HostilePickle{"other protocol", archive_of("\x80\x04}."), "protocol"},
        HostilePickle{"truncated",
                      archive_of(kStart + "}(X\xff\xff\xff\x7f"
                                          "a"),
                      "truncated"},
        HostilePickle{"no end", archive_of(kStart + "}"), "truncated"},
        HostilePickle{"empty stack", hostile_pickle("."), "empty stack"},
        HostilePickle{"no mark", hostile_pickle("}u."), "mark"},
        HostilePickle{"unknown memo", hostile_pickle("h\x05."), "never stored"},
        HostilePickle{"key without value", hostile_pickle("}(" + text("a") + "u."), "without a value"},
        HostilePickle{"fills a number", hostile_pickle("K\x01(K\x01K\x02u."), "no dictionary"},
        HostilePickle{"not a dictionary", hostile_pickle("K\x01."), "no dictionary"},
        HostilePickle{"calls a number", hostile_pickle("K\x01)R."), "no function"},
        HostilePickle{"calls a storage type", hostile_pickle("ctorch\nFloatStorage\n)R."), "unknown way"},
        HostilePickle{"malformed storage", hostile_pickle("(K\x01tQ."), "storage"},
        HostilePickle{"a dictionary in itself", hostile_pickle("}q\x01(" + text("a") + "h\x01u."), "deeply"},
        HostilePickle{"storage too large",
                      archive_of(tensor_pickle("(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") +
                                                   text("cpu") + "K\x09tQ",
                                               std::string("K\x01K\x03\x85K\x01\x85"))),
                      "another size"},
        HostilePickle{"storage absent",
                      archive_of(tensor_pickle("(" + text("storage") + "ctorch\nFloatStorage\n" + text("7") +
                                                   text("cpu") + "K\x04tQ",
                                               std::string("K\x01K\x03\x85K\x01\x85"))),
                      "absent"},
        HostilePickle{"past the end", archive_of(tensor_pickle(kStorage, "K\x02K\x03\x85K\x01\x85")),
                      "outside"},
        HostilePickle{"stride past the end",
                      archive_of(tensor_pickle(kStorage, std::string("K\x00", 2) + "K\x03\x85K\x02\x85")),
                      "outside"},
        HostilePickle{
            "negative size",
            archive_of(tensor_pickle(kStorage, std::string("K\x00", 2) + "J\xff\xff\xff\xff\x85K\x01\x85")),
            "outside"},
        HostilePickle{
            "more than the file",
            archive_of(tensor_pickle(kStorage, std::string("K\x00K\x04K\x04\x86K\x00K\x00\x86", 12))),
            "outside"}));

TEST_P(HostileCheckpoints, AreRefusedNamingTheFile) {
    test::TemporaryFolder folder;
    const auto path = folder.file("bad.pth", GetParam().bytes);
    const auto message = test::message_of<InputError>([&] { read_torch_archive(path); });
    EXPECT_NE(message.find("bad.pth"), std::string::npos) << GetParam().what;
    EXPECT_NE(message.find(GetParam().message), std::string::npos) << GetParam().what << ": " << message;
}

}  // namespace
}  // namespace epi
