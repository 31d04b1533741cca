// A folder on S3 is a common beginning of keys: it is there while something is below it. Zero-byte objects whose
// keys end in '/', which other tools make for folders, are seen by nobody here but `remove_tree`. Every call that
// could see an object waits for those on their way up. Tested by tests/s3.
#include "s3/s3_storage.h"

#include <algorithm>
#include <limits>
#include <map>

#include "s3/s3_client.h"
#include "s3/s3_lease.h"
#include "s3/s3_listing.h"
#include "s3/s3_lookup.h"
#include "s3/s3_objects.h"
#include "s3/s3_reader.h"
#include "s3/s3_writer.h"
#include "storage/hash.h"

namespace gristmill::s3 {
namespace {

constexpr std::size_t batch_size = 1000;

std::uint64_t identity_of(const std::string& etag, std::uint64_t size) {
  return storage::hash64(etag + "/" + std::to_string(size));
}

FileInfo file_info(std::string name, const ObjectInfo& object) {
  FileInfo info{std::move(name), FileType::file, object.size, identity_of(object.etag, object.size), object.etag};
  info.changed = object.changed * 1'000'000'000;
  return info;
}

bool is_marker(const ObjectInfo& object) { return object.size == 0 && object.key.ends_with('/'); }

class LeaseLock final : public FileLock {
 public:
  explicit LeaseLock(std::shared_ptr<S3Lease> lease) : lease_(std::move(lease)) {}
  Result<bool> still_held() override { return lease_->still_held(); }
  Result<std::string> describe_fence() override { return lease_->describe(); }
  std::string share() override { return lease_->share(); }

 private:
  std::shared_ptr<S3Lease> lease_;
};

class S3Storage final : public Storage {
 public:
  explicit S3Storage(const S3Options& options)
      : client_(options),
        window_(client_, options.memory),
        marks_(client_),
        uploads_(client_, marks_, options.memory) {}

  StorageTraits traits(const std::string&) const override {
    return {.exchanges_folders = false,
            .caches_reads = false,
            .rename_copies = true,
            .marks_files = client_.options().settings.publish == S3Publish::direct,
            .walks_in_order = true};
  }

  std::vector<RequestCount> requests() const override {
    const RequestCounts counts = client_.counts();
    std::vector<RequestCount> all;
    for (std::size_t i = 0; i < request_kinds; ++i) {
      if (counts.by_kind[i] > 0) all.push_back({std::string(name_of(static_cast<RequestKind>(i))), counts.by_kind[i]});
    }
    if (counts.tried_again > 0) all.push_back({"tried again", counts.tried_again});
    return all;
  }

  Result<std::string> describe(const std::string& path) override { return client_.describe(parse_uri(path).bucket); }

  Result<std::optional<FileInfo>> stat(const std::string& path, bool) override {
    GM_RETURN_IF_ERROR(uploads_.finish());
    GM_ASSIGN(const FoundObject found, find_object_or_folder(client_, parse_uri(path)));
    switch (found.presence) {
      case Presence::nothing: return std::optional<FileInfo>();
      case Presence::object: return std::optional<FileInfo>(file_info(path, found.object));
      case Presence::folder: break;
    }
    return std::optional<FileInfo>({path, FileType::folder, 0, 0, {}});
  }

  Result<std::optional<FileInfo>> stat_file(const std::string& path) override {
    GM_RETURN_IF_ERROR(uploads_.finish());
    GM_ASSIGN(const std::optional<ObjectInfo> found, find_object(client_, parse_uri(path)));
    return found ? std::optional<FileInfo>(file_info(path, *found)) : std::nullopt;
  }

