#include "storage/scratch_folder.h"

#include <cstdlib>

namespace gristmill::storage {

std::string default_scratch_folder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

}  // namespace gristmill::storage
