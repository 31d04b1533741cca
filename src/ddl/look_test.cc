#include <gtest/gtest.h>

#include <map>

#include "ddl/ddl.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::ddl {
namespace {

// An output as far as look_for_tables() looks: a manifest, and rows.
class LookTest : public ::testing::Test {
 protected:
  void file(const std::string& path, const std::string& text) {
    testing::write_text(folder_ / path, text);
    files_ += std::string(files_.empty() ? "" : ",\n") + "{\"path\":\"" + path +
              "\",\"size\":" + std::to_string(text.size()) + ",\"xxh3_128\":\"" + std::string(32, '0') + "\"}";
    bytes_ += text.size();
    ++count_;
  }
  Result<QueryableOutput> look(const std::string& recipe, FieldsFrom fields = FieldsFrom::some_rows) {
    testing::write_text(folder_ / "_manifest.json", "{\"manifest\":1,\"run_id\":\"r\",\n" + recipe + "\"files\":[\n" +
                                                        files_ + "\n],\n\"file_count\":" + std::to_string(count_) +
                                                        ",\"byte_count\":" + std::to_string(bytes_) + "}\n");
    return look_for_tables(*storage_, folder_.path(), fields);
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
  std::string files_;
  std::uint64_t bytes_ = 0;
  std::uint64_t count_ = 0;
};

std::vector<std::string> names_of(const RowFiles& files) {
  std::vector<std::string> names;
  for (const RowField& field : files.fields) names.push_back(field.name);
  return names;
}

const std::string plain = "\"recipe\":{\"carry\":[],\"limits\":{\"line\":1000}},\n";

TEST_F(LookTest, FindsSizesAndFieldsInTheirOrder) {
  file("labels/profile-id=a/collections.jsonl", "{\"profile_id\":\"a\",\"x\":1,\"\\u0079\":2}\n{\"z\":1,\"x\":2}\n");
  file("labels/profile-id=b%2F/collections.jsonl", "{\"w\":1}\n");
  file("predictions/profile-id=a/predictions.jsonl", "{\"score\":1,\"timestamp\":2,\"v\":3}\n");
  file("quarantine/collections.jsonl", "{}\n");
  const auto output = look("\"recipe\":{\"carry\":[\"region\",\"platform\"],\"limits\":{\"line\":1000}},\n");
  ASSERT_TRUE(output.ok()) << output.error().message;
  EXPECT_EQ(output->labels.files, 2U);
  EXPECT_EQ(output->labels.bytes, 58U);
  EXPECT_EQ(output->labels.largest, 50U);
  EXPECT_EQ(output->labels.example, "b%2F");
  EXPECT_EQ(names_of(output->labels), (std::vector<std::string>{"region", "x", "y", "z", "w"}));
  EXPECT_EQ(names_of(output->predictions), (std::vector<std::string>{"region", "platform", "v"}));
  EXPECT_EQ(output->quarantine_files, 1U);
  EXPECT_EQ(output->largest_quarantine, 3U);
  EXPECT_EQ(output->line_limit, 1000U);
}

TEST_F(LookTest, AFieldHasTheTypeOnWhichItsValuesAgree) {
  file("labels/profile-id=a/collections.jsonl",
       R"({"n":1.5,"c":1,"t":true,"s":"1","m":1,"o":{},"w":12345678901234567890,"b":9007199254740993,"i":1e999})"
       "\n"
       R"({"n":2,"c":null,"t":false,"s":"2","m":"1","o":{},"w":1,"b":1,"i":1,"u":null})"
       "\n");
  using enum ColumnType;
  const auto output = look(plain);
  std::map<std::string, ColumnType> types;
  for (const RowField& field : output->labels.fields) types.emplace(field.name, field.type);
  EXPECT_TRUE(output->labels.all_seen);
  EXPECT_EQ(types, (std::map<std::string, ColumnType>{{"n", number},
                                                      {"c", count},
                                                      {"t", truth},
                                                      {"s", text},
                                                      {"m", text},
                                                      {"o", text},
                                                      {"w", text},
                                                      {"b", count},
                                                      {"i", text},
                                                      {"u", text}}));
}

// A whole number might be none in the rows that were not looked at, and DuckDB rounds.
TEST_F(LookTest, WholeNumbersAreCountsOnlyIfAllRowsWereSeen) {
  for (int i = 1000; i < 1200; ++i) {
    file("labels/profile-id=" + std::to_string(i) + "/collections.jsonl", "{\"x\":1,\"wide\":9007199254740993}\n");
  }
  const auto some = look(plain);
  EXPECT_FALSE(some->labels.all_seen);
  EXPECT_EQ(some->labels.fields[0].type, ColumnType::number);
  EXPECT_EQ(some->labels.fields[1].type, ColumnType::text);
  const auto all = look(plain, FieldsFrom::all_rows);
  EXPECT_EQ(all->labels.fields[0].type, ColumnType::count);
  EXPECT_EQ(all->labels.fields[1].type, ColumnType::count);
}

// Of many files, those in between are left out, but the first ones are looked into, and with all_rows all.
TEST_F(LookTest, LooksIntoFilesHereAndThere) {
  for (int i = 1000; i < 1200; ++i) {
    const std::string number = std::to_string(i);
    file("labels/profile-id=" + number + "/collections.jsonl", "{\"f" + number + "\":1}\n");
  }
  const auto some = look(plain);
  ASSERT_TRUE(some.ok()) << some.error().message;
  EXPECT_EQ(some->labels.files, 200U);
  ASSERT_EQ(some->labels.fields.size(), 50U);  // every fourth
  EXPECT_EQ(some->labels.fields.front().name, "f1000");
  EXPECT_EQ(some->labels.fields[1].name, "f1004");
  EXPECT_EQ(some->labels.fields.back().name, "f1196");
  EXPECT_EQ(look(plain, FieldsFrom::all_rows)->labels.fields.size(), 200U);
}

TEST_F(LookTest, TakesNoMoreFieldsThanTheLimit) {
  std::string row = "{\"f\":1";
  for (int i = 0; i < 1000; ++i) row += ",\"f" + std::to_string(i) + "\":1";
  file("labels/profile-id=a/collections.jsonl", row + "}\n");
  const auto output = look(plain);
  EXPECT_EQ(output->labels.fields.size(), field_limit);
  EXPECT_TRUE(output->labels.more_fields);
  EXPECT_FALSE(output->predictions.more_fields);
}

TEST_F(LookTest, RefusesWhatIsNotAsGristmillWritesIt) {
  file("labels/profile-id=a/collections.jsonl", "no JSON\n");
  for (const std::string& recipe :
       {plain, std::string(), std::string("\"recipe\":[],\n"), std::string("\"recipe\":{,\n")}) {
    const auto output = look(recipe);
    ASSERT_FALSE(output.ok()) << recipe;
    EXPECT_EQ(output.error().kind, ErrorKind::output);
  }
}

}  // namespace
}  // namespace gristmill::ddl
