#include "generate/flawed_line.h"

#include <gtest/gtest.h>

#include <string>

#include "gristmill/recipe.h"
#include "json/padded_text_testing.h"
#include "record/line_parser.h"

namespace gristmill::generate {
namespace {

// A line that is to need a repair needs that one and no other, in every data set that the table names.
TEST(FlawedLines, NeedTheirRepair) {
  Shape shape;
  shape.profiles = 20;
  const LineWriter lines(shape, 3, false);
  const Result<AnomalyPlan> plan = AnomalyPlan::of({}, 3);
  ASSERT_TRUE(plan.ok());
  const FlawedLines flawed(lines, *plan, Recipe{}.line_limit);
  const record::ParseRules rules{Recipe{}};
  record::LineParser parser(rules);
  for (std::size_t i = 0; i < repair_count; ++i) {
    const auto repair = static_cast<Repair>(i);
    for (const Dataset dataset : all_datasets) {
      if (!Anomaly(repair).applies_to(dataset)) continue;
      for (std::uint64_t number = 0; number < 20; ++number) {
        LineBuffer buffer;
        // The first line of a file may not have every flaw: it is the second.
        *buffer.room(1) = '\n';
        buffer.end_at(buffer.text().data() + 1);
        ASSERT_TRUE(flawed.write(dataset, number, repair, buffer));
        const testing::PaddedText text(buffer.text().substr(1));
        ASSERT_TRUE(parser.parse(dataset, text)) << parser.rejection().message << "\n" << text.view();
        record::RepairSet expected;
        expected.add(repair);
        EXPECT_EQ(parser.record().repairs.bits(), expected.bits()) << entry_of(repair).name << "\n" << text.view();
      }
    }
  }
}

}  // namespace
}  // namespace gristmill::generate
