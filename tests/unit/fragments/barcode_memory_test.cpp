#include "fragments/barcode_memory.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;

constexpr std::uint64_t kMemory = 2 * BarcodeMemory::kLeast;
constexpr auto kOne = BarcodeMemory::kBytesOfLane + BarcodeMemory::kBytesOfAll;

TEST(BarcodeMemory, BelongsToLanesAndToAll) {
    BarcodeMemory memory(kMemory, 2);
    EXPECT_NO_THROW(memory.lane_has(0, kMemory / kOne / 2, 0, "f"));
    // The other may have met the same barcodes.
    EXPECT_NO_THROW(memory.lane_has(1, kMemory / kOne / 2, 0, "f"));
    EXPECT_NO_THROW(memory.all_have(kMemory / kOne / 2, "f"));
    const auto message =
        message_of<ResourceError>([&] { memory.all_have(kMemory / BarcodeMemory::kBytesOfAll, "f.tsv"); });
    EXPECT_NE(
        message.find("f.tsv: the tables of 5,368,709 barcodes and more do not fit into the memory allowed"),
        std::string::npos)
        << message;
    EXPECT_NE(message.find("give more with --memory"), std::string::npos);
    EXPECT_THROW(memory.lane_has(1, kMemory / kOne, 0, "f"), ResourceError);
}

TEST(BarcodeMemory, IsThatOfLongTextsToo) {
    BarcodeMemory memory(kMemory, 1);
    EXPECT_NO_THROW(memory.lane_has(0, 1, kMemory / BarcodeMemory::kCopies / 2, "f"));
    EXPECT_THROW(memory.lane_has(0, 2, kMemory / BarcodeMemory::kCopies, "f"), ResourceError);
}

TEST(BarcodeMemory, SomeIsAlwaysThere) {
    BarcodeMemory memory(1, 1);
    EXPECT_NO_THROW(memory.lane_has(0, 1'000'000, 0, "f"));
    EXPECT_THROW(memory.lane_has(0, 2'000'000, 0, "f"), ResourceError);
}

TEST(CheckBarcodeTable, SaysIfItIsTooLarge) {
    BarcodeTable table;
    const std::string long_one(100U << 20, 'A');
    table.id(long_one);
    EXPECT_NO_THROW(check_barcode_table(table, 1U << 30, "in.bam"));
    EXPECT_NE(message_of<ResourceError>([&] { check_barcode_table(table, 0, "in.bam"); }).find("in.bam: "),
              std::string::npos);
}

}  // namespace
}  // namespace epi
