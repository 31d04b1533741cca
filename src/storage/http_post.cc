// Tested by tests/programs/test_lineage.py, against a small server.
#include "storage/http_post.h"

#include "storage/any_storage.h"
#include "storage/side_library.h"

namespace gristmill::storage {

Status post(const HttpPost& request) {
  GM_ASSIGN(void* const poster, load_from_side_library(s3_library_name, http_poster_name, "what speaks HTTP"));
  Status status;
  reinterpret_cast<HttpPoster*>(poster)(request, status);
  return status;
}

}  // namespace gristmill::storage
