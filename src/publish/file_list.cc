// A list is merged with others as it is read, so that memory does not grow with its length. Tested in
// manifest_update_test.cc.
#include "publish/file_list.h"

#include <algorithm>
#include <utility>

namespace gristmill::publish {
namespace {

constexpr std::string_view gone_start = "{\"path\":";
constexpr std::string_view gone_end = ",\"gone\":true}";

bool parse(std::string_view line, ListedFile& listed) {
  listed.is_gone = line.ends_with(gone_end);
  if (!listed.is_gone) return parse_manifest_line(line, listed.file);
  if (!line.starts_with(gone_start)) return false;
  line.remove_prefix(gone_start.size());
  std::optional<std::string> path = take_manifest_string(line);
  if (!path || line != gone_end) return false;
  listed.file.path = std::move(*path);
  return true;
}

}  // namespace

Result<FileListReader> FileListReader::open(Storage& storage, const std::string& path) {
  auto lines = LineFile::open(storage, path, "the list of files");
  if (lines.ok()) return FileListReader(std::move(*lines));
  lines.error().advice = "it is part of the manifest: restore it, or move this output away and make it anew";
  return std::move(lines.error());
}

Result<std::optional<ListedFile>> FileListReader::next() {
  GM_ASSIGN(const std::optional<std::string_view> line, lines_.next(false));
  if (!line) return std::optional<ListedFile>();
  ListedFile listed;
  if (!parse(*line, listed)) return lines_.broken("this is no entry of a file as gristmill writes it");
  if (!is_manifest_path(listed.file.path)) {
    return lines_.broken("the path may lead out of the output or names gristmill's own");
  }
  if (listed.file.path <= last_path_) return lines_.broken("the files are not in order");
  last_path_ = listed.file.path;
  return std::optional(std::move(listed));
}

Status MergedLists::add(Storage& storage, const std::string& path, std::string checksum) {
  GM_ASSIGN(FileListReader reader, FileListReader::open(storage, path));
  lists_.push_back({std::move(reader), std::move(checksum), {}});
  return read_next(lists_.size() - 1);
}

Status MergedLists::read_next(std::size_t list) {
  List& read = lists_[list];
  GM_ASSIGN(std::optional<ListedFile> file, read.reader.next());
  if (!file) {
    if (read.reader.checksum() == read.checksum) return {};
    return read.reader.broken("it is not the one that its manifest names");
  }
  read.front = std::move(*file);
  heap_.push_back(list);
  std::ranges::push_heap(heap_, [this](std::size_t a, std::size_t b) { return is_behind(a, b); });
  return {};
}

bool MergedLists::is_behind(std::size_t list, std::size_t other) const {
  const int order = lists_[list].front.file.path.compare(lists_[other].front.file.path);
  return order > 0 || (order == 0 && list < other);
}

std::size_t MergedLists::take_first() {
  std::ranges::pop_heap(heap_, [this](std::size_t a, std::size_t b) { return is_behind(a, b); });
  const std::size_t first = heap_.back();
  heap_.pop_back();
  return first;
}

const ListedFile* MergedLists::front() const { return heap_.empty() ? nullptr : &lists_[heap_.front()].front; }

Result<std::optional<ListedFile>> MergedLists::next() {
  if (heap_.empty()) return std::optional<ListedFile>();
  const std::size_t first = take_first();
  std::optional<ListedFile> found(std::in_place, std::move(lists_[first].front));
  GM_RETURN_IF_ERROR(read_next(first));
  while (!heap_.empty() && front()->file.path == found->file.path) GM_RETURN_IF_ERROR(read_next(take_first()));
  return found;
}

Status FileListWriter::add(const ListedFile& listed) {
  const std::string& path = listed.file.path;
  if (!is_manifest_path(path) || path <= last_path_) {
    return Error::internal("'" + path + "' cannot stand in a list of files after '" + last_path_ + "'").in_file(path);
  }
  last_path_ = path;
  const std::string line = listed.is_gone ? std::string(gone_start) + manifest_string(path) + std::string(gone_end)
                                          : manifest_line(listed.file);
  return file_.append(line + "\n");
}

Result<ManifestFile> FileListWriter::finish() {
  GM_ASSIGN(const storage::WrittenFile written, file_.close());
  return ManifestFile{written.path, written.size, written.hash.hex(), written.sha256};
}

}  // namespace gristmill::publish
