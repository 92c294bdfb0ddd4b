#include "store/tenx_writer.hpp"

#include <gtest/gtest.h>

#include "io/byte_source.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::TemporaryFolder;

FeatureCounts example() {
    FeatureCounts counts;
    counts.name = std::string("sample");
    counts.barcodes = {"AAAC-1", "CCCG-1", "GGGT-1"};
    counts.features = {{"ENSG1", "A", "Gene Expression", "chr1:5-9"},
                       {"chr1:10-20", "chr1:10-20", "Peaks", "chr1:10-20"},
                       {"ENSG2", "B", "Gene Expression", "chr2:5-9"}};
    counts.x.cols = 3;
    counts.x.add_row(std::vector<std::int32_t>{0, 2}, std::vector<double>{1, 70'000});
    counts.x.add_row({}, std::vector<double>{});
    counts.x.add_row(std::vector<std::int32_t>{1}, std::vector<double>{4});
    return counts;
}

TEST(TenxWriter, IsReadBackByKindOfFeature) {
    const TemporaryFolder folder;
    write_tenx_h5(example(), "g", folder / "x.h5");
    const auto genes = read_feature_counts(folder / "x.h5", FeatureKind::Genes);
    EXPECT_EQ(genes.barcodes, example().barcodes);
    ASSERT_EQ(genes.features.size(), 2U);
    EXPECT_EQ(genes.features[1].id, "ENSG2");
    EXPECT_EQ(genes.features[1].name, "B");
    EXPECT_EQ(genes.x.values, (std::vector<double>{1, 70'000}));
    const auto peaks = read_feature_counts(folder / "x.h5", FeatureKind::Peaks);
    EXPECT_EQ(peaks.x.indptr, (std::vector<std::int64_t>{0, 0, 0, 1}));
    EXPECT_EQ(peaks.x.values, (std::vector<double>{4}));
}

TEST(TenxWriter, GivesTheSameBytesAgain) {
    const TemporaryFolder folder;
    write_tenx_h5(example(), "g", folder / "x.h5");
    write_tenx_h5(example(), "g", folder / "y.h5");
    EXPECT_EQ(read_all(folder / "x.h5"), read_all(folder / "y.h5"));
}

}  // namespace
}  // namespace epi
