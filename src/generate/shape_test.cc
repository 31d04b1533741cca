#include "generate/shape.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace gristmill::generate {
namespace {

std::map<std::uint64_t, std::uint64_t> sessions_by_profile(const Shape& shape) {
  const SessionOwners owners(shape);
  std::map<std::uint64_t, std::uint64_t> counts;
  std::uint64_t before = 0;
  for (std::uint64_t session = 0; session < shape.all_sessions(); ++session) {
    const std::uint64_t profile = owners.profile_of(session);
    EXPECT_GE(profile, before);
    EXPECT_LT(profile, shape.profiles);
    before = profile;
    ++counts[profile];
  }
  return counts;
}

TEST(SessionOwners, EvenIsExact) {
  Shape shape;
  shape.profiles = 7;
  shape.sessions = 3;
  const auto counts = sessions_by_profile(shape);
  EXPECT_EQ(counts.size(), 7U);
  for (const auto& [profile, count] : counts) EXPECT_EQ(count, 3U) << profile;
}

TEST(SessionOwners, ZipfHasOneGiantAndTheSameTotal) {
  Shape shape;
  shape.zipf_exponent = 1;
  const auto counts = sessions_by_profile(shape);
  std::uint64_t total = 0;
  for (const auto& [profile, count] : counts) total += count;
  EXPECT_EQ(total, shape.all_sessions());
  EXPECT_EQ(counts.size(), 1000U);
  double harmonic = 0;
  for (int rank = 1; rank <= 1000; ++rank) harmonic += 1.0 / rank;
  for (const std::uint64_t rank : {1U, 2U, 3U, 10U, 100U}) {
    const double wanted = 10'000 / harmonic / static_cast<double>(rank);
    EXPECT_NEAR(static_cast<double>(counts.at(rank - 1)), wanted, 1.0) << rank;
  }
}

TEST(SessionOwners, ZipfOfManyProfilesFollowsTheLawWithoutATable) {
  Shape shape;
  shape.profiles = 100'000;
  shape.sessions = 20;
  shape.zipf_exponent = 1;
  const auto counts = sessions_by_profile(shape);
  double harmonic = 0;
  for (int rank = 1; rank <= 100'000; ++rank) harmonic += 1.0 / rank;
  for (const std::uint64_t rank : {1U, 4000U, 5000U, 20'000U}) {
    const double wanted = 2'000'000 / harmonic / static_cast<double>(rank);
    EXPECT_NEAR(static_cast<double>(counts.at(rank - 1)), wanted, 1.5) << rank;
  }
}

TEST(SessionOwners, ZipfOfMoreProfilesThanFitMemory) {
  Shape shape;
  shape.profiles = 1'000'000'000;
  shape.sessions = 100;
  shape.zipf_exponent = 1.2;
  const SessionOwners owners(shape);
  EXPECT_EQ(owners.profile_of(0), 0U);
  EXPECT_LT(owners.profile_of(shape.all_sessions() - 1), shape.profiles);
  EXPECT_GT(owners.profile_of(shape.all_sessions() - 1), shape.profiles / 2);
}

TEST(SessionOwners, OneProfile) {
  Shape shape;
  shape.profiles = 1;
  shape.zipf_exponent = 2;
  EXPECT_EQ(sessions_by_profile(shape).size(), 1U);
}

}  // namespace
}  // namespace gristmill::generate
