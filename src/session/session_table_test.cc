#include "session/session_table.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <limits>

#include "gristmill/recipe.h"
#include "storage/faulty.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::session {
namespace {

using testing::read_text;
using testing::read_tree;
using testing::TemporaryFolder;

struct Row {
  std::string profile;
  std::string session;
  std::int64_t collections = 0;
  std::optional<double> weighted;
  std::optional<double> swipe;
  std::int64_t failed = 0;
};

const std::vector<Aggregate>& usual() {
  static const std::vector<Aggregate> columns = session_columns(Recipe{});
  return columns;
}

Cell cell_of(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }
std::vector<Cell> cells_of(const Row& row) {
  return {std::string_view(row.profile),
          std::string_view(row.session),
          row.collections,
          cell_of(row.weighted),
          cell_of(row.swipe),
          row.failed};
}

class SessionTableTest : public ::testing::Test {
 protected:
  storage::OutputOptions output(const std::string& name) {
    storage::OutputOptions options;
    options.root = folder_ / name;
    return options;
  }

  Result<std::vector<storage::WrittenFile>> write(Storage& storage, const std::string& name,
                                                  const std::vector<Row>& rows) {
    SessionTableWriter writer(storage, output(name), {"1.2.3", R"({"strict":false})"}, usual());
    GM_RETURN_IF_ERROR(writer.open());
    for (const Row& row : rows) GM_RETURN_IF_ERROR(writer.add(cells_of(row)));
    return writer.close();
  }

  std::unique_ptr<parquet::ParquetFileReader> metadata_reader(const std::string& name) {
    return parquet::ParquetFileReader::OpenFile(folder_ / (name + "/aggregated-result/data.parquet"));
  }

