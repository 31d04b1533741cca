// The next page is asked for as soon as the last one has said where it begins, so that it is on its way while this one
// is read. Tested in tests/s3/test_listing.py and tests/s3/test_hostile_server.py.
#include "s3/s3_listing.h"

#include <memory>

namespace gristmill::s3 {
namespace {

S3Request list_request(const ObjectName& prefix, const std::string& delimiter, const std::string& token, unsigned most,
                       bool part_of_work) {
  S3Request request;
  request.kind = RequestKind::list;
  request.bucket = prefix.bucket;
  request.part_of_work = part_of_work;
  request.query = {{"list-type", "2"}, {"max-keys", std::to_string(most)}, {"encoding-type", "url"}};
  if (!prefix.key.empty()) request.query.emplace_back("prefix", prefix.key);
  if (!delimiter.empty()) request.query.emplace_back("delimiter", delimiter);
  if (!token.empty()) request.query.emplace_back("continuation-token", token);
  return request;
}

Result<ListPage> page_of(const S3Client& client, const S3Response& answer, const ObjectName& prefix,
                         ListingReader& reader) {
  if (!answer.ok()) {
    const S3Request shown = request_for(RequestKind::list, "GET", prefix);
    return client.error_of(answer, shown, ErrorKind::input, "list", "s3:ListBucket");
  }
  Result<ListPage> page = reader.read(answer.http.body);
  if (!page.ok()) return unfit_response(ErrorKind::input, "list", prefix.uri(), page.error().message);
  return page;
}

}  // namespace

Listing::Listing(S3Client& client, ObjectName prefix, std::string delimiter, std::string after)
    : client_(client),
      prefix_(std::move(prefix)),
      delimiter_(std::move(delimiter)),
      after_(std::move(after)),
      part_of_work_(!client.is_interrupted()),
      reader_(prefix_.key, delimiter_) {
  ask("");
}

void Listing::ask(const std::string& token) {
  constexpr unsigned most = 1000;
  auto promise = std::make_shared<std::promise<S3Response>>();
  next_ = promise->get_future();
  S3Request request = list_request(prefix_, delimiter_, token, most, part_of_work_);
  if (token.empty() && !after_.empty()) request.query.emplace_back("start-after", after_);
  client_.start(std::move(request), [promise](S3Response answer) { promise->set_value(std::move(answer)); });
}

Result<ListPage> Listing::next() {
  const S3Response answer = next_.get();
  Result<ListPage> page = page_of(client_, answer, prefix_, reader_);
  if (page.ok() && !page->next.empty()) ask(page->next);
  return page;
}

Result<std::optional<ObjectInfo>> first_object(S3Client& client, const ObjectName& prefix, S3Response* refusal) {
  const bool part_of_work = !client.is_interrupted();
  ListingReader reader(prefix.key, "");
  std::string token;
  do {
    const S3Response answer = client.call(list_request(prefix, "", token, 1, part_of_work));
    if (refusal != nullptr && !answer.ok()) *refusal = answer;
    GM_ASSIGN(ListPage page, page_of(client, answer, prefix, reader));
    if (!page.objects.empty()) return std::optional<ObjectInfo>(std::move(page.objects.front()));
    token = page.next;
  } while (!token.empty());  // a page without objects can be followed by one that has some
  return std::optional<ObjectInfo>();
}

}  // namespace gristmill::s3
