#include "s3/server_clock.h"

#include <gtest/gtest.h>

namespace gristmill::s3 {
namespace {

constexpr std::int64_t noon = 1369396800;  // Fri, 24 May 2013 12:00:00 GMT

TEST(S3ServerClock, KnowsNothingBeforeAnAnswer) {
  ServerClock clock;
  EXPECT_FALSE(clock.now().has_value());
  clock.observe("");
  clock.observe("yesterday");
  EXPECT_FALSE(clock.now().has_value());
}

TEST(S3ServerClock, GoesOnFromTheDateOfAnAnswer) {
  ServerClock clock;
  clock.observe("Fri, 24 May 2013 12:00:00 GMT");
  EXPECT_GE(*clock.now(), noon);
  EXPECT_LE(*clock.now(), noon + 5);
}

// An answer that was held on its way makes nothing later than it is, and nothing earlier than was known.
TEST(S3ServerClock, KeepsTheAnswerThatCameSoonest) {
  ServerClock clock;
  clock.observe("Fri, 24 May 2013 12:00:00 GMT");
  clock.observe("Fri, 24 May 2013 11:59:00 GMT");
  EXPECT_GE(*clock.now(), noon);
  clock.observe("Fri, 24 May 2013 12:00:20 GMT");
  EXPECT_GE(*clock.now(), noon + 20);
}

// A proxy's answer had a date of next year, and S3 refuses what is signed with it.
TEST(S3ServerClock, StartsAnewByARefusal) {
  ServerClock clock;
  clock.observe("Sat, 24 May 2014 12:00:00 GMT");
  clock.observe("Fri, 24 May 2013 12:00:00 GMT");
  EXPECT_GT(*clock.now(), noon + 300 * 86400);
  clock.start_anew("Fri, 24 May 2013 12:00:00 GMT");
  EXPECT_GE(*clock.now(), noon);
  EXPECT_LE(*clock.now(), noon + 5);
}

}  // namespace
}  // namespace gristmill::s3
