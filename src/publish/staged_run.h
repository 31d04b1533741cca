// `COMMIT` and `KEPT`: one line of JSON in a staging area that names a staged output by its run and the
// checksum of its manifest:
//
//   {"run_id":"20250515T085159Z-4f1c","manifest":"<32 digits>","replaces":"<32 digits, or empty>"}
//
// `replaces` is the checksum of the root's manifest when the record was made. Of a run that adds to an output,
// `,"adds_to":"<32 digits>"` follows: the checksum of the manifest of the output whose files the new one takes over. A
// record appears whole or not at all, and only where there is none.
#pragma once

#include <optional>
#include <string>

#include "gristmill/result.h"
#include "gristmill/storage.h"

namespace gristmill::publish {

struct StagedRun {
  std::string run_id;
  std::string manifest;
  std::string replaces;
  std::string adds_to = {};
};

// An error if there is a record of this name. With `durable`, power loss does not lose it.
Status write_staged_run(Storage& storage, const std::string& path, const StagedRun& record, bool durable);
// nullopt if there is none; an output error if it is broken.
Result<std::optional<StagedRun>> read_staged_run(Storage& storage, const std::string& path);

}  // namespace gristmill::publish
