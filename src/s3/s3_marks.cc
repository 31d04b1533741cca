// A listing does not show metadata, so each object is asked for before it is removed; and it is removed only if it is
// still the one that was asked for. That is slow, but it is done for runs that failed only. Tested in
// tests/s3/test_direct.py.
#include "s3/s3_marks.h"

#include <mutex>
#include <vector>

#include "s3/request_group.h"
#include "s3/s3_listing.h"
#include "storage/hash.h"

namespace gristmill::s3 {
namespace {

constexpr std::string_view header_name = "x-amz-meta-gristmill";

ObjectName prefix_of(const std::string& folder) { return parse_uri(folder + "/"); }

std::string mark_of(const std::string& run_id, std::string_view key) {
  return run_id + "/" + storage::hash128(key).hex();
}

// The objects of this page that carry the mark, as they are now.
Result<std::vector<Removal>> marked_among(S3Client& client, const ObjectName& prefix, const ListPage& page,
                                          const MarkedFiles& files) {
  const std::string staging = prefix_of(files.staging).key;
  std::mutex mutex;
  std::vector<Removal> marked;
  RequestGroup group;
  for (const ObjectInfo& object : page.objects) {
    if (object.key.starts_with(staging)) continue;
    const S3Request request = request_for(RequestKind::head, "HEAD", {prefix.bucket, object.key});
    group.start(client, request, [&, request](const S3Response& answer) -> Status {
      if (answer.not_found()) return {};
      if (!answer.ok()) return client.error_of(answer, request, ErrorKind::output, "examine", "s3:GetObject");
      if (answer.http.header(std::string(header_name)) != mark_of(files.run_id, request.key)) return {};
      const std::lock_guard<std::mutex> lock(mutex);
      marked.push_back({request.key, answer.http.header("etag")});
      return {};
    });
  }
  GM_RETURN_IF_ERROR(group.wait());
  return marked;
}

}  // namespace

bool Marks::is_marked(const ObjectName& name) const {
  if (!new_) return false;
  const ObjectName root = prefix_of(new_->root);
  return name.bucket == root.bucket && name.key.starts_with(root.key) && staging_folder_of(name).empty();
}

std::pair<std::string, std::string> Marks::header_of(const ObjectName& name) const {
  return {std::string(header_name), mark_of(new_->run_id, name.key)};
}

Status Marks::note_parts(const ObjectName& name) {
  ObjectName note = prefix_of(new_->staging);
  note.key += "parts/" + storage::hash128(name.key).hex();
  S3Request request = request_for(RequestKind::put, "PUT", note);
  request.headers = headers_of_new_object(client_.options().settings, note.key);
  set_checked_body(request, name.key);
  const S3Response answer = client_.call(request);
  return answer.ok() ? Status() : client_.error_of(answer, request, ErrorKind::output, "write", "s3:PutObject");
}

Status Marks::refuse_others(const ObjectName& name) {
  const S3Request request = request_for(RequestKind::head, "HEAD", name);
  const S3Response answer = client_.call(request);
  if (answer.ok() && answer.http.header(std::string(header_name)) == header_of(name).second) return {};
  if (!answer.ok() && !answer.not_found() && answer.http.status != 403) {
    return client_.error_of(answer, request, ErrorKind::output, "examine", "s3:GetObject");
  }
  return Error::output("cannot write '" + name.uri() + "': another program has written it while this run was going on",
                       "find out which, and stop it or choose another output")
      .in_file(name.uri());
}

Status Marks::remove(const MarkedFiles& files) {
  GM_RETURN_IF_ERROR(remove_objects(files));
  return remove_parts(files);
}

Status Marks::remove_objects(const MarkedFiles& files) {
  const ObjectName prefix = prefix_of(files.root);
  Listing listing(client_, prefix);
  while (listing.has_more()) {
    GM_ASSIGN(const ListPage page, listing.next());
    GM_ASSIGN(const std::vector<Removal> marked, marked_among(client_, prefix, page, files));
    if (marked.empty()) continue;
    // What is refused is another one by now: not ours.
    GM_ASSIGN([[maybe_unused]] const std::vector<std::string> refused, delete_objects(client_, prefix.bucket, marked));
  }
  return {};
}

Status Marks::remove_parts(const MarkedFiles& files) {
  const ObjectName root = prefix_of(files.root);
  ObjectName notes = prefix_of(files.staging);
  notes.key += "parts/";
  Listing listing(client_, notes);
  while (listing.has_more()) {
    GM_ASSIGN(const ListPage page, listing.next());
    for (const ObjectInfo& note : page.objects) {
      const S3Request request = request_for(RequestKind::get, "GET", {notes.bucket, note.key});
      const S3Response answer = client_.call(request);
      if (!answer.ok()) return client_.error_of(answer, request, ErrorKind::output, "read", "s3:GetObject");
      const std::string& key = answer.http.body;
      if (key.starts_with(root.key)) GM_RETURN_IF_ERROR(abort_all_parts(client_, {root.bucket, key}, true));
    }
  }
  return {};
}

}  // namespace gristmill::s3
