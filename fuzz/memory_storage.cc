// One map from paths to texts; a folder is there as long as a path begins with it.
#include "memory_storage.h"

#include <algorithm>
#include <cstring>

namespace gristmill::fuzz {
namespace {

class MemoryFile : public ReadableFile {
 public:
  explicit MemoryFile(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t length) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t got = std::min<std::size_t>(length, bytes_.size() - offset);
    std::memcpy(into, bytes_.data() + offset, got);
    return got;
  }
  Status check_unchanged() override { return {}; }

 private:
  std::string bytes_;
};

class MemoryWriter : public WritableFile {
 public:
  explicit MemoryWriter(std::string& bytes) : bytes_(bytes) {}
  Status append(std::string_view bytes) override {
    bytes_.append(bytes);
    return {};
  }
  Status close(bool) override { return {}; }

 private:
  std::string& bytes_;
};

class MemoryScratch : public ScratchFile {
 public:
  explicit MemoryScratch(std::shared_ptr<std::string> bytes) : bytes_(std::move(bytes)) {}
  Status write_at(std::uint64_t offset, std::string_view bytes) override {
    if (bytes_->size() < offset + bytes.size()) bytes_->resize(offset + bytes.size());
    std::copy(bytes.begin(), bytes.end(), bytes_->begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }
  Status read_at(std::uint64_t offset, char* into, std::size_t length) override {
    if (offset > bytes_->size() || length > bytes_->size() - offset) {
      return Error::output("the scratch file is shorter than when it was written");
    }
    if (length > 0) std::memcpy(into, bytes_->data() + offset, length);
    return {};
  }

 private:
  std::shared_ptr<std::string> bytes_;
};

class MemoryLock : public FileLock {
 public:
  Result<bool> still_held() override { return true; }
};

Error absent(const std::string& path) { return Error::input("'" + path + "' does not exist"); }

}  // namespace

Result<std::optional<FileInfo>> MemoryStorage::stat(const std::string& path, bool) {
  std::optional<FileInfo> info;
  if (const auto found = files.find(path); found != files.end()) {
    info = FileInfo{path, FileType::file, found->second.size(), 0};
  } else {
    const std::string inside = path.ends_with('/') ? path : path + "/";
    const auto below = files.lower_bound(inside);
    if (below != files.end() && below->first.starts_with(inside)) info = FileInfo{path, FileType::folder, 0, 0};
  }
  return info;
}

Result<std::vector<FileInfo>> MemoryStorage::list(const std::string& folder) {
  std::vector<FileInfo> entries;
  const std::string inside = folder + "/";
  for (auto file = files.lower_bound(inside); file != files.end() && file->first.starts_with(inside); ++file) {
    const std::string rest = file->first.substr(inside.size());
    const std::size_t slash = rest.find('/');
    const std::string name = rest.substr(0, slash);
    const auto same = [&](const FileInfo& entry) { return entry.name == name; };
    if (std::any_of(entries.begin(), entries.end(), same)) continue;
    entries.push_back({name, slash == std::string::npos ? FileType::file : FileType::folder,
                       slash == std::string::npos ? file->second.size() : 0, 0});
  }
  std::sort(entries.begin(), entries.end(), [](const FileInfo& a, const FileInfo& b) { return a.name < b.name; });
  return entries;
}

Status MemoryStorage::walk(const std::string& folder, const WalkVisitor& visit, const std::vector<std::string>& skip) {
  const std::string inside = folder + "/";
  std::vector<FileInfo> found;
  for (auto file = files.lower_bound(inside); file != files.end() && file->first.starts_with(inside); ++file) {
    std::string name = file->first.substr(inside.size());
    if (std::find(skip.begin(), skip.end(), name.substr(0, name.find('/'))) != skip.end()) continue;
    found.push_back({std::move(name), FileType::file, file->second.size(), 0});
  }
  for (const FileInfo& file : found) GM_RETURN_IF_ERROR(visit(file));
  return {};
}

Result<std::unique_ptr<ReadableFile>> MemoryStorage::open(const std::string& path) {
  const auto found = files.find(path);
  if (found == files.end()) return absent(path);
  return std::unique_ptr<ReadableFile>(std::make_unique<MemoryFile>(found->second));
}

Result<std::unique_ptr<WritableFile>> MemoryStorage::create(const std::string& path) {
  const auto [place, is_new] = files.try_emplace(path);
  if (!is_new) return Error::output("'" + path + "' exists already");
  return std::unique_ptr<WritableFile>(std::make_unique<MemoryWriter>(place->second));
}

Status MemoryStorage::rename(const std::string& from, const std::string& to) {
  auto file = files.extract(from);
  if (file.empty()) return absent(from);
  files.erase(to);
  file.key() = to;
  files.insert(std::move(file));
  return {};
}

Status MemoryStorage::remove(const std::string& path) {
  files.erase(path);
  return {};
}

Status MemoryStorage::remove_tree(const std::string& path) {
  files.erase(path);
  const std::string inside = path + "/";
  std::erase_if(files, [&](const auto& file) { return file.first.starts_with(inside); });
  return {};
}

Result<std::unique_ptr<FileLock>> MemoryStorage::try_lock(const std::string&) {
  return std::unique_ptr<FileLock>(std::make_unique<MemoryLock>());
}

Result<std::unique_ptr<ScratchFile>> MemoryStorage::scratch(const std::string&) {
  scratch_files.push_back(std::make_shared<std::string>());
  return std::unique_ptr<ScratchFile>(std::make_unique<MemoryScratch>(scratch_files.back()));
}

}  // namespace gristmill::fuzz
