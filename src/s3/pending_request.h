// A request to S3 and its tries, until its answer. Private to S3Client.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "s3/fence.h"
#include "s3/s3_client.h"

namespace gristmill::s3 {

struct S3Client::Pending {
  S3Request request;
  std::function<void(S3Response)> done;
  unsigned tries = 0;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  std::size_t received = 0;    // bytes of `into` that earlier tries brought
  std::string etag;            // of the object that they are of
  std::string region;          // that the last try was signed for
  std::int64_t signed_at = 0;  // seconds since 1970: what the last try gave as its time
  bool moved_region = false;   // each of these remedies is tried once
  bool set_clock = false;
  bool renewed_keys = false;
  std::optional<Error> failure;  // of preparing
  const std::atomic<bool>* give_up = nullptr;
  std::shared_ptr<Fence> fence;  // that the last try kept to
  bool lapsed = false;           // it was not sent: the lease must be renewed first
  std::optional<std::chrono::steady_clock::time_point> lapsed_since;
  std::optional<std::chrono::steady_clock::time_point> expired_since;
  bool expires = false;      // the last try was signed so
  bool conditional = false;  // the last try carried the request's condition
};

// Codes of S3 for what passes: "slow down", "time-out".
bool is_passing(std::string_view code);
bool says_expired(std::string_view message);

// Before a request that was late, or whose lease had lapsed, is sent once more.
inline constexpr std::chrono::milliseconds pause_for_renewal{200};

}  // namespace gristmill::s3
