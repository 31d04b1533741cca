#include "inspect/inspect.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "storage/temporary_folder_testing.h"

namespace gristmill::inspect {
namespace {

constexpr const char* collection =
    R"({"metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":1},"behaviour":{}})";
constexpr const char* prediction =
    R"({"metadata":{"profile_id":"p","session_id":"s","timestamp":1},"prediction":{"model_name":"m","score":0.5}})";

class InspectTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::vector<std::string>& lines) const {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    testing::write_text(folder_ / name, text);
  }
  Inspection inspected(unsigned threads = 2) {
    options_.paths = {folder_.path()};
    recipe_.threads = threads;
    RunContext context;
    context.storage = storage_.get();
    Result<Inspection> result = inspect(recipe_, options_, context);
    EXPECT_TRUE(result.ok()) << result.error().message;
    return result.ok() ? std::move(*result) : Inspection{};
  }
  const InspectedGroup& of(const Inspection& inspection, LineGroup group) const {
    return inspection.groups[static_cast<std::size_t>(group)];
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
  Recipe recipe_;
  InspectOptions options_;
};

TEST_F(InspectTest, AFileIsTakenForWhatMostOfItsFirstLinesAre) {
  write("a.jsonl", {collection, collection, prediction, "", "oops"});
  write("b.jsonl", {prediction});
  write("c.jsonl", {R"({"x":1})"});
  const Inspection inspection = inspected();
  ASSERT_EQ(inspection.files.size(), 3U);
  EXPECT_EQ(inspection.files[0].group, LineGroup::collections);
  EXPECT_EQ(inspection.files[0].lines, 5U);
  EXPECT_EQ(inspection.files[0].collections, 2U);
  EXPECT_EQ(inspection.files[0].predictions, 1U);
  EXPECT_EQ(inspection.files[0].unreadable, 1U);
  EXPECT_EQ(inspection.files[0].blank, 1U);
  EXPECT_EQ(inspection.files[1].group, LineGroup::predictions);
  EXPECT_EQ(inspection.files[2].group, LineGroup::neither);
  // The prediction in the file of collections counts where it belongs.
  EXPECT_EQ(of(inspection, LineGroup::collections).accepted, 2U);
  EXPECT_EQ(of(inspection, LineGroup::collections).rejected, 1U);
  EXPECT_EQ(of(inspection, LineGroup::predictions).accepted, 2U);
  EXPECT_EQ(of(inspection, LineGroup::neither).lines, 1U);
  const auto is_remarked = [&](std::string_view words) {
    return std::any_of(inspection.remarks.begin(), inspection.remarks.end(),
                       [&](const std::string& remark) { return remark.find(words) != std::string::npos; });
  };
  EXPECT_TRUE(is_remarked("a.jsonl holds both kinds: 2 collections and 1 prediction"));
  EXPECT_TRUE(is_remarked("c.jsonl: no line has a behaviour or a prediction"));
}

TEST_F(InspectTest, RejectionsAndRepairsHaveTheirPlaces) {
  write("a.jsonl", {collection, "oops", collection, "{\"behaviour\":"});
  const Inspection inspection = inspected();
  const InspectedGroup& collections = of(inspection, LineGroup::collections);
  ASSERT_FALSE(collections.rejections.empty());
  std::uint64_t lines = 0;
  for (const InspectedIssue& issue : collections.rejections) lines += issue.lines;
  EXPECT_EQ(lines, 2U);
  const LinePlace& place = collections.rejections.front().examples.front().first;
  EXPECT_EQ(place.line, 2U);
  EXPECT_EQ(place.offset, std::string_view(collection).size() + 1);
  EXPECT_EQ(collections.rejections.front().examples.front().second, "oops");
}

TEST_F(InspectTest, ShapesAreSortedByTheirLinesAndCut) {
  write("a.jsonl", {collection, collection, R"({"behaviour":{},"x":1})", R"({"behaviour":{},"y":1})"});
  options_.shapes = 1;
  const Inspection inspection = inspected();
  const InspectedGroup& collections = of(inspection, LineGroup::collections);
  EXPECT_EQ(collections.shapes, 3U);
  ASSERT_EQ(collections.first_shapes.size(), 1U);
  EXPECT_EQ(collections.first_shapes[0].lines, 2U);
  EXPECT_EQ(collections.first_shapes[0].first.line, 1U);
  EXPECT_EQ(collections.lines_of_other_shapes, 2U);
}

TEST_F(InspectTest, FieldsAreThoseOfMostLinesInTheOrderOfTheirPaths) {
  write("a.jsonl", {R"({"behaviour":{},"z":1,"a":"x"})", R"({"behaviour":{},"z":2})", R"({"behaviour":{},"z":null})"});
  options_.fields = 3;
  const Inspection inspection = inspected();
  const InspectedGroup& collections = of(inspection, LineGroup::collections);
  EXPECT_EQ(collections.fields, 4U);  // with the line itself
  ASSERT_EQ(collections.first_fields.size(), 3U);
  EXPECT_EQ(collections.first_fields[1].path, "behaviour");
  const InspectedField& z = collections.first_fields[2];
  EXPECT_EQ(z.path, "z");
  EXPECT_EQ(z.values.lines, 3U);
  EXPECT_EQ(z.distinct, 2U);
  EXPECT_EQ(z.values.greatest_number_text, "2");
  EXPECT_EQ(z.values.values[static_cast<std::size_t>(ValueKind::null)], 1U);
}

// Neither threads nor the order in which workers end change what is found.
TEST_F(InspectTest, ThreadsChangeNothing) {
  std::vector<std::string> lines;
  for (int i = 0; i < 3000; ++i) {
    lines.push_back(i % 3 == 0 ? prediction
                               : R"({"behaviour":{},"n)" + std::to_string(i % 40) + R"(":)" + std::to_string(i) + "}");
  }
  for (const char* name : {"a.jsonl", "b.jsonl", "c.jsonl"}) write(name, lines);
  const std::string one = inspection_json(inspected(1));
  EXPECT_EQ(inspection_json(inspected(4)), one);
  EXPECT_NE(one.find("\"distinct_shapes\": 40"), std::string::npos);
}

TEST_F(InspectTest, AnInputThatIsNotThereIsAnError) {
  options_.paths = {folder_ / "gone"};
  RunContext context;
  context.storage = storage_.get();
  const Result<Inspection> result = inspect(recipe_, options_, context);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::no_input);
}

}  // namespace
}  // namespace gristmill::inspect
