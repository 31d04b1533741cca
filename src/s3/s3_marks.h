// The objects that a run creates at their places (Storage::mark_new_files), told from all others by their metadata.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "s3/s3_client.h"
#include "s3/s3_objects.h"

namespace gristmill::s3 {

class Marks {
 public:
  explicit Marks(S3Client& client) : client_(client) {}

  // Storage::mark_new_files. The first object of all, the record, tells whether the server keeps metadata and
  // conditions.
  [[nodiscard]] Result<bool> mark_new(const MarkedFiles& files);
  bool is_marked(const ObjectName& name) const;
  // The header that marks it: "x-amz-meta-gristmill: <run id>/<hash of the key>", so that a copy of the object under
  // another key is not taken for it. REQUIRES: is_marked(name), as for what follows.
  std::pair<std::string, std::string> header_of(const ObjectName& name) const;
  // Puts a note that an upload in parts is about to begin, since nothing marks that.
  [[nodiscard]] Status note_parts(const ObjectName& name);
  // What lies there, although nothing may: this run's own object (the answer to a first try was lost), or an error.
  [[nodiscard]] Status refuse_others(const ObjectName& name);
  // Storage::remove_marked_files, remove_unfinished_marked_files, rename_marked_files.
  [[nodiscard]] Status remove_objects(const MarkedFiles& files);
  [[nodiscard]] Status remove_parts(const MarkedFiles& files);
  [[nodiscard]] Status rename(const MarkedFiles& files, const std::vector<Rename>& renames);

 private:
  S3Client& client_;
  std::optional<MarkedFiles> new_;
};

}  // namespace gristmill::s3
