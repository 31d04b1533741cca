#include "report/mended.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "gristmill/repairs.h"
#include "json/padded_text_testing.h"
#include "record/line_parser.h"

namespace gristmill::report {
namespace {

TEST(MendedLine, EveryReasonButLimitsHasOne) {
  const std::set<std::string_view> without = {"line_too_long",           "too_deep",       "id_too_long",
                                              "partition_name_too_long", "rows_too_large", "not_wrapped"};
  for (std::size_t i = 0; i < reason_count; ++i) {
    const std::string_view name = name_of(static_cast<Reason>(i));
    if (std::ranges::count(repair_names, name) > 0) continue;
    SCOPED_TRACE(name);
    const MendedLine* example = mended_line(name);
    ASSERT_EQ(example == nullptr, without.contains(name));
    if (example == nullptr) continue;
    const record::ParseRules rules{Recipe()};
    record::LineParser parser(rules);
    ASSERT_FALSE(parser.parse(example->dataset, testing::PaddedText(example->line)));
    EXPECT_EQ(name_of(parser.rejection().reason), name);
    ASSERT_TRUE(parser.parse(example->dataset, testing::PaddedText(example->mended)));
    EXPECT_TRUE(parser.record().repairs.empty());
  }
}

TEST(MendedLine, EveryRepairHasOne) {
  for (const std::string_view name : repair_names) {
    SCOPED_TRACE(name);
    const MendedLine* example = mended_line(name);
    ASSERT_NE(example, nullptr);
    const record::ParseRules rules{Recipe()};
    record::LineParser parser(rules);
    ASSERT_TRUE(parser.parse(example->dataset, testing::PaddedText(example->line)));
    for (std::size_t i = 0; i < repair_count; ++i) {
      EXPECT_EQ(parser.record().repairs.has(static_cast<Repair>(i)), repair_names[i] == name) << repair_names[i];
    }
    ASSERT_TRUE(parser.parse(example->dataset, testing::PaddedText(example->mended)));
    EXPECT_TRUE(parser.record().repairs.empty());
  }
  EXPECT_EQ(mended_line("another"), nullptr);
}

}  // namespace
}  // namespace gristmill::report
