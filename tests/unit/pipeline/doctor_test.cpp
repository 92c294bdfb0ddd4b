#include "pipeline/doctor.hpp"

#include <gtest/gtest.h>

#include "support/temporary_folder.hpp"

namespace epi {
namespace {

TEST(Doctor, ReadsBackWhatItWrites) {
    const std::vector<DoctorItem> items = {{"a", "1.0", true, ""}, {"b", "absent", false, "install b"}};
    const auto json = doctor_json(items);
    EXPECT_FALSE(json.at("ok").get<bool>());
    const auto back = parse_doctor_items(json.dump());
    ASSERT_EQ(back.size(), 2U);
    EXPECT_EQ(back[1].what, "b");
    EXPECT_EQ(back[1].remedy, "install b");
    EXPECT_NE(doctor_text(back).find("MISSING  b: absent\n         -> install b"), std::string::npos);
}

TEST(Doctor, SaysWhenTheOtherProgramAnswersNonsense) {
    EXPECT_NE(test::message_of<InputError>([] { parse_doctor_items("no json"); }).find("same version"),
              std::string::npos);
}

TEST(Doctor, NamesTheProgramsThatAreMissing) {
    ::setenv("PATH", "/nonexistent", 1);
    const auto text = doctor_text(examine(RunContext{}, {}));
    EXPECT_NE(text.find("MISSING  snakemake"), std::string::npos);
    EXPECT_NE(text.find("ok       htslib"), std::string::npos);
}

}  // namespace
}  // namespace epi
