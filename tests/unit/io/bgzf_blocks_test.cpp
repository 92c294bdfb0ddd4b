#include "io/bgzf_blocks.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "io/byte_source.hpp"
#include "io/text_writer.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::TemporaryFolder;

TEST(BgzfBlocks, AreReadBackWhateverTheirNumber) {
    const TemporaryFolder folder;
    Rng rng(1);
    std::string noise(200'000, '\0');  // cannot be compressed
    for (auto& byte : noise) byte = static_cast<char>(rng());
    for (const auto& text : {std::string(), std::string("one\n"), std::string(65'280, 'x'), noise}) {
        const auto path =
            folder.file("x", bgzf_compress(text) + bgzf_compress("end\n") + std::string(bgzf_end()));
        EXPECT_EQ(read_all(path), text + "end\n");
    }
}

TEST(BgzfBlocks, CanBeIndexed) {
    const TemporaryFolder folder;
    const auto path = folder.file(
        "x.gz", bgzf_compress("chr1\t1\t5\n") + bgzf_compress("chr2\t1\t5\n") + std::string(bgzf_end()));
    write_tabix_index(path, folder / "x.gz.tbi");
    EXPECT_GT(std::filesystem::file_size(folder / "x.gz.tbi"), 0U);
}

TEST(BgzfBlocks, CannotBeIndexedInAnyOrder) {
    const TemporaryFolder folder;
    const auto path =
        folder.file("x.gz", bgzf_compress("chr1\t9\t12\nchr1\t1\t5\n") + std::string(bgzf_end()));
    EXPECT_NE(test::message_of<InputError>([&] {
                  write_tabix_index(path, folder / "x.gz.tbi");
              }).find("x.gz: no tabix index can be made; sort the rows"),
              std::string::npos);
}

}  // namespace
}  // namespace epi
