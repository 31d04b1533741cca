// Each operation passes a FaultPoint: it takes the next number, strikes if the plan names it, and at
// its end strikes again for `kill_after`. The operations are only recorded, never reordered or held
// back, so a process killed here leaves what a process killed between two system calls would leave.
// Tested in faulty_test.cc.
#include "storage/faulty.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <utility>

#include "storage/system_error.h"

namespace gristmill::storage {

// One operation of the wrapped storage, from its construction to its destruction.
class FaultPoint {
 public:
  FaultPoint(FaultLog& log, ErrorKind kind, const char* verb, const std::string& path, const std::string& other = {},
             bool torn = false)
      : log_(log), kind_(kind), verb_(verb), path_(path) {
    {
      const std::scoped_lock guard(log.mutex_);
      log.operations_.push_back(std::string(verb) + " " + path + (other.empty() ? "" : " " + other));
      number_ = log.operations_.size();
    }
    // An append is torn by its caller, who has the bytes, and then calls `strike`.
    if (!torn) strike();
  }
  ~FaultPoint() {
    if (planned(FaultPlan::Action::kill_after)) ::kill(::getpid(), SIGKILL);
  }
  FaultPoint(const FaultPoint&) = delete;
  FaultPoint& operator=(const FaultPoint&) = delete;

  bool planned(FaultPlan::Action action) const {
    const FaultPlan& plan = log_.plan_;
    return plan.action == action && plan.at != 0 &&
           (number_ == plan.at || (number_ > plan.at && plan.and_after && action == FaultPlan::Action::error));
  }
  bool tears() const { return planned(FaultPlan::Action::error) || planned(FaultPlan::Action::kill); }

  void strike() {
    if (planned(FaultPlan::Action::kill)) ::kill(::getpid(), SIGKILL);
    if (planned(FaultPlan::Action::pause)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(log_.plan_.milliseconds));
    }
  }
  bool fails() const { return planned(FaultPlan::Action::error); }
  Error error() const { return system_error(kind_, verb_, path_, log_.plan_.error_number); }

 private:
  FaultLog& log_;
  ErrorKind kind_;
  const char* verb_;
  const std::string& path_;
  std::uint64_t number_ = 0;
};

namespace {

// Passes a fault point, then returns `call`'s result.
#define GM_FAULTY(kind, verb, path, other, call)                     \
  const FaultPoint point(*log_, ErrorKind::kind, verb, path, other); \
  if (point.fails()) return point.error();                           \
  return call

class FaultyReadable final : public ReadableFile {
 public:
  FaultyReadable(std::unique_ptr<ReadableFile> inner, std::shared_ptr<FaultLog> log, std::string path)
      : inner_(std::move(inner)), log_(std::move(log)), path_(std::move(path)) {}
  std::uint64_t size() const override { return inner_->size(); }
  Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t length) override {
    GM_FAULTY(input, "read", path_, "", inner_->read_at(offset, into, length));
  }
  Status check_unchanged() override { GM_FAULTY(input, "recheck", path_, "", inner_->check_unchanged()); }

 private:
  std::unique_ptr<ReadableFile> inner_;
  std::shared_ptr<FaultLog> log_;
  std::string path_;
};

class FaultyWritable final : public WritableFile {
 public:
  FaultyWritable(std::unique_ptr<WritableFile> inner, std::shared_ptr<FaultLog> log, std::string path)
      : inner_(std::move(inner)), log_(std::move(log)), path_(std::move(path)) {}
  Status append(std::string_view bytes) override {
    FaultPoint point(*log_, ErrorKind::output, "append", path_, "", true);
    if (point.tears()) GM_RETURN_IF_ERROR(inner_->append(bytes.substr(0, bytes.size() / 2)));
    point.strike();
    if (point.fails()) return point.error();
    return inner_->append(bytes);
  }
  Status close(bool durable) override {
    GM_FAULTY(output, durable ? "close-durably" : "close", path_, "", inner_->close(durable));
  }

 private:
  std::unique_ptr<WritableFile> inner_;
  std::shared_ptr<FaultLog> log_;
  std::string path_;
};

