// A HEAD decides where it has an answer, else a listing of the very name (s3_lookup.h says why). Many keys
// are looked up by listings where they lie dense, else side by side. Tested in tests/s3/test_policies.py and
// tests/s3/test_listing.py.
#include "s3/s3_lookup.h"

#include <algorithm>

#include "s3/http_headers.h"
#include "s3/request_group.h"
#include "s3/s3_listing.h"

namespace gristmill::s3 {
namespace {

bool is_denied(const S3Response& answer) {
  return !answer.failure && answer.http.status == 403 && (answer.code.empty() || answer.code == "AccessDenied");
}

// Whether it is there; or that S3 does not tell.
struct Look {
  std::optional<ObjectInfo> object;
  std::optional<Error> denied;
};

Result<Look> look_at(S3Client& client, const ObjectName& name) {
  const S3Request request = request_for(RequestKind::head, "HEAD", name);
  const S3Response answer = client.call(request);
  if (answer.ok()) {
    const auto size = number_in(answer.http.header("content-length"), largest_object);
    if (!size) return unfit_response(ErrorKind::input, "examine", name.uri(), "it has a size that no object can have");
    const auto changed = http_date(answer.http.header("last-modified"));
    return Look{
        ObjectInfo{name.key, *size, answer.http.header("etag"), changed ? static_cast<std::int64_t>(*changed) : 0}, {}};
  }
  if (answer.not_found()) return Look{};
  if (answer.failure || answer.http.status < 400 || answer.http.status >= 500)
    return client.error_of(answer, request, ErrorKind::input, "examine", "s3:GetObject");
  // The answer to a HEAD has no text either, and that to a listing says why all is refused.
  S3Response refusal;
  auto first = first_object(client, name, &refusal);
  if (is_denied(refusal)) {
    Error denied = client.error_of(refusal, request, ErrorKind::input, "examine", "s3:GetObject");
    denied.message += ", or it does not exist: S3 tells which only where s3:ListBucket is allowed for that name";
    denied.advice = "check the path; " + denied.advice;
    return Look{{}, std::move(denied)};
  }
  if (!first.ok()) return std::move(first.error());
  if (!*first || (*first)->key != name.key) return Look{};
  return Look{std::move(**first), {}};
}

}  // namespace

Result<std::optional<ObjectInfo>> find_object(S3Client& client, const ObjectName& name) {
  GM_ASSIGN(Look look, look_at(client, name));
  if (look.denied) return std::move(*look.denied);
  return std::move(look.object);
}

Result<FoundObject> find_object_or_folder(S3Client& client, const ObjectName& name) {
  Look look;
  if (!name.key.empty() && !name.key.ends_with('/')) {
    GM_ASSIGN(look, look_at(client, name));
    if (look.object) return FoundObject{Presence::object, std::move(*look.object)};
  }
  ObjectName prefix = name;
  if (!prefix.key.empty() && !prefix.key.ends_with('/')) prefix.key.push_back('/');
  S3Response refusal;
  const auto first = first_object(client, prefix, &refusal);
  if (look.denied && is_denied(refusal)) return std::move(*look.denied);
  if (!first.ok()) return first.error();
  const bool there = prefix.key.empty() || *first;
  if (look.denied && !there) return std::move(*look.denied);
  return FoundObject{there ? Presence::folder : Presence::nothing, {}};
}

Result<std::vector<KnownEtag>> look_up_etags(S3Client& client, const std::string& bucket,
                                             const std::vector<std::string>& keys, bool one_by_one) {
  std::vector<KnownEtag> etags(keys.size());
  if (keys.empty()) return etags;
  const auto fork =
      std::mismatch(keys.front().begin(), keys.front().end(), keys.back().begin(), keys.back().end()).first;
  const std::string same(keys.front().begin(), fork);
  const ObjectName common{bucket, same.substr(0, same.rfind('/') + 1)};
  // Where many others lie between them, asking for each takes fewer requests.
  std::size_t pages = one_by_one || keys.size() < 8 ? 0 : keys.size() / 250 + 1;
  std::size_t next = 1;
  if (pages > 0) {
    Listing listing(client, common, {}, keys.front());
    for (; pages > 0 && listing.has_more() && next < keys.size(); --pages) {
      GM_ASSIGN(const ListPage page, listing.next());
      for (const ObjectInfo& object : page.objects) {
        while (next < keys.size() && keys[next] < object.key) etags[next++] = "";
        if (next < keys.size() && keys[next] == object.key) etags[next++] = object.etag;
      }
      while (!listing.has_more() && next < keys.size()) etags[next++] = "";
    }
  }
  RequestGroup group;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (etags[i]) continue;
    const S3Request request = request_for(RequestKind::head, "HEAD", {bucket, keys[i]});
    group.start(client, request, [&client, &etag = etags[i], request](const S3Response& answer) {
      if (answer.ok()) etag = answer.http.header("etag");
      if (answer.not_found()) etag = "";
      return etag || answer.http.status == 403
                 ? Status()
                 : client.error_of(answer, request, ErrorKind::output, "examine", "s3:GetObject");
    });
  }
  GM_RETURN_IF_ERROR(group.wait());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (etags[i]) continue;
    GM_ASSIGN(const std::optional<ObjectInfo> found, find_object(client, {bucket, keys[i]}));
    etags[i] = found ? found->etag : "";
  }
  return etags;
}

}  // namespace gristmill::s3