  // Reads the Parquet file back and compares all of it.
  void expect_rows(const std::string& name, const std::vector<Row>& rows) {
    auto file = arrow::io::ReadableFile::Open(folder_ / (name + "/aggregated-result/data.parquet"));
    ASSERT_TRUE(file.ok());
    auto reader = parquet::arrow::OpenFile(*file, arrow::default_memory_pool());
    ASSERT_TRUE(reader.ok()) << reader.status().ToString();
    auto chunked = (*reader)->ReadTable();
    ASSERT_TRUE(chunked.ok()) << chunked.status().ToString();
    auto whole = (*chunked)->CombineChunks();
    ASSERT_TRUE(whole.ok());
    const std::shared_ptr<arrow::Table> table = *whole;
    ASSERT_EQ(table->num_rows(), static_cast<std::int64_t>(rows.size()));
    const arrow::Schema& schema = *table->schema();
    ASSERT_EQ(schema.num_fields(), 6);
    const char* const names[] = {"profile_id",
                                 "session_id",
                                 "number_of_collections",
                                 "weighted_mean_model_score",
                                 "mean_swipe_score",
                                 "failed_keystroke_predictions"};
    const arrow::Type::type types[] = {arrow::Type::STRING, arrow::Type::STRING, arrow::Type::INT64,
                                       arrow::Type::DOUBLE, arrow::Type::DOUBLE, arrow::Type::INT64};
    for (int i = 0; i < 6; ++i) {
      EXPECT_EQ(schema.field(i)->name(), names[i]);
      EXPECT_EQ(schema.field(i)->type()->id(), types[i]);
    }
    if (rows.empty()) return;
    const auto text = [&](int column) {
      return std::static_pointer_cast<arrow::StringArray>(table->column(column)->chunk(0));
    };
    const auto whole_number = [&](int column) {
      return std::static_pointer_cast<arrow::Int64Array>(table->column(column)->chunk(0));
    };
    const auto number = [&](int column) {
      return std::static_pointer_cast<arrow::DoubleArray>(table->column(column)->chunk(0));
    };
    const auto profiles = text(0);
    const auto sessions = text(1);
    const auto collections = whole_number(2);
    const auto weighted = number(3);
    const auto swipe = number(4);
    const auto failed = whole_number(5);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto k = static_cast<std::int64_t>(i);
      ASSERT_EQ(profiles->GetView(k), rows[i].profile);
      ASSERT_EQ(sessions->GetView(k), rows[i].session);
      ASSERT_EQ(collections->Value(k), rows[i].collections);
      ASSERT_EQ(failed->Value(k), rows[i].failed);
      ASSERT_EQ(weighted->IsNull(k), !rows[i].weighted);
      ASSERT_EQ(swipe->IsNull(k), !rows[i].swipe);
      if (rows[i].weighted) {
        ASSERT_EQ(weighted->Value(k), *rows[i].weighted);
      }
      if (rows[i].swipe) {
        ASSERT_EQ(swipe->Value(k), *rows[i].swipe);
      }
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

const std::vector<Row> few = {{"a", "s1", 1, 0.5, std::nullopt, 0},
                              {"a", "s2", 0, std::nullopt, 5e-324, 7},
                              {"\xC3\xA9", "", 9'000'000'000, -0.0, std::numeric_limits<double>::max(), 1},
                              {std::string("z\0", 2), "s", 2, 1.0, 0.25, 0}};

TEST_F(SessionTableTest, IsReadBackAsItWasWritten) {
  const auto written = write(*storage_, "out", few);
  ASSERT_TRUE(written.ok());
  expect_rows("out", few);
}

TEST_F(SessionTableTest, JsonHasTheColumnsInTheirOrderAndDoublesAsPython) {
  const std::vector<Row> rows = {{"p", "s", 3, 0.93, 1.0, 2},
                                 {"a\"\\/\n\x1f\x7f", "\xC3\xA9", 0, 1e16, 1e-5, 0},
                                 {"", "", 0, -0.0, 0.30000000000000004, 0},
                                 {"z", "", 0, std::nullopt, std::nullopt, 0}};
  ASSERT_TRUE(write(*storage_, "out", rows).ok());
  EXPECT_EQ(
      read_text(folder_ / "out/aggregated-json/part-00000.json"),
      R"({"profile_id":"p","session_id":"s","number_of_collections":3,"weighted_mean_model_score":0.93,"mean_swipe_score":1.0,"failed_keystroke_predictions":2})"
      "\n"
      "{\"profile_id\":\"a\\\"\\\\/\\n\\u001f\x7f\",\"session_id\":\"\xC3\xA9\",\"number_of_collections\":0,"
      "\"weighted_mean_model_score\":1e+16,\"mean_swipe_score\":1e-05,\"failed_keystroke_predictions\":0}\n"
      R"({"profile_id":"","session_id":"","number_of_collections":0,"weighted_mean_model_score":-0.0,"mean_swipe_score":0.30000000000000004,"failed_keystroke_predictions":0})"
      "\n"
      R"({"profile_id":"z","session_id":"","number_of_collections":0,"weighted_mean_model_score":null,"mean_swipe_score":null,"failed_keystroke_predictions":0})"
      "\n");
}

TEST_F(SessionTableTest, AWholeTimeHasNoFractionInJson) {
  const std::vector<Aggregate> times = {{.name = "first",
                                         .of = AggregateOf::collections,
                                         .function = AggregateFunction::min,
                                         .field = AggregateField::timestamp},
                                        {.name = "mean",
                                         .of = AggregateOf::collections,
                                         .function = AggregateFunction::mean,
                                         .field = AggregateField::timestamp}};
  SessionTableWriter writer(*storage_, output("out"), {"1", "{}"}, times);
  ASSERT_TRUE(writer.open().ok());
  for (const double time : {1747299119000.0, -5.0, -0.0, 0.5, 9007199254740991.0, 9007199254740992.0, 1e16}) {
    ASSERT_TRUE(writer.add({"p", "s", time, time}).ok());
  }
  ASSERT_TRUE(writer.close().ok());
  std::string text = read_text(folder_ / "out/aggregated-json/part-00000.json");
  const std::string ids = R"({"profile_id":"p","session_id":"s",)";
  for (std::size_t at; (at = text.find(ids)) != std::string::npos;) text.erase(at, ids.size());
  EXPECT_EQ(text,
            "\"first\":1747299119000,\"mean\":1747299119000.0}\n"
            "\"first\":-5,\"mean\":-5.0}\n"
            "\"first\":-0,\"mean\":-0.0}\n"
            "\"first\":0.5,\"mean\":0.5}\n"
            "\"first\":9007199254740991,\"mean\":9007199254740991.0}\n"
            "\"first\":9007199254740992.0,\"mean\":9007199254740992.0}\n"
            "\"first\":1e+16,\"mean\":1e+16}\n");
}

TEST_F(SessionTableTest, ModelsHaveATableOfTheirOwn) {
  ModelAggregate unscored;
  unscored.add({});
  ModelAggregate scored;
  record::Prediction prediction;
  for (const auto& [score, confidence] : {std::pair(0.5, 1.0), {-0.0, 0.5}, {0.0, 0.5}}) {
    prediction.score_value = score;
    prediction.confidence_value = confidence;
    scored.add(prediction);
  }
  ModelTableWriter writer(*storage_, output("out"), {"1", "{}"});
  ASSERT_TRUE(writer.open().ok());
  ASSERT_TRUE(writer.add("p", "s", "", unscored).ok());
  ASSERT_TRUE(writer.add("p", "s", "m", scored).ok());
  const auto written = writer.close();
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(written->path, "aggregated-models/data.parquet");
  auto file = arrow::io::ReadableFile::Open(folder_ / "out/aggregated-models/data.parquet");
  auto reader = parquet::arrow::OpenFile(*file, arrow::default_memory_pool());
  auto table = (*reader)->ReadTable();
  ASSERT_TRUE(table.ok());
  std::string rows;
  for (const auto& column : (*table)->columns()) {
    for (std::int64_t i = 0; i < 2; ++i) rows += (*column->GetScalar(i))->ToString() + " ";
    rows += "| ";
  }
  EXPECT_EQ(rows,
            "p p | s s | null m | 1 3 | 0 3 | 1 0 | null 0.16666666666666666 | null 0.25 | null -0 | null 0.5 | ");
}

TEST_F(SessionTableTest, TellsOfItsThreeFiles) {
  const auto written = write(*storage_, "out", few);
  ASSERT_TRUE(written.ok());
  ASSERT_EQ(written->size(), 3U);
  auto tree = read_tree(folder_ / "out");
  EXPECT_EQ(tree.size(), 3U);
  for (const storage::WrittenFile& file : *written) {
    ASSERT_TRUE(tree.contains(file.path)) << file.path;
    EXPECT_EQ(file.size, tree[file.path].size());
    EXPECT_EQ(file.hash, storage::hash128(tree[file.path]));
  }
  EXPECT_EQ(tree["aggregated-result/data.parquet"], tree["aggregated-parquet/part-00000.parquet"]);
}

TEST_F(SessionTableTest, WithoutRowsItIsStillATable) {
  ASSERT_TRUE(write(*storage_, "out", {}).ok());
  expect_rows("out", {});
  EXPECT_EQ(read_text(folder_ / "out/aggregated-json/part-00000.json"), "");
  EXPECT_EQ(metadata_reader("out")->metadata()->num_row_groups(), 0);
}

TEST_F(SessionTableTest, RecordsVersionAndRecipe) {
  ASSERT_TRUE(write(*storage_, "out", few).ok());
  const auto reader = metadata_reader("out");
  const auto& pairs = reader->metadata()->key_value_metadata();
  ASSERT_NE(pairs, nullptr);
  EXPECT_EQ(pairs->Get("gristmill.version").ValueOr(""), "1.2.3");
  EXPECT_EQ(pairs->Get("gristmill.recipe").ValueOr(""), R"({"strict":false})");
}

TEST_F(SessionTableTest, IsCompressedWithStatisticsAndDictionaries) {
  ASSERT_TRUE(write(*storage_, "out", few).ok());
  const auto reader = metadata_reader("out");
  const auto group = reader->metadata()->RowGroup(0);
  for (int column = 0; column < 6; ++column) {
    const auto chunk = group->ColumnChunk(column);
    EXPECT_EQ(chunk->compression(), parquet::Compression::ZSTD) << column;
    EXPECT_EQ(chunk->has_dictionary_page(), column < 2) << column;
    ASSERT_TRUE(chunk->is_stats_set()) << column;
  }
  const auto profiles = std::static_pointer_cast<parquet::ByteArrayStatistics>(group->ColumnChunk(0)->statistics());
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(profiles->min().ptr), profiles->min().len), "a");
  EXPECT_EQ(group->ColumnChunk(3)->statistics()->null_count(), 1);
}

TEST_F(SessionTableTest, ARowGroupEndsAfter122880Rows) {
  std::vector<Row> rows;
  for (int i = 0; i < 122'880 + 1; ++i)
    rows.push_back(
        {"p", std::to_string(1'000'000 + i), i, i % 3 == 0 ? std::nullopt : std::optional(i / 7.0), std::nullopt, 0});
  ASSERT_TRUE(write(*storage_, "more", rows).ok());
  {
    const auto reader = metadata_reader("more");
    ASSERT_EQ(reader->metadata()->num_row_groups(), 2);
    EXPECT_EQ(reader->metadata()->RowGroup(0)->num_rows(), 122'880);
    EXPECT_EQ(reader->metadata()->RowGroup(1)->num_rows(), 1);
  }
  expect_rows("more", rows);
  rows.pop_back();
  ASSERT_TRUE(write(*storage_, "exact", rows).ok());
  EXPECT_EQ(metadata_reader("exact")->metadata()->num_row_groups(), 1);
}

TEST_F(SessionTableTest, ARowGroupEndsAfter4MiBOfIds) {
  // 40 + 24 bytes a row: the 65,536th row completes 4 MiB.
  std::vector<Row> rows;
  for (int i = 0; i < 65'536 + 10; ++i)
    rows.push_back(
        {std::string(40, 'p'), "session-" + std::string(10, 's') + std::to_string(100'000 + i), 0, {}, {}, 0});
  ASSERT_EQ(rows[0].profile.size() + rows[0].session.size(), 64U);
  ASSERT_TRUE(write(*storage_, "out", rows).ok());
  const auto reader = metadata_reader("out");
  ASSERT_EQ(reader->metadata()->num_row_groups(), 2);
  EXPECT_EQ(reader->metadata()->RowGroup(0)->num_rows(), 65'536);
  EXPECT_EQ(reader->metadata()->RowGroup(1)->num_rows(), 10);
}

TEST_F(SessionTableTest, ALongIdIsAGroupOfItsOwn) {
  const std::vector<Row> rows = {
      {"a", "s", 1, {}, {}, 0}, {"b", std::string(5'000'000, 's'), 2, {}, {}, 0}, {"c", "s", 3, {}, {}, 0}};
  ASSERT_TRUE(write(*storage_, "out", rows).ok());
  EXPECT_EQ(metadata_reader("out")->metadata()->num_row_groups(), 2);
  expect_rows("out", rows);
}

TEST_F(SessionTableTest, TheSameRowsGiveTheSameBytes) {
  std::vector<Row> rows;
  for (int i = 0; i < 2000; ++i)
    rows.push_back({"p" + std::to_string(i / 10), "s" + std::to_string(i), i % 5, i / 3.0, {}, 0});
  ASSERT_TRUE(write(*storage_, "one", rows).ok());
  ASSERT_TRUE(write(*storage_, "two", rows).ok());
  EXPECT_EQ(read_tree(folder_ / "one"), read_tree(folder_ / "two"));
}

TEST_F(SessionTableTest, EveryFaultOfTheStorageComesOut) {
  storage::FaultPlan plan;
  std::uint64_t operations = 0;
  {
    std::shared_ptr<storage::FaultLog> log;
    const auto counting = storage::make_faulty_storage(*storage_, plan, &log);
    ASSERT_TRUE(write(*counting, "count", few).ok());
    operations = log->operations().size();
  }
  ASSERT_GE(operations, 9U);  // three files are made, written and closed
  plan.action = storage::FaultPlan::Action::error;
  plan.error_number = ENOSPC;
  for (plan.at = 1; plan.at <= operations; ++plan.at) {
    const auto faulty = storage::make_faulty_storage(*storage_, plan);
    const auto written = write(*faulty, "out" + std::to_string(plan.at), few);
    ASSERT_FALSE(written.ok()) << plan.at;
    EXPECT_EQ(written.error().kind, ErrorKind::output) << written.error().message;
    EXPECT_NE(written.error().message.find("No space left"), std::string::npos) << written.error().message;
  }
}

TEST_F(SessionTableTest, MayBeAbandoned) {
  SessionTableWriter unopened(*storage_, output("unopened"), {"1", "{}"}, usual());
  SessionTableWriter opened(*storage_, output("opened"), {"1", "{}"}, usual());
  ASSERT_TRUE(opened.open().ok());
  SessionTableWriter begun(*storage_, output("begun"), {"1", "{}"}, usual());
  ASSERT_TRUE(begun.open().ok());
  ASSERT_TRUE(begun.add(cells_of({"p", "s", 1, 0.5, 0.5, 0})).ok());
}

}  // namespace
}  // namespace gristmill::session
