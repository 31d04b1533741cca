#include <gtest/gtest.h>

#include "inspect/inspect.h"
#include "text/visible_text.h"

namespace gristmill::inspect {
namespace {

class InspectionTablesTest : public ::testing::Test {
 protected:
  InspectionTablesTest() {
    InspectedFile file;
    file.name = "c.jsonl";
    file.group = LineGroup::collections;
    file.lines = 2001;
    file.collections = 1999;
    file.unreadable = 1;
    file.blank = 1;
    inspection_.files.push_back(file);
    inspection_.stored_bytes = 1'500'000;
    group_.lines = 2000;
    group_.accepted = 1999;
    group_.rejected = 1;
    group_.readable = 1999;
    group_.shapes = 3;
    group_.first_shapes = {{R"({"behaviour":{}})", 1990, {"c.jsonl", 1, 0}, R"({"behaviour":{}})"}};
    group_.lines_of_other_shapes = 9;
    group_.rejections = {{"invalid_json", 1, {{{"c.jsonl", 7, 80}, "{oops"}}, {}}};
  }
  std::string shown(unsigned width = 100) const {
    text::TableStyle style;
    style.width = width;
    style.unicode = true;
    return inspection_tables(inspection_, style);
  }
  bool shows(std::string_view part) const { return shown().find(part) != std::string::npos; }

  Inspection inspection_;
  InspectedGroup& group_ = inspection_.groups[0];
};

TEST_F(InspectionTablesTest, FilesAreToldByWhatIsInThem) {
  EXPECT_TRUE(shows("Files: 1 file, 1.50 MB\n")) << shown();
  EXPECT_TRUE(shows("1,999 with a behaviour, 1 unreadable, 1 blank")) << shown();
  EXPECT_FALSE(shows("with both"));
}

TEST_F(InspectionTablesTest, OnlyGroupsWithLinesAreShown) {
  EXPECT_TRUE(shows("\nCollections\n"));
  EXPECT_FALSE(shows("Predictions"));
  EXPECT_FALSE(shows("Lines that are neither"));
  inspection_.groups[2].lines = 1;
  EXPECT_TRUE(shows("\nLines that are neither\n"));
}

// A share that is not nothing is not shown as nothing, nor one that is not all as all.
TEST_F(InspectionTablesTest, SharesAreNotRoundedAway) {
  EXPECT_TRUE(shows("a run would accept 1,999, repair 0 of these, and reject 1 (0.1%)\n")) << shown();
  group_.rejected = 0;
  EXPECT_TRUE(shows("reject 0 (0%)\n")) << shown();
  group_.rejected = 1999;
  EXPECT_TRUE(shows("reject 1,999 (99.9%)\n")) << shown();
  group_.rejected = 2000;
  EXPECT_TRUE(shows("reject 2,000 (100.0%)\n")) << shown();
}

TEST_F(InspectionTablesTest, WhatIsLeftOutIsCounted) {
  EXPECT_TRUE(shows("and 2 other shapes of 9 lines, see --shapes\n")) << shown();
  group_.fields = 3;
  group_.first_fields.resize(1);
  group_.first_fields[0].path = "a";
  group_.first_fields[0].names = {"a"};
  EXPECT_TRUE(shows("and 2 fields more, see --fields\n")) << shown();
  inspection_.files.resize(25, inspection_.files[0]);
  EXPECT_TRUE(shows("and 5 files more, see --format json\n")) << shown();
}

TEST_F(InspectionTablesTest, FewValuesAreNamedManyAreARange) {
  group_.fields = 2;
  InspectedField few;
  few.path = "kind";
  few.names = {"kind"};
  few.values.lines = 1999;
  few.values.values[static_cast<std::size_t>(ValueKind::text)] = 1999;
  few.values.samples = {{{}, 1, "tap"}, {{}, 2, "swipe"}};
  few.distinct = 2;
  InspectedField many;
  many.path = "time";
  many.names = {"time"};
  many.values.lines = 1000;
  many.values.values[static_cast<std::size_t>(ValueKind::integer)] = 999;
  many.values.values[static_cast<std::size_t>(ValueKind::null)] = 1;
  many.values.note_number(5, "5");
  many.values.note_number(1e9, "1e9");
  many.distinct = 900;
  many.distinct_exact = false;
  group_.first_fields = {few, many};
  EXPECT_TRUE(shows("tap, swipe")) << shown();
  EXPECT_TRUE(shows("5 to 1e9")) << shown();
  EXPECT_TRUE(shows("~900")) << shown();
  EXPECT_TRUE(shows("int 99.9%, null 0")) << shown();
}

TEST_F(InspectionTablesTest, IssuesHaveTheirFirstLine) {
  EXPECT_TRUE(shows("Rejections that a run would make")) << shown();
  EXPECT_TRUE(shows("c.jsonl:7")) << shown();
  EXPECT_TRUE(shows("{oops")) << shown();
  EXPECT_FALSE(shows("Repairs that a run would make"));
}

TEST_F(InspectionTablesTest, NothingIsWiderThanTheTerminalNorObeyedByIt) {
  inspection_.remarks = {"a remark that is so long that it takes more than one line of a terminal of this width, " +
                         std::string("and holds \x1b[2J")};
  group_.first_shapes[0].text = "{" + std::string(500, 'x') + "}";
  group_.first_shapes[0].example = "\x1b[2J" + std::string(500, 'y');
  for (const unsigned width : {72U, 80U, 140U}) {
    const std::string text = shown(width);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin)) {
      const std::string_view line = std::string_view(text).substr(begin, end - begin);
      EXPECT_LE(text::display_width(line), width) << line;
    }
  }
}

}  // namespace
}  // namespace gristmill::inspect
