#include "pipeline/count_cache.hpp"

#include <gtest/gtest.h>

#include "fragments/fragment_cache_writer.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;
using test::TemporaryFolder;

TEST(TakeFromCache, SaysIfTheSourcesAreNotUnderstood) {
    const TemporaryFolder folder;
    FragmentCacheWriter writer(folder / "x", 1);
    writer.end_scan(
        scan_fragments({{folder.file("f", "chr1\t1\t2\tA\n")}, {}, {}, 0, {}}, {&writer.lane(0)}, {}));
    writer.write(folder / "x.cache", {{"files", {}}}, {});
    CountOptions options;
    options.from_cache = folder / "x.cache";
    EXPECT_NE(message_of<InputError>([&] {
                  take_from_cache(options);
              }).find("x.cache: the fragment cache is damaged"),
              std::string::npos);
}

}  // namespace
}  // namespace epi
