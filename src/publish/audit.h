// A folder tree against a manifest, by names and sizes, in one walk and in bounded memory whatever their number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/publish.h"

namespace gristmill::publish {

// At most this many names of each kind are given.
inline constexpr std::size_t audit_examples = 10;

struct TreeAudit {
  std::string run_id;  // of the manifest, as the next four
  std::string manifest_checksum;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;

  std::uint64_t missing = 0;               // listed, but not there
  std::uint64_t resized = 0;               // there with another size
  std::uint64_t extra = 0;                 // there, but not listed; symlinks and special files are always that
  bool published = false;                  // a manifest or `_SUCCESS` lies in the folder itself
  bool special = false;                    // some of the extra ones are symlinks or special files
  std::vector<std::string> missing_names;  // relative paths, sorted
  std::vector<std::string> resized_names;
  std::vector<std::string> extra_names;

  bool complete() const { return missing == 0 && resized == 0; }
};

// `skip`: names directly in `folder` that are not looked at. The manifest itself and `_SUCCESS` are
// neither missing nor extra. The tree is walked once, and once more where there are extra files to be named. What does
// not fit in `memory` (bytes; smaller only in tests) goes to a scratch file, some 70 bytes for each file.
Result<TreeAudit> audit_tree(Storage& storage, const std::string& folder, const std::string& manifest,
                             const std::vector<std::string>& skip, const InterruptCheck& interrupted,
                             std::uint64_t memory = 16U << 20);

// Of what a run that adds to an output has staged, by its list of changes; the totals of files are not set.
Result<TreeAudit> audit_changes(Storage& storage, const std::string& staged, const InterruptCheck& interrupted,
                                std::uint64_t memory);

// "3 files ('a', 'b', 'c')", "12 files ('a', ... and others)".
std::string count_with_names(std::uint64_t count, const std::vector<std::string>& names);

}  // namespace gristmill::publish
