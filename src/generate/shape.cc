// Zipf's law without a table of all profiles: the first ranks have a segment each, where the law is steep;
// further down, neighbours share one that is a thousandth of their rank wide, where the law is flat. Whole
// sessions are dealt, so that every session stays complete. Tested in shape_test.cc.
#include "generate/shape.h"

#include <algorithm>
#include <cmath>

namespace gristmill::generate {
namespace {

constexpr std::uint64_t single_ranks = 4096;
constexpr std::uint64_t width_divisor = 1024;

}  // namespace

SessionOwners::SessionOwners(const Shape& shape) : sessions_(shape.zipf_exponent == 0 ? shape.sessions : 0) {
  if (sessions_ != 0) return;
  std::vector<double> sums;  // of the weights up to and with each segment
  double sum = 0;
  for (std::uint64_t rank = 0; rank < shape.profiles;) {
    const std::uint64_t width = rank < single_ranks ? 1 : rank / width_divisor;
    const std::uint64_t end = std::min(rank + width, shape.profiles);
    const double middle = 0.5 * static_cast<double>(rank + end + 1);  // ranks count from 1
    sum += static_cast<double>(end - rank) * std::pow(middle, -shape.zipf_exponent);
    segments_.push_back({rank, 0});
    sums.push_back(sum);
    rank = end;
  }
  const auto all = static_cast<double>(shape.all_sessions());
  for (std::size_t i = 1; i < segments_.size(); ++i) {
    segments_[i].first_session = static_cast<std::uint64_t>(std::llround(all * (sums[i - 1] / sum)));
  }
  segments_.push_back({shape.profiles, shape.all_sessions()});
}

std::uint64_t SessionOwners::profile_of(std::uint64_t session) const {
  if (sessions_ != 0) return session / sessions_;
  const auto after =
      std::upper_bound(segments_.begin(), segments_.end() - 1, session,
                       [](std::uint64_t wanted, const Segment& segment) { return wanted < segment.first_session; });
  const Segment& segment = *(after - 1);
  const std::uint64_t profiles = after->first_profile - segment.first_profile;
  if (profiles == 1) return segment.first_profile;
  const std::uint64_t sessions = after->first_session - segment.first_session;
  __extension__ using Wide = unsigned __int128;
  return segment.first_profile +
         static_cast<std::uint64_t>(Wide{session - segment.first_session} * profiles / sessions);
}

}  // namespace gristmill::generate
