// What S3, its proxies and those who give keys answer. The first byte chooses whose answer it is. Nothing that comes
// of it may be more than S3 can have, or end a header's line.
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "require.h"
#include "s3/credentials_places.h"
#include "s3/http_headers.h"
#include "s3/s3_responses.h"
#include "text/redaction.h"

namespace {

using namespace gristmill;
using namespace gristmill::s3;
using gristmill::fuzz::require;

// Pages, each behind a NUL, of a listing that is asked for below `prefix`.
void read_listing(std::string_view pages, const std::string& prefix, const std::string& delimiter) {
  ListingReader reader(prefix, delimiter);
  std::set<std::string> seen;
  std::string token;
  while (!pages.empty()) {
    const std::size_t end = std::min(pages.find('\0'), pages.size());
    const auto page = reader.read(pages.substr(0, end));
    pages.remove_prefix(std::min(end + 1, pages.size()));
    if (!page.ok()) {
      require(page.error().message.starts_with("it"), "an error says what is wrong with it");
      return;
    }
    for (const ObjectInfo& object : page->objects) {
      require(object.key.starts_with(prefix) && object.key.size() <= longest_key && !object.key.empty(),
              "keys are those asked for");
      require(seen.insert(object.key).second, "no key comes twice");
      require(object.size <= largest_object, "sizes are possible");
      require(is_header_text(object.etag), "an ETag can stand in a header");
    }
    for (const std::string& folder : page->prefixes) {
      require(!delimiter.empty() && folder.ends_with(delimiter) && folder.starts_with(prefix) &&
                  folder.size() > prefix.size(),
              "folders are below what is listed");
    }
    require(page->next.empty() || page->next != token, "no page is asked for twice");
    token = page->next;
    if (token.empty()) return;
  }
}

void read_uploads(std::string_view pages) {
  Upload after;
  while (!pages.empty()) {
    const std::size_t end = std::min(pages.find('\0'), pages.size());
    const auto page = uploads_in(pages.substr(0, end), after);
    pages.remove_prefix(std::min(end + 1, pages.size()));
    if (!page.ok()) return;
    for (const Upload& upload : page->uploads) require(is_header_text(upload.id) && !upload.id.empty(), "ids are ids");
    if (page->next.key.empty()) return;
    require(page->next.key > after.key || (page->next.key == after.key && page->next.id != after.id),
            "a list of uploads goes on");
    after = page->next;
  }
}

void read_credentials(std::string_view text) {
  const auto fields = text.starts_with('<') ? sts_fields(text) : json_fields(text);
  if (!fields) return;
  for (const KeyFieldNames& names : {KeyFieldNames{"AccessKeyId", "SecretAccessKey", "Token", "Expiration"},
                                     KeyFieldNames{"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"},
                                     KeyFieldNames{"roleCredentials.accessKeyId", "roleCredentials.secretAccessKey",
                                                   "roleCredentials.sessionToken", "roleCredentials.expiration"}}) {
    const auto credentials = credentials_in(*fields, names, "place");
    if (!credentials.ok()) continue;
    require(is_header_text(credentials->keys.access_key) && is_header_text(credentials->keys.session_token),
            "keys can stand in headers");
    require(!credentials->keys.access_key.empty() && !credentials->keys.secret_key.empty(), "keys are there");
    const std::string& secret = credentials->keys.secret_key;
    const std::string words = text::first_line_redacted("said: " + secret, {secret});
    require(secret.size() < 4 || words.find(secret) == std::string::npos ||
                std::string_view("said: ***").find(secret) != std::string_view::npos,
            "no word holds the secret");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 10) {
    case 0: read_listing(text, "a/", ""); break;
    case 1: read_listing(text, "", "/"); break;
    case 2: {
      const ErrorDocument error = error_in(text);
      require(error.region.empty() || is_region(error.region), "a region is one");
      require(error.code.size() <= 100 && error.message.size() <= 2000, "an error is short");
      break;
    }
    case 3: static_cast<void>(refused_removals_in(text)); break;
    case 4: {
      const auto id = upload_id_in(text);
      require(!id.ok() || (is_header_text(*id) && !id->empty()), "an upload's id can be sent");
      const auto part = copied_part_in(text);
      require(!part.ok() || (is_header_text(*part) && !part->empty()), "a part's ETag can be sent");
      break;
    }
    case 5: read_uploads(text); break;
    case 6: {
      const auto header = header_in(text);
      if (header.ok() && *header) require(is_header_text((*header)->second), "a header's value is one line");
      break;
    }
    case 7: {
      static_cast<void>(http_date(std::string(text)));
      const auto range = content_range(text);
      if (range)
        require(range->first <= range->last && (!range->whole || range->last < *range->whole),
                "a range is in its object");
      if (time_of(text)) require(!text_of(*time_of(text)).empty(), "a time can be told");
      require(!wrong_range(text, 5, 10).empty() || (range && range->first == 5 && range->last < 10),
              "a range is what was asked for");
      break;
    }
    case 8: read_credentials(text); break;
    default: {
      const std::string shown = text::first_line_redacted(text, {"secret-key/1"});
      require(shown.size() <= 303 && shown.find("secret-key/1") == std::string::npos, "words hold no secret");
      require(shown.find('\n') == std::string::npos, "words are one line");
      break;
    }
  }
  return 0;
}
