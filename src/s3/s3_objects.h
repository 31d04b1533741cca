// The operations on objects that the storage is made of, each one or a few requests.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gristmill/result.h"
#include "s3/s3_client.h"

namespace gristmill::s3 {

struct ObjectName {
  std::string bucket;
  std::string key;
  std::string uri() const { return "s3://" + bucket + "/" + key; }
};

// "s3://bucket/key"; the key may be empty. REQUIRES: it begins with s3://.
ObjectName parse_uri(std::string_view uri);

S3Request request_for(RequestKind kind, std::string method, const ObjectName& name);

struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;  // with its quotes
};

struct ListPage {
  std::vector<ObjectInfo> objects;
  std::vector<std::string> prefixes;  // with a delimiter: what lies deeper, cut behind it
  std::string next;                   // token of the next page; empty: this is the last
};

// One page of the objects whose keys begin with `prefix`, in order; those behind the key `after`, if there is one. An
// input error.
std::future<Result<ListPage>> start_list(S3Client& client, const ObjectName& prefix,
                                         const std::string& delimiter, const std::string& token,
                                         unsigned most = 1000, const std::string& after = {});
Result<ListPage> list_page(S3Client& client, const ObjectName& prefix, const std::string& delimiter,
                           const std::string& token, unsigned most = 1000);

// nullopt: there is none.
Result<std::optional<ObjectInfo>> head_object(S3Client& client, const ObjectName& name);

// Headers that a new object gets: encryption, content type by its name; with `published` storage class
// and ACL, without it the tag of what is staged.
std::vector<std::pair<std::string, std::string>> headers_of_new_object(const S3Settings& settings,
                                                                       std::string_view key, bool published);
// `bucket/.../_staging/<run id>/` of an object that a run stages; empty for all others.
std::string staging_folder_of(const ObjectName& name);
// Gives the request this body, with a CRC-32 that S3 checks, which is returned.
std::string set_checked_body(S3Request& request, std::string_view body);

// What is known of an object before it is changed, so that the change is made only if that still holds.
using KnownEtag = std::optional<std::string>;  // "" : there is none; nullopt: nothing is known

// What lies at these keys now, by their places: "" where nothing does. By listings where the keys are dense, unless
// `one_by_one`. REQUIRES: the keys are sorted.
Result<std::vector<KnownEtag>> look_up_etags(S3Client& client, const std::string& bucket,
                                             const std::vector<std::string>& keys, bool one_by_one);

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
  KnownEtag known;  // of `to`
};
// All of them side by side; objects above the limit in parts. Returns those that were refused since what lies at
// their target is another object now.
Result<std::vector<Copy>> copy_objects(S3Client& client, const std::vector<Copy>& copies);

// Uploads in parts. `published`: parts will be copied to where the object is published, not sent.
Result<std::string> begin_parts(S3Client& client, const ObjectName& name, bool published);  // the upload's id
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
