// What every check must have, whichever it is, and that facts reach those that want them.
#include "validate/check_set.h"

#include <gtest/gtest.h>

#include <set>

#include "validate/check.h"

namespace gristmill::validation {
namespace {

TEST(CheckSet, PlacesInTheReportHaveNoGap) {
  for (std::size_t i = 0; i < all_checks().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(definition_of(static_cast<Check>(i)).id), i);
  }
}

TEST(CheckSet, NamesAndWordsAreOfOneCheckEach) {
  std::set<std::string_view> names;
  for (const CheckDescription& check : all_checks()) {
    EXPECT_TRUE(names.insert(check.name).second) << check.name;
    EXPECT_TRUE(names.insert(check.title).second) << check.title;
    EXPECT_FALSE(check.help.empty()) << check.name;
  }
}

TEST(CheckSet, TablesOfBothDataSetsHaveTheSameHeads) {
  const RunReport report;
  for (std::size_t i = 0; i < all_checks().size(); ++i) {
    const CheckDefinition& check = definition_of(static_cast<Check>(i));
    const NamedNumbers of_collections = check.table(report, Dataset::collections);
    const NamedNumbers of_predictions = check.table(report, Dataset::predictions);
    EXPECT_FALSE(of_predictions.empty()) << check.description.name;
    if (of_collections.empty()) continue;  // the check is not for this data set
    ASSERT_EQ(of_collections.size(), of_predictions.size()) << check.description.name;
    for (std::size_t k = 0; k < of_collections.size(); ++k) {
      EXPECT_EQ(of_collections[k].first, of_predictions[k].first) << check.description.name;
    }
  }
}

TEST(CheckSet, WhatALineAddsUpToIsToldAtItsEnd) {
  Accounting accounting;
  CheckSet checks(accounting);
  record::Entry entry;
  entry.type_blank = true;
  for (std::uint64_t line = 1; line <= 2; ++line) {
    const LineOrigin origin{Dataset::collections, {0, line * 100}, line};
    for (std::uint64_t row = 0; row < line; ++row) checks.see(LabelRow{origin, entry, true});
    checks.see(EndOfLine{origin});
  }
  const CheckFindings& types = accounting.of(checks::MissingTypes::id);
  EXPECT_EQ(types.count(Dataset::collections, checks::MissingTypes::rows), 3U);
  ASSERT_EQ(types.culprits.sorted().size(), 2U);
  EXPECT_EQ(types.culprits.sorted()[1].what, "2 label rows without behaviour type");
  const CheckFindings& times = accounting.of(checks::Time::id);
  EXPECT_EQ(times.count(Dataset::collections, checks::Time::early_entries), 3U);
  EXPECT_EQ(times.culprits.sorted()[0].what, "1 entry is earlier than the collection");
}

TEST(CheckSet, SessionsOfOneDataSetAlone) {
  Accounting accounting;
  CheckSet checks(accounting);
  SettledSession session;
  session.id = "s";
  for (std::size_t i = 0; i < dataset_count; ++i) session.datasets[i].dataset = static_cast<Dataset>(i);
  session.datasets[1].rows = 5;
  session.datasets[1].profiles = 2;
  checks.see(session);
  const CheckFindings& unmatched = accounting.of(checks::UnmatchedSessions::id);
  EXPECT_EQ(unmatched.count(Dataset::predictions, checks::UnmatchedSessions::rows), 5U);
  EXPECT_EQ(unmatched.count(Dataset::collections, checks::UnmatchedSessions::sessions), 0U);
  const CheckFindings& duplicates = accounting.of(checks::DuplicateIds::id);
  ASSERT_EQ(duplicates.sessions.size(), 1U);
  EXPECT_EQ(checks::DuplicateIds::text_of(duplicates.sessions[0]), "2 profiles: session \"s\"");
}

}  // namespace
}  // namespace gristmill::validation
