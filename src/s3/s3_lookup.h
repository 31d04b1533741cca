// What is there: objects by their names.
//
// S3 answers a HEAD of what is not there with 404 only if the caller may list that name, else with 403, as
// for what may not be read. So a 403 says nothing: a listing of the very name decides, and where that is
// refused too, nobody may know.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gristmill/result.h"
#include "s3/s3_objects.h"
#include "s3/s3_responses.h"

namespace gristmill::s3 {

// nullopt: there is none. An object that may be listed, but not read, is there: reading it says why it may
// not. An error where neither is allowed.
Result<std::optional<ObjectInfo>> find_object(S3Client& client, const ObjectName& name);

enum class Presence : std::uint8_t { nothing, object, folder };
struct FoundObject {
  Presence presence = Presence::nothing;
  ObjectInfo object;  // of an object
};
// The object of that name, or else what lies below it. A name that ends with '/', and a whole bucket, are
// only looked for as folders; a bucket is always one. An error where nothing lies below and S3 does not tell
// whether there is an object: what is only hidden must not be taken for missing.
Result<FoundObject> find_object_or_folder(S3Client& client, const ObjectName& name);

// What lies at these keys now, by their places: "" where nothing does. By listings where the keys are dense, unless
// `one_by_one`. REQUIRES: the keys are sorted.
Result<std::vector<KnownEtag>> look_up_etags(S3Client& client, const std::string& bucket,
                                             const std::vector<std::string>& keys, bool one_by_one);

}  // namespace gristmill::s3
