// Merging the parts of partitions: an output that grows has one for each batch that touched the partition.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/manifest.h"
#include "publish/manifest_update.h"
#include "publish/publish.h"
#include "storage/output_file.h"

namespace gristmill::growth {

struct PartitionPart {
  publish::ManifestFile file;
  bool is_staged = false;  // by this run; else it is published
};

// "labels/profile-id=a/collections-000001.jsonl", and "collections.jsonl" there.
bool is_partition_part(std::string_view path);

// Gathers the parts of one partition after the other.
class PartitionParts {
 public:
  // Takes the files of an output in the order of their paths; calls `use` with the parts of each partition, in order,
  // and `other` with every other file.
  PartitionParts(std::function<Status(std::vector<PartitionPart>&)> use,
                 std::function<Status(const PartitionPart&)> other)
      : use_(std::move(use)), other_(std::move(other)) {}
  [[nodiscard]] Status add(PartitionPart part);
  [[nodiscard]] Status finish();

 private:
  std::function<Status(std::vector<PartitionPart>&)> use_;
  std::function<Status(const PartitionPart&)> other_;
  std::vector<PartitionPart> parts_;
};

// Whether one of them is the whole of a partition up to some batch ("collections.jsonl"), the first then.
bool has_whole(const std::vector<PartitionPart>& parts);

// The parts of a partition as they are, into the manifest.
[[nodiscard]] Status put_parts(std::vector<PartitionPart>& parts, publish::ManifestUpdate& manifest);

// One file in their place that has the rows of all: of a whole layout "collections.jsonl", else
// "collections-000001-000016.jsonl" of parts of the batches 1 to 16. `root`: of the published output; `output`: where
// the new file is staged, as the parts of this run are, which go. Returns its size in bytes.
[[nodiscard]] Result<std::uint64_t> put_merged(Storage& storage, const std::string& root,
                                               const storage::OutputOptions& output, Layout layout,
                                               const std::vector<PartitionPart>& parts,
                                               publish::ManifestUpdate& manifest);

struct Compacted {
  std::uint64_t partitions = 0;  // whose parts were merged
  std::uint64_t parts = 0;       // of these
  std::uint64_t bytes = 0;
  std::vector<std::string> notes;  // sentences for the user
};

// `gristmill compact`: merges the parts of every partition that has more than one, and publishes the output so. A usage
// error if it does not grow, or has forgotten people and `key_file` is not their key. Nothing is published where there
// is nothing to merge.
[[nodiscard]] Result<Compacted> compact(Storage& storage, const std::string& output, const std::string& key_file,
                                        const std::string& run_id, bool fsync,
                                        const publish::InterruptCheck& interrupted);

}  // namespace gristmill::growth
