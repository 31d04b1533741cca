// Keeps a run that was paused or cut off from changing an output that another run has taken over.
//
// Every request that changes an object below `prefix` is signed so that the server refuses it once the lease may
// have passed to somebody else, however long the process slept after signing it, or a network held it
// (S3Client::prepare). Looking at the lease's age before that is only for a good message.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

namespace gristmill::s3 {

// How long a server may take to begin with a request that changes a published object, in seconds: whoever takes the
// lease of a process that is gone waits for so long. `life`: of the lease, in seconds.
inline std::int64_t request_lifetime(std::int64_t life) { return std::clamp<std::int64_t>(life / 2, 1, 10); }

// Shared by a lease, which moves its end, and the client, whose requests keep to it. Safe to use from several threads.
class Fence {
 public:
  Fence(std::string bucket, std::string prefix, std::int64_t life)
      : bucket_(std::move(bucket)), prefix_(std::move(prefix)), life_(life) {}

  bool guards(const std::string& bucket, const std::string& key) const {
    return bucket == bucket_ && key.starts_with(prefix_);
  }
  std::string root() const {
    return "s3://" + bucket_ + "/" + prefix_.substr(0, prefix_.empty() ? 0 : prefix_.size() - 1);
  }
  std::int64_t life() const { return life_; }  // seconds that a lease lasts without renewal

  // Until when requests may be carried out: seconds since 1970, by the server's clock.
  std::int64_t end() const { return end_; }
  void move_end(std::int64_t end) { end_ = end; }
  // Somebody else has, or had, the lease: nothing may be changed any more.
  bool is_lost() const { return lost_; }
  void lose() { lost_ = true; }

  // Why the last renewal failed, after a colon; empty where it did not.
  std::string trouble() const;
  void set_trouble(std::string why);

  // A request waits for the lease to be renewed, which has lapsed.
  void ask_for_renewal();
  // Waits until `seconds` have passed, or `least` of them and a renewal is asked for, or stop(); false after stop().
  bool wait_to_renew(double seconds, double least);
  void stop();

 private:
  const std::string bucket_;
  const std::string prefix_;
  const std::int64_t life_;
  std::atomic<std::int64_t> end_{0};
  std::atomic<bool> lost_{false};
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::string trouble_;
  bool asked_ = false;
  bool stopped_ = false;
};

}  // namespace gristmill::s3
