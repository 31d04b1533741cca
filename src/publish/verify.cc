// The manifest is one stream; several threads take the next file from it and read that file whole. What
// is in the root but not listed is found by the audit of names. Tested in verify_test.cc.
#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>

#include "publish/audit.h"
#include "publish/manifest.h"
#include "publish/pending.h"
#include "publish/places.h"
#include "publish/publish.h"
#include "storage/exceptions.h"

namespace gristmill::publish {
namespace {

constexpr std::size_t checked_at_once = 1 << 20;
constexpr std::size_t most_examples = 1000;

bool by_path(const VerifyDifference& a, const VerifyDifference& b) {
  return a.path != b.path ? a.path < b.path : a.kind < b.kind;
}

// Shared by the threads of one verification.
class Verifier {
 public:
  Verifier(Storage& storage, const std::string& root, ManifestReader reader, const InterruptCheck& interrupted)
      : storage_(storage), root_(root), reader_(std::move(reader)), interrupted_(interrupted) {}

  // Checks files until none is left; called by each thread.
  void work() {
    std::string buffer(checked_at_once, '\0');
    while (const std::optional<ManifestFile> file = next()) check(*file, buffer);
  }

  // Ends the work of all threads.
  void fail(Error error) {
    const std::scoped_lock guard(mutex_);
    if (failure_.ok()) failure_ = std::move(error);
  }

  void note(VerifyDifference difference) {
    const std::scoped_lock guard(mutex_);
    ++report_.differences;
    // A heap whose top is the last by path: the first ones are kept whatever the order of finding.
    report_.examples.push_back(std::move(difference));
    std::push_heap(report_.examples.begin(), report_.examples.end(), by_path);
    if (report_.examples.size() <= most_examples) return;
    std::pop_heap(report_.examples.begin(), report_.examples.end(), by_path);
    report_.examples.pop_back();
  }

  void note_unreadable(const std::string& path, const Error& error) {
    note({VerifyDifference::Kind::unreadable, path, error.message});
    const std::scoped_lock guard(mutex_);
    ++report_.unreadable;
    if (report_.unreadable > 1 && path > first_unreadable_) return;
    first_unreadable_ = path;
    report_.why_unreadable = as_output(error);
  }

  // REQUIRES: no thread is in work() any more.
  Result<VerifyReport> finish() {
    if (!failure_.ok()) return std::move(failure_.error());
    std::sort(report_.examples.begin(), report_.examples.end(), by_path);
    report_.run_id = reader_.run_id();
    report_.files = reader_.file_count();
    report_.bytes = reader_.byte_count();
    return std::move(report_);
  }

 private:
  std::optional<ManifestFile> next() {
    const std::scoped_lock guard(mutex_);
    if (!failure_.ok()) return std::nullopt;
    if (interrupted_ && interrupted_()) {
      failure_ = Error::interrupted();
      return std::nullopt;
    }
    auto file = reader_.next();
    if (file.ok()) return std::move(*file);
    failure_ = std::move(file.error());
    return std::nullopt;
  }

  void check(const ManifestFile& file, std::string& buffer) {
    using Kind = VerifyDifference::Kind;
    const std::string path = root_ + "/" + file.path;
    const auto found = storage_.stat(path, false);
    if (!found.ok()) return note_unreadable(file.path, found.error());
    if (!*found || (*found)->type != FileType::file) return note({Kind::missing, file.path, ""});
    if ((*found)->size != file.size) {
      return note(
          {Kind::size, file.path, std::to_string((*found)->size) + " bytes instead of " + std::to_string(file.size)});
    }
    const auto checksum = checksum_file(storage_, path, buffer);
    if (!checksum.ok()) return note_unreadable(file.path, checksum.error());
    if (checksum->xxh3_128 != file.xxh3_128) {
      note({Kind::checksum, file.path, "XXH3-128 " + checksum->xxh3_128 + " instead of " + file.xxh3_128});
    }
  }

  Storage& storage_;
  const std::string& root_;
  std::mutex mutex_;
  ManifestReader reader_;
  const InterruptCheck& interrupted_;
  VerifyReport report_;
  std::string first_unreadable_;
  Status failure_;
};

// Nothing where there is no manifest.
Result<std::optional<VerifyReport>> verify_places(Storage& storage, const OutputPlaces& places, unsigned threads,
                                                  const InterruptCheck& interrupted) {
  GM_RETURN_IF_ERROR(refuse_pending(storage, places));
  GM_ASSIGN(const std::optional<FileInfo> manifest, storage.stat_file(places.manifest()));
  if (!manifest) return std::optional<VerifyReport>();
  GM_ASSIGN(ManifestReader reader, ManifestReader::open(storage, places.manifest()));
  GM_RETURN_IF_ERROR(reader.check_accounting());
  Verifier verifier(storage, places.root, std::move(reader), interrupted);
  GM_ASSIGN(const std::optional<FileInfo> success, storage.stat_file(places.success()));
  if (!success) {
    verifier.note({VerifyDifference::Kind::missing, std::string(success_name), ""});
  } else if (success->type != FileType::file) {
    verifier.note({VerifyDifference::Kind::missing, std::string(success_name), "what is there is no file"});
  } else if (success->size != 0) {
    verifier.note({VerifyDifference::Kind::size, std::string(success_name),
                   std::to_string(success->size) + " bytes instead of 0"});
  }

  std::vector<std::thread> workers;
  const auto work = [&verifier] {
    Status worked = storage::without_exceptions([&verifier] {
      verifier.work();
      return Status();
    });
    if (!worked.ok()) verifier.fail(std::move(worked.error()));
  };
  try {
    for (unsigned i = 1; i < threads; ++i) workers.emplace_back(work);
  } catch (const std::system_error&) {
    // No more threads to be had: fewer do the same.
  }
  work();
  for (std::thread& worker : workers) worker.join();

  GM_ASSIGN(const TreeAudit audit, audit_tree(storage, places.root, places.manifest(), root_skips(), interrupted));
  for (const std::string& name : audit.extra_names) {
    verifier.note({VerifyDifference::Kind::not_listed, name, ""});
  }
  GM_ASSIGN(VerifyReport report, verifier.finish());
  report.differences += audit.extra - audit.extra_names.size();
  return std::optional(std::move(report));
}

}  // namespace

Result<VerifyReport> verify(Storage& storage, const std::string& output, unsigned threads,
                            const InterruptCheck& interrupted) {
  GM_ASSIGN_OUTPUT(const OutputPlaces places, find_places(storage, output));
  GM_ASSIGN_OUTPUT(std::optional<VerifyReport> report, verify_places(storage, places, threads, interrupted));
  if (!report) return no_output(storage, places, manifest_name);
  return std::move(*report);
}

std::string_view name_of(VerifyDifference::Kind kind) {
  switch (kind) {
    case VerifyDifference::Kind::missing: return "missing";
    case VerifyDifference::Kind::size: return "size";
    case VerifyDifference::Kind::checksum: return "checksum";
    case VerifyDifference::Kind::unreadable: return "unreadable";
    case VerifyDifference::Kind::not_listed: return "not listed";
  }
  return "";
}

}  // namespace gristmill::publish
