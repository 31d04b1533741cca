// A file's name is fixed as long as its output is not made anew, and its path is not: whoever was moved is known by the
// ledger beside the places, whoever left that and came back by the path that it had. Tested by
// tests/programs/test_replay.py.
#include "growth/replay_places.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "growth/ledger.h"
#include "growth/replay.h"
#include "json/json_value.h"
#include "json/json_writer.h"
#include "publish/checksum.h"
#include "source/all_lines.h"
#include "tasks/settle.h"
#include "validate/quarantine.h"

namespace gristmill::growth {
namespace {

Error damaged_places(const std::string& path, const std::string& why) {
  return Error::output("'" + path + "' is not as it was written: " + why,
                       "restore it, or make the output anew in another folder, without what was replayed")
      .in_file(path);
}

// `checks_lines`: whether the lines must be those that were written with the places.
Status for_each_replaced_line(Storage& storage, const source::InputFile& replay, bool checks_lines,
                              const std::function<bool()>& should_stop,
                              const std::function<Status(ReplacedLine line)>& use) {
  const std::string path = places_path(replay.path);
  GM_ASSIGN(std::optional<source::InputFile> file, source::own_file(storage, path));
  if (!file) {
    return Error::output("'" + path + "' is gone, which says what the lines of '" + replay.path + "' stand for",
                         "restore it, or make the output anew in another folder, without what was replayed")
        .in_file(path);
  }
  std::vector<source::InputFile> one{std::move(*file)};
  std::uint64_t places = 0;
  std::optional<std::string> hash_of_lines;
  GM_RETURN_IF_ERROR(source::for_each_line(
      storage, one, source::options_of_own_lines(), should_stop,
      [&](std::uint32_t, const source::SourceLine& line) -> Status {
        const std::optional<json::JsonValue> parsed = json::JsonValue::parse(line.text);
        if (!parsed || hash_of_lines) return damaged_places(path, "a line of it is none of gristmill's");
        const json::JsonValue& object = *parsed;
        if (object["places"].type() == json::JsonType::number) {
          if (object["places"].count() != places) return damaged_places(path, "lines of it are missing");
          hash_of_lines = object["lines_xxh3_128"].text();
          return {};
        }
        ++places;
        ReplacedLine replaced{read_name(object, "file"), read_name(object, "path"), object["bytes"].count(),
                              object["offset"].count(), object["raw_xxh3_128"].text()};
        if (replaced.path.empty() || replaced.raw_hash.empty())
          return damaged_places(path, "a line of it names no place");
        return use(std::move(replaced));
      }));
  if (!hash_of_lines) return damaged_places(path, "its end is missing");
  if (!checks_lines) return {};
  GM_ASSIGN(const std::string hash, publish::checksum_if_there(storage, replay.path));
  if (hash != *hash_of_lines) return damaged_places(replay.path, "the mended lines are others");
  return {};
}

class FilesByPlace {
 public:
  // REQUIRES: their paths are resolved.
  FilesByPlace(Storage& storage, const std::vector<source::InputFile>& files) : storage_(storage), files_(files) {
    for (std::uint32_t i = 0; i < files.size(); ++i) {
      if (files[i].left_out) continue;
      by_path_.emplace(std::pair(files[i].dataset, files[i].path), i);
      by_name_.emplace(NameAndSize(files[i].dataset, files[i].name, files[i].size), i);
    }
  }

