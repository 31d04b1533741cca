#include "session/session_columns.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gristmill::session {
namespace {

using Function = AggregateFunction;
using Field = AggregateField;

// One column, its aggregate, and how often it asked to count the line's collection id.
struct OneColumn {
  explicit OneColumn(const Aggregate& column) : columns({column}), aggregate(columns.make()) {}
  void collection(const record::Record& record, std::uint64_t rows = 1) {
    columns.add_collection(record, rows, aggregate, [this](std::size_t) { ++ids; });
  }
  void label(const record::Record& record, const record::Entry& entry) {
    columns.begin_labels();
    columns.add_label(record, entry, aggregate, [this](std::size_t) { ++ids; });
  }
  void prediction(std::string_view model, std::optional<double> score, std::optional<double> confidence = {}) {
    const std::string json = '"' + std::string(model) + '"';
    record::Prediction prediction;
    if (!model.empty()) prediction.model_name = json;
    prediction.model = model;
    prediction.score_value = score;
    prediction.confidence_value = confidence;
    columns.add_prediction({}, prediction, aggregate, [this](std::size_t) { ++ids; });
  }
  Cell cell() const { return columns.cell(0, aggregate); }
  // As it is where it is merged into nothing, after its way through bytes.
  Cell merged() const {
    std::string bytes;
    aggregate.serialise(bytes);
    SessionAggregate sum = columns.make();
    columns.merge_serialised(bytes, sum);
    std::string nothing;
    columns.make().serialise(nothing);
    columns.merge_serialised(nothing, sum);
    return columns.cell(0, sum);
  }

