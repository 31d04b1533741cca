// A change may carry a condition (If-Match, If-None-Match), and whoever asks for it is told where that did not hold.
// What S3 does not do in one request, a copy or an upload of many gigabytes, goes in parts. Tested by tests/s3 against
// a real server.
#include "s3/s3_objects.h"

#include <libdeflate.h>
#include <openssl/evp.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "s3/http_headers.h"
#include "s3/request_group.h"
#include "s3/s3_lookup.h"

namespace gristmill::s3 {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string base64(std::string_view bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) -> unsigned {
      return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
    };
    const unsigned three = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
    for (unsigned place = 0; place < 4; ++place) {
      text.push_back(i + place > bytes.size() ? '=' : digits[three >> (18 - 6 * place) & 63U]);
    }
  }
  return text;
}

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped.append("&amp;"); break;
      case '<': escaped.append("&lt;"); break;
      case '>': escaped.append("&gt;"); break;
      case '"': escaped.append("&quot;"); break;
      default: escaped.push_back(c);
    }
  }
  return escaped;
}

// XML 1.0 has no way to write control characters, U+FFFE and U+FFFF, and changes some white space.
bool xml_can_hold(std::string_view text) {
  const bool controls =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return !controls && text.find("\xEF\xBF\xBE") == std::string_view::npos &&
         text.find("\xEF\xBF\xBF") == std::string_view::npos;
}

// Base64; empty where the library refuses MD5.
std::string md5_of(std::string_view body) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_Digest(body.data(), body.size(), digest, &length, EVP_md5(), nullptr) != 1) return {};
  return base64({reinterpret_cast<const char*>(digest), length});
}

Headers encryption_headers(const S3Settings& settings) {
  switch (settings.encryption) {
    case S3Encryption::bucket_default: return {};
    case S3Encryption::aes256: return {{"x-amz-server-side-encryption", "AES256"}};
    default: break;
  }
  Headers headers = {
      {"x-amz-server-side-encryption", settings.encryption == S3Encryption::kms ? "aws:kms" : "aws:kms:dsse"}};
  if (!settings.kms_key.empty()) headers.emplace_back("x-amz-server-side-encryption-aws-kms-key-id", settings.kms_key);
  return headers;
}

bool is_staged(std::string_view key) {
  return key.starts_with("_staging/") || key.find("/_staging/") != std::string_view::npos;
}

std::string copy_source(const ObjectName& from) { return uri_encoded(from.bucket) + "/" + uri_encoded(from.key, true); }

void add_source_headers(const S3Client& client, const Copy& copy, Headers& headers) {
  headers.emplace_back("x-amz-copy-source", copy_source(copy.from));
  if (!copy.source.empty()) headers.emplace_back("x-amz-copy-source-if-match", copy.source);
  if (const std::string owner = client.owner_of(copy.from.bucket); !owner.empty()) {
    headers.emplace_back("x-amz-source-expected-bucket-owner", owner);
  }
}

std::pair<std::string, std::string> condition_of(const KnownEtag& known) {
  if (!known) return {};
  return known->empty() ? std::pair<std::string, std::string>("if-none-match", "*")
                        : std::pair<std::string, std::string>("if-match", *known);
}

// False: refused, as end_parts() says.
Result<bool> copy_in_parts(S3Client& client, const Copy& copy) {
  // A run that was killed in the middle of this copy has left an upload that nobody ends.
  GM_RETURN_IF_ERROR(abort_all_parts(client, copy.to, true));
  // Of copied parts S3 makes checksums of its own choice.
  GM_ASSIGN(const std::string upload,
            begin_parts(client, copy.to, headers_of_new_object(client.options().settings, copy.to.key)));
  const std::uint64_t limit = client.options().copy_limit;
  constexpr std::uint64_t most_parts = 10000;
  const std::uint64_t usual = std::min<std::uint64_t>(limit, 512ULL << 20);
  const std::uint64_t size = std::max(usual, (copy.size + most_parts - 1) / most_parts);
  std::vector<Part> parts((copy.size + size - 1) / size);
  RequestGroup group;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    S3Request request = request_for(RequestKind::copy, "PUT", copy.to);
    request.query = {{"partNumber", std::to_string(i + 1)}, {"uploadId", upload}};
    const std::uint64_t begin = i * size;
    request.headers = {{"x-amz-copy-source-range", "bytes=" + std::to_string(begin) + "-" +
                                                       std::to_string(std::min(begin + size, copy.size) - 1)}};
    add_source_headers(client, copy, request.headers);
    group.start(client, request, [&client, &part = parts[i], request](const S3Response& answer) -> Status {
      if (!answer.ok()) return client.error_of(answer, request, ErrorKind::output, "copy to", "s3:PutObject");
      const auto etag = copied_part_in(answer.http.body);
      if (!etag.ok()) return unfit_response(ErrorKind::output, "copy to", request.uri(), etag.error().message);
      part.etag = *etag;
      return {};
    });
  }
  Status copied = group.wait();
  const Result<bool> ended = copied.ok() ? end_parts(client, copy.to, upload, parts, copy.size, copy.known)
                                         : Result<bool>(std::move(copied.error()));
  if (!ended.ok() || !*ended) {
    static_cast<void>(abort_parts(client, copy.to, upload));
    return ended;
  }
  // Where the answer to the beginning was lost, it was begun twice.
  GM_RETURN_IF_ERROR(abort_all_parts(client, copy.to, true));
  return true;
}

