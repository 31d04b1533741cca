// What time it is for the server: what a lease's age and a request's expiry are measured by.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace gristmill::s3 {

// Never ahead of the server's clock, so that what is signed by it expires early rather than late. It goes on while
// this machine sleeps and while the process is stopped. Safe to use from several threads.
class ServerClock {
 public:
  // Of an answer that has just come: its Date header. One that cannot be read is passed over.
  void observe(const std::string& date);
  // The same where the server has refused a time for being far from its own: what earlier answers said is forgotten.
  void start_anew(const std::string& date);
  // Seconds since 1970; nullopt before the first answer with a date.
  std::optional<std::int64_t> now() const;

 private:
  mutable std::mutex mutex_;
  // Milliseconds: the server's clock less ours since the boot; the most of ten minutes, and of the ten before.
  std::optional<std::int64_t> ahead_;
  std::optional<std::int64_t> ahead_before_;
  std::int64_t began_ = 0;
};

}  // namespace gristmill::s3