  Result<std::vector<FileInfo>> list(const std::string& folder) override {
    GM_RETURN_IF_ERROR(uploads_.finish());
    const ObjectName prefix = prefix_of(folder);
    std::vector<FileInfo> entries;
    Listing listing(client_, prefix, "/");
    while (listing.has_more()) {
      GM_ASSIGN(ListPage page, listing.next());
      for (const ObjectInfo& object : page.objects) {
        if (object.key == prefix.key || is_marker(object)) continue;
        entries.push_back(file_info(object.key.substr(prefix.key.size()), object));
      }
      for (std::string& deeper : page.prefixes) {
        deeper.pop_back();
        entries.push_back({deeper.substr(prefix.key.size()), FileType::folder, 0, 0, {}});
      }
    }
    std::sort(entries.begin(), entries.end(), [](const FileInfo& a, const FileInfo& b) { return a.name < b.name; });
    return entries;
  }

  Status walk(const std::string& folder, const WalkVisitor& visit, const std::vector<std::string>& skip) override {
    const ObjectName prefix = prefix_of(folder);
    return for_each_object(prefix, [&](const ObjectInfo& object) -> Status {
      if (is_marker(object)) return {};
      std::string name = object.key.substr(prefix.key.size());
      const std::string first = name.substr(0, name.find('/'));
      if (std::find(skip.begin(), skip.end(), first) != skip.end()) return {};
      return visit(file_info(std::move(name), object));
    });
  }

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override {
    GM_RETURN_IF_ERROR(uploads_.finish());
    return open_object(client_, window_, path, nullptr);
  }
  Result<std::unique_ptr<ReadableFile>> open_listed(const std::string& path, const FileInfo& listed) override {
    return open_object(client_, window_, path, &listed);
  }
  void read_ahead(std::vector<ReadAhead> files) override { window_.plan(files); }

  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    GM_RETURN_IF_ERROR(uploads_.failed());
    return create_object(uploads_, path);
  }

  void hold_interruptions(bool hold) override { client_.hold_interruptions(hold); }
  Status make_folder(const std::string&) override { return {}; }

  Status create_whole(const std::string& path, std::string_view bytes, bool) override {
    GM_RETURN_IF_ERROR(uploads_.finish());
    const ObjectName name = parse_uri(path);
    S3Request request = request_for(RequestKind::put, "PUT", name);
    request.headers = headers_of_new_object(client_.options().settings, name.key);
    request.condition = {"if-none-match", "*"};
    set_checked_body(request, bytes);
    const S3Response answer = client_.call(request);
    if (answer.ok()) return {};
    if (answer.refused_condition()) {
      // It may be ours: the answer to a first try was lost.
      const S3Response there = client_.call(request_for(RequestKind::get, "GET", name));
      if (there.ok() && there.http.body == bytes) return {};
      return Error::output("cannot write '" + path + "': it is there already",
                           "another run is publishing there: wait until it has ended, then run 'gristmill recover'")
          .in_file(path);
    }
    return client_.error_of(answer, request, ErrorKind::output, "write", "s3:PutObject");
  }

  Status rename(const std::string& from, const std::string& to) override {
    GM_ASSIGN(const auto found, stat(from, false));
    if (!found) return Error::output("cannot move '" + from + "' to '" + to + "': it does not exist").in_file(from);
    return rename_files({{from, to, found->size}});
  }

  Status rename_files(const std::vector<Rename>& renames) override {
    GM_RETURN_IF_ERROR(uploads_.finish());
    std::vector<Copy> copies;
    std::vector<std::string> sources;
    for (const Rename& one : renames) {
      copies.push_back({parse_uri(one.from), parse_uri(one.to), one.size, {}});
      sources.push_back(one.from);
    }
    for (unsigned round = 0; !copies.empty(); ++round) {
      if (round > 0) GM_RETURN_IF_ERROR(look_again(round, copies.front().to.uri()));
      std::sort(copies.begin(), copies.end(), [](const Copy& a, const Copy& b) { return a.to.key < b.to.key; });
      std::vector<std::string> keys;
      for (const Copy& copy : copies) keys.push_back(copy.to.key);
      GM_ASSIGN(std::vector<KnownEtag> known, look_up_etags(client_, copies.front().to.bucket, keys, round > 0));
      for (std::size_t i = 0; i < copies.size(); ++i) copies[i].known = std::move(known[i]);
      GM_ASSIGN(copies, copy_objects(client_, copies));
    }
    return remove_files(sources);
  }