  // The number of the file; none if it is not there.
  [[nodiscard]] Result<std::optional<std::uint32_t>> find(const source::InputFile& replay, const ReplacedLine& line) {
    const NameAndSize name(replay.dataset, line.file, line.bytes);
    GM_ASSIGN(const PathByName* const paths, paths_beside(replay));
    if (const auto told = paths->find(name); told != paths->end()) {
      const auto found = by_path_.find({replay.dataset, told->second});
      if (found != by_path_.end()) return std::optional(found->second);
    }
    // Nobody knows the file that the path names but by its size.
    const auto there = by_path_.find({replay.dataset, line.path});
    if (there != by_path_.end() && files_[there->second].size == line.bytes) return std::optional(there->second);
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  using NameAndSize = std::tuple<Dataset, std::string, std::uint64_t>;
  using PathByName = std::map<NameAndSize, std::string>;

  // Of the ledger of the output that holds the replay. That of a staged one is not written yet: it knows no path but
  // those of its lines.
  [[nodiscard]] Result<const PathByName*> paths_beside(const source::InputFile& replay) {
    const std::string folder = replay.path.substr(0, replay.path.rfind('/'));
    const std::string path = folder.substr(0, folder.rfind('/')) + "/inputs.jsonl";
    const auto [place, is_new] = beside_.try_emplace(path);
    if (!is_new) return &place->second;
    GM_ASSIGN(const std::optional<FileInfo> there, storage_.stat_file(path));
    if (!there) return &place->second;
    GM_ASSIGN(const std::vector<LedgerEntry> ledger, read_ledger(storage_, path));
    for (const LedgerEntry& entry : ledger)
      place->second.emplace(NameAndSize(entry.file.dataset, entry.file.name, entry.file.stored_bytes), entry.path);
    return &place->second;
  }

  Storage& storage_;
  const std::vector<source::InputFile>& files_;
  std::map<std::pair<Dataset, std::string>, std::uint32_t> by_path_;
  std::map<NameAndSize, std::uint32_t> by_name_;
  std::map<std::string, PathByName> beside_;  // by the ledger's path
};

}  // namespace

std::string places_path(const std::string& path_of_lines) {
  return path_of_lines.substr(0, path_of_lines.rfind('.')) + ".places.jsonl";
}

Status PlacesWriter::add(const ReplacedLine& line) {
  ++places_;
  std::string text;
  json::JsonWriter json(text);
  json.open_object(json::JsonLayout::one_line);
  write_name("file", line.file, json);
  write_name("path", line.path, json);
  json.number("bytes", line.bytes);
  json.number("offset", line.offset);
  json.text("raw_xxh3_128", line.raw_hash);
  json.close();
  return file_.append(text + "\n");
}

Result<storage::WrittenFile> PlacesWriter::close(const std::string& hash_of_lines) {
  std::string text;
  json::JsonWriter json(text);
  json.open_object(json::JsonLayout::one_line);
  json.number("places", places_);
  json.text("lines_xxh3_128", hash_of_lines);
  json.close();
  GM_RETURN_IF_ERROR(file_.append(text + "\n"));
  return file_.close();
}

Result<bool> add_resolved_places(Storage& storage, const std::vector<source::InputFile>& files,
                                 const std::function<bool()>& should_stop, shuffle::Sorter& resolved) {
  const auto is_new = [](const source::InputFile& file) { return !file.is_known; };
  std::optional<FilesByPlace> by_place;
  std::string key;
  bool has_some = false;
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    const source::InputFile& replay = files[i];
    if (replay.replay == 0 || replay.left_out || (replay.is_known && std::ranges::none_of(files, is_new))) continue;
    if (!by_place) by_place.emplace(storage, files);
    GM_RETURN_IF_ERROR(for_each_replaced_line(
        storage, replay, is_new_replay(replay), should_stop, [&](const ReplacedLine& line) -> Status {
          GM_ASSIGN(const std::optional<std::uint32_t> file, by_place->find(replay, line));
          if (!file || (replay.is_known && files[*file].is_known)) return {};
          has_some = true;
          validation::encode_rejected_key({*file, line.offset}, key);
          return resolved.add(key, encode(tasks::ResolvedPlace{i, replay.replay, line.raw_hash}));
        }));
  }
  return has_some;
}

Result<std::vector<storage::WrittenFile>> copy_new_replays(Storage& storage, const storage::OutputOptions& output,
                                                           const std::vector<source::InputFile>& files,
                                                           const std::function<bool()>& should_stop) {
  std::vector<storage::WrittenFile> written;
  if (std::ranges::none_of(files, is_new_replay)) return written;
  FilesByPlace by_place(storage, files);
  storage::OutputFile lines(storage, output);
  for (const source::InputFile& replay : files) {
    if (!is_new_replay(replay)) continue;
    const std::string path = path_of_replay(replay);
    GM_RETURN_IF_ERROR(lines.open(path));
    GM_ASSIGN([[maybe_unused]] const storage::Hash128 hash, lines.append_file(replay.path));
    GM_ASSIGN(storage::WrittenFile made, lines.close());
    PlacesWriter places(storage, output);
    GM_RETURN_IF_ERROR(places.open(path));
    GM_RETURN_IF_ERROR(for_each_replaced_line(storage, replay, false, should_stop, [&](ReplacedLine line) -> Status {
      GM_ASSIGN(const std::optional<std::uint32_t> file, by_place.find(replay, line));
      if (file) {
        line.file = files[*file].name;
        line.path = files[*file].path;
        line.bytes = files[*file].size;
      }
      return places.add(line);
    }));
    GM_ASSIGN(written.emplace_back(), places.close(made.hash.hex()));
    written.push_back(std::move(made));
  }
  return written;
}

Result<storage::WrittenFile> copy_places_as_they_are(Storage& storage, const storage::OutputOptions& output,
                                                     const source::InputFile& replay, const std::string& hash_of_lines,
                                                     const std::function<bool()>& should_stop) {
  PlacesWriter writer(storage, output);
  GM_RETURN_IF_ERROR(writer.open(path_of_replay(replay)));
  GM_RETURN_IF_ERROR(for_each_replaced_line(storage, replay, false, should_stop,
                                            [&](const ReplacedLine& line) { return writer.add(line); }));
  return writer.close(hash_of_lines);
}

}  // namespace gristmill::growth
