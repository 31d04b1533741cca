// The objects of a bucket whose keys begin with a prefix, page by page.
#pragma once

#include <future>
#include <optional>
#include <string>

#include "gristmill/result.h"
#include "s3/s3_client.h"
#include "s3/s3_objects.h"
#include "s3/s3_responses.h"

namespace gristmill::s3 {

// The next page is on its way while one is looked at. For one thread. Once the run is interrupted, next() fails at
// once, unless the listing was begun only then: that is for cleaning up.
class Listing {
 public:
  // `delimiter`: empty, or what ends a folder's name. `after`: keys up to this one are left out.
  Listing(S3Client& client, ObjectName prefix, std::string delimiter = {}, std::string after = {});
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;

  // False: the last page has been given.
  bool has_more() const { return next_.valid(); }
  // Waits. An input error. REQUIRES: has_more()
  Result<ListPage> next();

 private:
  void ask(const std::string& token);

  S3Client& client_;
  const ObjectName prefix_;
  const std::string delimiter_;
  const std::string after_;
  const bool part_of_work_;
  ListingReader reader_;
  std::future<S3Response> next_;
};

// The first object whose key begins with it: one request, mostly. `refusal`, if given, becomes what S3 answered where
// that is an error.
Result<std::optional<ObjectInfo>> first_object(S3Client& client, const ObjectName& prefix,
                                               S3Response* refusal = nullptr);

}  // namespace gristmill::s3
