// A small file as one text: what gristmill itself wrote, and reads whole.
#pragma once

#include <memory>
#include <string>

#include "gristmill/result.h"
#include "gristmill/storage.h"

namespace gristmill::storage {

// Shorter than the file was when it was opened, where it became so meanwhile.
inline Result<std::string> read_whole_file(Storage& storage, const std::string& path) {
  GM_ASSIGN(const std::unique_ptr<ReadableFile> file, storage.open(path));
  std::string text(file->size(), '\0');
  GM_ASSIGN(const std::size_t got, file->read_at(0, text.data(), text.size()));
  text.resize(got);
  return text;
}

}  // namespace gristmill::storage
