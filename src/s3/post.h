// A document for a web server that is not S3.
#pragma once

#include "storage/http_post.h"

namespace gristmill::s3 {

// As storage::post().
Status post(const storage::HttpPost& request);

}  // namespace gristmill::s3
