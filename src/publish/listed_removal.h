// Removes files that a manifest lists, with the folders that become empty by that.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"

namespace gristmill::publish {

inline constexpr std::size_t files_at_once = 1000;  // moved or removed; a request to S3 takes no more

class ListedRemoval {
 public:
  // Files are removed below `folder`, which itself stays. `storage` must outlive this.
  ListedRemoval(Storage& storage, std::string folder) : storage_(storage), folder_(std::move(folder)) {}
  // REQUIRES: paths in bytewise order, relative to the folder. One that is not there is fine.
  Status add(const std::string& path);
  // Everything added is gone afterwards.
  Status finish();

 private:
  Status flush();
  void leave_folders_for(std::string_view path);

  Storage& storage_;
  std::string folder_;
  std::string inner_;  // the folder of the last path, relative, with '/' at its end; or empty
  std::vector<std::string> files_;
  std::vector<std::string> folders_;  // left behind by the files so far, deepest first
};

// Removes the empty folders below `folder`, and itself; true when it is gone, false when there is a file.
Result<bool> remove_empty_folders(Storage& storage, const std::string& folder);

}  // namespace gristmill::publish