class FaultyScratch final : public ScratchFile {
 public:
  FaultyScratch(std::unique_ptr<ScratchFile> inner, std::shared_ptr<FaultLog> log, std::string path)
      : inner_(std::move(inner)), log_(std::move(log)), path_(std::move(path)) {}
  Status write_at(std::uint64_t offset, std::string_view bytes) override {
    GM_FAULTY(output, "scratch-write", path_, "", inner_->write_at(offset, bytes));
  }
  Status read_at(std::uint64_t offset, char* into, std::size_t length) override {
    GM_FAULTY(output, "scratch-read", path_, "", inner_->read_at(offset, into, length));
  }

 private:
  std::unique_ptr<ScratchFile> inner_;
  std::shared_ptr<FaultLog> log_;
  std::string path_;
};

class FaultyLock final : public FileLock {
 public:
  FaultyLock(std::unique_ptr<FileLock> inner, std::shared_ptr<FaultLog> log, std::string path)
      : inner_(std::move(inner)), log_(std::move(log)), path_(std::move(path)) {}
  std::string share() override { return inner_->share(); }
  Result<bool> still_held() override { GM_FAULTY(output, "check-lock", path_, "", inner_->still_held()); }

 private:
  std::unique_ptr<FileLock> inner_;
  std::shared_ptr<FaultLog> log_;
  std::string path_;
};

class FaultyStorage final : public Storage {
 public:
  FaultyStorage(Storage& inner, std::shared_ptr<FaultLog> log, std::string log_path)
      : inner_(inner), log_(std::move(log)), log_path_(std::move(log_path)) {}

  ~FaultyStorage() override {
    if (log_path_.empty()) return;
    const std::vector<std::string> operations = log_->operations();
    std::ofstream file(log_path_);
    file << operations.size() << '\n';
    for (const std::string& operation : operations) file << operation << '\n';
  }

