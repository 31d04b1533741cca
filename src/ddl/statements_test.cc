#include <gtest/gtest.h>

#include "ddl/columns.h"

namespace gristmill::ddl {
namespace {

std::string sql_of(SqlEngine engine, const std::string& location, const QueryableOutput& output = {},
                   const std::string& database = {}) {
  const auto text = table_statements(output, {engine, location, database});
  return text.ok() ? text->sql : "error: " + text.error().message;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

QueryableOutput with_fields(std::vector<std::string> fields) {
  QueryableOutput output;
  output.labels = {.files = 1, .bytes = 10, .largest = 10, .example = "p", .fields = {}};
  for (std::string& field : fields) output.labels.fields.push_back({std::move(field)});
  output.line_limit = 64U << 20;
  return output;
}

TEST(PlainLocation, MakesPathsAbsoluteAndS3One) {
  EXPECT_EQ(plain_location("out", "/w"), "/w/out");
  EXPECT_EQ(plain_location("./a/../out/", "/w"), "/w/out");
  EXPECT_EQ(plain_location("/out//", "/w"), "/out");
  EXPECT_EQ(plain_location("/", "/w"), "/");
  EXPECT_EQ(plain_location("file:///a b", "/w"), "/a b");
  EXPECT_EQ(plain_location("s3a://b/x/", "/w"), "s3://b/x");
  EXPECT_EQ(plain_location("s3n://b", "/w"), "s3://b");
  EXPECT_EQ(plain_location("abfss://c@a/x", "/w"), "abfss://c@a/x");
  EXPECT_EQ(plain_location("", "/w"), "");
}

TEST(Names, AreDifferentWhateverTheirCapitals) {
  FreeNames names;
  EXPECT_EQ(names.take("x"), "x");
  EXPECT_EQ(names.take("X"), "X_");
  EXPECT_EQ(names.take("x_"), "x__");
  EXPECT_TRUE(names.has("X_"));
  EXPECT_FALSE(names.has("y"));
}

TEST(Quoting, DoublesOrEscapes) {
  EXPECT_EQ(doubled("it's", '\''), "'it''s'");
  EXPECT_EQ(doubled("a\"b", '"'), "\"a\"\"b\"");
  EXPECT_EQ(backslashed("it's \\ ${x};\n"), "'it\\'s \\\\ \\u0024{x}\\u003b\\u000a'");
  EXPECT_EQ(shown("a\n$;\x7f"), "\"a\\n\\u0024\\u003b\\u007f\"");
}

TEST(Quoting, ACommentIsCutIntoLines) {
  EXPECT_EQ(comment("one two"), "-- one two\n");
  EXPECT_EQ(comment(std::string(90, 'a') + " " + std::string(20, 'b')),
            "-- " + std::string(90, 'a') + "\n-- " + std::string(20, 'b') + "\n");
}

TEST(DuckDb, QuotesWildcardsAsClasses) {
  EXPECT_TRUE(has(sql_of(SqlEngine::duckdb, "/a*b/[x]?'"), "'/a[*]b/[[]x][?]''/aggregated-parquet/*.parquet'"));
  EXPECT_TRUE(has(sql_of(SqlEngine::duckdb, "/a\\b"), "error: DuckDB cannot be told of '/a\\b': it has a backslash"));
  EXPECT_TRUE(has(sql_of(SqlEngine::duckdb, "s3://b/a?b"), "error: "));
  EXPECT_TRUE(has(sql_of(SqlEngine::duckdb, "s3://b/a*b"), "'s3://b/a[*]b/"));
}

TEST(DuckDb, TakesFieldsOutByPointers) {
  const std::string sql = sql_of(SqlEngine::duckdb, "/o", with_fields({"x", "X", "a/b~c", "it's", "q\"", "", "tab\t"}));
  EXPECT_TRUE(has(sql, "json ->> '/x' AS \"x\",\n  json ->> '/X' AS \"X_\",\n"));
  EXPECT_TRUE(has(sql, "json ->> '/a~1b~0c' AS \"a/b~c\""));
  EXPECT_TRUE(has(sql, "json ->> '/it''s' AS \"it's\""));
  EXPECT_TRUE(has(sql, "json ->> '/q\"' AS \"q\"\"\""));
  EXPECT_TRUE(has(sql, "json ->> '/' AS \"_\""));
  EXPECT_TRUE(has(sql, "-- No column, since its name cannot be one here: \"tab\\t\"\n"));
}

TEST(DuckDb, TakesLongLinesOnlyWhereFilesAreLong) {
  QueryableOutput output = with_fields({});
  EXPECT_FALSE(has(sql_of(SqlEngine::duckdb, "/o", output), "maximum_object_size"));
  output.labels.largest = 20U << 20;
  EXPECT_TRUE(has(sql_of(SqlEngine::duckdb, "/o", output), "maximum_object_size = 20971520)"));
  output.labels.largest = 10ULL << 30;
  EXPECT_TRUE(has(sql_of(SqlEngine::duckdb, "/o", output), "maximum_object_size = 135266304)"));
  output.line_limit = 8ULL << 30;
  EXPECT_TRUE(has(sql_of(SqlEngine::duckdb, "/o", output), "maximum_object_size = 2147483648)"));
}

TEST(Spark, EscapesWildcardsAndSubstitution) {
  EXPECT_TRUE(has(sql_of(SqlEngine::spark, "/a*{x}${y}'"),
                  "LOCATION 'file:///a\\\\*\\\\{x\\\\}\\u0024\\\\{y\\\\}\\'/aggregated-parquet'"));
  EXPECT_TRUE(has(sql_of(SqlEngine::spark, "s3://b/x"), "LOCATION 's3a://b/x/aggregated-parquet'"));
  EXPECT_TRUE(has(sql_of(SqlEngine::spark, "hdfs://n/x"), "LOCATION 'hdfs://n/x/aggregated-parquet'"));
}

TEST(Spark, LeavesOutWhatNoColumnCanBeCalled) {
  const std::string sql =
      sql_of(SqlEngine::spark, "/o", with_fields({"a`b", "A`B", "profile-id", "it's", "${x}", "y"}));
  EXPECT_TRUE(has(sql, "`a``b` STRING,\n  `y` STRING,\n  `profile-id` STRING\n)"));
  for (const char* field : {"\"A`B\"", "\"profile-id\"", "\"it's\"", "\"\\u0024{x}\""}) {
    EXPECT_TRUE(has(sql, std::string("-- No column, since its name cannot be one here: ") + field + "\n")) << field;
  }
  EXPECT_TRUE(has(sql_of(SqlEngine::spark, "/o", {}, "a`b"), "error: --database"));
}

TEST(Athena, MapsFieldsToNamesThatAthenaHas) {
  const std::string sql =
      sql_of(SqlEngine::athena, "s3://b/x", with_fields({"Key-Hash", "key_hash", "profile_partition", "é", "", "a;b"}));
  EXPECT_TRUE(has(sql, "  `key_hash` string,\n  `key_hash_` string,\n  `profile_partition` string,\n  `_` string\n)"));
  EXPECT_TRUE(has(sql, "'mapping.key_hash' = 'Key-Hash',\n  'mapping.key_hash_' = 'key_hash',\n  'mapping._' = 'é'\n"));
  EXPECT_TRUE(has(sql, "cannot be one here: \"\"\n"));
  EXPECT_TRUE(has(sql, "PARTITIONED BY (`profile_partition_` string)"));
  EXPECT_TRUE(has(sql, "'storage.location.template' = 's3://b/x/labels/profile-id=${profile_partition_}/'"));
  EXPECT_TRUE(has(sql, "cannot be one here: \"a\\u003bb\"\n"));
}

TEST(Athena, WantsAPlainPlaceOnS3) {
  for (const char* location : {"/o", "hdfs://n/x", "s3://b/a*b", "s3://b/it's", "s3://b/${x}", "s3://b//x", "s3://"}) {
    EXPECT_TRUE(has(sql_of(SqlEngine::athena, location), "error: Athena ")) << location;
  }
  EXPECT_TRUE(has(sql_of(SqlEngine::athena, "s3://b"), "LOCATION 's3://b/quarantine/'"));
}

TEST(Athena, WarnsOfManySmallFiles) {
  QueryableOutput output = with_fields({});
  const auto warnings = [&] { return table_statements(output, {SqlEngine::athena, "s3://b", {}})->warnings; };
  output.labels.files = 100;
  EXPECT_TRUE(warnings().empty());
  output.labels.files = 101;
  output.labels.bytes = 101 * 2000;
  ASSERT_EQ(warnings().size(), 1U);
  EXPECT_TRUE(warnings()[0].starts_with("labels are 101 files of 2 KiB on average"));
  output.labels.bytes = 101ULL * (3U << 19);
  EXPECT_TRUE(warnings()[0].starts_with("labels are 101 files of 1.5 MiB on average"));
  output.labels.bytes = 101ULL * (8U << 20);
  EXPECT_TRUE(warnings().empty());
}

}  // namespace
}  // namespace gristmill::ddl
