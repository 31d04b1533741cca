#include "events/lineage.h"

#include <gtest/gtest.h>

#include <set>

#include "json/json_value.h"

namespace gristmill::events {
namespace {

TEST(Lineage, RunIdsAreUuidsInTheOrderOfTheirTimes) {
  std::set<std::string> met;
  for (std::uint64_t at = 0; at < 100; ++at) met.insert(new_lineage_id(0x0190a8a26f2c + at / 50));
  EXPECT_EQ(met.size(), 100U);
  for (const std::string& id : met) {
    ASSERT_EQ(id.size(), 36U);
    EXPECT_EQ(id[14], '7') << id;
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
  }
  EXPECT_EQ(met.begin()->substr(0, 13), "0190a8a2-6f2c");
  EXPECT_EQ(met.rbegin()->substr(0, 13), "0190a8a2-6f2d");
}

TEST(Lineage, AParentHasThreeParts) {
  const std::string id = "0190a8a2-6f2c-7d3e-8e55-aaaaaaaaaaaa";
  const auto parent = lineage_parent("night/dag/task/" + id);
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->job_namespace, "night/dag");
  EXPECT_EQ(parent->job_name, "task");
  EXPECT_EQ(parent->run_id, id);
  for (const std::string& text : {std::string(), "a/" + id, "a//" + id, "/b/" + id, "a/b/" + id.substr(1),
                                  std::string("a/b/0190a8a2-6f2c-7d3e-8e55-gaaaaaaaaaaa")})
    EXPECT_FALSE(lineage_parent(text)) << text;
}

TEST(Lineage, DataSetsAreNamedAsOpenLineageNamesThem) {
  LineageRun run;
  run.inputs[0] = {"s3://bucket/in/*.jsonl", "/data/in"};
  run.output = "s3://bucket";
  const auto event = json::JsonValue::parse(lineage_start(run, "2025-05-16T03:00:01.250Z", {{"labels", {}, {}, {}}}));
  ASSERT_TRUE(event);
  const auto& inputs = (*event)["inputs"].elements();
  ASSERT_EQ(inputs.size(), 2U);
  EXPECT_EQ(inputs[0]["namespace"].text() + "|" + inputs[0]["name"].text(), "s3://bucket|in/*.jsonl");
  EXPECT_EQ(inputs[1]["namespace"].text() + "|" + inputs[1]["name"].text(), "file|/data/in");
  const json::JsonValue& output = (*event)["outputs"].elements().front();
  EXPECT_EQ(output["namespace"].text() + "|" + output["name"].text(), "s3://bucket|labels");
}

}  // namespace
}  // namespace gristmill::events