  Result<bool> exchange(const std::string&, const std::string&) override { return false; }
  Status rename_new(const std::string& from, const std::string&) override {
    return Error::internal("'" + from + "' cannot be moved as a folder: S3 has none").in_file(from);
  }

  Status remove(const std::string& path) override {
    if (const std::shared_ptr<S3Lease> lease = lease_at(path)) {
      GM_RETURN_IF_ERROR(uploads_.finish());
      return lease->give_back();
    }
    return remove_files({path});
  }

  Status remove_files(const std::vector<std::string>& paths) override {
    GM_RETURN_IF_ERROR(uploads_.finish());
    std::map<std::string, std::vector<std::string>> keys_by_bucket;
    for (const std::string& path : paths) {
      ObjectName name = parse_uri(path);
      keys_by_bucket[name.bucket].push_back(std::move(name.key));
    }
    for (auto& [bucket, keys] : keys_by_bucket) GM_RETURN_IF_ERROR(remove_keys(bucket, std::move(keys)));
    return {};
  }

  // Nothing is in it: then it is not there.
  Result<bool> remove_folder(const std::string& path) override {
    GM_ASSIGN(const std::optional<ObjectInfo> first, first_object(client_, prefix_of(path)));
    return !first;
  }

  Status remove_tree(const std::string& path) override {
    // What is on its way there need not arrive.
    static_cast<void>(uploads_.finish());
    const ObjectName name = parse_uri(path);
    const ObjectName prefix = prefix_of(path);
    std::vector<Removal> removals;
    const auto remove_found = [&]() -> Status {
      if (removals.empty()) return {};
      GM_ASSIGN(std::vector<std::string> refused, delete_objects(client_, prefix.bucket, std::exchange(removals, {})));
      return remove_keys(prefix.bucket, std::move(refused));
    };
    // By the name without a '/', so that an object of that very name is seen too.
    GM_RETURN_IF_ERROR(for_each_object(name, [&](const ObjectInfo& object) -> Status {
      if (object.key != name.key && !object.key.starts_with(prefix.key)) return {};
      removals.push_back({object.key, object.etag});
      return removals.size() < batch_size ? Status() : remove_found();
    }));
    GM_RETURN_IF_ERROR(remove_found());
    return abort_all_parts(client_, prefix, false);
  }

  Status remove_unfinished(const std::string& folder) override {
    return abort_all_parts(client_, prefix_of(folder), false);
  }

  Result<bool> mark_new_files(const MarkedFiles& files) override { return marks_.mark_new(files); }
  Status remove_marked_files(const MarkedFiles& files) override {
    // What is on its way there need not arrive.
    static_cast<void>(uploads_.finish());
    return marks_.remove_objects(files);
  }
  Status rename_marked_files(const MarkedFiles& files, const std::vector<Rename>& renames) override {
    GM_RETURN_IF_ERROR(uploads_.finish());
    return marks_.rename(files, renames);
  }
  Status remove_unfinished_marked_files(const MarkedFiles& files) override { return marks_.remove_parts(files); }

  Status copy_attributes(const std::string&, const std::string&) override { return {}; }
  Result<bool> is_mount_point(const std::string&) override { return false; }
  Status sync_folder(const std::string&) override { return uploads_.finish(); }
  Status sync_all(const std::string&) override { return uploads_.finish(); }
  Result<std::uint64_t> free_space(const std::string&) override { return std::numeric_limits<std::uint64_t>::max(); }

