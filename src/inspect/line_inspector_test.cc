#include "inspect/line_inspector.h"

#include <gtest/gtest.h>

#include "json/padded_text_testing.h"

namespace gristmill::inspect {
namespace {

using testing::PaddedText;

class LineInspectorTest : public ::testing::Test {
 protected:
  void inspect(std::uint32_t file, std::string_view line) {
    const PaddedText text(line);
    source::SourceLine source;
    source.offset = offset_++;
    source.text = text;
    source.length = line.size();
    ASSERT_TRUE(inspector_.inspect(file, source).ok());
  }
  const GroupAccount& of(LineGroup group) const { return inspector_.groups()[static_cast<std::size_t>(group)]; }

  std::unique_ptr<Storage> storage_ = make_local_storage();
  Recipe recipe_;
  record::ParseRules rules_{recipe_};
  std::vector<FileToInspect> files_ = {
      {LineGroup::collections, false}, {LineGroup::predictions, true}, {LineGroup::neither, false}};
  source::LongLineGate gate_;
  LineInspector inspector_{*storage_, "/tmp", rules_, files_, {}, gate_};
  std::uint64_t offset_ = 0;
};

constexpr std::string_view plain_collection = R"({"metadata":{"profile_id":"p"},"behaviour":{}})";
constexpr std::string_view plain_prediction = R"({"metadata":{"profile_id":"p"},"prediction":{"model_name":"m"}})";
constexpr std::string_view both = R"({"behaviour":{},"Prediction":{}})";

TEST_F(LineInspectorTest, ALineThatIsPlainCountsForItsDataSet) {
  for (const std::string_view line :
       {plain_collection, plain_prediction, both, std::string_view("{}"), std::string_view("{")})
    inspect(0, line);
  EXPECT_EQ(of(LineGroup::collections).accepted, 3U);
  EXPECT_EQ(of(LineGroup::collections).rejected, 1U);
  EXPECT_EQ(of(LineGroup::predictions).accepted, 1U);
  EXPECT_EQ(of(LineGroup::predictions).models.counts().at("m"), 1U);
  const LineKinds& kinds = inspector_.kinds()[0];
  EXPECT_EQ(kinds.collections, 1U);
  EXPECT_EQ(kinds.predictions, 1U);
  EXPECT_EQ(kinds.both, 1U);
  EXPECT_EQ(kinds.neither, 1U);
  EXPECT_EQ(kinds.unreadable, 1U);
}

TEST_F(LineInspectorTest, WhatWasSaidHolds) {
  for (const std::string_view line : {plain_collection, plain_prediction, both}) inspect(1, line);
  EXPECT_EQ(of(LineGroup::predictions).accepted, 3U);
  EXPECT_EQ(inspector_.kinds()[1].collections, 1U);
}

TEST_F(LineInspectorTest, AFileOfNeitherKeepsWhatCannotBeTold) {
  for (const std::string_view line :
       {plain_collection, plain_prediction, both, std::string_view("[1]"), std::string_view(" \t")})
    inspect(2, line);
  EXPECT_EQ(of(LineGroup::collections).accepted, 1U);
  EXPECT_EQ(of(LineGroup::predictions).accepted, 1U);
  EXPECT_EQ(of(LineGroup::neither).accepted, 1U);
  EXPECT_EQ(of(LineGroup::neither).rejected, 1U);
  EXPECT_EQ(of(LineGroup::neither).readable, 2U);
  EXPECT_EQ(inspector_.kinds()[2].blank, 1U);
}

// The parser that proved the line was told another data set; the verdict is that of the right one.
TEST_F(LineInspectorTest, FaultsAreThoseOfTheDataSet) {
  inspect(0, R"({"behaviour":{},"behaviour":{}})");
  inspect(0, R"({"prediction":{"score":"x"}})");
  EXPECT_EQ(of(LineGroup::collections).account.rejections[static_cast<std::size_t>(Reason::duplicate_key)], 1U);
  EXPECT_EQ(of(LineGroup::predictions).account.rejections[static_cast<std::size_t>(Reason::score_not_number)], 1U);
}

}  // namespace
}  // namespace gristmill::inspect
