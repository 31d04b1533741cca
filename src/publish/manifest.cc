// Writing and reading manifests as streams (the format is in manifest.h, one line's in
// manifest_line.cc). The reader holds one block and one path; it sums the bytes that it reads, so that
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
constexpr std::size_t longest_line = 64 << 10;
constexpr std::string_view first_line_start = "{\"manifest\":1,\"run_id\":";
constexpr std::string_view files_line = "\"files\":[";
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

Result<ManifestReader> ManifestReader::open(Storage& storage, const std::string& path) {
  auto file = storage.open(path);
  if (!file.ok()) {
    file.error().kind = ErrorKind::output;
    return std::move(file.error());
  }
  ManifestReader reader(std::move(*file), path);
  GM_RETURN_IF_ERROR(reader.read_header());
  return reader;
}

Result<std::optional<ManifestFile>> ManifestReader::next() {
  if (finished_) return std::optional<ManifestFile>();
  GM_ASSIGN(const std::optional<std::string_view> found, next_line(false));
  if (!found) return broken("it ends within its list of files");
  std::string_view line = *found;
  if (line == "],") {
    if (!first_ && comma_seen_) return broken("a comma stands after the last file");
    GM_RETURN_IF_ERROR(read_tail());
    finished_ = true;
    return std::optional<ManifestFile>();
  }
  if (!first_ && !comma_seen_) return broken("a comma is missing before this file");
  comma_seen_ = line.ends_with(',');
  if (comma_seen_) line.remove_suffix(1);
  std::optional<ManifestFile> file = parse_manifest_line(line);
  if (!file) return broken("this is no entry of a file as gristmill writes it");
  if (!is_manifest_path(file->path)) {
    return broken("the path may lead out of the output or names gristmill's own");
  }
  if (!first_ && file->path <= last_path_) return broken("the files are not in order");
  first_ = false;
  last_path_ = file->path;
  ++files_;
  if (bytes_ + file->size < bytes_) return broken("the sizes are impossible");
  bytes_ += file->size;
  return file;
}

Status ManifestReader::read_header() {
  GM_ASSIGN(const std::optional<std::string_view> first, next_line(false));
  std::string_view rest = first.value_or("");
  std::optional<std::string> run_id;
  if (rest.starts_with(first_line_start)) {
    rest.remove_prefix(first_line_start.size());
    run_id = take_manifest_string(rest);
  }
  if (!run_id || rest != ",") return broken("it does not begin as gristmill's manifests do");
  run_id_ = std::move(*run_id);
  for (;;) {
    GM_ASSIGN(const std::optional<std::string_view> line, next_line(true));
    if (!line) return broken("it ends before its list of files");
    if (*line == files_line) return {};
    if (line->starts_with(accounting_line_start)) accounting_ = *line;
  }
}

Status ManifestReader::check_end() {
  constexpr std::size_t longest_tail = 128;
  const std::uint64_t size = file_->size();
  std::string tail(std::min<std::uint64_t>(size, longest_tail), '\0');
  GM_ASSIGN(const std::size_t got, file_->read_at(size - tail.size(), tail.data(), tail.size()));
  tail.resize(got);
  const std::size_t begin = tail.rfind("\n\"file_count\":");
  if (begin != std::string::npos) {
    std::string_view line = std::string_view(tail).substr(begin + 14);
    const auto files = take_number(line, "");
    const auto bytes = take_number(line, ",\"byte_count\":");
    if (files && bytes && line == "}\n") return {};
  }
  return Error::output("the manifest '" + path_ + "' is broken: it does not end as gristmill's manifests do",
                       "it is not as gristmill wrote it: restore it, or move this output away and run again")
      .in_file(path_);
}

std::optional<std::uint64_t> ManifestReader::accepted_lines(std::string_view dataset) const {
  std::string_view rest = accounting_;
  for (const std::string& member : {"\"" + std::string(dataset) + "\":{", std::string("\"accepted\":")}) {
    const std::size_t begin = rest.find(member);
    if (begin == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(begin + member.size());
  }
  return take_number(rest, "");
}

Status ManifestReader::check_accounting() const {
  std::string_view rest = accounting_;
  for (;;) {
    const std::size_t begin = rest.find("{\"lines\":");
    if (begin == std::string_view::npos) return {};
    rest.remove_prefix(begin + 1);
    const auto lines = take_number(rest, "\"lines\":");
    const auto accepted = take_number(rest, ",\"accepted\":");
    const auto rejected = take_number(rest, ",\"rejected\":");
    const auto blank = take_number(rest, ",\"blank\":");
    if (lines && accepted && rejected && blank && *lines == *accepted + *rejected + *blank) continue;
    return Error::output(
               "the manifest '" + path_ + "' is broken: lines are not the sum of those accepted, rejected and blank",
               "it is not as gristmill wrote it: restore it, or run again")
        .in_file(path_);
  }
}

Status ManifestReader::read_tail() {
  GM_ASSIGN(const std::optional<std::string_view> line, next_line(false));
  if (!line || *line != tail_line(files_, bytes_)) {
    return broken("the counts at its end do not fit its list of files");
  }
  GM_ASSIGN(const std::optional<std::string_view> more, next_line(true));
  if (more) return broken("something follows its end");
  return {};
}

Result<std::optional<std::string_view>> ManifestReader::next_line(bool any_length) {
  ++line_;
  std::size_t searched = begin_;
  bool cut = false;
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      if (!any_length && end - begin_ > longest_line) return broken("the line is too long");
      // The rest of a line whose beginning was dropped may look like any line: give back what is none.
      const std::string_view line =
          cut ? std::string_view(" ") : std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = end + 1;
      return std::optional<std::string_view>(line);
    }
    if (buffer_.size() - begin_ > longest_line) {
      if (!any_length) return broken("the line is too long");
      cut = true;
      begin_ = buffer_.size();
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched = buffer_.size();
    buffer_.resize(searched + longest_line);
    GM_ASSIGN(const std::size_t got, file_->read_at(offset_, buffer_.data() + searched, longest_line));
    buffer_.resize(searched + got);
    checksum_.update(std::string_view(buffer_).substr(searched));
    offset_ += got;
    if (got == 0) {
      if (buffer_.empty() && !cut) return std::optional<std::string_view>();
      return broken("its last line has no end");
    }
  }
}

Error ManifestReader::broken(std::string_view why) const {
  return Error::output(
             "the manifest '" + path_ + "' is broken at line " + std::to_string(line_) + ": " + std::string(why),
             "it is not as gristmill wrote it: restore it, or move this output away and run again")
      .in_file(path_, line_);
}

}  // namespace gristmill::publish
