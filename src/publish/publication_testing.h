// For tests: outputs as maps from path to content, staged, published and compared.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>

#include "gristmill/storage.h"
#include "publish/manifest.h"
#include "publish/publish.h"
#include "storage/hash.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::publish {

inline void PrintTo(PublishWay way, std::ostream* out) { *out << name_of(way); }

}  // namespace gristmill::publish

namespace gristmill::testing {

using Files = std::map<std::string, std::string>;

inline std::string checksum_of(const std::string& text) {
  storage::StreamHash checksum;
  checksum.update(text);
  return checksum.digest().hex();
}

inline Status write_with(Storage& storage, const std::string& path, const std::string& text) {
  GM_ASSIGN(const std::unique_ptr<WritableFile> file, storage.create(path));
  GM_RETURN_IF_ERROR(file->append(text));
  return file->close(false);
}

// Writes the files, a manifest of them and `_SUCCESS` below `folder`.
inline Status stage(Storage& storage, const std::string& folder, const std::string& run_id, const Files& files) {
  for (const auto& [path, text] : files) GM_RETURN_IF_ERROR(write_with(storage, folder + "/" + path, text));
  GM_ASSIGN(publish::ManifestWriter writer,
            publish::ManifestWriter::create(storage, folder + "/_manifest.json", run_id, "\"version\":\"1.0\""));
  for (const auto& [path, text] : files) {
    GM_RETURN_IF_ERROR(writer.add({path, text.size(), checksum_of(text), ""}));
  }
  GM_RETURN_IF_ERROR(writer.finish(false));
  return write_with(storage, folder + "/_SUCCESS", "");
}

inline Result<publish::Published> publish(Storage& storage, const std::string& output, const std::string& run_id,
                                          const Files& files, std::optional<publish::PublishWay> way = {},
                                          bool fsync = false) {
  GM_ASSIGN(publish::Publication publication, publish::Publication::begin(storage, output, {run_id, fsync, way}));
  GM_RETURN_IF_ERROR(stage(storage, publication.staging_root(), run_id, files));
  return publication.commit();
}

// The output in `root` as it was staged: without manifest, `_SUCCESS`, staging and a file system's own
// folder.
inline Files published_files(const std::string& root) {
  Files files = read_tree(root);
  files.erase("_manifest.json");
  files.erase("_SUCCESS");
  files.erase("lost+found/");
  for (auto file = files.begin(); file != files.end();) {
    file = file->first.starts_with("_staging/") ? files.erase(file) : std::next(file);
  }
  return files;
}

// Whether `root` holds exactly these files, whole and verified.
inline bool holds(Storage& storage, const std::string& root, const Files& files) {
  if (published_files(root) != files) return false;
  const auto report = publish::verify(storage, root);
  return report.ok() && report->differences == 0 && report->files == files.size();
}

// The error's text, for messages of failed expectations.
template <typename Outcome>
std::string why(Outcome& outcome) {
  return outcome.ok() ? "" : outcome.error().message + " (" + outcome.error().advice + ")";
}

}  // namespace gristmill::testing
