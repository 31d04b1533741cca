// A list is merged with others as it is read, so that memory does not grow with its length. Tested in
// manifest_update_test.cc.
#include "publish/file_list.h"

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
  GM_RETURN_IF_ERROR(read_next(lists_.back()));
  if (!lists_.back().front) return {};
  heap_.push_back(lists_.size() - 1);
  for (std::size_t at = heap_.size() - 1; at > 0 && is_before(heap_[at], heap_[(at - 1) / 2]); at = (at - 1) / 2)
    std::swap(heap_[at], heap_[(at - 1) / 2]);
  return {};
}

Status MergedLists::read_next(List& list) {
  GM_ASSIGN(list.front, list.reader.next());
  if (list.front || list.reader.checksum() == list.checksum) return {};
  return list.reader.broken("it is not the one that its manifest names");
}

bool MergedLists::is_before(std::size_t list, std::size_t other) const {
  const int order = lists_[list].front->file.path.compare(lists_[other].front->file.path);
  return order < 0 || (order == 0 && list > other);
}

Status MergedLists::advance() {
  GM_RETURN_IF_ERROR(read_next(lists_[heap_.front()]));
  if (!lists_[heap_.front()].front) {
    heap_.front() = heap_.back();
    heap_.pop_back();
  }
  for (std::size_t at = 0;;) {
    std::size_t first = at;
    for (const std::size_t child : {2 * at + 1, 2 * at + 2}) {
      if (child < heap_.size() && is_before(heap_[child], heap_[first])) first = child;
    }
    if (first == at) return {};
    std::swap(heap_[at], heap_[first]);
    at = first;
  }
}

const ListedFile* MergedLists::front() const { return heap_.empty() ? nullptr : &*lists_[heap_.front()].front; }

Result<std::optional<ListedFile>> MergedLists::next() {
  if (heap_.empty()) return std::optional<ListedFile>();
  std::optional<ListedFile> found(std::move(*lists_[heap_.front()].front));
  GM_RETURN_IF_ERROR(advance());
  while (!heap_.empty() && front()->file.path == found->file.path) GM_RETURN_IF_ERROR(advance());
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
