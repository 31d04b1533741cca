// Tested in tests/s3/test_policies.py and test_listing.py.
#include "s3/s3_lookup.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <pugixml.hpp>

#include "s3/together.h"

namespace gristmill::s3 {
namespace {

std::string url_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const char digits[3] = {text[i + 1], text[i + 2], '\0'};
      decoded.push_back(static_cast<char>(std::strtoul(digits, nullptr, 16)));
      i += 2;
    } else {
      decoded.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return decoded;
}

S3Request list_request(const ObjectName& prefix, const std::string& delimiter, const std::string& token,
                       unsigned most) {
  S3Request request;
  request.kind = RequestKind::list;
  request.bucket = prefix.bucket;
  request.query = {{"list-type", "2"}, {"max-keys", std::to_string(most)}, {"encoding-type", "url"}};
  if (!prefix.key.empty()) request.query.emplace_back("prefix", prefix.key);
  if (!delimiter.empty()) request.query.emplace_back("delimiter", delimiter);
  if (!token.empty()) request.query.emplace_back("continuation-token", token);
  return request;
}

Result<ListPage> parse_list(const S3Client& client, const S3Answer& answer, const S3Request& request,
                            const ObjectName& prefix) {
  if (!answer.ok()) {
    S3Request shown = request;
    shown.key = prefix.key;
    return client.error_of(answer, shown, ErrorKind::input, "list", "s3:ListBucket");
  }
  pugi::xml_document document;
  const pugi::xml_node root = document.load_buffer(answer.http.body.data(), answer.http.body.size())
                                  ? document.child("ListBucketResult")
                                  : pugi::xml_node();
  if (!root) {
    return Error::input("cannot list '" + prefix.uri() + "': the answer is no listing",
                        "check the S3 endpoint");
  }
  const bool encoded = std::string_view(root.child_value("EncodingType")) == "url";
  const auto decode = [&](const char* text) { return encoded ? url_decoded(text) : std::string(text); };
  ListPage page;
  for (const pugi::xml_node node : root.children("Contents")) {
    page.objects.push_back({decode(node.child_value("Key")),
                            std::strtoull(node.child_value("Size"), nullptr, 10), node.child_value("ETag")});
  }
  for (const pugi::xml_node node : root.children("CommonPrefixes"))
    page.prefixes.push_back(decode(node.child_value("Prefix")));
  if (std::string_view(root.child_value("IsTruncated")) == "true")
    page.next = root.child_value("NextContinuationToken");
  return page;
}

bool is_denied(const S3Answer& answer) {
  return !answer.failure && answer.http.status == 403 &&
         (answer.code.empty() || answer.code == "AccessDenied");
}

// Whether it is there; or that S3 does not tell.
struct Look {
  std::optional<ObjectInfo> object;
  std::optional<Error> denied;
};

Result<Look> look_at(S3Client& client, const ObjectName& name) {
  const S3Request request = request_for(RequestKind::head, "HEAD", name);
  const S3Answer answer = client.call(request);
  if (answer.ok()) {
    ObjectInfo info{name.key, 0, answer.http.header("etag")};
    info.size = std::strtoull(answer.http.header("content-length").c_str(), nullptr, 10);
    return Look{std::move(info), {}};
  }
  if (answer.not_found()) return Look{};
  if (answer.failure || answer.http.status < 400 || answer.http.status >= 500)
    return client.error_of(answer, request, ErrorKind::input, "examine", "s3:GetObject");
  // The answer to a HEAD has no text either, and that to a listing says why all is refused.
  const S3Request exactly = list_request(name, "", "", 1);
  const S3Answer listed = client.call(exactly);
  if (is_denied(listed)) {
    Error denied = client.error_of(listed, request, ErrorKind::input, "examine", "s3:GetObject");
    denied.message +=
        ", or it does not exist: S3 tells which only where s3:ListBucket is allowed for that name";
    denied.advice = "check the path; " + denied.advice;
    return Look{{}, std::move(denied)};
  }
  GM_ASSIGN(ListPage page, parse_list(client, listed, exactly, name));
  if (page.objects.empty() || page.objects.front().key != name.key) return Look{};
  return Look{std::move(page.objects.front()), {}};
}

}  // namespace