  SessionColumns columns;
  SessionAggregate aggregate;
  int ids = 0;
};

record::Entry entry_of(std::string_view platform, std::string_view type, std::string_view value) {
  record::Entry entry;
  entry.platform = platform;
  entry.type = type;
  entry.value = value;
  return entry;
}

constexpr std::size_t padding = 64;
// With what a line has behind it.
std::string padded(std::string text) { return text.append(padding, '\0'); }

TEST(SessionColumns, FunctionsOfPredictions) {
  const auto of = [](Function function, std::optional<Field> weight = {}) {
    OneColumn one({.name = "a",
                   .of = AggregateOf::predictions,
                   .function = function,
                   .field = function == Function::count ? Field::rows : Field::score,
                   .weight = weight});
    one.prediction("m", 0.5, 0.25);
    one.prediction("m", std::nullopt, 0.5);
    one.prediction("n", 0.125);
    EXPECT_EQ(one.cell(), one.merged());
    return one.cell();
  };
  EXPECT_EQ(of(Function::count), Cell(std::int64_t{3}));
  EXPECT_EQ(of(Function::sum), Cell(0.625));
  EXPECT_EQ(of(Function::mean), Cell(0.3125));
  EXPECT_EQ(of(Function::mean, Field::confidence), Cell(0.5));  // of the one that has both
  EXPECT_EQ(of(Function::min), Cell(0.125));
  EXPECT_EQ(of(Function::max), Cell(0.5));
}

TEST(SessionColumns, NothingIsNullAndACountIsNone) {
  for (const Function function : {Function::count, Function::mean, Function::sum, Function::min, Function::max}) {
    OneColumn one({.name = "a",
                   .of = AggregateOf::predictions,
                   .function = function,
                   .field = function == Function::count ? Field::rows : Field::score,
                   .models = std::vector<std::string>{"other"}});
    one.prediction("m", 0.5);
    EXPECT_EQ(one.cell(), function == Function::count ? Cell(std::int64_t{0}) : Cell());
    EXPECT_EQ(one.merged(), one.cell());
  }
}

TEST(SessionColumns, WhatIsNotFiniteIsNull) {
  OneColumn sum({.name = "a", .of = AggregateOf::predictions, .function = Function::sum, .field = Field::score});
  sum.prediction("m", std::numeric_limits<double>::max());
  sum.prediction("m", std::numeric_limits<double>::max());
  EXPECT_EQ(sum.cell(), Cell());
  OneColumn weighted({.name = "a",
                      .of = AggregateOf::predictions,
                      .function = Function::mean,
                      .field = Field::score,
                      .weight = Field::confidence});
  weighted.prediction("m", 0.5, 0.0);
  EXPECT_EQ(weighted.cell(), Cell());
  weighted.prediction("m", 0.5, 1.0);
  EXPECT_EQ(weighted.cell(), Cell(0.5));
}

TEST(SessionColumns, MinusZeroIsBelowZero) {
  for (const bool first : {true, false}) {
    OneColumn least({.name = "a", .of = AggregateOf::predictions, .function = Function::min, .field = Field::score});
    OneColumn most({.name = "a", .of = AggregateOf::predictions, .function = Function::max, .field = Field::score});
    for (OneColumn* one : {&least, &most}) {
      one->prediction("m", first ? -0.0 : 0.0);
      one->prediction("m", first ? 0.0 : -0.0);
    }
    EXPECT_TRUE(std::signbit(std::get<double>(least.merged())));
    EXPECT_FALSE(std::signbit(std::get<double>(most.merged())));
  }
}

TEST(SessionColumns, FiltersAndConditionsOfPredictions) {
  const auto count = [](std::optional<std::vector<std::string>> models, std::optional<NullCondition> where = {}) {
    OneColumn one({.name = "a", .of = AggregateOf::predictions, .models = std::move(models), .where = where});
    one.prediction("m", 0.5);
    one.prediction("M", std::nullopt, 0.5);
    one.prediction("", 0.5);
    return std::get<std::int64_t>(one.cell());
  };
  EXPECT_EQ(count(std::nullopt), 3);
  EXPECT_EQ(count({{"m"}}), 1);
  EXPECT_EQ(count({{"m", "M", "x"}}), 2);
  EXPECT_EQ(count({{""}}), 0) << "a missing name is none";
  EXPECT_EQ(count(std::vector<std::string>{}), 0);
  EXPECT_EQ(count(std::nullopt, NullCondition{Field::score, true}), 1);
  EXPECT_EQ(count(std::nullopt, NullCondition{Field::score, false}), 2);
  EXPECT_EQ(count(std::nullopt, NullCondition{Field::confidence, true}), 2);
  EXPECT_EQ(count(std::nullopt, NullCondition{Field::model_name, true}), 1);
  EXPECT_EQ(count({{"M"}}, NullCondition{Field::score, false}), 0);
  EXPECT_EQ(count(std::nullopt, NullCondition{Field::timestamp, true}), 3);
}

TEST(SessionColumns, FiltersOfLabels) {
  const auto count = [](std::optional<std::vector<std::string>> types,
                        std::optional<std::vector<std::string>> platforms, std::optional<NullCondition> where = {}) {
    OneColumn one({.name = "a",
                   .of = AggregateOf::labels,
                   .behaviour_types = std::move(types),
                   .platforms = std::move(platforms),
                   .where = where});
    const std::string value = padded("{}");
    const std::string_view object(value.data(), 2);
    record::Entry none;
    none.none = true;
    for (const record::Entry& entry :
         {entry_of("\"web\"", "\"taps\"", object), entry_of("\"web\"", "\"sw\\u0069pes\"", object),
          entry_of("null", "\"swipes\"", object), entry_of("\"null\"", "\"swipes\"", object), none}) {
      one.label({}, entry);
    }
    return std::get<std::int64_t>(one.cell());
  };
  EXPECT_EQ(count({{"swipes"}}, std::nullopt), 3);
  EXPECT_EQ(count({{"swipes", "taps"}}, {{"web"}}), 2);
  EXPECT_EQ(count(std::nullopt, {{"null"}}), 1);
  EXPECT_EQ(count(std::nullopt, std::nullopt, NullCondition{Field::platform, true}), 2);
  EXPECT_EQ(count({{"swipes"}}, std::nullopt, NullCondition{Field::platform, false}), 2);
  EXPECT_EQ(count(std::nullopt, std::nullopt, NullCondition{Field::behaviour_type, true}), 1);
  EXPECT_EQ(count(std::nullopt, std::nullopt, NullCondition{Field::collection_id, true}), 5);
}

TEST(SessionColumns, TheTimeOfALabelIsTheEntrysOwn) {
  const auto least = [](const std::string& text) {
    OneColumn one({.name = "a", .of = AggregateOf::labels, .function = Function::min, .field = Field::timestamp});
    record::Record record;
    record.time = 1;
    const std::string value = padded(text);
    one.label(record, entry_of("\"web\"", "\"taps\"", {value.data(), text.size()}));
    return one.cell();
  };
  EXPECT_EQ(least(R"({"timestamp":1747299119000,"x":1})"), Cell(1747299119000.0));
  EXPECT_EQ(least(R"({"timestamp": 5.5})"), Cell(5.5));
  EXPECT_EQ(least(R"({"x":{"timestamp":4},"t\u0069mestamp":-7,"timestamp":8})"), Cell(-7.0));
  for (const char* text : {"{}", R"({"timestamp":"5"})", R"({"timestamp":null,"timestamp":5})",
                           R"({"timestamp":1e999})", R"({"Timestamp":5})", "7", R"(["timestamp",5])"}) {
    EXPECT_EQ(least(text), Cell()) << text;
  }
}

TEST(SessionColumns, RowsWithoutAFilterAreCountedByTheLine) {
  OneColumn one({.name = "a", .of = AggregateOf::labels});
  EXPECT_FALSE(one.columns.sees_labels());
  one.collection({}, 7);
  EXPECT_EQ(one.cell(), Cell(std::int64_t{7}));
  EXPECT_TRUE(OneColumn({.name = "a", .of = AggregateOf::labels, .platforms = {{"web"}}}).columns.sees_labels());
}

TEST(SessionColumns, ACollectionIdThatIsMissingIsNotCounted) {
  OneColumn one({.name = "a", .of = AggregateOf::collections, .field = Field::collection_id});
  record::Record record;
  one.collection(record);
  EXPECT_EQ(one.ids, 0);
  record.collection = {"c", "c", false};
  one.collection(record);
  EXPECT_EQ(one.ids, 1);
  EXPECT_EQ(one.cell(), Cell(std::int64_t{0})) << "who keeps the ids counts them";
}

}  // namespace
}  // namespace gristmill::session
