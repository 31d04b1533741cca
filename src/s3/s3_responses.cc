// A document is read into a tree of a few times its size, so its elements are counted first: bytes alone would let
// eight MiB become hundreds. Tested in s3_responses_test.cc, fuzz/s3_responses.cc and tests/s3/test_hostile_server.py.
#include "s3/s3_responses.h"

#include <algorithm>
#include <ctime>
#include <pugixml.hpp>

#include "s3/http_headers.h"

namespace gristmill::s3 {
namespace {

constexpr std::ptrdiff_t most_tags = 200'000;    // of a document: a thousand objects with a hundred elements each
constexpr std::size_t longest_etag = 256;        // bytes; S3's are of about forty
constexpr std::size_t longest_token = 8U << 10;  // bytes; those of some servers are a key that is encoded
constexpr std::size_t longest_upload_id = 1024;
constexpr std::size_t longest_code = 100;
constexpr std::size_t longest_message = 2000;
constexpr std::uint64_t most_listed = 1'000'000'000;  // objects of one listing
constexpr unsigned most_empty_pages = 10'000;         // in a row: of removed versions S3 makes some

bool load(pugi::xml_document& document, std::string_view body) {
  return std::count(body.begin(), body.end(), '<') <= most_tags &&
         document.load_buffer(body.data(), body.size()).status == pugi::status_ok;
}

int value_of_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// nullopt: it is not encoded so.
std::optional<std::string> url_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? value_of_digit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : value_of_digit(text[i + 2]);
    if (low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

bool is_etag(std::string_view text) { return text.size() <= longest_etag && is_header_text(text); }

// "2009-10-12T17:50:30.000Z", in seconds since 1970; 0 where it is none.
std::int64_t listed_time(const char* text) {
  std::tm parts{};
  return strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) == nullptr ? 0 : static_cast<std::int64_t>(timegm(&parts));
}

}  // namespace

Result<ListPage> ListingReader::read(std::string_view body) {
  pugi::xml_document document;
  const pugi::xml_node root = load(document, body) ? document.child("ListBucketResult") : pugi::xml_node();
  if (!root) return Error::input("it is no listing");
  const bool encoded = std::string_view(root.child_value("EncodingType")) == "url";
  // A key, or the beginning of some, that is in this listing behind `last`.
  const auto take_name = [&](const char* text, std::string& last) -> Result<std::string> {
    std::optional<std::string> name = encoded ? url_decoded(text) : std::string(text);
    if (!name) return Error::input("it has a key that is not encoded as it says");
    if (name->empty() || name->size() > longest_key) return Error::input("it has a key that no object can have");
    if (!name->starts_with(prefix_)) return Error::input("it has a key that was not asked for");
    if (*name <= last) return Error::input("its keys are not in order, or it goes in circles");
    last = *name;
    return std::move(*name);
  };
  ListPage page;
  for (const pugi::xml_node node : root.children("Contents")) {
    GM_ASSIGN(std::string key, take_name(node.child_value("Key"), last_key_));
    const auto size = number_in(node.child_value("Size"), largest_object);
    if (!size) return Error::input("it has a size that no object can have");
    const std::string_view etag = node.child_value("ETag");
    if (!is_etag(etag)) return Error::input("it has an ETag that no header can hold");
    page.objects.push_back({std::move(key), *size, std::string(etag), listed_time(node.child_value("LastModified"))});
  }
  for (const pugi::xml_node node : root.children("CommonPrefixes")) {
    GM_ASSIGN(std::string name, take_name(node.child_value("Prefix"), last_prefix_));
    if (delimiter_.empty() || !name.ends_with(delimiter_) || name.size() == prefix_.size()) {
      return Error::input("it has a folder that was not asked for");
    }
    page.prefixes.push_back(std::move(name));
  }
  const std::size_t names = page.objects.size() + page.prefixes.size();
  listed_ += names;
  empty_pages_ = names > 0 ? 0 : empty_pages_ + 1;
  if (std::string_view(root.child_value("IsTruncated")) == "true") {
    page.next = root.child_value("NextContinuationToken");
    if (page.next.empty() || page.next.size() > longest_token) {
      return Error::input("it says that more follows, but not how to ask for it");
    }
    if (page.next == token_) return Error::input("it goes in circles: it names the same token again");
    if (listed_ > most_listed || empty_pages_ > most_empty_pages) return Error::input("it does not end");
    token_ = page.next;
  }
  return page;
}

ErrorDocument error_in(std::string_view body) {
  ErrorDocument error;
  pugi::xml_document document;
  if (!load(document, body)) return error;
  pugi::xml_node node = document.child("Error");
  if (!node) node = document.first_child().child("Error");
  error.code = std::string_view(node.child_value("Code")).substr(0, longest_code);
  error.message = std::string_view(node.child_value("Message")).substr(0, longest_message);
  const std::string_view region = node.child_value("Region");
  if (is_region(region)) error.region = region;
  return error;
}

bool is_region(std::string_view text) {
  constexpr std::size_t longest = 63;  // of a part of a host's name
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Result<std::vector<RefusedRemoval>> refused_removals_in(std::string_view body) {
  pugi::xml_document document;
  const pugi::xml_node root = load(document, body) ? document.child("DeleteResult") : pugi::xml_node();
  if (!root) return Error::output("it does not say what was removed");
  std::vector<RefusedRemoval> refused;
  for (const pugi::xml_node node : root.children("Error")) {
    const std::string_view code = node.child_value("Code");
    if (code == "NoSuchKey") continue;
    refused.push_back({std::string(std::string_view(node.child_value("Key")).substr(0, longest_key)),
                       {std::string(code.substr(0, longest_code)),
                        std::string(std::string_view(node.child_value("Message")).substr(0, longest_message)),
                        {}}});
  }
  return refused;
}

Result<std::string> upload_id_in(std::string_view body) {
  pugi::xml_document document;
  const std::string_view id =
      load(document, body) ? document.child("InitiateMultipartUploadResult").child_value("UploadId") : "";
  if (id.empty()) return Error::output("it has no id of the upload");
  if (id.size() > longest_upload_id || !is_header_text(id)) return Error::output("its id of the upload is none");
  return std::string(id);
}

Result<std::string> copied_part_in(std::string_view body) {
  pugi::xml_document document;
  const std::string_view etag = load(document, body) ? document.child("CopyPartResult").child_value("ETag") : "";
  if (etag.empty() || !is_etag(etag)) return Error::output("it has no ETag of the part");
  return std::string(etag);
}

Result<UploadsPage> uploads_in(std::string_view body, const Upload& after) {
  UploadsPage page;
  pugi::xml_document document;
  if (!load(document, body)) return page;
  const pugi::xml_node root = document.child("ListMultipartUploadsResult");
  for (const pugi::xml_node node : root.children("Upload")) {
    Upload upload{node.child_value("Key"), node.child_value("UploadId")};
    if (upload.key.empty() || upload.key.size() > longest_key) {
      return Error::output("it has a key that no object can have");
    }
    if (upload.id.empty() || upload.id.size() > longest_upload_id || !is_header_text(upload.id)) {
      return Error::output("it has an id that no upload can have");
    }
    page.uploads.push_back(std::move(upload));
  }
  if (std::string_view(root.child_value("IsTruncated")) != "true") return page;
  page.next = {root.child_value("NextKeyMarker"), root.child_value("NextUploadIdMarker")};
  if (page.next.key.empty() || page.next.key.size() > longest_key || page.next.id.size() > longest_upload_id) {
    return Error::output("it says that more follows, but not how to ask for it");
  }
  const bool same = page.next.key == after.key && page.next.id == after.id;
  if (page.next.key < after.key || same) return Error::output("it goes in circles");
  return page;
}

std::string wrong_range(std::string_view header, std::uint64_t begin, std::uint64_t end) {
  if (header.empty()) return begin == 0 ? "" : "it does not say which bytes of the object it has";
  const auto range = content_range(header);
  if (!range) return "it does not say which bytes of the object it has";
  if (range->first != begin || range->last >= end) {
    return "it has the bytes " + std::to_string(range->first) + "-" + std::to_string(range->last) + " instead of " +
           std::to_string(begin) + "-" + std::to_string(end - 1);
  }
  return "";
}

Error unfit_response(ErrorKind kind, const std::string& action, const std::string& uri, const std::string& why) {
  return Error{kind, "cannot " + action + " '" + uri + "': the answer is none that can be: " + why,
               "check the S3 endpoint"}
      .in_file(uri);
}

}  // namespace gristmill::s3
