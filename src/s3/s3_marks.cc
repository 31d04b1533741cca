// A listing does not show metadata, so each object is asked for before it is removed; and it is removed only if it is
// still the one that was asked for. That is slow, but it is done for runs that failed only. Tested in
// tests/s3/test_direct.py.
#include "s3/s3_marks.h"

#include "s3/request_group.h"
#include "s3/s3_listing.h"
#include "storage/hash.h"

namespace gristmill::s3 {
namespace {

constexpr std::string_view header_name = "x-amz-meta-gristmill";

std::string mark_of(const std::string& run_id, std::string_view key) {
  return run_id + "/" + storage::hash128(key).hex();
}

// Which of these objects carry the mark, as they are now: "" where one does not, or nothing is there. The first error
// of those that could not be asked for goes to `trouble`.
std::vector<std::string> etags_of_marked(S3Client& client, const std::string& bucket,
                                         const std::vector<std::string>& keys, const std::string& run_id,
                                         Status& trouble) {
  std::vector<std::string> etags(keys.size());
  RequestGroup group;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const S3Request request = request_for(RequestKind::head, "HEAD", {bucket, keys[i]});
    group.start(client, request, [&, &etag = etags[i], request](const S3Response& answer) -> Status {
      if (answer.not_found()) return {};
      if (!answer.ok()) return client.error_of(answer, request, ErrorKind::output, "examine", "s3:GetObject");
      if (answer.http.header(std::string(header_name)) == mark_of(run_id, request.key))
        etag = answer.http.header("etag");
      return {};
    });
  }
  Status asked = group.wait();
  if (!asked.ok() && trouble.ok()) trouble = std::move(asked);
  return etags;
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
  if (answer.not_found()) {
    return Error::output("cannot write '" + name.uri() + "': S3 refused it, although nothing lies there now",
                         "find out which program writes and removes there, and run again")
        .in_file(name.uri());
  }
  if (!answer.ok()) return client_.error_of(answer, request, ErrorKind::output, "examine", "s3:GetObject");
  if (answer.http.header(std::string(header_name)) == header_of(name).second) return {};
  return Error::output("cannot write '" + name.uri() + "': another program has written it while this run was going on",
                       "find out which, and stop it or choose another output")
      .in_file(name.uri());
}

Result<bool> Marks::mark_new(const MarkedFiles& files) {
  ObjectName record = prefix_of(files.staging);
  record.key += "begun";
  S3Request request = request_for(RequestKind::put, "PUT", record);
  request.headers = headers_of_new_object(client_.options().settings, record.key);
  request.headers.emplace_back(header_name, mark_of(files.run_id, record.key));
  request.condition = {"if-none-match", "*"};
  set_checked_body(request, "");
  const S3Response first = client_.call(request);
  if (!first.ok() && !(first.tries > 1 && first.refused_condition())) {
    return client_.error_of(first, request, ErrorKind::output, "write", "s3:PutObject");
  }
  Status trouble;
  const std::vector<std::string> kept = etags_of_marked(client_, record.bucket, {record.key}, files.run_id, trouble);
  GM_RETURN_IF_ERROR(std::move(trouble));
  if (kept.front().empty()) return false;
  const S3Response second = client_.call(request);
  if (second.ok()) return false;
  if (!second.refused_condition()) {
    return client_.error_of(second, request, ErrorKind::output, "write", "s3:PutObject");
  }
  new_ = files;
  return true;
}

Status Marks::remove_objects(const MarkedFiles& files) {
  const ObjectName prefix = prefix_of(files.root);
  const std::string staging = prefix_of(files.staging).key;
  Status trouble;  // one that cannot be asked for keeps no other from being removed
  Listing listing(client_, prefix);
  while (listing.has_more()) {
    GM_ASSIGN(const ListPage page, listing.next());
    std::vector<std::string> keys;
    for (const ObjectInfo& object : page.objects) {
      if (!object.key.starts_with(staging)) keys.push_back(object.key);
    }
    const std::vector<std::string> etags = etags_of_marked(client_, prefix.bucket, keys, files.run_id, trouble);
    std::vector<Removal> removals;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!etags[i].empty()) removals.push_back({keys[i], etags[i]});
    }
    // What is refused is another one by now: not ours.
    GM_ASSIGN([[maybe_unused]] const std::vector<std::string> refused,
              delete_objects(client_, prefix.bucket, removals));
  }
  return trouble;
}

Status Marks::rename(const MarkedFiles& files, const std::vector<Rename>& renames) {
  std::vector<Copy> copies;
  std::vector<std::string> keys;
  for (const Rename& one : renames) {
    copies.push_back({parse_uri(one.from), parse_uri(one.to), one.size, {}});
    keys.push_back(copies.back().from.key);
  }
  const std::string bucket = prefix_of(files.root).bucket;
  Status trouble;
  const std::vector<std::string> etags = etags_of_marked(client_, bucket, keys, files.run_id, trouble);
  GM_RETURN_IF_ERROR(std::move(trouble));
  const auto not_ours = [](const ObjectName& name) {
    return Error::output("'" + name.uri() + "' is not what this run wrote: another program has changed or removed it",
                         "find out which, and stop it or choose another output")
        .in_file(name.uri());
  };
  std::vector<Removal> removals;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    if (etags[i].empty()) return not_ours(copies[i].from);
    copies[i].source = etags[i];
    removals.push_back({keys[i], etags[i]});
  }
  GM_ASSIGN(const std::vector<Copy> refused, copy_objects(client_, copies));
  if (!refused.empty()) return not_ours(refused.front().from);
  // What is refused is another one by now: not ours.
  GM_ASSIGN([[maybe_unused]] const std::vector<std::string> kept, delete_objects(client_, bucket, removals));
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
