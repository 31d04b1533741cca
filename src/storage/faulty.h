// A storage for tests that counts every operation of the one it wraps and, at the N-th, fails, kills
// the own process or pauses. Never part of the library: only of the unit tests and of the test
// executable `gristmill_faulty`.
//
// Every call of the Storage interface is one operation, and so is every read, append, close and lock
// check of the files it hands out. `walk`, `remove_tree`, `rename_files` and `remove_files` are made
// here from their single steps, each an operation of its own, so that a fault can fall between any two.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"

namespace gristmill::storage {

struct FaultPlan {
  enum class Action : std::uint8_t {
    none,        // counts only
    error,       // the operation is not done and returns `error_number`; an append writes its first half
    kill,        // SIGKILL before the operation; an append writes its first half first
    kill_after,  // SIGKILL once the operation is done
    pause,       // sleeps `milliseconds`, then goes on
  };
  Action action = Action::none;
  std::uint64_t at = 0;    // the first operation is 1; 0: never
  bool and_after = false;  // `error` only: every later operation fails too, as on a full disk
  int error_number = 0;    // an errno
  unsigned milliseconds = 0;
  // Where not empty: a file that gets the number of operations when the storage is destroyed, then one
  // operation a line ("rename /a/b /a/c").
  std::string log;
};

// The plan in `text`: "count", "error:57:ENOSPC", "error-from:57:ENOSPC" (it and all after), "kill:57",
// "kill-after:57", "pause:57:500" (milliseconds).
Result<FaultPlan> parse_fault_plan(std::string_view text);

// The plan in the environment, GRISTMILL_TEST_FAULT, with its log in GRISTMILL_TEST_FAULT_LOG; nullopt
// if the variable is not set.
Result<std::optional<FaultPlan>> fault_plan_from_environment();

// What was done so far; shared by a faulty storage and its files. Thread-safe.
class FaultLog {
 public:
  explicit FaultLog(FaultPlan plan) : plan_(std::move(plan)) {}
  std::vector<std::string> operations() const;

 private:
  friend class FaultPoint;
  FaultPlan plan_;
  mutable std::mutex mutex_;
  std::vector<std::string> operations_;
};

// `inner` must outlive the result. `log`, if given, receives the operations.
std::unique_ptr<Storage> make_faulty_storage(Storage& inner, const FaultPlan& plan,
                                             std::shared_ptr<FaultLog>* log = nullptr);

}  // namespace gristmill::storage
