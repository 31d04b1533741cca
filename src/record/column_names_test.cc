#include "record/column_names.h"

#include <gtest/gtest.h>

#include "record/json_text.h"
#include "record/padded_text.h"

namespace gristmill {
namespace {

using testing::PaddedText;

// The names that the fields of `object` get in a label row beside the columns `more`.
std::string named(std::string_view object, const std::vector<std::string_view>& more = {},
                  std::string_view prefix = "entry_") {
  const PaddedText text(object);
  ColumnNamer namer(label_columns, more, text.data(), prefix);
  std::string names;
  std::string scratch;
  for (ObjectWalk walk(text.data()); walk.next();) {
    std::string out;
    const std::size_t prefixes = namer.append_name(unescaped(walk.key, scratch), walk.key, out);
    // The name is the token with as many prefixes as told.
    std::string expected = ",\"";
    for (std::size_t i = 0; i < prefixes; ++i) expected.append(prefix);
    EXPECT_EQ(out, expected.append(walk.key.substr(1)).append(":"));
    names.append(out.substr(1));
  }
  return names;
}

TEST(ColumnNamer, LeavesFreeNamesAsTheyAre) {
  EXPECT_EQ(named(R"({"timestamp":1,"x":2,"key_hash":3})"), R"("timestamp":"x":"key_hash":)");
}

TEST(ColumnNamer, PutsThePrefixBeforeEveryColumnOfTheRow) {
  EXPECT_EQ(
      named(
          R"({"profile_id":1,"session_id":1,"collection_id":1,"col_timestamp":1,"platform":1,"behaviour_type":1})"),
      R"("entry_profile_id":"entry_session_id":"entry_collection_id":"entry_col_timestamp":"entry_platform":"entry_behaviour_type":)");
}

TEST(ColumnNamer, OnlyExactNamesCollide) {
  EXPECT_EQ(named(R"({"Platform":1,"profileId":1,"platform ":1,"":1})"),
            R"("Platform":"profileId":"platform ":"":)");
}

TEST(ColumnNamer, NamesAreComparedUnescapedAndWrittenAsTheyCame) {
  EXPECT_EQ(named(R"({"pl\u0061tform":1})"), R"("entry_pl\u0061tform":)");
}

TEST(ColumnNamer, ExtraColumnsAreTakenToo) {
  EXPECT_EQ(named(R"({"device":1,"x":2,"entry_device":3})", {"device"}),
            R"("entry_entry_device":"x":"entry_device":)");
  EXPECT_EQ(named(R"({"device":1})", {"device", "entry_device"}), R"("entry_entry_device":)");
}

TEST(ColumnNamer, KeepsClearOfNamesInTheSameObject) {
  EXPECT_EQ(named(R"({"platform":1,"entry_platform":2})"), R"("entry_entry_platform":"entry_platform":)");
  EXPECT_EQ(named(R"({"entry_platform":2,"platform":1})"), R"("entry_platform":"entry_entry_platform":)");
  EXPECT_EQ(named(R"({"platform":1,"entry_platform":2,"entry_entry_platform":3})"),
            R"("entry_entry_entry_platform":"entry_platform":"entry_entry_platform":)");
  // Also where that name is escaped.
  EXPECT_EQ(named(R"({"platform":1,"entry\u005fplatform":2})"),
            R"("entry_entry_platform":"entry\u005fplatform":)");
}

TEST(ColumnNamer, KeepsClearOfNamesThatWereGiven) {
  EXPECT_EQ(named(R"({"platform":1,"platform":2,"platform":3})"),
            R"("entry_platform":"entry_entry_platform":"entry_entry_entry_platform":)");
  // "entry_x" is a column and becomes "entry_entry_x"; "x" may not.
  EXPECT_EQ(named(R"({"x":1,"entry_x":2})", {"x", "entry_x"}), R"("entry_entry_x":"entry_entry_entry_x":)");
}

TEST(ColumnNamer, RepeatedFreeNamesStay) { EXPECT_EQ(named(R"({"x":1,"x":2})"), R"("x":"x":)"); }

TEST(ColumnNamer, WorksWithoutAnObject) {
  const std::vector<std::string_view> more = {"value"};
  ColumnNamer namer(label_columns, more, nullptr, "entry_");
  std::string out;
  EXPECT_EQ(namer.append_name("value", "\"value\"", out), 1U);
  EXPECT_EQ(out, ",\"entry_value\":");
}

TEST(ColumnNamer, PredictionsHaveColumnsOfTheirOwn) {
  const std::vector<std::string_view> none;
  const ColumnNamer namer(prediction_columns, none, nullptr, "prediction_");
  for (const char* name :
       {"profile_id", "session_id", "collection_id", "timestamp", "model_name", "score", "confidence"}) {
    EXPECT_TRUE(namer.is_taken(name)) << name;
  }
  for (const char* name : {"platform", "behaviour_type", "col_timestamp", "Score", ""})
    EXPECT_FALSE(namer.is_taken(name)) << name;
}

}  // namespace
}  // namespace gristmill
