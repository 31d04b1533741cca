#include "generate/draft.h"

#include <gtest/gtest.h>

namespace gristmill::generate {
namespace {

std::string written_line(const LineWriter& lines, Dataset dataset, std::uint64_t number) {
  std::string room(lines.longest_line(dataset), '\0');
  const char* end = lines.write(dataset, number, room.data());
  room.resize(static_cast<std::size_t>(end - room.data()));
  return room;
}

TEST(Draft, UnchangedIsTheCleanLine) {
  for (const bool spaced : {false, true}) {
    for (const std::uint64_t behaviours : {1U, 2U, 7U, 60U}) {
      Shape shape;
      shape.profiles = 3;
      shape.behaviours = behaviours;
      const LineWriter lines(shape, 5, spaced);
      for (const Dataset dataset : all_datasets) {
        for (std::uint64_t number = 0; number < lines.lines(dataset); ++number) {
          ASSERT_EQ(Draft(lines, dataset, number).line(), written_line(lines, dataset, number));
        }
      }
    }
  }
}

TEST(Draft, TakesEntriesOneByOne) {
  for (const bool spaced : {false, true}) {
    Shape shape;
    const LineWriter lines(shape, 1, spaced);
    Draft draft(lines, Dataset::collections, 0);
    std::size_t taken = 0;
    for (auto& [type, entries] : draft.lists) {
      while (!entries.empty()) {
        const std::string entry = draft.take_first_entry(entries);
        EXPECT_TRUE(entry.starts_with("{") && entry.ends_with("}")) << entry;
        ++taken;
      }
    }
    EXPECT_EQ(taken, shape.behaviours);
  }
}

}  // namespace
}  // namespace gristmill::generate
