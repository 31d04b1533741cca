#include "text/text_table.h"

#include <gtest/gtest.h>

#include "text/visible_text.h"
#include "text/wrapped_text.h"

namespace gristmill::text {
namespace {

TEST(TextTable, AlignsByDisplayWidth) {
  const TableStyle style{false, true, 80};
  TextTable table(style);
  table.add_column("id", Align::left);
  table.add_column("rows", Align::right);
  table.add_row({"日本", "1"});
  table.add_row({"e\xcc\x81", "1,000"});
  EXPECT_EQ(table.str(),
            "  id     rows\n"
            "  ────  ─────\n"
            "  日本      1\n"
            "  e\xcc\x81     1,000\n");
}

TEST(TextTable, LongHeadsTakeTwoLines) {
  const TableStyle style{false, false, 80};
  TextTable table(style);
  table.add_column("id", Align::left);
  table.add_column("number_of_collections", Align::right);
  table.add_row({"a", "1"});
  EXPECT_EQ(table.str(),
            "       number_of_\n"
            "  id  collections\n"
            "  --  -----------\n"
            "  a             1\n");
}

TEST(TextTable, CutsTheLastColumnToTheWidth) {
  const TableStyle style{false, false, 30};
  TextTable table(style, 0);
  table.add_column("", Align::left);
  table.add_column("", Align::left, 1000);
  table.add_row({"0123456789", std::string(500, 'x')});
  EXPECT_EQ(table.str(), "0123456789  xxxxxxxxxxxxxxx...\n");
}

TEST(TextTable, AWidthOfZeroCutsNothing) {
  const TableStyle style{false, false, 0};
  TextTable table(style, 0);
  table.add_column("", Align::left, 1000);
  table.add_row({std::string(500, 'x')});
  EXPECT_EQ(table.str(), std::string(500, 'x') + "\n");
}

TEST(TextTable, MissingCellsAreEmpty) {
  const TableStyle style{false, false, 80};
  TextTable table(style, 0);
  table.add_column("a", Align::left);
  table.add_column("b", Align::left);
  table.add_row({"1"});
  table.add_row({"1", "2", "3"});
  EXPECT_EQ(table.str(), "a  b\n-  -\n1\n1  2\n");
}

TEST(TextTable, ColoursOnlyWhenAsked) {
  EXPECT_EQ(toned("x", Tone::bad, {true, true, 80}), "\x1b[1;31mx\x1b[0m");
  EXPECT_EQ(toned("x", Tone::bad, {false, true, 80}), "x");
  EXPECT_EQ(toned("x", Tone::plain, {true, true, 80}), "x");
}

TEST(WrappedText, BreaksBetweenItemsOnly) {
  const TableStyle style{false, false, 32};
  EXPECT_EQ(labelled_list("checks", 8, {"one 1", "two 2", "three 3", "four 4"}, Tone::plain, style),
            "  checks    one 1, two 2,\n"
            "            three 3, four 4\n");
  EXPECT_EQ(labelled_list("output", 8, {"/a path/that is/longer than/a line"}, Tone::plain, style),
            "  output    /a path/that is/longer than/a line\n");
  EXPECT_EQ(labelled_list("none", 8, {"\x1b"}, Tone::plain, style), "  none      \\x1b\n");
}

}  // namespace
}  // namespace gristmill::text