// Adds the keys whose condition did not hold to `refused`.
Status parse_deletion(const S3Client& client, const S3Response& answer, const S3Request& request,
                      std::vector<std::string>& refused) {
  if (!answer.ok()) return client.error_of(answer, request, ErrorKind::output, "remove objects in", "s3:DeleteObject");
  auto removals = refused_removals_in(answer.http.body);
  if (!removals.ok()) {
    return unfit_response(ErrorKind::output, "remove objects in", "s3://" + request.bucket, removals.error().message);
  }
  for (RefusedRemoval& removal : *removals) {
    if (is_one_of(removal.error.code, {"PreconditionFailed", "ConditionalRequestConflict"})) {
      refused.push_back(std::move(removal.key));
      continue;
    }
    S3Request one = request;
    one.key = removal.key;
    S3Response single = answer;
    single.code = removal.error.code;
    single.message = removal.error.message;
    single.http.status = single.code == "AccessDenied" ? 403 : 400;
    return client.error_of(single, one, ErrorKind::output, "remove", "s3:DeleteObject");
  }
  return {};
}

}  // namespace

S3Request request_for(RequestKind kind, std::string method, const ObjectName& name) {
  S3Request request;
  request.kind = kind;
  request.method = std::move(method);
  request.bucket = name.bucket;
  request.key = name.key;
  return request;
}

ObjectName parse_uri(std::string_view uri) {
  uri.remove_prefix(std::string_view("s3://").size());
  const std::size_t slash = uri.find('/');
  if (slash == std::string_view::npos) return {std::string(uri), ""};
  return {std::string(uri.substr(0, slash)), std::string(uri.substr(slash + 1))};
}

ObjectName prefix_of(std::string_view folder) {
  ObjectName name = parse_uri(folder);
  if (!name.key.empty() && !name.key.ends_with('/')) name.key.push_back('/');
  return name;
}

std::string staging_folder_of(const ObjectName& name) {
  constexpr std::string_view staging = "/_staging/";
  const std::string path = "/" + name.key;
  const std::size_t begin = path.find(staging);
  if (begin == std::string::npos) return {};
  const std::size_t end = path.find('/', begin + staging.size());
  return end == std::string::npos ? std::string() : name.bucket + path.substr(0, end + 1);
}

std::string set_checked_body(S3Request& request, std::string_view body) {
  const std::uint32_t crc = libdeflate_crc32(0, body.data(), body.size());
  const char bytes[4] = {static_cast<char>(crc >> 24U), static_cast<char>(crc >> 16U), static_cast<char>(crc >> 8U),
                         static_cast<char>(crc)};
  std::string text = base64({bytes, sizeof bytes});
  request.body = body;
  request.headers.emplace_back("x-amz-sdk-checksum-algorithm", "CRC32");
  request.headers.emplace_back("x-amz-checksum-crc32", text);
  return text;
}