  StorageTraits traits(const std::string& path) const override { return inner_.traits(path); }
  std::vector<RequestCount> requests() const override { return inner_.requests(); }
  Result<std::string> describe(const std::string& path) override { return inner_.describe(path); }
  void hold_interruptions(bool hold) override { inner_.hold_interruptions(hold); }
  void read_ahead(std::vector<ReadAhead> files) override { inner_.read_ahead(std::move(files)); }
  void guard(const std::string& folder, const std::string& like) override { inner_.guard(folder, like); }
  Result<bool> mark_new_files(const MarkedFiles& files) override { return inner_.mark_new_files(files); }
  Status rename_marked_files(const MarkedFiles& files, const std::vector<Rename>& renames) override {
    GM_FAULTY(output, "rename-marked", files.root, "", inner_.rename_marked_files(files, renames));
  }
  Status remove_unfinished_marked_files(const MarkedFiles& files) override {
    return inner_.remove_unfinished_marked_files(files);
  }
  Status remove_marked_files(const MarkedFiles& files) override {
    GM_FAULTY(output, "remove-marked", files.root, "", inner_.remove_marked_files(files));
  }
  Result<std::string> find_trap(const std::string& folder, const std::string& root) override {
    GM_FAULTY(input, "find-trap", folder, "", inner_.find_trap(folder, root));
  }
  Result<std::optional<Obstacle>> find_obstacle(const std::string& from, const std::string& into,
                                                const std::vector<std::string>& skip, bool rest_stays) override {
    GM_FAULTY(input, "find-obstacle", from, into, inner_.find_obstacle(from, into, skip, rest_stays));
  }
  Status keep_standard_input(const std::string& folder, const std::function<bool()>& should_stop) override {
    return inner_.keep_standard_input(folder, should_stop);
  }
  Result<std::optional<FileInfo>> stat(const std::string& path, bool follow) override {
    GM_FAULTY(input, "stat", path, "", inner_.stat(path, follow));
  }
  Result<std::vector<FileInfo>> list(const std::string& folder) override {
    GM_FAULTY(input, "list", folder, "", inner_.list(folder));
  }
  Status walk(const std::string& folder, const WalkVisitor& visit, const std::vector<std::string>& skip) override {
    GM_ASSIGN(const std::optional<FileInfo> found, stat(folder, true));
    return found ? walk_below(folder, "", visit, skip) : Status();
  }
  Result<std::unique_ptr<ReadableFile>> open(const std::string& path) override {
    const FaultPoint point(*log_, ErrorKind::input, "open", path);
    if (point.fails()) return point.error();
    GM_ASSIGN(std::unique_ptr<ReadableFile> file, inner_.open(path));
    return std::unique_ptr<ReadableFile>(std::make_unique<FaultyReadable>(std::move(file), log_, path));
  }
  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    const FaultPoint point(*log_, ErrorKind::output, "create", path);
    if (point.fails()) return point.error();
    GM_ASSIGN(std::unique_ptr<WritableFile> file, inner_.create(path));
    return std::unique_ptr<WritableFile>(std::make_unique<FaultyWritable>(std::move(file), log_, path));
  }
  Status create_whole(const std::string& path, std::string_view bytes, bool durable) override {
    // Where it is several operations, each of them may fail.
    if (inner_.traits(path).exchanges_folders) return Storage::create_whole(path, bytes, durable);
    GM_FAULTY(output, "create-whole", path, "", inner_.create_whole(path, bytes, durable));
  }
  Status make_folder(const std::string& path) override {
    GM_FAULTY(output, "make-folder", path, "", inner_.make_folder(path));
  }
  Status rename(const std::string& from, const std::string& to) override {
    GM_FAULTY(output, "rename", from, to, inner_.rename(from, to));
  }
  Result<bool> exchange(const std::string& a, const std::string& b) override {
    GM_FAULTY(output, "exchange", a, b, inner_.exchange(a, b));
  }
  Status rename_new(const std::string& from, const std::string& to) override {
    GM_FAULTY(output, "rename-new", from, to, inner_.rename_new(from, to));
  }
  Status remove(const std::string& path) override { GM_FAULTY(output, "remove", path, "", inner_.remove(path)); }
  Result<bool> remove_folder(const std::string& path) override {
    GM_FAULTY(output, "remove-folder", path, "", inner_.remove_folder(path));
  }
  Status remove_tree(const std::string& path) override {
    GM_ASSIGN(const std::optional<FileInfo> found, stat(path, false));
    if (!found) return {};
    if (found->type != FileType::folder) return remove(path);
    GM_ASSIGN(const std::vector<FileInfo> entries, list(path));
    for (const FileInfo& entry : entries) GM_RETURN_IF_ERROR(remove_tree(path + "/" + entry.name));
    GM_ASSIGN(const bool removed, remove_folder(path));
    return removed ? Status() : Status(system_error(ErrorKind::output, "remove the folder", path, ENOTEMPTY));
  }
  Status copy_attributes(const std::string& from, const std::string& to) override {
    GM_FAULTY(output, "copy-attributes", from, to, inner_.copy_attributes(from, to));
  }
  Result<bool> is_mount_point(const std::string& folder) override {
    GM_FAULTY(output, "is-mount-point", folder, "", inner_.is_mount_point(folder));
  }
  Status sync_folder(const std::string& path) override {
    GM_FAULTY(output, "sync-folder", path, "", inner_.sync_folder(path));
  }
  Status sync_all(const std::string& folder) override {
    GM_FAULTY(output, "sync-all", folder, "", inner_.sync_all(folder));
  }
  Result<std::uint64_t> free_space(const std::string& path) override {
    GM_FAULTY(output, "free-space", path, "", inner_.free_space(path));
  }
  Result<std::string> resolve(const std::string& path) override {
    GM_FAULTY(output, "resolve", path, "", inner_.resolve(path));
  }
  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override {
    const FaultPoint point(*log_, ErrorKind::output, "lock", path);
    if (point.fails()) return point.error();
    return wrap_lock(inner_.try_lock(path), path);
  }
  Result<std::unique_ptr<FileLock>> try_lock_folder(const std::string& path) override {
    const FaultPoint point(*log_, ErrorKind::output, "lock-folder", path);
    if (point.fails()) return point.error();
    return wrap_lock(inner_.try_lock_folder(path), path);
  }
  Result<std::unique_ptr<ScratchFile>> scratch(const std::string& folder) override {
    const FaultPoint point(*log_, ErrorKind::output, "scratch", folder);
    if (point.fails()) return point.error();
    GM_ASSIGN(std::unique_ptr<ScratchFile> file, inner_.scratch(folder));
    return std::unique_ptr<ScratchFile>(std::make_unique<FaultyScratch>(std::move(file), log_, folder));
  }

 private:
  Status walk_below(const std::string& folder, const std::string& prefix, const WalkVisitor& visit,
                    const std::vector<std::string>& skip) {
    GM_ASSIGN(std::vector<FileInfo> entries, list(folder));
    for (FileInfo& entry : entries) {
      bool skipped = false;
      for (const std::string& name : skip) skipped |= entry.name == name;
      if (skipped) continue;
      const std::string below = folder + "/" + entry.name;
      entry.name.insert(0, prefix);
      if (entry.type == FileType::folder) {
        GM_RETURN_IF_ERROR(walk_below(below, entry.name + "/", visit, {}));
      } else {
        GM_RETURN_IF_ERROR(visit(entry));
      }
    }
    return {};
  }

  Result<std::unique_ptr<FileLock>> wrap_lock(Result<std::unique_ptr<FileLock>> lock, const std::string& path) {
    if (!lock.ok() || *lock == nullptr) return lock;
    return std::unique_ptr<FileLock>(std::make_unique<FaultyLock>(std::move(*lock), log_, path));
  }

  Storage& inner_;
  std::shared_ptr<FaultLog> log_;
  std::string log_path_;
};

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

