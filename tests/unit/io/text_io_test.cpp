#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/byte_source.hpp"
#include "io/line_reader.hpp"
#include "io/table.hpp"
#include "io/text_writer.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;
using test::TemporaryFolder;

std::vector<std::string> lines_of(const std::filesystem::path& path) {
    LineReader reader(path);
    std::vector<std::string> lines;
    for (std::string_view line; reader.next(line);) lines.emplace_back(line);
    return lines;
}

std::string gzip(const TemporaryFolder& folder, std::string_view text) {
    TextWriter writer(folder / "packed", true);
    writer.write(text);
    writer.close();
    std::ifstream stream(folder / "packed", std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(LineReader, ReadsPlainAndGzipAlikeWhateverTheName) {
    const TemporaryFolder folder;
    const std::vector<std::string> expected{"a\tb", "", "c"};
    EXPECT_EQ(lines_of(folder.file("x.gz", "a\tb\r\n\nc")), expected);
    EXPECT_EQ(lines_of(folder.file("x.txt", gzip(folder, "a\tb\n\nc\n"))), expected);
}

TEST(LineReader, ReadsGzipMembersOneAfterTheOther) {
    const TemporaryFolder folder;
    const auto member = gzip(folder, "one\n");
    EXPECT_EQ(lines_of(folder.file("x.gz", member + member)), (std::vector<std::string>{"one", "one"}));
}

TEST(LineReader, ReadsLinesLongerThanItsBuffer) {
    const TemporaryFolder folder;
    const std::string longer(1 << 20, 'x');
    EXPECT_EQ(lines_of(folder.file("x", longer + "\nshort\n")), (std::vector<std::string>{longer, "short"}));
}

TEST(LineReader, RefusesALineWithoutEnd) {
    const TemporaryFolder folder;
    const auto path = folder.file("x", std::string((16U << 20) + (1U << 19), 'x'));
    EXPECT_NE(message_of<InputError>([&] { lines_of(path); }).find("x:1: a line longer than 16 MiB"),
              std::string::npos);
}

TEST(ByteSource, NamesAMissingFileAndAFolder) {
    const TemporaryFolder folder;
    EXPECT_NE(message_of<InputError>([&] { open_bytes(folder / "none"); }).find("No such file"),
              std::string::npos);
    EXPECT_NE(message_of<InputError>([&] { open_bytes(folder.path()); }).find("folder"), std::string::npos);
}

TEST(ByteSource, RefusesTruncatedAndCorruptGzip) {
    const TemporaryFolder folder;
    std::string text;
    for (int i = 0; i < 50000; ++i) text += std::to_string(i * 7919) + "\n";
    auto packed = gzip(folder, text);
    const auto cut = folder.file("cut.gz", packed.substr(0, packed.size() / 2));
    EXPECT_NE(message_of<InputError>([&] { read_all(cut); }).find("truncated"), std::string::npos);
    packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
    const auto flipped = folder.file("flipped.gz", packed);
    EXPECT_NE(message_of<InputError>([&] { read_all(flipped); }).find("corrupt"), std::string::npos);
}

TEST(Table, ReadsTabsAndCommasWithQuotes) {
    const TemporaryFolder folder;
    const auto tabs = read_table(folder.file("a.tsv", "x\ty\n1\t2\n"));
    EXPECT_EQ(tabs.values("y"), std::vector<std::string>{"2"});
    const auto commas = read_table(folder.file("a.csv", "x,y\n\"1,5\",2\n"));
    EXPECT_EQ(commas.values("x"), std::vector<std::string>{"1,5"});
}

TEST(Table, NamesTheRowThatDoesNotFitAndTheColumnsThereAre) {
    const TemporaryFolder folder;
    const auto ragged = folder.file("r.tsv", "x\ty\n1\n");
    EXPECT_NE(message_of<InputError>([&] { read_table(ragged); }).find("r.tsv:2: 1 fields"),
              std::string::npos);
    const auto table = read_table(folder.file("a.tsv", "x\ty\n1\t2\n"));
    EXPECT_NE(message_of<InputError>([&] { (void)table.column("z"); }).find("x, y"), std::string::npos);
    const auto empty = folder.file("e.tsv", "");
    EXPECT_NE(message_of<InputError>([&] { read_table(empty); }).find("no header"), std::string::npos);
}

}  // namespace
}  // namespace epi
