// The storage of every path: local ones, and s3:// URIs by libgristmill_s3.so. make_storage() gives one that is told
// once how to reach S3; the command learns that bit by bit.
#pragma once

#include <memory>
#include <string>

#include "gristmill/s3_options.h"
#include "gristmill/storage.h"

namespace gristmill::storage {

bool is_s3(const std::string& path);
// s3:// for s3a://, which is Hadoop's name for the same.
std::string s3_spelling(std::string path);

class AnyStorage : public Storage {
 public:
  // How S3 is to be reached from now on. The library is loaded at the first s3:// path. REQUIRES: no file of S3 is
  // open.
  virtual void use(S3Options options) = 0;
};
std::unique_ptr<AnyStorage> make_any_storage();

// How the library is entered. The caller owns the storage.
using S3StorageMaker = Storage*(const S3Options& options);
inline constexpr const char* s3_library_name = "libgristmill_s3.so";
inline constexpr const char* s3_maker_name = "gristmill_make_s3_storage";

}  // namespace gristmill::storage