Headers headers_of_new_object(const S3Settings& settings, std::string_view key) {
  Headers headers = encryption_headers(settings);
  const bool published = !is_staged(key);
  const auto type = [&]() -> std::string {
    if (key.ends_with(".parquet")) return "application/vnd.apache.parquet";
    if (key.ends_with(".html")) return "text/html; charset=utf-8";
    if (key.find("/validation/") != std::string_view::npos || key.ends_with("manifest.json")) {
      return key.ends_with(".json") ? "application/json" : "application/x-ndjson";
    }
    if (key.ends_with(".json") || key.ends_with(".jsonl")) return "application/x-ndjson";
    return "application/octet-stream";
  };
  headers.emplace_back("content-type", type());
  if (published && settings.storage_class != "STANDARD")
    headers.emplace_back("x-amz-storage-class", settings.storage_class);
  if (published && settings.acl != "none") headers.emplace_back("x-amz-acl", settings.acl);
  if (!published && settings.tag_staging) headers.emplace_back("x-amz-tagging", "gristmill=staging");
  return headers;
}

Result<std::vector<std::string>> delete_objects(S3Client& client, const std::string& bucket,
                                                const std::vector<Removal>& removals) {
  constexpr std::size_t at_once = 1000;
  std::vector<const Removal*> by_name;
  std::mutex mutex;
  std::vector<std::string> refused;
  std::vector<std::string> bodies;
  RequestGroup group;
  for (const Removal& removal : removals) {
    if (removals.size() > 1 && xml_can_hold(removal.key)) {
      by_name.push_back(&removal);
      continue;
    }
    S3Request request = request_for(RequestKind::remove, "DELETE", {bucket, removal.key});
    if (removal.known && !removal.known->empty()) request.condition = condition_of(removal.known);
    group.start(client, request, [&, request](const S3Response& answer) -> Status {
      if (answer.ok() || answer.not_found()) return {};
      if (!answer.refused_condition())
        return client.error_of(answer, request, ErrorKind::output, "remove", "s3:DeleteObject");
      const std::lock_guard<std::mutex> lock(mutex);
      refused.push_back(request.key);
      return {};
    });
  }
  bodies.reserve(by_name.size() / at_once + 1);
  for (std::size_t begin = 0; begin < by_name.size(); begin += at_once) {
    std::string& body =
        bodies.emplace_back("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>");
    for (std::size_t i = begin; i < std::min(begin + at_once, by_name.size()); ++i) {
      body.append("<Object><Key>").append(xml_escaped(by_name[i]->key)).append("</Key>");
      if (const KnownEtag& known = by_name[i]->known; known && !known->empty()) {
        body.append("<ETag>").append(xml_escaped(*known)).append("</ETag>");
      }
      body.append("</Object>");
    }
    body.append("</Delete>");
    S3Request request;
    request.kind = RequestKind::remove;
    request.method = "POST";
    request.bucket = bucket;
    request.first_key = by_name[begin]->key;
    request.query = {{"delete", ""}};
    request.headers = {{"content-type", "application/xml"}};
    set_checked_body(request, body);
    // Older servers of other makers know this one only.
    if (const std::string md5 = md5_of(body); !md5.empty()) request.headers.emplace_back("content-md5", md5);
    group.start(client, request, [&, request](const S3Response& answer) {
      const std::lock_guard<std::mutex> lock(mutex);
      return parse_deletion(client, answer, request, refused);
    });
  }
  GM_RETURN_IF_ERROR(group.wait());
  return refused;
}

Result<std::vector<Copy>> copy_objects(S3Client& client, const std::vector<Copy>& copies) {
  std::mutex mutex;
  std::vector<Copy> refused;
  std::vector<const Copy*> in_parts;
  RequestGroup group;
  for (const Copy& copy : copies) {
    if (copy.size > client.options().copy_limit) {
      in_parts.push_back(&copy);
      continue;
    }
    S3Request request = request_for(RequestKind::copy, "PUT", copy.to);
    request.headers = headers_of_new_object(client.options().settings, copy.to.key);
    // The type is the source's.
    std::erase_if(request.headers, [](const auto& header) { return header.first == "content-type"; });
    // The tags would be, too. Whoever publishes what another process staged does not know whether there are some.
    const std::string staging = staging_folder_of(copy.from);
    if (client.options().settings.tag_staging || (!staging.empty() && !client.has_staged(staging))) {
      request.headers.emplace_back("x-amz-tagging-directive", "REPLACE");
    }
    request.condition = condition_of(copy.known);
    add_source_headers(client, copy, request.headers);
    group.start(client, request, [&, request](const S3Response& answer) -> Status {
      if (answer.ok()) return {};
      if (!answer.refused_condition())
        return client.error_of(answer, request, ErrorKind::output, "copy to", "s3:PutObject");
      const std::lock_guard<std::mutex> lock(mutex);
      refused.push_back(copy);
      return {};
    });
  }
  GM_RETURN_IF_ERROR(group.wait());
  for (const Copy* copy : in_parts) {
    GM_ASSIGN(const bool copied, copy_in_parts(client, *copy));
    if (!copied) refused.push_back(*copy);
  }
  return refused;
}

