// An answer was written before it came. So its date less our clock when it came is never more than the true
// difference, and the largest of them is the nearest to it. Ours is CLOCK_BOOTTIME: CLOCK_MONOTONIC stands still
// while a machine is suspended, and the time of day may be set. Tested in server_clock_test.cc.
#include "s3/server_clock.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "s3/http_headers.h"

namespace gristmill::s3 {
namespace {

constexpr std::int64_t window = 600'000;  // milliseconds; a date that was ahead is forgotten after two of them

std::int64_t milliseconds_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

}  // namespace

void ServerClock::observe(const std::string& date) {
  const auto theirs = http_date(date);
  if (!theirs) return;
  const std::int64_t ours = milliseconds_since_boot();
  const std::int64_t ahead = static_cast<std::int64_t>(*theirs) * 1000 - ours;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (ahead_ && ours - began_ > window) ahead_before_ = std::exchange(ahead_, std::nullopt);
  if (!ahead_) began_ = ours;
  if (!ahead_ || ahead > *ahead_) ahead_ = ahead;
}

void ServerClock::start_anew(const std::string& date) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ahead_.reset();
    ahead_before_.reset();
  }
  observe(date);
}

std::optional<std::int64_t> ServerClock::now() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!ahead_) return std::nullopt;
  return (milliseconds_since_boot() + std::max(*ahead_, ahead_before_.value_or(*ahead_))) / 1000;
}

}  // namespace gristmill::s3
