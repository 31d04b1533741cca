#include "inspect/path_tree.h"

#include <gtest/gtest.h>

#include <map>

#include "json/padded_text_testing.h"

namespace gristmill::inspect {
namespace {

using testing::PaddedText;

class PathTreeTest : public ::testing::Test {
 protected:
  storage::Hash128 add(std::string_view line) {
    const PaddedText text(line);
    offset_ += line.size() + 1;
    return tree_.add(text, {0, offset_});
  }
  std::string shape(std::string_view line) {
    const PaddedText text(line);
    tree_.add(text, {0, ++offset_});
    return tree_.shape_text(4096);
  }
  std::map<std::string, FieldStatistics> fields() const {
    std::map<std::string, FieldStatistics> found;
    tree_.for_each([&](const std::string& key, const FieldStatistics& statistics) {
      found[path_text(steps_of(key))].merge(statistics);
    });
    return found;
  }
  std::uint64_t count(const std::string& path, ValueKind kind) const {
    return fields()[path].values[static_cast<std::size_t>(kind)];
  }

  record::FieldNames names_{Recipe{}};
  PathTree tree_{names_};
  std::uint64_t offset_ = 0;
};

TEST_F(PathTreeTest, FoldsListsAndSortsNames) {
  EXPECT_EQ(shape(R"({"b":[{"y":1},{"x":"s"},[],null],"a":{}})"), "{a:{},b:[{x:string,y:number}|[]|null]}");
  EXPECT_EQ(shape("[]"), "[]");
  EXPECT_EQ(shape(" [ 1 , 2.5 ] "), "[number]");
  EXPECT_EQ(shape("true"), "bool");
  EXPECT_EQ(shape(R"({"a b":NaN,"":-Infinity,"a.b":false})"), R"({"":null,"a b":null,"a.b":bool})");
}

TEST_F(PathTreeTest, AShapeIsASetOfPathsAndTypes) {
  const storage::Hash128 one = add(R"({"a":1,"b":[{"x":1},{"y":2}]})");
  EXPECT_EQ(add(R"({ "b" : [ {"y":0.5,"x":7} ], "a" : -3e2 })"), one);
  EXPECT_EQ(add(R"({"\u0062":[{"x":1},{"y":2},{}],"a":1,"a":2})"), one);
  EXPECT_NE(add(R"({"a":1,"b":[{"x":1}]})"), one);
  EXPECT_NE(add(R"({"a":1,"b":[{"x":1},{"y":null}]})"), one);
  EXPECT_NE(add(R"({"a":1,"b":[{"x":1},{"y":2},[]]})"), one);
  EXPECT_NE(add(R"({"a":1,"b":{"x":1,"y":2}})"), one);
  EXPECT_NE(add("{}"), add("[]"));
  tree_.clear();  // what the tree has seen before does not matter
  EXPECT_EQ(add(R"({"b":[{"y":2,"x":1}],"a":1})"), one);
}

TEST_F(PathTreeTest, CountsValuesByKind) {
  add(R"({"v":[1,-0,1.0,1e2,"x","12","-1.5e3","1x","2025-05-15T08:51:59Z","2025-05-15","",null,NaN,true,{},[]]})");
  const std::pair<ValueKind, std::uint64_t> wanted[] = {
      {ValueKind::integer, 2},   {ValueKind::decimal, 2}, {ValueKind::text, 4}, {ValueKind::numeric_text, 2},
      {ValueKind::time_text, 1}, {ValueKind::null, 1},    {ValueKind::nan, 1},  {ValueKind::boolean, 1},
      {ValueKind::object, 1},    {ValueKind::list, 1}};
  for (const auto& [kind, number] : wanted)
    EXPECT_EQ(count("v[]", kind), number) << value_kind_names[static_cast<std::size_t>(kind)];
  EXPECT_EQ(fields()["v[]"].lines, 1U);
  EXPECT_EQ(fields()["v[]"].distinct.estimate(), 12U);  // all but null, NaN, {} and []
}

TEST_F(PathTreeTest, ReadsNumbersExactly) {
  add("[0.1,123456789012345678901234567890,-1.7976931348623157e308,1e-400,0.30000000000000004,9007199254740993]");
  const FieldStatistics numbers = fields()["[]"];
  EXPECT_EQ(numbers.least_number_text, "-1.7976931348623157e308");
  EXPECT_EQ(numbers.greatest_number_text, "123456789012345678901234567890");
  tree_.clear();
  add("[0.3,0.30000000000000004]");
  EXPECT_EQ(fields()["[]"].least_number, 0.3);
  EXPECT_EQ(fields()["[]"].greatest_number, 0.30000000000000004);
}

TEST_F(PathTreeTest, UnescapesTexts) {
  add(R"({"k":"\u0041","l":"1\u0032"})");
  EXPECT_EQ(fields()["k"].least_text, "A");
  EXPECT_EQ(count("l", ValueKind::numeric_text), 1U);
  add(R"({"k":"A"})");
  EXPECT_EQ(fields()["k"].distinct.estimate(), 1U);
}

TEST_F(PathTreeTest, FindsWhatIsMissingBesideAField) {
  add(R"({"metadata":{"user":1,"session_id":"s"},"app":1})");
  add(R"({"metadata":{"user":1,"profileId":"p"}})");
  const auto without = [&](const char* path, Field field) {
    return fields()[path].lines_without[static_cast<std::size_t>(field)];
  };
  EXPECT_EQ(without("metadata.user", Field::profile_id), 1U);
  EXPECT_EQ(without("metadata.user", Field::session_id), 1U);
  EXPECT_EQ(without("metadata.user", Field::timestamp), 2U);
  EXPECT_EQ(without("app", Field::metadata), 0U);
  EXPECT_EQ(without("app", Field::behaviour), 1U);
  EXPECT_FALSE(tree_.has_at_top(Field::behaviour));
  EXPECT_TRUE(tree_.has_at_top(Field::metadata));
}

TEST_F(PathTreeTest, ManyNamesInOneObjectAreBounded) {
  std::string line = "{";
  for (int i = 0; i < 20000; ++i) line += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":{\"a\":1}";
  line += "}";
  const storage::Hash128 first = add(line);
  EXPECT_LE(fields().size(), PathTree::most_paths + 2);
  EXPECT_GT(fields()["…"].lines, 0U);
  add(R"({"0":1})");
  EXPECT_EQ(add(line), first);
}

TEST_F(PathTreeTest, DeepOnesToo) {
  const std::string line = std::string(100, '[') + std::string(100, ']');
  EXPECT_EQ(add(line), add(line));
  EXPECT_LE(fields().size(), PathTree::most_levels + 2);
  std::string objects;
  for (int i = 0; i < 100; ++i) objects += "{\"a\":";
  objects += "1" + std::string(100, '}');
  add(objects);
  EXPECT_LE(fields().size(), 2 * PathTree::most_levels + 4);
}

TEST_F(PathTreeTest, LongNamesGoByTheirBeginning) {
  const std::string name(100'000, 'n');
  add("{\"" + name + "\":1,\"" + name + "x\":1}");
  EXPECT_EQ(fields().size(), 3U);
  for (const auto& [path, statistics] : fields()) EXPECT_LT(path.size(), 400U);
}

TEST_F(PathTreeTest, ACutShapeSaysSo) {
  EXPECT_EQ(shape(R"({"abcdefgh":1,"bcd":2})"), "{abcdefgh:number,bcd:number}");
  const PaddedText text(R"({"abcdefgh":1,"bcd":2})");
  tree_.add(text, {1, 0});
  EXPECT_EQ(tree_.shape_text(8), "{abcdefg…");
}

TEST(PathText, QuotesWhatCouldBeMisread) {
  EXPECT_EQ(path_text({}), "(line)");
  EXPECT_EQ(path_text({{StepKind::element, ""}, {StepKind::member, "a"}}), "[].a");
  EXPECT_EQ(path_text({{StepKind::member, "a.b"}, {StepKind::member, "x"}, {StepKind::element, ""}}), "\"a.b\".x[]");
  EXPECT_EQ(path_text({{StepKind::member, "é"}, {StepKind::beyond, ""}}), "é.…");
}

}  // namespace
}  // namespace gristmill::inspect