std::vector<std::string> FaultLog::operations() const {
  const std::scoped_lock guard(mutex_);
  return operations_;
}

Result<FaultPlan> parse_fault_plan(std::string_view text) {
  const Error wrong = Error::usage("'" + std::string(text) + "' is no fault plan",
                                   "write count, error:N:ENOSPC, error-from:N:ENOSPC, kill:N, kill-after:N or "
                                   "pause:N:MILLISECONDS");
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(':', start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  FaultPlan plan;
  if (parts.size() == 1 && parts[0] == "count") return plan;
  if (parts.size() < 2 || !parse_number(parts[1], plan.at) || plan.at == 0) return wrong;
  if (parts.size() == 2 && parts[0] == "kill") {
    plan.action = FaultPlan::Action::kill;
  } else if (parts.size() == 2 && parts[0] == "kill-after") {
    plan.action = FaultPlan::Action::kill_after;
  } else if (parts.size() == 3 && parts[0] == "pause" && parse_number(parts[2], plan.milliseconds)) {
    plan.action = FaultPlan::Action::pause;
  } else if (parts.size() == 3 && (parts[0] == "error" || parts[0] == "error-from")) {
    plan.action = FaultPlan::Action::error;
    plan.and_after = parts[0] == "error-from";
    plan.error_number = error_number_of(parts[2]);
    if (plan.error_number == 0) return wrong;
  } else {
    return wrong;
  }
  return plan;
}

Result<std::optional<FaultPlan>> fault_plan_from_environment() {
  const char* text = std::getenv("GRISTMILL_TEST_FAULT");
  if (text == nullptr) return std::optional<FaultPlan>();
  GM_ASSIGN(FaultPlan plan, parse_fault_plan(text));
  if (const char* log = std::getenv("GRISTMILL_TEST_FAULT_LOG")) plan.log = log;
  return std::optional<FaultPlan>(std::move(plan));
}

std::unique_ptr<Storage> make_faulty_storage(Storage& inner, const FaultPlan& plan, std::shared_ptr<FaultLog>* log) {
  auto shared = std::make_shared<FaultLog>(plan);
  if (log != nullptr) *log = shared;
  return std::make_unique<FaultyStorage>(inner, std::move(shared), plan.log);
}

}  // namespace gristmill::storage
