// What S3's answers say, or what is wrong with them. Nothing here knows a network, and nothing that a server says
// is believed: sizes, keys, tokens and ids are what S3's can be, or the answer is none.
//
// The error of a Result says only what is wrong, as the end of a sentence about "it"; unfit_response() makes it whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"

namespace gristmill::s3 {

inline constexpr std::uint64_t largest_object = 50ULL << 40;  // bytes, S3's limit
inline constexpr std::size_t longest_key = 1024;              // bytes, S3's limit
inline constexpr std::size_t longest_listing = 8U << 20;      // bytes of an answer; a thousand keys take half of it

struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;          // with its quotes
  std::int64_t changed = 0;  // seconds since 1970, by the server's clock; 0: not known
};

struct ListPage {
  std::vector<ObjectInfo> objects;
  std::vector<std::string> prefixes;  // with a delimiter: what lies deeper, cut behind it
  std::string next;                   // token of the next page; empty: this is the last
};

// The pages of one listing in their order. Each goes on where the one before it ended, so no listing goes in circles.
class ListingReader {
 public:
  ListingReader(std::string prefix, std::string delimiter)
      : prefix_(std::move(prefix)), delimiter_(std::move(delimiter)) {}

  // REQUIRES: no page before it was unfit.
  Result<ListPage> read(std::string_view body);

 private:
  const std::string prefix_;
  const std::string delimiter_;
  std::string token_;  // that the next page is asked for by
  std::string last_key_;
  std::string last_prefix_;
  std::uint64_t listed_ = 0;
  unsigned empty_pages_ = 0;  // in a row
};

// S3's error document; what is missing, or no region's name, stays empty.
struct ErrorDocument {
  std::string code;
  std::string message;
  std::string region;
};
ErrorDocument error_in(std::string_view body);

// Whether it may become a part of a host's name, and of a signature.
bool is_region(std::string_view text);

// The objects that a request to remove many says were not removed, but for those that are not there.
struct RefusedRemoval {
  std::string key;
  ErrorDocument error;
};
Result<std::vector<RefusedRemoval>> refused_removals_in(std::string_view body);

// The id of an upload in parts that has begun.
Result<std::string> upload_id_in(std::string_view body);
// The ETag of a part that was copied.
Result<std::string> copied_part_in(std::string_view body);

struct Upload {
  std::string key;
  std::string id;
};
struct UploadsPage {
  std::vector<Upload> uploads;
  Upload next;  // where the next page begins; no key: this is the last
};
// `after`: the `next` of the page before. An XML that is no list of uploads is an empty one: some servers know none.
Result<UploadsPage> uploads_in(std::string_view body, const Upload& after);

// What is wrong with a range of an object that came: not the bytes that were asked for. Empty: nothing.
// `content_range`: the header, empty where there was none.
std::string wrong_range(std::string_view content_range, std::uint64_t begin, std::uint64_t end);

// "cannot list 's3://bucket/x': the answer of S3 is none that can be: it ...".
Error unfit_response(ErrorKind kind, const std::string& action, const std::string& uri, const std::string& why);

}  // namespace gristmill::s3
