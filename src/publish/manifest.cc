// Writing and reading manifests as streams (the format is in manifest.h, one line's in
// manifest_file.cc). The reader holds one block and one path; it sums the bytes that it reads, so that
// whoever streams a manifest also has its checksum. Rejected: a JSON parser with a streaming mode,
// which would have to accept every layout that `jq` may produce and so every way to hide a second
// "path". Tested in manifest_test.cc.
#include "publish/manifest.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace gristmill::publish {
namespace {

constexpr std::size_t block_size = 256 << 10;
constexpr std::size_t longest_header = 64 << 20;
constexpr std::string_view first_line_start = "{\"manifest\":1,\"run_id\":";
constexpr std::string_view head_start = "{\"manifest\":2,\"run_id\":";
constexpr int newest_manifest = 2;

// The number of a manifest whose first line this is; 0 where it has none.
int manifest_number(std::string_view line) {
  constexpr std::string_view start = "{\"manifest\":";
  int number = 0;
  if (line.starts_with(start)) std::from_chars(line.data() + start.size(), line.data() + line.size(), number);
  return number;
}
constexpr std::string_view files_line = "\"files\":[";
constexpr std::string_view lists_line = "\"lists\":[";
constexpr std::string_view accounting_line_start = "\"accounting\":{";

std::string tail_line(std::uint64_t files, std::uint64_t bytes) {
  return "\"file_count\":" + std::to_string(files) + ",\"byte_count\":" + std::to_string(bytes) + "}";
}

bool has_line(std::string_view text, std::string_view line) {
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (text.substr(start, end - start) == line) return true;
    start = end + 1;
  }
  return false;
}

// Reads `name` and a whole number behind it, and removes both.
std::optional<std::uint64_t> take_number(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [behind, error] = std::from_chars(text.data() + name.size(), end, number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(behind - text.data()));
  return number;
}

std::string_view accounting_of(std::string_view fields) {
  const std::size_t begin =
      fields.starts_with(accounting_line_start) ? 0 : fields.find("\n" + std::string(accounting_line_start));
  return begin == std::string_view::npos ? std::string_view()
                                         : fields.substr(begin, fields.find('\n', begin + 1) - begin);
}

