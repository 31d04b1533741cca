#include "inspect/field_statistics.h"

#include <gtest/gtest.h>

namespace gristmill::inspect {
namespace {

std::string bytes_of(const FieldStatistics& statistics) {
  std::string bytes;
  statistics.append_to(bytes);
  return bytes;
}

std::string samples_of(const FieldStatistics& statistics) {
  std::string text;
  for (const SampleValue& sample : statistics.samples) text += sample.text + " ";
  return text;
}

// A value at each offset; its text is its hash.
FieldStatistics with_samples(std::initializer_list<std::pair<std::uint64_t, std::uint64_t>> values) {
  FieldStatistics statistics;
  for (const auto& [offset, hash] : values) {
    if (statistics.distinct.add(hash)) statistics.add_sample({0, offset}, hash, std::to_string(hash));
  }
  return statistics;
}

TEST(FieldStatistics, CutsBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "é";
  EXPECT_EQ(cut_value(text).size(), 64U);
  EXPECT_EQ(cut_value("a" + text).size(), 63U);
  EXPECT_EQ(cut_value("short"), "short");
}

TEST(FieldStatistics, KnowsTheLeastAndTheGreatest) {
  FieldStatistics statistics;
  statistics.note_number(5, "5");
  statistics.note_number(5, "5.0");
  statistics.note_number(-1e3, "-1e3");
  statistics.note_number(4, "4");
  EXPECT_EQ(statistics.least_number_text, "-1e3");
  EXPECT_EQ(statistics.greatest_number_text, "5.0");
  // One double, two numbers.
  statistics.note_number(9007199254740992.0, "9007199254740992");
  statistics.note_number(9007199254740992.0, "9007199254740993");
  EXPECT_EQ(statistics.greatest_number_text, "9007199254740993");
  statistics.note_text("b");
  statistics.note_text("");
  statistics.note_text("ba");
  EXPECT_EQ(statistics.least_text, "");
  EXPECT_EQ(statistics.greatest_text, "ba");
}

TEST(FieldStatistics, KeepsTheFirstSamplesWhoeverSawThem) {
  const FieldStatistics whole = with_samples({{1, 7}, {2, 7}, {3, 8}, {4, 9}, {5, 1}, {6, 8}, {7, 2}, {8, 3}, {9, 4}});
  EXPECT_EQ(samples_of(whole), "7 8 9 1 2 ");
  FieldStatistics odd = with_samples({{1, 7}, {3, 8}, {5, 1}, {7, 2}, {9, 4}});
  const FieldStatistics even = with_samples({{2, 7}, {4, 9}, {6, 8}, {8, 3}});
  FieldStatistics other = even;
  other.merge(odd);
  odd.merge(even);
  EXPECT_EQ(samples_of(odd), samples_of(whole));
  EXPECT_EQ(samples_of(other), samples_of(whole));
}

TEST(FieldStatistics, IsReadBack) {
  FieldStatistics statistics = with_samples({{1, 7}, {3, 8}});
  EXPECT_EQ(bytes_of(FieldStatistics::from(bytes_of(statistics))), bytes_of(statistics));
  statistics.lines = 9;
  statistics.values[2] = 4;
  statistics.lines_without[3] = 5;
  statistics.note_number(0.5, "0.5");
  statistics.note_text("text");
  EXPECT_EQ(bytes_of(FieldStatistics::from(bytes_of(statistics))), bytes_of(statistics));
  FieldStatistics merged;
  merged.merge(statistics);
  EXPECT_EQ(bytes_of(merged), bytes_of(statistics));
}

}  // namespace
}  // namespace gristmill::inspect
