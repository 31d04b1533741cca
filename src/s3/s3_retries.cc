// What a refusal or a failure is answered with: another region, another clock, new keys, no condition; or the same
// again after a pause. Each remedy is tried once. Tested by tests/s3 through a proxy that disturbs.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <random>

#include "s3/pending_request.h"
#include "s3/s3_client.h"
#include "s3/s3_responses.h"

namespace gristmill::s3 {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{5000};
// Where no answer has come yet, a name or an address is more likely wrong than the network bad.
constexpr unsigned attempts_unanswered = 4;
constexpr milliseconds patience_unanswered{4000};
constexpr unsigned attempts_interrupted = 3;
constexpr unsigned attempts_too_slow = 2;
constexpr std::int64_t clock_tolerance = 300;  // seconds; S3's is 900
constexpr std::chrono::seconds patience_expired{60};

// Refused since it was signed too long ago: on its way, or before it was sent.
bool has_expired(const S3Response& answer) {
  return (answer.http.status == 403 || answer.http.status == 400) && says_expired(answer.message) &&
         answer.code.find("Token") == std::string::npos;
}

bool retryable(const S3Response& answer) {
  switch (answer.http.failure) {
    case HttpFailure::none: break;
    case HttpFailure::security:
    case HttpFailure::given_up:
    case HttpFailure::unfit:
    case HttpFailure::other: return false;
    default: return true;
  }
  if (answer.http.status == 429 || answer.http.status >= 500) return answer.http.status != 501;
  return is_passing(answer.code);
}

}  // namespace

bool is_passing(std::string_view code) {
  return is_one_of(
      code, {"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "Throttling", "ThrottlingException",
             "RequestThrottled", "TooManyRequests", "OperationAborted", "ConditionalRequestConflict"});
}

bool says_expired(std::string_view message) { return message.find("expired") != std::string_view::npos; }

bool S3Client::try_again(const std::shared_ptr<Pending>& pending, S3Response& answer) {
  const std::string what = std::string(name_of(pending->request.kind)) + " " + pending->request.uri();
  // Another region: the answer names it in a header (a HEAD's has nothing else) or in its text.
  std::string region = answer.http.header("x-amz-bucket-region");
  if (!is_region(region)) region.clear();
  if (region.empty() &&
      is_one_of(answer.code, {"AuthorizationHeaderMalformed", "PermanentRedirect", "IncorrectEndpoint"})) {
    region = error_in(answer.http.body).region;
  }
  const bool redirected = answer.http.status == 301 || answer.http.status == 307 || answer.http.status == 400;
  if (redirected && !region.empty() && region != pending->region && !pending->moved_region) {
    pending->moved_region = true;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      region_by_bucket_[pending->request.bucket] = region;
    }
    send(pending, milliseconds(0));
    return true;
  }
  // The refusal of a HEAD does not say why: a clock that is far off is reason enough to try.
  const bool may_be_the_clock =
      answer.code == "RequestTimeTooSkewed" || (answer.code.empty() && answer.http.status == 403);
  if (may_be_the_clock && !pending->set_clock) {
    const auto theirs = http_date(answer.http.header("date"));
    if (theirs && std::abs(*theirs - pending->signed_at) > clock_tolerance) {
      pending->set_clock = true;
      clock_.start_anew(answer.http.header("date"));
      const std::int64_t ahead = *theirs - std::time(nullptr);
      if (!skew_told_.exchange(true)) {
        warn("this machine's clock is " + std::to_string(std::abs(ahead)) + " seconds " +
             (ahead > 0 ? "behind" : "ahead of") + " that of S3; requests are signed with the time of S3");
      }
      send(pending, milliseconds(0));
      return true;
    }
  }
  if (is_one_of(answer.code, {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}) &&
      !pending->renewed_keys) {
    pending->renewed_keys = true;
    credentials_->expire();
    send(pending, milliseconds(0));
    return true;
  }
  // Where a server says that it does not know a condition, the request goes without.
  if (answer.http.status == 501 && pending->conditional) {
    if (!conditions_refused_[static_cast<std::size_t>(pending->request.kind)].exchange(true)) {
      warn(what + ": this server knows no conditions on it; it goes without");
    }
    send(pending, milliseconds(0));
    return true;
  }
  if (pending->expires && pending->request.signed_ago == 0 && has_expired(answer)) {
    return send_once_more(pending, answer, what);
  }
  if (!retryable(answer)) return false;
  bool answered_before = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    answered_before = !region_by_bucket_.empty();
  }
  const bool unanswered = answer.http.status == 0 && !answered_before;
  if (pending->tries >= (unanswered ? std::min(attempts_, attempts_unanswered) : attempts_)) return false;
  if (unanswered && Clock::now() - pending->began > patience_unanswered) return false;
  if (answer.http.failure == HttpFailure::too_slow && pending->tries >= attempts_too_slow) return false;
  // An interrupted run only cleans up: that must not take long.
  if (!held_ && is_interrupted() && (hopeless_ || pending->tries >= attempts_interrupted)) return false;
  thread_local std::minstd_rand random{std::random_device{}()};
  const milliseconds longest = std::min(longest_pause, first_pause * (1 << std::min(pending->tries - 1, 10U)));
  const milliseconds pause(std::uniform_int_distribution<int>(static_cast<int>(longest.count()) / 2,
                                                              static_cast<int>(longest.count()))(random));
  const std::string why = answer.http.status == 0
                              ? answer.http.why
                              : std::to_string(answer.http.status) + (answer.code.empty() ? "" : " " + answer.code);
  warn(what + ": " + why + "; try " + std::to_string(pending->tries + 1) + " of " + std::to_string(attempts_) + " in " +
       std::to_string(pause.count()) + " ms");
  send(pending, pause);
  return true;
}

// A server that is busy reads it late: that is no failure, as long as it reads some in time.
bool S3Client::send_once_more(const std::shared_ptr<Pending>& pending, S3Response& answer, const std::string& what) {
  if (!pending->expired_since) pending->expired_since = Clock::now();
  if (Clock::now() - *pending->expired_since > patience_expired) {
    answer.failure =
        Error::output("cannot " + what + ": S3 takes longer to begin with a request than the request may live",
                      "check the network and this machine's load, or allow more time with --s3-lease");
    return false;
  }
  if (!late_told_.exchange(true) && options_.warn) {
    options_.warn(what + ": it had expired before S3 began with it; such requests are sent again");
  }
  --pending->tries;
  send(pending, pause_for_renewal);
  return true;
}

}  // namespace gristmill::s3