std::future<Result<ListPage>> start_list(S3Client& client, const ObjectName& prefix,
                                         const std::string& delimiter, const std::string& token,
                                         unsigned most, const std::string& after) {
  auto promise = std::make_shared<std::promise<Result<ListPage>>>();
  S3Request request = list_request(prefix, delimiter, token, most);
  if (!after.empty() && token.empty()) request.query.emplace_back("start-after", after);
  client.start(request, [&client, promise, request, prefix](const S3Answer& answer) {
    promise->set_value(parse_list(client, answer, request, prefix));
  });
  return promise->get_future();
}

Result<ListPage> list_page(S3Client& client, const ObjectName& prefix, const std::string& delimiter,
                           const std::string& token, unsigned most) {
  return start_list(client, prefix, delimiter, token, most).get();
}

Result<std::optional<ObjectInfo>> find_object(S3Client& client, const ObjectName& name) {
  GM_ASSIGN(Look look, look_at(client, name));
  if (look.denied) return std::move(*look.denied);
  return std::move(look.object);
}

Result<Found> find_object_or_folder(S3Client& client, const ObjectName& name) {
  Look look;
  if (!name.key.empty() && !name.key.ends_with('/')) {
    GM_ASSIGN(look, look_at(client, name));
    if (look.object) return Found{Presence::object, std::move(*look.object)};
  }
  ObjectName prefix = name;
  if (!prefix.key.empty() && !prefix.key.ends_with('/')) prefix.key.push_back('/');
  const S3Request request = list_request(prefix, "", "", 1);
  const S3Answer answer = client.call(request);
  if (look.denied && is_denied(answer)) return std::move(*look.denied);
  GM_ASSIGN(const ListPage page, parse_list(client, answer, request, prefix));
  const bool there = prefix.key.empty() || !page.objects.empty();
  if (look.denied && !there) return std::move(*look.denied);
  return Found{there ? Presence::folder : Presence::nothing, {}};
}

Result<std::vector<KnownEtag>> look_up_etags(S3Client& client, const std::string& bucket,
                                             const std::vector<std::string>& keys, bool one_by_one) {
  std::vector<KnownEtag> etags(keys.size());
  if (keys.empty()) return etags;
  const auto fork = std::mismatch(keys.front().begin(), keys.front().end(), keys.back().begin(), keys.back().end()).first;
  const std::string same(keys.front().begin(), fork);
  const ObjectName common{bucket, same.substr(0, same.rfind('/') + 1)};
  // Where many others lie between them, asking for each takes fewer requests.
  std::size_t pages = one_by_one || keys.size() < 8 ? 0 : keys.size() / 250 + 1;
  std::size_t next = 1;
  std::string token;
  while (pages-- > 0 && next < keys.size()) {
    GM_ASSIGN(const ListPage page, start_list(client, common, "", token, 1000, keys.front()).get());
    for (const ObjectInfo& object : page.objects) {
      while (next < keys.size() && keys[next] < object.key) etags[next++] = "";
      if (next < keys.size() && keys[next] == object.key) etags[next++] = object.etag;
    }
    token = page.next;
    if (!token.empty()) continue;
    while (next < keys.size()) etags[next++] = "";
  }
  Together together;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (etags[i]) continue;
    const S3Request request = request_for(RequestKind::head, "HEAD", {bucket, keys[i]});
    together.begin();
    client.start(request, [&client, &together, &etag = etags[i], request](const S3Answer& answer) {
      if (answer.ok()) etag = answer.http.header("etag");
      if (answer.not_found()) etag = "";
      together.end(etag || answer.http.status == 403
                       ? Status()
                       : client.error_of(answer, request, ErrorKind::output, "examine", "s3:GetObject"));
    });
  }
  GM_RETURN_IF_ERROR(together.wait());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (etags[i]) continue;
    GM_ASSIGN(const std::optional<ObjectInfo> found, find_object(client, {bucket, keys[i]}));
    etags[i] = found ? found->etag : "";
  }
  return etags;
}

}  // namespace gristmill::s3