  Result<std::string> resolve(const std::string& path) override {
    std::string resolved = path;
    while (resolved.ends_with('/') && resolved.size() > std::string_view("s3://b").size()) resolved.pop_back();
    return resolved;
  }

  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override {
    GM_ASSIGN(std::shared_ptr<S3Lease> lease, take_lease(client_, path));
    if (lease == nullptr) return std::unique_ptr<FileLock>();
    const std::lock_guard<std::mutex> lock(mutex_);
    leases_[path] = lease;
    return std::unique_ptr<FileLock>(std::make_unique<LeaseLock>(std::move(lease)));
  }
  Result<std::unique_ptr<FileLock>> join_lock(const std::string& path, const std::string& holder) override {
    GM_ASSIGN(std::shared_ptr<S3Lease> lease, join_lease(client_, path, holder));
    const std::lock_guard<std::mutex> lock(mutex_);
    leases_[path] = lease;
    return std::unique_ptr<FileLock>(std::make_unique<LeaseLock>(std::move(lease)));
  }
  Result<std::unique_ptr<FileLock>> try_lock_folder(const std::string& path) override {
    return Error::internal("'" + path + "' cannot be locked: S3 has no folders").in_file(path);
  }
  Result<std::unique_ptr<ScratchFile>> scratch(const std::string& folder) override {
    return Error::usage("'" + folder + "' cannot hold scratch files", "name a local folder by --spill-directory")
        .in_file(folder);
  }

 private:
  Status for_each_object(const ObjectName& prefix, const std::function<Status(const ObjectInfo&)>& visit) {
    GM_RETURN_IF_ERROR(uploads_.finish());
    Listing listing(client_, prefix);
    while (listing.has_more()) {
      GM_ASSIGN(const ListPage page, listing.next());
      for (const ObjectInfo& object : page.objects) GM_RETURN_IF_ERROR(visit(object));
    }
    return {};
  }

  std::shared_ptr<S3Lease> lease_at(const std::string& path) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = leases_.find(path);
    if (found == leases_.end()) return nullptr;
    std::shared_ptr<S3Lease> lease = found->second.lock();
    leases_.erase(found);
    return lease;
  }

  // An object was another one when it was to be changed than just before. Whoever changed it may have taken the
  // lease; a lease that is lost fails the next request.
  Status look_again(unsigned round, const std::string& uri) {
    constexpr unsigned most_rounds = 4;
    if (round == most_rounds) {
      return Error::output("cannot publish '" + uri + "': something else changes it at the same time",
                           "find out which program writes there, and stop it")
          .in_file(uri);
    }
    std::vector<std::shared_ptr<S3Lease>> leases;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const auto& [path, lease] : leases_) leases.push_back(lease.lock());
    }
    for (const auto& lease : leases) {
      if (lease == nullptr) continue;
      GM_ASSIGN([[maybe_unused]] const bool held, lease->still_held());
    }
    return {};
  }

  Status remove_keys(const std::string& bucket, std::vector<std::string> keys) {
    for (unsigned round = 0; !keys.empty(); ++round) {
      if (round > 0) GM_RETURN_IF_ERROR(look_again(round, "s3://" + bucket + "/" + keys.front()));
      std::sort(keys.begin(), keys.end());
      std::vector<KnownEtag> known(keys.size());
      // What only this run has written is nobody else's.
      if (staging_folder_of({bucket, keys.front()}).empty() || staging_folder_of({bucket, keys.back()}).empty()) {
        GM_ASSIGN(known, look_up_etags(client_, bucket, keys, round > 0));
      }
      std::vector<Removal> removals;
      for (std::size_t i = 0; i < keys.size(); ++i) {
        // What is not there need not go: a bucket with versions would note its removal.
        if (known[i] != "") removals.push_back({keys[i], std::move(known[i])});
      }
      GM_ASSIGN(keys, delete_objects(client_, bucket, removals));
    }
    return {};
  }

  S3Client client_;
  ReadWindow window_;
  Marks marks_;
  Uploads uploads_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<S3Lease>> leases_;
};

}  // namespace

std::unique_ptr<Storage> make_s3_storage(const S3Options& options) { return std::make_unique<S3Storage>(options); }

}  // namespace gristmill::s3
