// The lock of one live run on one output root: nobody else may change it meanwhile.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/places.h"

namespace gristmill::publish {

class OutputLock {
 public:
  // Takes every lock that guards this root now; an output error if another run holds one of them
  // (then `busy`, if given, is set).
  static Result<OutputLock> take(Storage& storage, const OutputPlaces& places, bool* busy = nullptr);
  OutputLock(OutputLock&&) noexcept = default;
  OutputLock& operator=(OutputLock&&) noexcept = default;

  // Whether the area beside the root is ours; if not, `beside_refusal` says why.
  bool has_beside() const { return beside_ != nullptr; }
  bool has_inside() const { return inside_ != nullptr; }
  const std::string& beside_refusal() const { return beside_refusal_; }

  // Makes the area inside the root, and the root, if they are missing, and locks both.
  Status take_inside();
  // Gives the lock of the area inside the root back and removes that area if it is empty.
  void leave_inside();
  // Locks the root as it is now, if there is one: it may have come, gone or changed since.
  Status take_root();
  // Locks a folder that is about to become the root.
  Status take_next_root(const std::string& folder);
  // What keeps a run that was paused from writing here later, in words. Empty where a lock ends with its process.
  Result<std::string> describe_fence();
  // Of the lock inside the root (FileLock::share).
  std::string share() { return inside_ != nullptr ? inside_->share() : ""; }
  // The error that another run has the output, where that is known without taking a lock: on S3.
  Status refuse_busy();
  // False if a lock has been lost: something removed or replaced it.
  Result<bool> holds();
  // The error for that.
  Error lost() const;
  // lost(), if a lock has been lost.
  Status check();
  // Removes the lock files, and the areas and folders above the root that were made for this run, as
  // far as they are empty. The lock ends; what cannot be removed stays for the next run.
  void release();

 private:
  OutputLock(Storage& storage, OutputPlaces places) : storage_(&storage), places_(std::move(places)) {}
  Status take_all();
  bool remove_made(const std::string& folder);
  Status take_inside_lock();
  // An area that is a trap and has no lock is left as it is; where it has one, another user may run there just now.
  Status refuse_idle_trap(const StagingArea& area);
  // Gives `lock`, which lies in the folder, up if that is a trap.
  Status refuse_trap(const std::string& folder, std::unique_ptr<FileLock>& lock);
  Status taken();  // the error that another run has the output

  Storage* storage_;
  OutputPlaces places_;
  std::unique_ptr<FileLock> beside_;
  std::unique_ptr<FileLock> root_;
  std::unique_ptr<FileLock> inside_;
  std::unique_ptr<FileLock> next_root_;
  std::string beside_refusal_;
  bool busy_ = false;
};

}  // namespace gristmill::publish
