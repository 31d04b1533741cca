// As with manifests, there is one spelling: what is read must be what would be written.
// Tested in publication_test.cc.
#include "publish/staged_run.h"

#include <array>

#include "publish/manifest.h"
#include "publish/places.h"

namespace gristmill::publish {
namespace {

std::string record_line(const StagedRun& record) {
  return "{\"run_id\":" + manifest_string(record.run_id) + ",\"manifest\":" + manifest_string(record.manifest) +
         ",\"replaces\":" + manifest_string(record.replaces) +
         (record.adds_to.empty() ? "" : ",\"adds_to\":" + manifest_string(record.adds_to)) + "}\n";
}

std::optional<std::string> take_field(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return std::nullopt;
  text.remove_prefix(start.size());
  return take_manifest_string(text);
}

}  // namespace

Status write_staged_run(Storage& storage, const std::string& path, const StagedRun& record, bool durable) {
  return storage.create_whole(path, record_line(record), durable);
}

Result<std::optional<StagedRun>> read_staged_run(Storage& storage, const std::string& path) {
  GM_ASSIGN(const std::optional<FileInfo> found, storage.stat_file(path));
  if (!found) return std::optional<StagedRun>();
  if (found->type != FileType::file) {
    return Error::output("'" + path + "' is broken: it is no file",
                         "check the output with 'gristmill verify', then remove it and run again")
        .in_file(path);
  }
  std::array<char, 1024> buffer;
  GM_ASSIGN(const std::unique_ptr<ReadableFile> file, storage.open(path));
  GM_ASSIGN(const std::size_t got, file->read_at(0, buffer.data(), buffer.size()));
  const std::string_view line(buffer.data(), got);
  std::string_view rest = line;
  std::optional<std::string> run_id = take_field(rest, "{\"run_id\":");
  std::optional<std::string> manifest = take_field(rest, ",\"manifest\":");
  std::optional<std::string> replaces = take_field(rest, ",\"replaces\":");
  std::optional<std::string> adds_to = take_field(rest, ",\"adds_to\":");
  StagedRun record{run_id.value_or(""), manifest.value_or(""), replaces.value_or(""), adds_to.value_or("")};
  if (record_line(record) != line || !is_run_id(record.run_id)) {
    return Error::output("'" + path + "' is broken",
                         "check the output with 'gristmill verify', then remove this file and run again")
        .in_file(path);
  }
  return std::optional<StagedRun>(std::move(record));
}

}  // namespace gristmill::publish
