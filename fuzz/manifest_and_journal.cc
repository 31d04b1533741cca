// What publishing reads back and then deletes by. The last byte chooses how the input is taken:
// - as a manifest: what is read whole is, written again, the same bytes;
// - as a COMMIT record, likewise;
// - as two manifests of an output whose publication was cut off: recovering it may do much, but touches no
//   file that the old manifest does not list, and none outside of the output.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory_storage.h"
#include "publish/manifest.h"
#include "publish/publish.h"
#include "publish/staged_run.h"
#include "require.h"

namespace gristmill::fuzz {
namespace {

// The files of a manifest; nullopt if it is broken.
std::optional<std::vector<publish::ManifestFile>> files_of(Storage& storage, const std::string& path,
                                                           std::string& run_id) {
  auto reader = publish::ManifestReader::open(storage, path);
  std::vector<publish::ManifestFile> files;
  while (reader.ok()) {
    const auto file = reader->next();
    if (!file.ok()) {
      require(file.error().kind == ErrorKind::output && !file.error().message.empty(), "an error says what is broken");
      return std::nullopt;
    }
    if (!file->has_value()) {
      require(reader->file_count() == files.size(), "the files are counted");
      run_id = reader->run_id();
      return files;
    }
    require(publish::is_manifest_path((*file)->path), "a path stays inside", (*file)->path);
    require(files.empty() || files.back().path < (*file)->path, "paths are in order", (*file)->path);
    files.push_back(std::move(**file));
  }
  require(reader.error().kind == ErrorKind::output && !reader.error().message.empty(), "an error says what is broken");
  return std::nullopt;
}

void check_manifest(std::string_view text) {
  MemoryStorage storage;
  storage.files["/m"] = text;
  std::string run_id;
  const auto files = files_of(storage, "/m", run_id);
  if (!files) return;
  const std::size_t first = text.find('\n') + 1;
  const std::size_t list = first + std::string("\n" + std::string(text.substr(first))).find("\n\"files\":[\n");
  std::string_view header = text.substr(first, list - first);
  if (!header.empty() && !header.ends_with(",\n")) return;  // further fields that gristmill would not write
  header = header.substr(0, header.size() - std::min<std::size_t>(2, header.size()));
  auto writer = publish::ManifestWriter::create(storage, "/again", run_id, header);
  require(writer.ok(), "what was read can be written");
  for (const publish::ManifestFile& file : *files)
    require(writer->add(file).ok(), "what was read can be written", file.path);
  require(writer->finish(false).ok(), "what was read can be written");
  require(storage.files["/again"] == text, "a manifest has one spelling", text);
}

void check_record(std::string_view text) {
  MemoryStorage storage;
  storage.files["/COMMIT"] = text;
  const auto record = publish::read_staged_run(storage, "/COMMIT");
  if (!record.ok()) {
    require(record.error().kind == ErrorKind::output, "a broken record is an output error");
    return;
  }
  require(record->has_value() && publish::write_staged_run(storage, "/again", **record, false).ok(),
          "a record can be written");
  require(storage.files["/again"] == text, "a record has one spelling", text);
}

void check_recovery(std::string_view text, bool honest) {
  const std::string root = "s3://data/out";
  const std::string staged = root + "/_staging/run-2";
  const std::size_t cut = std::min(text.find("\n\n"), text.size());
  const std::string old_manifest(text.substr(0, cut == text.size() ? cut : cut + 1));
  const std::string new_manifest(text.substr(std::min(cut + 2, text.size())));
  MemoryStorage storage;
  storage.files[root + "/_manifest.json"] = old_manifest;
  storage.files[staged + "/_manifest.json"] = new_manifest;
  storage.files[staged + "/_SUCCESS"] = "";
  std::string run_id;
  const auto old_files = files_of(storage, root + "/_manifest.json", run_id);
  const auto new_files = files_of(storage, staged + "/_manifest.json", run_id);
  if (old_files) {
    for (const publish::ManifestFile& file : *old_files) storage.files[root + "/" + file.path] = "old";
  }
  if (new_files) {
    for (const publish::ManifestFile& file : *new_files) {
      if (file.size < 4096) storage.files[staged + "/" + file.path] = std::string(file.size, 'n');
    }
  }
  const auto checksum = [](const std::string& bytes) { return storage::hash128(bytes).hex(); };
  const publish::StagedRun record{"run-2", honest ? checksum(new_manifest) : checksum(old_manifest),
                                  checksum(old_manifest)};
  require(publish::write_staged_run(storage, root + "/_staging/COMMIT", record, false).ok(), "a record can be written");
  // What is not gristmill's.
  const std::vector<std::string> others = {"/data/other", "/data/out2/a", "/etc/passwd", root + "/mine",
                                           root + "/labels/mine"};
  for (const std::string& path : others) storage.files[path] = "mine";
  const auto lists = [](const auto& files, const std::string& path) {
    return files && std::any_of(files->begin(), files->end(),
                                [&](const publish::ManifestFile& file) { return file.path == path; });
  };
  const auto notes = publish::recover(storage, root);
  if (!notes.ok()) require(!notes.error().message.empty(), "an error says what is wrong");
  for (const std::string& path : others) {
    const std::string name = path.starts_with(root + "/") ? path.substr(root.size() + 1) : "";
    if (!name.empty() && (lists(old_files, name) || lists(new_files, name))) continue;
    const auto found = storage.files.find(path);
    require(found != storage.files.end() && found->second == "mine", "recovery touches nobody else's file", path);
  }
  for (const auto& [path, bytes] : storage.files) {
    const bool ours = path.starts_with(root + "/") || std::find(others.begin(), others.end(), path) != others.end();
    require(ours, "recovery writes inside of the output only", path);
  }
  // Where both manifests are the same, all has been done before: then nothing is looked at any more.
  const auto is_there = [](const publish::ManifestFile& file) {
    return file.size < 4096 && !file.path.starts_with("lost+found/");  // which belongs to the file system
  };
  if (honest && old_files && new_files && old_manifest != new_manifest &&
      std::all_of(new_files->begin(), new_files->end(), is_there)) {
    require(notes.ok(), "what is whole can be published", notes.ok() ? "" : notes.error().message);
  }
  if (notes.ok() && honest && new_files && old_manifest != new_manifest) {
    require(storage.files.count(root + "/_SUCCESS") == 1 && storage.files[root + "/_manifest.json"] == new_manifest,
            "what was recovered is published");
    for (const publish::ManifestFile& file : *new_files) {
      require(storage.files[root + "/" + file.path].size() == file.size, "every file is there", file.path);
    }
    if (old_files) {
      for (const publish::ManifestFile& file : *old_files) {
        require(lists(new_files, file.path) || storage.files.count(root + "/" + file.path) == 0,
                "the old files are gone", file.path);
      }
    }
  }
}

}  // namespace
}  // namespace gristmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gristmill;
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size - 1);
  switch (data[size - 1] & 3) {
    case 0: fuzz::check_manifest(text); break;
    case 1: fuzz::check_record(text); break;
    default: fuzz::check_recovery(text, (data[size - 1] & 1) == 0); break;
  }
  return 0;
}
