#include "generate/anomaly.h"

#include <gtest/gtest.h>

#include <set>

namespace gristmill::generate {
namespace {

TEST(Anomaly, EveryNameIsItsOwnAndAppliesSomewhere) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < anomaly_count; ++i) {
    const Anomaly anomaly(i);
    EXPECT_TRUE(names.insert(anomaly.name()).second) << anomaly.name();
    EXPECT_EQ(anomaly.applies_to(Dataset::collections) || anomaly.applies_to(Dataset::predictions),
              anomaly != Reason::not_wrapped)
        << anomaly.name();
    EXPECT_EQ(anomaly.repair().has_value() + anomaly.reason().has_value() + anomaly.oddity().has_value(), 1);
  }
  EXPECT_EQ(Anomaly(Repair::alias).name(), "alias");
  EXPECT_EQ(Anomaly(Reason::invalid_json).name(), "invalid_json");
  EXPECT_EQ(Anomaly(Oddity::shared_session).name(), "shared_session");
  EXPECT_EQ(Anomaly(Oddity::shared_session).index(), anomaly_count - 1);
}

TEST(AnomalyShare, IsReadAsPercentOrAsFraction) {
  for (const char* text : {"alias=10%", "alias=0.1", "alias=10.0%"}) {
    const Result<AnomalyShare> share = parse_anomaly_share(text);
    ASSERT_TRUE(share.ok()) << text;
    EXPECT_EQ(share->name, "alias");
    EXPECT_DOUBLE_EQ(share->share, 0.1);
  }
  EXPECT_DOUBLE_EQ(parse_anomaly_share("repairs=100%")->share, 1.0);
  EXPECT_DOUBLE_EQ(parse_anomaly_share("rejections=0")->share, 0.0);
}

TEST(AnomalyShare, RefusesWhatIsNone) {
  for (const char* text : {"alias", "alias=", "alias=10", "alias=%", "alias=-1%", "alias=101%", "alias=nan",
                           "alias=1 %", "alias=inf", "alias=0.1x"}) {
    const Result<AnomalyShare> share = parse_anomaly_share(text);
    ASSERT_FALSE(share.ok()) << text;
    EXPECT_EQ(share.error().kind, ErrorKind::usage);
    EXPECT_NE(share.error().message.find("from 0% to 100%"), std::string::npos) << share.error().message;
  }
  const Result<AnomalyShare> unknown = parse_anomaly_share("invalid-jsn=1%");
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("did you mean 'invalid_json'?"), std::string::npos) << unknown.error().message;
}

TEST(AnomalyPlan, GivesEachItsShareAndALineAtMostOne) {
  const Result<AnomalyPlan> plan =
      AnomalyPlan::of({{"alias", 0.2}, {"invalid_json", 0.05}, {"score_from_string", 0.5}}, 1);
  ASSERT_TRUE(plan.ok());
  int aliases = 0;
  int invalid = 0;
  for (std::uint64_t number = 0; number < 100'000; ++number) {
    const auto anomaly = plan->of_line(Dataset::collections, number);
    if (anomaly == Anomaly(Repair::alias)) ++aliases;
    if (anomaly == Anomaly(Reason::invalid_json)) ++invalid;
    ASSERT_FALSE(anomaly == Anomaly(Repair::score_from_string));
  }
  EXPECT_NEAR(aliases, 20'000, 600);
  EXPECT_NEAR(invalid, 5'000, 300);
}

TEST(AnomalyPlan, SpreadsAGroupOverAllOfItsKind) {
  const Result<AnomalyPlan> plan = AnomalyPlan::of({{"repairs", 0.5}, {"rejections", 0.5}}, 1);
  ASSERT_TRUE(plan.ok());
  std::set<std::size_t> seen[2];
  for (std::uint64_t number = 0; number < 20'000; ++number) {
    for (const Dataset dataset : all_datasets) {
      const auto anomaly = plan->of_line(dataset, number);
      ASSERT_TRUE(anomaly.has_value());
      ASSERT_TRUE(anomaly->applies_to(dataset));
      ASSERT_FALSE(*anomaly == Anomaly(Reason::line_too_long));
      seen[static_cast<std::size_t>(dataset)].insert(anomaly->index());
    }
  }
  std::size_t expected[2] = {};
  for (std::size_t i = 0; i < repair_count + rejection_count; ++i) {
    if (Anomaly(i) == Anomaly(Reason::line_too_long)) continue;
    expected[0] += Anomaly(i).applies_to(Dataset::collections) ? 1 : 0;
    expected[1] += Anomaly(i).applies_to(Dataset::predictions) ? 1 : 0;
  }
  EXPECT_EQ(seen[0].size(), expected[0]);
  EXPECT_EQ(seen[1].size(), expected[1]);
}

TEST(AnomalyPlan, RefusesMoreThanAll) {
  EXPECT_FALSE(AnomalyPlan::of({{"alias", 0.6}, {"id_trimmed", 0.5}}, 1).ok());
  EXPECT_TRUE(AnomalyPlan::of({{"score_from_string", 0.6}, {"platform_missing", 0.5}}, 1).ok());  // never together
  EXPECT_FALSE(AnomalyPlan::of({{"nonsense", 0.1}}, 1).ok());
}

}  // namespace
}  // namespace gristmill::generate
