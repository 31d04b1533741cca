// The entries of libgristmill_s3.so; storage/any_storage.cc and storage/http_post.cc load it.
#include "s3/post.h"
#include "s3/s3_storage.h"
#include "storage/any_storage.h"

extern "C" __attribute__((visibility("default"))) gristmill::Storage* gristmill_make_s3_storage(
    const gristmill::S3Options& options) {
  return gristmill::s3::make_s3_storage(options).release();
}

extern "C" __attribute__((visibility("default"))) void gristmill_http_post(const gristmill::storage::HttpPost& request,
                                                                           gristmill::Status& status) {
  status = gristmill::s3::post(request);
}
