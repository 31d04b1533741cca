// Standard input as a file that can be read from any place, more than once: what a run and `inspect` need.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gristmill/storage.h"
#include "storage/local_file.h"

namespace gristmill::storage {

class StandardInput {
 public:
  // Storage::keep_standard_input. The second call does nothing.
  [[nodiscard]] Status keep(const std::string& folder, const std::function<bool()>& should_stop);
  // Of nothing, as long as it was not kept.
  Result<FileInfo> stat() const;
  Result<std::unique_ptr<ReadableFile>> open() const;

 private:
  Descriptor kept_{-1};
};

}  // namespace gristmill::storage