Result<std::string> begin_parts(S3Client& client, const ObjectName& name, Headers headers) {
  S3Request request = request_for(RequestKind::multipart, "POST", name);
  request.query = {{"uploads", ""}};
  request.headers = std::move(headers);
  const S3Response answer = client.call(request);
  if (!answer.ok()) return client.error_of(answer, request, ErrorKind::output, "write", "s3:PutObject");
  Result<std::string> id = upload_id_in(answer.http.body);
  if (!id.ok()) return unfit_response(ErrorKind::output, "write", name.uri(), id.error().message);
  return std::move(id.value());
}

Result<bool> end_parts(S3Client& client, const ObjectName& name, const std::string& upload,
                       const std::vector<Part>& parts, std::uint64_t size, const KnownEtag& known) {
  std::string body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    body.append("<Part><PartNumber>").append(std::to_string(i + 1)).append("</PartNumber><ETag>");
    body.append(xml_escaped(parts[i].etag)).append("</ETag>");
    if (!parts[i].crc32.empty()) body.append("<ChecksumCRC32>").append(parts[i].crc32).append("</ChecksumCRC32>");
    body.append("</Part>");
  }
  body.append("</CompleteMultipartUpload>");
  S3Request request = request_for(RequestKind::multipart, "POST", name);
  request.query = {{"uploadId", upload}};
  request.headers = {{"content-type", "application/xml"}};
  request.body = body;
  request.condition = condition_of(known);
  const S3Response answer = client.call(request);
  if (answer.ok()) return true;
  if (answer.refused_condition()) return false;
  // An answer that was lost on its way: the upload is gone since it has ended, and the object is there.
  if (answer.tries > 1 && answer.http.status == 404) {
    GM_ASSIGN(const auto found, find_object(client, name));
    if (found && found->size == size) return true;
  }
  return client.error_of(answer, request, ErrorKind::output, "finish writing", "s3:PutObject");
}

Status abort_parts(S3Client& client, const ObjectName& name, const std::string& upload) {
  S3Request request = request_for(RequestKind::multipart, "DELETE", name);
  request.query = {{"uploadId", upload}};
  const S3Response answer = client.call(request);
  if (answer.ok() || (!answer.failure && answer.http.status == 404)) return {};
  return client.error_of(answer, request, ErrorKind::output, "give up writing", "s3:AbortMultipartUpload");
}

Status abort_all_parts(S3Client& client, const ObjectName& prefix, bool exactly) {
  constexpr unsigned most_pages = 10'000;
  Upload after;
  for (unsigned page_number = 0; page_number < most_pages; ++page_number) {
    S3Request request;
    request.kind = RequestKind::list;
    request.bucket = prefix.bucket;
    request.query = {{"uploads", ""}, {"prefix", prefix.key}};
    if (!after.key.empty()) {
      request.query.insert(request.query.end(), {{"key-marker", after.key}, {"upload-id-marker", after.id}});
    }
    const S3Response answer = client.call(request);
    // Some servers of other makers know no uploads in parts at all.
    if (!answer.failure && (answer.http.status == 404 || answer.http.status == 501) && answer.code != "NoSuchBucket")
      return {};
    if (!answer.ok()) {
      S3Request shown = request;
      shown.key = prefix.key;
      return client.error_of(answer, shown, ErrorKind::output, "list the uploads in", "s3:ListBucketMultipartUploads");
    }
    auto page = uploads_in(answer.http.body, after);
    if (!page.ok()) {
      return unfit_response(ErrorKind::output, "list the uploads in", prefix.uri(), page.error().message);
    }
    for (const Upload& upload : page->uploads) {
      if (exactly ? upload.key != prefix.key : !upload.key.starts_with(prefix.key)) continue;
      GM_RETURN_IF_ERROR(abort_parts(client, {prefix.bucket, upload.key}, upload.id));
    }
    after = std::move(page->next);
    if (after.key.empty()) return {};
  }
  return unfit_response(ErrorKind::output, "list the uploads in", prefix.uri(), "it does not end");
}

}  // namespace gristmill::s3