bool is_hex(std::string_view text, std::size_t length) {
  return text.size() == length && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Result<ManifestWriter> ManifestWriter::create(Storage& storage, const std::string& path, std::string_view run_id,
                                              std::string_view header_fields) {
  if (has_line(header_fields, files_line)) {
    return Error::internal("the header of the manifest '" + path + "' has a line that begins its list of files")
        .in_file(path);
  }
  GM_ASSIGN(std::unique_ptr<WritableFile> file, storage.create(path));
  ManifestWriter writer(std::move(file));
  writer.pending_.append(first_line_start).append(manifest_string(run_id)).append(",\n");
  if (!header_fields.empty()) writer.pending_.append(header_fields).append(",\n");
  writer.pending_.append(files_line).append("\n");
  return writer;
}

Status ManifestWriter::add(const ManifestFile& file) {
  if (!is_manifest_path(file.path) || (files_ > 0 && file.path <= last_path_) || !is_hex(file.xxh3_128, 32) ||
      !(file.sha256.empty() || is_hex(file.sha256, 64))) {
    return Error::internal("'" + file.path + "' cannot stand in the manifest after '" + last_path_ + "'")
        .in_file(file.path);
  }
  if (files_ > 0) pending_ += ",\n";
  pending_ += manifest_line(file);
  last_path_ = file.path;
  ++files_;
  bytes_ += file.size;
  return pending_.size() < block_size ? Status() : flush();
}

Status ManifestWriter::finish(bool durable) {
  if (files_ > 0) pending_ += "\n";
  pending_.append("],\n").append(tail_line(files_, bytes_)).append("\n");
  GM_RETURN_IF_ERROR(flush());
  return file_->close(durable);
}

Status ManifestWriter::flush() {
  GM_RETURN_IF_ERROR(file_->append(pending_));
  pending_.clear();
  return {};
}

Status write_manifest_head(Storage& storage, const std::string& path, std::string_view run_id,
                           std::string_view header_fields, const std::vector<ManifestFile>& lists, std::uint64_t files,
                           std::uint64_t bytes, bool durable) {
  std::string text(head_start);
  text.append(manifest_string(run_id)).append(",\n");
  if (!header_fields.empty()) text.append(header_fields).append(",\n");
  text.append(lists_line).append("\n");
  for (const ManifestFile& list : lists) text.append(manifest_line(list)).append(&list == &lists.back() ? "\n" : ",\n");
  text.append("],\n").append(tail_line(files, bytes)).append("\n");
  return storage.create_whole(path, text, durable);
}

Result<ManifestReader> ManifestReader::open(Storage& storage, const std::string& path) {
  GM_ASSIGN(LineFile lines, LineFile::open(storage, path, "the manifest"));
  ManifestReader reader(storage, std::move(lines));
  GM_RETURN_IF_ERROR(reader.read_header());
  if (reader.is_head_) GM_RETURN_IF_ERROR(reader.read_lists());
  return reader;
}

Result<std::optional<ManifestFile>> ManifestReader::next() {
  if (finished_) return std::optional<ManifestFile>();
  GM_ASSIGN(std::optional<ManifestFile> file, is_head_ ? next_listed() : next_line());
  if (!file) {
    GM_RETURN_IF_ERROR(read_tail());
    finished_ = true;
    return file;
  }
  ++files_;
  if (bytes_ + file->size < bytes_) return lines_.broken("the sizes are impossible");
  bytes_ += file->size;
  return file;
}

// Of the lines of the manifest itself: its files, or the lists of a head.
Result<std::optional<ManifestFile>> ManifestReader::next_line() {
  GM_ASSIGN(const std::optional<std::string_view> found, lines_.next(false));
  if (!found) return lines_.broken("it ends within its list of files");
  std::string_view line = *found;
  if (line == "],") {
    if (!first_ && comma_seen_) return lines_.broken("a comma stands after the last file");
    return std::optional<ManifestFile>();
  }
  if (!first_ && !comma_seen_) return lines_.broken("a comma is missing before this file");
  comma_seen_ = line.ends_with(',');
  if (comma_seen_) line.remove_suffix(1);
  ManifestFile file;
  if (!parse_manifest_line(line, file)) return lines_.broken("this is no entry of a file as gristmill writes it");
  if (!is_manifest_path(file.path)) {
    return lines_.broken("the path may lead out of the output or names gristmill's own");
  }
  // Lists are named in the order of their age.
  if (!first_ && !is_head_ && file.path <= last_path_) return lines_.broken("the files are not in order");
  first_ = false;
  last_path_ = file.path;
  return std::optional(std::move(file));
}

Status ManifestReader::read_lists() {
  for (;;) {
    GM_ASSIGN(std::optional<ManifestFile> list, next_line());
    if (!list) return {};
    lists_.push_back(std::move(*list));
  }
}

// A staged manifest lies in "<root>/_staging/<run>".
Status ManifestReader::open_lists() {
  lists_are_open_ = true;
  const std::string& path = lines_.path();
  const std::string folder = path.substr(0, path.rfind('/'));
  const std::size_t staging = folder.rfind("/_staging/");
  for (const ManifestFile& list : lists_) {
    std::string place = folder + "/" + list.path;
    if (staging != std::string::npos) {
      GM_ASSIGN(const std::optional<FileInfo> is_staged, storage_->stat_file(place));
      if (!is_staged) place = folder.substr(0, staging) + "/" + list.path;
    }
    GM_RETURN_IF_ERROR(merged_.add(*storage_, place, list.xxh3_128));
  }
  lists_by_path_ = lists_;
  std::ranges::sort(lists_by_path_, std::ranges::greater(), &ManifestFile::path);
  return {};
}

Result<std::optional<ManifestFile>> ManifestReader::next_listed() {
  if (!lists_are_open_) GM_RETURN_IF_ERROR(open_lists());
  for (;;) {
    const ListedFile* const front = merged_.front();
    if (!lists_by_path_.empty() && (front == nullptr || lists_by_path_.back().path < front->file.path)) {
      std::optional list(std::move(lists_by_path_.back()));
      lists_by_path_.pop_back();
      return list;
    }
    GM_ASSIGN(std::optional<ListedFile> found, merged_.next());
    if (!found) return std::optional<ManifestFile>();
    if (!found->is_gone) return std::optional(std::move(found->file));
  }
}

Status ManifestReader::read_header() {
  GM_ASSIGN(const std::optional<std::string_view> first, lines_.next(false));
  std::string_view rest = first.value_or("");
  if (const int number = manifest_number(rest); number > newest_manifest) {
    return Error::output("the manifest '" + lines_.path() + "' has the number " + std::to_string(number) +
                             ": a newer gristmill wrote this output, and this one knows manifests up to " +
                             std::to_string(newest_manifest),
                         "use the newer version, or move this output away and run again")
        .in_file(lines_.path(), 1);
  }
  is_head_ = rest.starts_with(head_start);
  std::optional<std::string> run_id;
  if (is_head_ || rest.starts_with(first_line_start)) {
    rest.remove_prefix(first_line_start.size());
    run_id = take_manifest_string(rest);
  }
  if (!run_id || rest != ",") return lines_.broken("it does not begin as gristmill's manifests do");
  run_id_ = std::move(*run_id);
  for (;;) {
    GM_ASSIGN(const std::optional<std::string_view> line, lines_.next(true));
    if (!line) return lines_.broken("it ends before its list of files");
    if (*line == (is_head_ ? lists_line : files_line)) break;
    if (fields_.size() + line->size() > longest_header) return lines_.broken("its header is too long");
    fields_.append(*line).push_back('\n');
  }
  if (fields_.ends_with(",\n")) fields_.resize(fields_.size() - 2);
  return {};
}

Status ManifestReader::check_end() {
  constexpr std::size_t longest_tail = 128;
  ReadableFile& file = lines_.file();
  const std::uint64_t size = file.size();
  std::string tail(std::min<std::uint64_t>(size, longest_tail), '\0');
  GM_ASSIGN(const std::size_t got, file.read_at(size - tail.size(), tail.data(), tail.size()));
  tail.resize(got);
  const std::size_t begin = tail.rfind("\n\"file_count\":");
  if (begin != std::string::npos) {
    std::string_view line = std::string_view(tail).substr(begin + 14);
    const auto files = take_number(line, "");
    const auto bytes = take_number(line, ",\"byte_count\":");
    files_by_its_end_ = files.value_or(0);
    if (files && bytes && line == "}\n") return {};
  }
  return Error::output("the manifest '" + lines_.path() + "' is broken: it does not end as gristmill's manifests do",
                       "it is not as gristmill wrote it: restore it, or move this output away and run again")
      .in_file(lines_.path());
}

std::optional<std::uint64_t> ManifestReader::accepted_lines(std::string_view dataset) const {
  std::string_view rest = accounting_of(fields_);
  for (const std::string& member : {"\"" + std::string(dataset) + "\":{", std::string("\"accepted\":")}) {
    const std::size_t begin = rest.find(member);
    if (begin == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(begin + member.size());
  }
  return take_number(rest, "");
}

Status ManifestReader::check_accounting() const {
  std::string_view rest = accounting_of(fields_);
  for (;;) {
    const std::size_t begin = rest.find("{\"lines\":");
    if (begin == std::string_view::npos) return {};
    rest.remove_prefix(begin + 1);
    const auto lines = take_number(rest, "\"lines\":");
    const auto accepted = take_number(rest, ",\"accepted\":");
    const auto rejected = take_number(rest, ",\"rejected\":");
    const auto blank = take_number(rest, ",\"blank\":");
    const std::uint64_t forgotten =
        rest.starts_with(",\"forgotten\":") ? take_number(rest, ",\"forgotten\":").value_or(0) : 0;
    if (lines && accepted && rejected && blank && *lines == *accepted + *rejected + *blank + forgotten) continue;
    return Error::output("the manifest '" + lines_.path() +
                             "' is broken: lines are not the sum of those accepted, rejected, blank and forgotten",
                         "it is not as gristmill wrote it: restore it, or run again")
        .in_file(lines_.path());
  }
}

Status ManifestReader::read_tail() {
  GM_ASSIGN(const std::optional<std::string_view> line, lines_.next(false));
  if (!line || *line != tail_line(files_, bytes_)) {
    return lines_.broken("the counts at its end do not fit its list of files");
  }
  GM_ASSIGN(const std::optional<std::string_view> more, lines_.next(true));
  if (more) return lines_.broken("something follows its end");
  return {};
}

Result<ListedFiles> ListedFiles::open(Storage& storage, const std::string& path) {
  ListedFiles files;
  if (path.ends_with("/" + std::string(changes_name))) {
    GM_ASSIGN(files.changes_, FileListReader::open(storage, path));
  } else {
    GM_ASSIGN(files.manifest_, ManifestReader::open(storage, path));
  }
  return files;
}

Result<std::optional<ManifestFile>> ListedFiles::next() {
  if (manifest_) return manifest_->next();
  for (;;) {
    GM_ASSIGN(std::optional<ListedFile> change, changes_->next());
    if (!change) return std::optional<ManifestFile>();
    if (!change->is_gone) return std::optional(std::move(change->file));
  }
}

}  // namespace gristmill::publish
