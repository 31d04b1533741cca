#include <gtest/gtest.h>

#include "inspect/inspect.h"
#include "json/json_value.h"

namespace gristmill::inspect {
namespace {

json::JsonValue parsed(const Inspection& inspection) {
  const std::string text = inspection_json(inspection);
  EXPECT_EQ(text.back(), '\n');
  const auto value = json::JsonValue::parse(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value.value_or(json::JsonValue());
}

TEST(InspectionJson, OfNothingHasAllMembers) {
  const json::JsonValue json = parsed({});
  std::vector<std::string> names;
  for (const auto& [name, value] : json.members()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"version", "files", "data_sets", "remarks", "recipe"}));
  EXPECT_TRUE(json["files"].elements().empty());
  for (const std::string_view group : line_group_names) EXPECT_EQ(json["data_sets"][group]["lines"].text(), "0");
}

TEST(InspectionJson, HasWhatWasFound) {
  Inspection inspection;
  InspectedFile file;
  file.name = "c\xff.jsonl";  // no UTF-8
  file.path = "/in/c\xff.jsonl";
  file.group = LineGroup::predictions;
  file.said = true;
  file.lines = 3;
  file.both = 2;
  inspection.files = {file};
  InspectedGroup& group = inspection.groups[1];
  group.lines = 4;
  group.readable = 4;
  group.missing_ids[1] = 2;
  group.first_shapes = {{R"({"a":int})", 1, {"c", 2, 30}, "{\"a\":\"\x1b\"}"}};
  group.repairs = {{"nan_score", 3, {{{"c", 1, 0}, "{"}}, {}}};
  group.models = {{"m", 9}};
  InspectedField field;
  field.path = "a.[]";
  field.names = {"a", "[]"};
  field.values.lines = 1;
  field.values.values[static_cast<std::size_t>(ValueKind::integer)] = 1;
  field.values.note_number(1e300, "1e300");
  field.values.samples = {{{}, 1, "1e300"}};
  field.distinct = 1;
  group.first_fields = {field};
  inspection.remarks = {"\"so\""};
  inspection.recipe = "a: 1\n";

  const json::JsonValue json = parsed(inspection);
  const json::JsonValue& told = json["files"].elements().at(0);
  EXPECT_EQ(told["data_set"].text(), "predictions");
  EXPECT_TRUE(told["said"].is_true());
  EXPECT_EQ(told["lines"].count(), 3U);
  EXPECT_EQ(told["both"].count(), 2U);
  const json::JsonValue& predictions = json["data_sets"]["predictions"];
  EXPECT_EQ(predictions["missing_ids"]["session_id"].count(), 2U);
  EXPECT_EQ(predictions["missing_ids"]["profile_id"].count(), 0U);
  const json::JsonValue& shape = predictions["shapes"].elements().at(0);
  EXPECT_EQ(shape["shape"].text(), R"({"a":int})");
  EXPECT_EQ(shape["share"].number(), 0.25);
  EXPECT_EQ(shape["first"]["line"].count(), 2U);
  EXPECT_EQ(shape["first"]["offset"].count(), 30U);
  EXPECT_EQ(shape["example"].text(), "{\"a\":\"\x1b\"}");
  const json::JsonValue& values = predictions["fields"].elements().at(0);
  EXPECT_EQ(values["steps"].elements().size(), 2U);
  EXPECT_EQ(values["types"].members().size(), 1U);
  EXPECT_EQ(values["types"]["int"].count(), 1U);
  EXPECT_EQ(values["greatest_number"].text(), "1e300");  // in its own spelling
  EXPECT_TRUE(values["least_string"].is_null());
  EXPECT_EQ(predictions["repairs"]["nan_score"]["lines"].count(), 3U);
  EXPECT_EQ(predictions["repairs"]["nan_score"]["examples"].elements().at(0)["begins"].text(), "{");
  EXPECT_EQ(predictions["models"].elements().at(0)["predictions"].count(), 9U);
  EXPECT_EQ(json["remarks"].elements().at(0).text(), "\"so\"");
  EXPECT_EQ(json["recipe"].text(), "a: 1\n");
}

}  // namespace
}  // namespace gristmill::inspect
