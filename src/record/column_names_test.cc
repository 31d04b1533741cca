#include "record/column_names.h"

#include <gtest/gtest.h>

#include "json/json_text.h"
#include "json/padded_text_testing.h"

namespace gristmill::record {
namespace {

using testing::PaddedText;

// The names of the columns in `columns`, an object.
class Columns {
 public:
  explicit Columns(std::string_view columns) : text_(columns) {
    json::StopCheck never;
    names_.read(text_.data(), never);
  }
  const ColumnNames& names() const { return names_; }

 private:
  PaddedText text_;
  ColumnNames names_;
};

// The names that the fields of `object` get in a label row beside the columns `more`.
std::string named(std::string_view object, std::string_view more = "{}", std::string_view prefix = "entry_") {
  const PaddedText text(object);
  const Columns columns(more);
  ColumnNamer namer(label_columns, prefix);
  namer.begin_row(&columns.names());
  namer.begin_object(text.data());
  std::string names;
  std::string scratch;
  for (json::ObjectWalk walk(text.data()); walk.next();) {
    std::string out;
    const std::uint32_t number = namer.append_name(json::unescaped(walk.key, scratch), walk.key, out);
    // The name is the token with the prefix and the number as told.
    const std::string inside(walk.key.substr(1, walk.key.size() - 2));
    EXPECT_EQ(out, ",\"" + (number > 0 ? std::string(prefix) : "") + inside +
                       (number > 1 ? "_" + std::to_string(number) : "") + "\":");
    names.append(out.substr(1));
  }
  return names;
}

TEST(ColumnNamer, LeavesFreeNamesAsTheyAre) {
  EXPECT_EQ(named(R"({"timestamp":1,"x":2,"key_hash":3})"), R"("timestamp":"x":"key_hash":)");
}

TEST(ColumnNamer, PutsThePrefixBeforeEveryColumnOfTheRow) {
  EXPECT_EQ(
      named(R"({"profile_id":1,"session_id":1,"collection_id":1,"col_timestamp":1,"platform":1,"behaviour_type":1})"),
      R"("entry_profile_id":"entry_session_id":"entry_collection_id":"entry_col_timestamp":"entry_platform":"entry_behaviour_type":)");
}

TEST(ColumnNamer, OnlyExactNamesCollide) {
  EXPECT_EQ(named(R"({"Platform":1,"profileId":1,"platform ":1,"":1})"), R"("Platform":"profileId":"platform ":"":)");
}

TEST(ColumnNamer, NamesAreComparedUnescapedAndWrittenAsTheyCame) {
  EXPECT_EQ(named(R"({"pl\u0061tform":1})"), R"("entry_pl\u0061tform":)");
}

TEST(ColumnNamer, ExtraColumnsAreTakenToo) {
  EXPECT_EQ(named(R"({"device":1,"x":2,"entry_device":3})", R"({"device":0})"),
            R"("entry_device_2":"x":"entry_device":)");
  EXPECT_EQ(named(R"({"device":1})", R"({"device":0,"entry_d\u0065vice":0})"), R"("entry_device_2":)");
}

TEST(ColumnNamer, KeepsClearOfNamesInTheSameObject) {
  EXPECT_EQ(named(R"({"platform":1,"entry_platform":2})"), R"("entry_platform_2":"entry_platform":)");
  EXPECT_EQ(named(R"({"entry_platform":2,"platform":1})"), R"("entry_platform":"entry_platform_2":)");
  EXPECT_EQ(named(R"({"platform":1,"entry_platform":2,"entry_platform_2":3,"entry_platform_4":4,"platform":5})"),
            R"("entry_platform_3":"entry_platform":"entry_platform_2":"entry_platform_4":"entry_platform_5":)");
  // Also where that name is escaped.
  EXPECT_EQ(named(R"({"platform":1,"entry\u005fplatform":2})"), R"("entry_platform_2":"entry\u005fplatform":)");
}

TEST(ColumnNamer, KeepsClearOfNamesThatWereGiven) {
  EXPECT_EQ(named(R"({"platform":1,"platform":2,"platform":3})"),
            R"("entry_platform":"entry_platform_2":"entry_platform_3":)");
  EXPECT_EQ(named(R"({"x":1,"entry_x":2})", R"({"x":0,"entry_x":0})"), R"("entry_x_2":"entry_entry_x":)");
}

TEST(ColumnNamer, KeepsClearOfNamesThatWereGivenToNamesWithNumbers) {
  // entry_x_2 may come of x the second time, or of x_2 the first time.
  EXPECT_EQ(named(R"({"x":1,"x":2,"x_2":3})", R"({"x":0,"x_2":0})"), R"("entry_x":"entry_x_2":"entry_x_2_2":)");
  EXPECT_EQ(named(R"({"x_2":1,"x":2,"x":3})", R"({"x":0,"x_2":0})"), R"("entry_x_2":"entry_x":"entry_x_3":)");
  EXPECT_EQ(named(R"({"x":1,"x_2":2,"x":3,"x_2":4})", R"({"x":0,"x_2":0})"),
            R"("entry_x":"entry_x_2":"entry_x_3":"entry_x_2_2":)");
  // These end in no such number.
  EXPECT_EQ(named(R"({"x":1,"x":1,"x_1":2,"x_02":3,"x_":4,"x_99999999999999999999":5})",
                  R"({"x":0,"x_1":0,"x_02":0,"x_":0,"x_99999999999999999999":0})"),
            R"("entry_x":"entry_x_2":"entry_x_1":"entry_x_02":"entry_x_":"entry_x_99999999999999999999":)");
}

TEST(ColumnNamer, CountsAnewInEachObject) {
  const PaddedText object(R"({"platform":1,"platform":2})");
  ColumnNamer namer(label_columns, "entry_");
  std::string out;
  for (int i = 0; i < 2; ++i) {
    namer.begin_object(object.data());
    namer.append_name("platform", "\"platform\"", out);
    namer.append_name("platform", "\"platform\"", out);
  }
  EXPECT_EQ(out, R"(,"entry_platform":,"entry_platform_2":,"entry_platform":,"entry_platform_2":)");
}

// As many names as are in a table, and all of them in the way.
TEST(ColumnNamer, IsTheSameWithManyNames) {
  constexpr int count = 5000;
  std::string more = "{\"x\":0";
  std::string object = "{\"x\":0";
  for (int i = 2; i < count; ++i) {
    (i % 2 == 0 ? more : object).append(",\"entry_x_" + std::to_string(i) + "\":0");
  }
  object.append(",\"x\":1,\"x\":2}");
  more.append(",\"entry\\u005fx\":0}");
  const std::string names = named(object, more);
  EXPECT_TRUE(names.starts_with("\"entry_x_5000\":")) << names.substr(0, 50);
  EXPECT_TRUE(names.ends_with("\"entry_x_5001\":\"entry_x_5002\":")) << names.substr(names.size() - 50);
}

TEST(ColumnNamer, RepeatedFreeNamesStay) { EXPECT_EQ(named(R"({"x":1,"x":2})"), R"("x":"x":)"); }

TEST(ColumnNamer, WorksWithoutAnObject) {
  const Columns columns(R"({"value":0,"entry_value_2":0})");
  ColumnNamer namer(label_columns, "entry_");
  namer.begin_row(&columns.names());
  namer.begin_object(nullptr);
  std::string out;
  EXPECT_EQ(namer.append_name("value", "\"value\"", out), 1U);
  EXPECT_EQ(out, ",\"entry_value\":");
}

TEST(ColumnNamer, PredictionsHaveColumnsOfTheirOwn) {
  const ColumnNamer namer(prediction_columns, "prediction_");
  for (const char* name :
       {"profile_id", "session_id", "collection_id", "timestamp", "model_name", "score", "confidence"}) {
    EXPECT_TRUE(namer.is_taken(name)) << name;
  }
  for (const char* name : {"platform", "behaviour_type", "col_timestamp", "Score", ""})
    EXPECT_FALSE(namer.is_taken(name)) << name;
}

}  // namespace
}  // namespace gristmill::record
