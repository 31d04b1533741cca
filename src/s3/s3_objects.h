// The operations that change objects, each one or a few requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gristmill/result.h"
#include "s3/s3_client.h"
#include "s3/s3_responses.h"

namespace gristmill::s3 {

struct ObjectName {
  std::string bucket;
  std::string key;
  std::string uri() const { return "s3://" + bucket + "/" + key; }
};

// "s3://bucket/key"; the key may be empty. REQUIRES: it begins with s3://.
ObjectName parse_uri(std::string_view uri);
// The prefix of what lies in a folder; of a bucket it is empty.
ObjectName prefix_of(std::string_view folder);

S3Request request_for(RequestKind kind, std::string method, const ObjectName& name);

// Headers that a new object gets: encryption, content type by its name; in a staging folder the tag of what is staged,
// elsewhere storage class and ACL.
std::vector<std::pair<std::string, std::string>> headers_of_new_object(const S3Settings& settings,
                                                                       std::string_view key);
// `bucket/.../_staging/<run id>/` of an object that a run stages; empty for all others.
std::string staging_folder_of(const ObjectName& name);
// Gives the request this body, with a CRC-32 that S3 checks, which is returned.
std::string set_checked_body(S3Request& request, std::string_view body);

// What is known of an object before it is changed, so that the change is made only if that still holds.
using KnownEtag = std::optional<std::string>;  // "" : there is none; nullopt: nothing is known

struct Removal {
  std::string key;
  KnownEtag known;
};
// In requests of a thousand, side by side. Returns those that were refused since the object is another one now.
Result<std::vector<std::string>> delete_objects(S3Client& client, const std::string& bucket,
                                                const std::vector<Removal>& removals);

struct Copy {
  ObjectName from;
  ObjectName to;
  std::uint64_t size = 0;
  KnownEtag known;          // of `to`
  std::string source = {};  // ETag that `from` must still have; empty: whatever it is
};
// All of them side by side; objects above the limit in parts. Returns those that were refused since what lies at
// their target is another object now.
Result<std::vector<Copy>> copy_objects(S3Client& client, const std::vector<Copy>& copies);

// Uploads in parts; the upload's id. `headers`: of the object.
Result<std::string> begin_parts(S3Client& client, const ObjectName& name,
                                std::vector<std::pair<std::string, std::string>> headers);
struct Part {
  std::string etag;
  std::string crc32;  // empty for a copied part
};
// False: refused, since `known` does not hold any more.
Result<bool> end_parts(S3Client& client, const ObjectName& name, const std::string& upload,
                       const std::vector<Part>& parts, std::uint64_t size, const KnownEtag& known = std::nullopt);
Status abort_parts(S3Client& client, const ObjectName& name, const std::string& upload);
// Aborts every upload in parts whose key begins with `prefix` (with `exactly`: is `prefix`).
Status abort_all_parts(S3Client& client, const ObjectName& prefix, bool exactly);

}  // namespace gristmill::s3
