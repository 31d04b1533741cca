// The storage of s3:// paths. This is the door of src/s3/.
#pragma once

#include <memory>

#include "gristmill/s3_options.h"
#include "gristmill/storage.h"

namespace gristmill::s3 {

// Never fails: what is wrong with the settings or the credentials is the error of the first request.
std::unique_ptr<Storage> make_s3_storage(const S3Options& options);

}  // namespace gristmill::s3
