// The manifest of an output that adds to a published one, and the list of what it changes there.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/file_list.h"
#include "publish/manifest.h"
#include "publish/publish.h"

namespace gristmill::publish {

// Up to so many files a manifest lists them itself, so that it is one document; beyond, a head and lists.
inline constexpr std::uint64_t most_files_in_manifest = 8192;

struct ManifestUpdateOptions {
  std::string root;    // of the published output
  std::string staged;  // the run's folder
  std::string run_id;
  std::string header_fields;  // as of ManifestWriter
  bool durable = false;
  std::uint64_t most_files = most_files_in_manifest;
};

// Takes all files of the new output and those that go, in bytewise order of their paths. The lists of the published
// manifest are its own business: what is said of them is not heard.
class ManifestUpdate {
 public:
  ManifestUpdate(Storage& storage, ManifestUpdateOptions options);
  // Reads what is published, and opens what is written. REQUIRES: called once, before all else.
  [[nodiscard]] Status begin();
  [[nodiscard]] Status keep(const ManifestFile& file);  // as it is published
  [[nodiscard]] Status put(const ManifestFile& file);   // it is staged
  [[nodiscard]] Status drop(const std::string& path);
  // Writes the manifest, the list of changes (changes_name) and perhaps a list of files.
  [[nodiscard]] Status finish();

 private:
  bool is_list(const std::string& path) const;
  [[nodiscard]] Status write_list(ManifestFile& list, std::vector<ManifestFile>& lists);
  [[nodiscard]] Status write_changes(const ManifestFile& list);
  std::string published_manifest() const { return options_.root + "/" + std::string(manifest_name); }

  Storage& storage_;
  ManifestUpdateOptions options_;
  std::vector<ManifestFile> old_lists_;
  std::optional<ManifestWriter> manifest_;  // of one document
  FileListWriter changes_;                  // but for lists
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<ManifestFile> lists_;
};

// For a command that changes some files of a published output and takes the others over. Staged as by the journal.
[[nodiscard]] Result<Publication> begin_update(Storage& storage, const std::string& output, const std::string& run_id,
                                               bool fsync);
// Its end, once all files are staged and told to the manifest: finishes that, and commits.
[[nodiscard]] Result<Published> commit_update(Storage& storage, Publication& publication, ManifestUpdate& manifest,
                                              bool fsync, const InterruptCheck& interrupted);

}  // namespace gristmill::publish
