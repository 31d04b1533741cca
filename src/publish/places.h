// Where an output and its staging lie. A staging area is a folder of gristmill's own; there are two,
// one for each way of moving:
//
//   exchange   <parent>/.<name>.gristmill/   beside the output root, on its file system
//   journal    <root>/_staging/              inside the output root
//
// and both hold the same: `lock` (held by the live run), `<run-id>/` (the staged output, but see direct.h), `COMMIT`
// (what is being published, see staged_run.h) and `KEPT` (a finished output that waits for
// `gristmill publish`). Nothing of them is left once an output is published.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/manifest.h"
#include "publish/publish.h"

namespace gristmill::publish {

inline constexpr std::string_view lock_name = "lock";
inline constexpr std::string_view commit_name = "COMMIT";
inline constexpr std::string_view kept_name = "KEPT";
inline constexpr std::string_view inside_name = "_staging";

struct StagingArea {
  PublishWay way = PublishWay::exchange;
  std::string folder;

  std::string lock() const { return entry(lock_name); }
  std::string commit() const { return entry(commit_name); }
  std::string kept() const { return entry(kept_name); }
  std::string run(std::string_view run_id) const { return entry(run_id); }

 private:
  std::string entry(std::string_view name) const { return folder + "/" + std::string(name); }
};

struct OutputPlaces {
  std::string root;      // absolute, symlinks resolved, no '/' at its end
  std::string parent;    // of the root
  std::string name;      // of the root in its parent
  std::string existing;  // the root, or the nearest folder above it that existed when asked
  StagingArea beside;
  StagingArea inside;

  const StagingArea& area(PublishWay way) const { return way == PublishWay::exchange ? beside : inside; }
  std::string manifest() const { return root + "/" + std::string(manifest_name); }
  std::string success() const { return root + "/" + std::string(success_name); }
};

// Resolves the output root; an error if it is a file (on S3 it cannot be one), or has no folder above it.
Result<OutputPlaces> find_places(Storage& storage, const std::string& output);

// The input error that there is no output: nothing at its root, or nothing of that name in it.
Error no_output(Storage& storage, const OutputPlaces& places, std::string_view missing);

// The folder, or what else has its name; nullopt: there is none. Where folders are only the beginnings of names (on
// S3), an object that has the folder's own name is no part of it, and not asked for, so that nobody needs a right to
// it.
Result<std::optional<FileInfo>> find_folder(Storage& storage, const std::string& folder, bool follow = true);

// Names in an output root that belong to nobody's output: the area inside, and the folder that a fresh
// file system brings.
const std::vector<std::string>& root_skips();

// Past the point of no return: an interruption must not break off what only has to be ended.
class Uninterrupted {
 public:
  explicit Uninterrupted(Storage& storage) : storage_(storage) { storage_.hold_interruptions(true); }
  ~Uninterrupted() { storage_.hold_interruptions(false); }
  Uninterrupted(const Uninterrupted&) = delete;
  Uninterrupted& operator=(const Uninterrupted&) = delete;

 private:
  Storage& storage_;
};

// Whether a run may have this id: it names folders.
bool is_run_id(std::string_view text);

// Whether gristmill may have made an entry of this name in a staging area: the lock, a record, what a probe left, or a
// run's folder, whose name begins with a time ("20250515T085159Z-4f1cab07").
bool is_staging_entry(std::string_view name);

// Returns the error of `expression` from the calling function as one about the output.
#define GM_RETURN_IF_OUTPUT_ERROR(expression)                               \
  do {                                                                      \
    if (auto gm_status = (expression); !gm_status.ok()) {                   \
      return ::gristmill::publish::as_output(std::move(gm_status.error())); \
    }                                                                       \
  } while (false)
// As GM_ASSIGN, in the same way.
#define GM_ASSIGN_OUTPUT(target, expression) GM_ASSIGN_OUTPUT_(GM_CONCATENATE(gm_result_, __LINE__), target, expression)
#define GM_ASSIGN_OUTPUT_(temporary, target, expression)                                     \
  auto temporary = (expression);                                                             \
  if (!temporary.ok()) return ::gristmill::publish::as_output(std::move(temporary.error())); \
  target = std::move(temporary.value())

}  // namespace gristmill::publish
