#include <gtest/gtest.h>

#include <algorithm>

#include "browse/browse.h"
#include "browse/session_rows.h"
#include "json/json_text.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::browse {
namespace {

std::string row(const std::string& profile, const std::string& session, const std::string& swipe) {
  return "{\"profile_id\":\"" + profile + "\",\"session_id\":\"" + session +
         "\",\"number_of_collections\":1,\"weighted_mean_model_score\":null,\"mean_swipe_score\":" + swipe +
         ",\"failed_keystroke_predictions\":0}\n";
}

// The place of each row when they are sorted by key.
std::vector<std::size_t> order_of(const std::vector<std::string>& rows, std::size_t column, bool descending) {
  std::vector<std::pair<std::string, std::size_t>> keys;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string padded = rows[i].substr(0, rows[i].size() - 1);
    padded.append(json::text_padding, '\0');
    keys.emplace_back(sort_key(padded, usual_session_columns()[column], descending, i), i);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<std::size_t> order;
  for (const auto& [key, place] : keys) order.push_back(place);
  return order;
}

TEST(SortKey, OrdersNumbersWithNullsLast) {
  std::vector<std::string> rows;
  for (const char* score : {"null", "2", "-1.5", "0.0", "-0.0", "1e-300", "10", "-2e5"})
    rows.push_back(row("p", "s", score));
  EXPECT_EQ(order_of(rows, 4, false), (std::vector<std::size_t>{7, 2, 3, 4, 5, 1, 6, 0}));
  EXPECT_EQ(order_of(rows, 4, true), (std::vector<std::size_t>{6, 1, 5, 3, 4, 2, 7, 0}));
}

TEST(SortKey, OrdersTextsByTheirBytes) {
  std::vector<std::string> rows;
  for (const char* id : {"b", "a", "a\\u0000", "aa", "", "é", "a\\u0001"}) rows.push_back(row(id, "s", "1"));
  EXPECT_EQ(order_of(rows, 0, false), (std::vector<std::size_t>{4, 1, 2, 6, 3, 0, 5}));
  EXPECT_EQ(order_of(rows, 0, true), (std::vector<std::size_t>{5, 0, 3, 6, 2, 1, 4}));
}

class BrowseSessions : public ::testing::Test {
 protected:
  BrowseSessions() { recipe("{}"); }
  // The manifest says which columns the rows have.
  void recipe(const std::string& text) {
    testing::write_text(folder_ / "_manifest.json", "{\n\"recipe\":" + text + ",\n\"files\":[\n]}\n");
  }
  void write(const std::string& name, const std::string& text) {
    testing::write_text(folder_ / "aggregated-json/" + name, text);
  }
  BrowseQuery json() {
    BrowseQuery query;
    query.format = BrowseFormat::json;
    query.spill_folder = folder_.path();
    return query;
  }
  std::string browse(const BrowseQuery& query) {
    std::string text;
    const auto note = browse_sessions(*storage_, folder_.path(), query, [&](std::string_view piece) {
      text += piece;
      return Result<bool>(true);
    });
    if (!note.ok()) return "error: " + note.error().message;
    note_ = *note;
    return text;
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
  std::string note_;
};

TEST_F(BrowseSessions, PartsInTheirOrder) {
  write("part-00001.json", row("b", "1", "1"));
  write("part-00000.json", row("a", "1", "1"));
  write("_other", "nothing");
  EXPECT_EQ(browse(json()), row("a", "1", "1") + row("b", "1", "1"));
}

TEST_F(BrowseSessions, HaveTheColumnsOfTheirRecipe) {
  recipe(R"({"aggregates":[{"count":"rows","name":"lines","of":"collections"},)"
         R"({"mean":"score","name":"mean_tap_score","of":"predictions"}]})");
  write("part-00000.json",
        "{\"profile_id\":\"a\",\"session_id\":\"1\",\"lines\":3,\"mean_tap_score\":null}\n"
        "{\"profile_id\":\"a\",\"session_id\":\"2\",\"lines\":1,\"mean_tap_score\":0.5}\n");
  BrowseQuery query = json();
  query.format = BrowseFormat::csv;
  query.sort_column = "lines";
  EXPECT_EQ(browse(query), "profile_id,session_id,lines,mean_tap_score\r\na,2,1,0.5\r\na,1,3,\r\n");
  query.sort_column = "mean_swipe_score";
  EXPECT_EQ(browse(query), "error: --sort: the sessions have no column 'mean_swipe_score'");
}

TEST_F(BrowseSessions, OfOneProfileAndSession) {
  std::string text;
  for (const char* profile : {"a", "b", "c"}) text += row(profile, "1", "1") + row(profile, "2", "1");
  // Behind the rows of its profile nothing is read.
  write("part-00000.json", text + "no JSON\n");
  BrowseQuery query = json();
  query.profile = "b";
  EXPECT_EQ(browse(query), row("b", "1", "1") + row("b", "2", "1"));
  query.session = "2";
  EXPECT_EQ(browse(query), row("b", "2", "1"));
  query.profile.reset();
  EXPECT_EQ(browse(query).substr(0, 6), "error:");
}

TEST_F(BrowseSessions, TheFirstOfASortAreThoseOfTheWholeSort) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += row("p" + std::to_string(1000 + i), "s", std::to_string(i * 7919 % 101));
  write("part-00000.json", text);
  BrowseQuery query = json();
  query.sort_column = "mean_swipe_score";
  for (const bool descending : {false, true}) {
    query.descending = descending;
    query.limit = 0;
    const std::string all = browse(query);
    for (const std::uint64_t limit : {1, 2, 50, 499, 500, 501}) {
      query.limit = limit;
      const std::string first = browse(query);
      EXPECT_TRUE(all.starts_with(first));
      EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), static_cast<long>(std::min<std::uint64_t>(limit, 500)));
    }
  }
}

TEST_F(BrowseSessions, ALimitReadsNoFurther) {
  write("part-00000.json", row("a", "1", "1") + row("a", "2", "1") + row("a", "3", "1") + "no JSON\n");
  BrowseQuery query = json();
  query.limit = 2;
  EXPECT_EQ(browse(query), row("a", "1", "1") + row("a", "2", "1"));
  query.format = BrowseFormat::table;
  browse(query);
  EXPECT_EQ(note_, "these are the first 2; --limit 0 shows all");
}

TEST_F(BrowseSessions, StopsWhenNobodyReads) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += row("p" + std::to_string(10'000 + i), "s", "1");
  write("part-00000.json", text + "no JSON\n");
  int pieces = 0;
  const auto note = browse_sessions(*storage_, folder_.path(), json(), [&](std::string_view) {
    ++pieces;
    return Result<bool>(false);
  });
  EXPECT_TRUE(note.ok());
  EXPECT_EQ(pieces, 1);
}

}  // namespace
}  // namespace gristmill::browse
