// Both lists are sorted, so they are compared as they are read. Partitions of an output that grows may be cut into
// other parts and hold the same rows: then sizes tell, and where these agree, the bytes. Tested by
// tests/programs/test_diff.py.
#include "diff/output_diff.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "browse/json_lines.h"
#include "history/run_line.h"
#include "json/json_value.h"
#include "json/json_writer.h"
#include "publish/manifest.h"
#include "storage/hash.h"

namespace gristmill::diff {
namespace {

constexpr const char* counted_of_data_set[] = {"lines", "accepted", "rejected", "blank", "rows", "partitions"};

class Noted {
 public:
  Noted(Differences& differences, std::uint64_t limit) : differences_(differences), limit_(limit) {}

  void same() { ++differences_.same; }
  void changed(std::string name, std::string session = {}) {
    note(differences_.changed, {'~', std::move(name), std::move(session)});
  }
  void only_first(std::string name, std::string session = {}) {
    note(differences_.only_first, {'-', std::move(name), std::move(session)});
  }
  void only_second(std::string name, std::string session = {}) {
    note(differences_.only_second, {'+', std::move(name), std::move(session)});
  }

 private:
  void note(std::uint64_t& count, Differences::Name name) {
    ++count;
    if (limit_ == 0 || differences_.names.size() < limit_) differences_.names.push_back(std::move(name));
  }
  Differences& differences_;
  std::uint64_t limit_;
};

using Files = std::vector<publish::ManifestFile>;

// The files of an output, those of one folder together.
class ManifestFolders {
 public:
  ManifestFolders(Storage& storage, std::string root) : storage_(storage), root_(std::move(root)) {}

  [[nodiscard]] Status open() {
    GM_ASSIGN(manifest_, publish::ManifestReader::open(storage_, root_ + "/" + std::string(publish::manifest_name)));
    GM_ASSIGN(ahead_, manifest_->next());
    return {};
  }
  const publish::ManifestReader& manifest() const { return *manifest_; }
  const std::string& root() const { return root_; }

  // False at the end.
  [[nodiscard]] Result<bool> next() {
    files_.clear();
    if (!ahead_) return false;
    folder_ = folder_of(ahead_->path);
    while (ahead_ && folder_of(ahead_->path) == folder_) {
      files_.push_back(std::move(*ahead_));
      GM_ASSIGN(ahead_, manifest_->next());
    }
    return true;
  }
  // With the '/' at its end: so folders are in the order of their files.
  const std::string& folder() const { return folder_; }
  const Files& files() const { return files_; }

 private:
  static std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

  Storage& storage_;
  std::string root_;
  std::optional<publish::ManifestReader> manifest_;
  std::optional<publish::ManifestFile> ahead_;
  std::string folder_;
  Files files_;
};

std::uint64_t size_of(const Files& files) {
  std::uint64_t size = 0;
  for (const publish::ManifestFile& file : files) size += file.size;
  return size;
}

Result<storage::Hash128> hash_of(Storage& storage, const std::string& root, const Files& files) {
  storage::StreamHash hash;
  std::vector<char> piece(1U << 20);
  for (const publish::ManifestFile& file : files) {
    GM_ASSIGN(const std::unique_ptr<ReadableFile> open, storage.open(root + "/" + file.path));
    for (std::uint64_t offset = 0; offset < open->size();) {
      GM_ASSIGN(const std::size_t got, open->read_at(offset, piece.data(), piece.size()));
      if (got == 0) break;
      hash.update({piece.data(), got});
      offset += got;
    }
  }
  return hash.digest();
}

bool are_alike(const Files& first, const Files& second) {
  return std::ranges::equal(first, second, [](const publish::ManifestFile& a, const publish::ManifestFile& b) {
    return a.size == b.size && a.xxh3_128 == b.xxh3_128;
  });
}

Result<bool> have_same_rows(Storage& storage, const ManifestFolders& first, const ManifestFolders& second) {
  if (are_alike(first.files(), second.files())) return true;
  if (first.files().size() == second.files().size() && first.files().size() == 1) return false;
  if (size_of(first.files()) != size_of(second.files())) return false;
  GM_ASSIGN(const storage::Hash128 one, hash_of(storage, first.root(), first.files()));
  GM_ASSIGN(const storage::Hash128 other, hash_of(storage, second.root(), second.files()));
  return one == other;
}

// The session rows of an output, in their order: by profile, then session.
class SessionReader {
 public:
  SessionReader(Storage& storage, const std::string& root, const Files& files)
      : lines_(storage, paths_of(root, files)) {}

  [[nodiscard]] Status next() {
    GM_ASSIGN(there_, lines_.next());
    if (!there_) return {};
    profile_ = browse::plain_text(browse::member(lines_.line(), "profile_id"));
    session_ = browse::plain_text(browse::member(lines_.line(), "session_id"));
    return {};
  }
  bool there() const { return there_; }
  std::string_view line() const { return lines_.line(); }
  std::pair<std::string_view, std::string_view> key() const { return {profile_, session_}; }
  const std::string& profile() const { return profile_; }
  const std::string& session() const { return session_; }

 private:
  static std::vector<std::string> paths_of(const std::string& root, const Files& files) {
    std::vector<std::string> paths;
    for (const publish::ManifestFile& file : files) paths.push_back(root + "/" + file.path);
    return paths;
  }
  browse::JsonLines lines_;
  bool there_ = false;
  std::string profile_;
  std::string session_;
};

Status compare_sessions(SessionReader first, SessionReader second, Noted noted) {
  GM_RETURN_IF_ERROR(first.next());
  GM_RETURN_IF_ERROR(second.next());
  while (first.there() || second.there()) {
    if (!second.there() || (first.there() && first.key() < second.key())) {
      noted.only_first(first.profile(), first.session());
      GM_RETURN_IF_ERROR(first.next());
    } else if (!first.there() || second.key() < first.key()) {
      noted.only_second(second.profile(), second.session());
      GM_RETURN_IF_ERROR(second.next());
    } else {
      first.line() == second.line() ? noted.same() : noted.changed(first.profile(), first.session());
      GM_RETURN_IF_ERROR(first.next());
      GM_RETURN_IF_ERROR(second.next());
    }
  }
  return {};
}

json::JsonValue header_of(const publish::ManifestReader& manifest) {
  return json::JsonValue::parse("{" + manifest.header_fields() + "}").value_or(json::JsonValue());
}

void count_all(const json::JsonValue& first, const json::JsonValue& second, std::vector<OutputDiff::Count>& counts) {
  for (const std::string_view dataset : dataset_names) {
    for (const char* const name : counted_of_data_set) {
      if (first[dataset][name].is_null() && second[dataset][name].is_null()) continue;
      counts.push_back(
          {std::string(dataset) + "." + name, first[dataset][name].count(), second[dataset][name].count()});
    }
  }
  for (const char* const name : {"files", "sessions", "models", "new_sessions", "touched_sessions"}) {
    if (first[name].type() != json::JsonType::number && second[name].type() != json::JsonType::number) continue;
    counts.push_back({name, first[name].count(), second[name].count()});
  }
  for (const std::string_view dataset : dataset_names) {
    for (const char* const kind : {"rejections", "repairs"}) {
      std::set<std::string> names;
      for (const json::JsonValue* line : {&first, &second}) {
        for (const auto& [name, count] : (*line)[dataset][kind].members()) names.insert(name);
      }
      for (const std::string& name : names) {
        counts.push_back({std::string(dataset) + "." + kind + "." + name, first[dataset][kind][name].count(),
                          second[dataset][kind][name].count()});
      }
    }
  }
}

void write_differences(const char* name, const Differences& differences, json::JsonWriter& json) {
  json.open_object(name);
  json.number("same", differences.same);
  json.number("changed", differences.changed);
  json.number("only_first", differences.only_first);
  json.number("only_second", differences.only_second);
  json.open_array("names");
  const bool of_sessions = std::string_view(name) == "sessions";
  for (const Differences::Name& each : differences.names) {
    json.open_object(json::JsonLayout::one_line);
    json.text("change", each.sign == '~' ? "changed" : each.sign == '-' ? "only_first" : "only_second");
    json.text(of_sessions ? "profile_id" : "partition", each.name);
    if (of_sessions) json.text("session_id", each.session);
    json.close();
  }
  json.close();
  json.close();
}

}  // namespace

Result<OutputDiff> compare_outputs(Storage& storage, const std::string& first, const std::string& second,
                                   std::uint64_t limit) {
  ManifestFolders one(storage, first);
  ManifestFolders other(storage, second);
  GM_RETURN_IF_ERROR(one.open());
  GM_RETURN_IF_ERROR(other.open());
  OutputDiff diff;
  diff.run_ids = {one.manifest().run_id(), other.manifest().run_id()};
  const json::JsonValue of_one = header_of(one.manifest());
  const json::JsonValue of_other = header_of(other.manifest());
  diff.same_inputs = of_one["inputs_id"].text() == of_other["inputs_id"].text();
  count_all(of_one["accounting"], of_other["accounting"], diff.counts);

  Noted labels(diff.labels, limit);
  Noted predictions(diff.predictions, limit);
  const auto kind_of = [&](const std::string& folder) -> Noted* {
    if (folder.starts_with("labels/")) return &labels;
    return folder.starts_with("predictions/") ? &predictions : nullptr;
  };
  Files sessions[2];
  GM_ASSIGN(bool is_one, one.next());
  GM_ASSIGN(bool is_other, other.next());
  while (is_one || is_other) {
    const bool takes_one = is_one && (!is_other || one.folder() <= other.folder());
    const bool takes_other = is_other && (!is_one || other.folder() <= one.folder());
    const std::string& folder = takes_one ? one.folder() : other.folder();
    if (folder == "aggregated-json/") {
      if (takes_one) sessions[0] = one.files();
      if (takes_other) sessions[1] = other.files();
    }
    if (Noted* const noted = kind_of(folder)) {
      const std::string name = folder.substr(0, folder.size() - 1);
      if (!takes_other) {
        noted->only_first(name);
      } else if (!takes_one) {
        noted->only_second(name);
      } else {
        GM_ASSIGN(const bool same, have_same_rows(storage, one, other));
        same ? noted->same() : noted->changed(name);
      }
    }
    if (takes_one) {
      GM_ASSIGN(is_one, one.next());
    }
    if (takes_other) {
      GM_ASSIGN(is_other, other.next());
    }
  }
  if (are_alike(sessions[0], sessions[1])) {
    diff.sessions.same = of_one["accounting"]["sessions"].count();
  } else {
    GM_RETURN_IF_ERROR(compare_sessions(SessionReader(storage, first, sessions[0]),
                                        SessionReader(storage, second, sessions[1]), Noted(diff.sessions, limit)));
  }
  return diff;
}

Result<OutputDiff> compare_runs(Storage& storage, const std::string& folder, const std::string& first,
                                const std::string& second) {
  GM_ASSIGN(const std::optional<std::string> name, history::find_history(storage, folder));
  std::vector<std::string> lines;
  if (name) {
    GM_ASSIGN(lines, history::read_lines(storage, folder + "/" + *name));
  }
  const auto find = [&](const std::string& wanted) -> Result<json::JsonValue> {
    for (const std::string& line : lines) {
      const std::optional<json::JsonValue> run = json::JsonValue::parse(line);
      if (run && ((*run)["batch"].text() == wanted || (*run)["run_id"].text() == wanted)) return *run;
    }
    return Error::usage("'" + folder + "' has no run '" + wanted + "' in its history",
                        "'gristmill history " + folder + "' lists them")
        .in_file(folder);
  };
  GM_ASSIGN(const json::JsonValue one, find(first));
  GM_ASSIGN(const json::JsonValue other, find(second));
  OutputDiff diff;
  diff.of_runs = true;
  diff.run_ids = {one["run_id"].text(), other["run_id"].text()};
  diff.same_inputs = !one["inputs_id"].is_null() && one["inputs_id"].text() == other["inputs_id"].text();
  count_all(one, other, diff.counts);
  return diff;
}

std::string diff_json(const OutputDiff& diff) {
  std::string text;
  json::JsonWriter json(text);
  json.open_object();
  json.open_array("run_ids", json::JsonLayout::one_line);
  json.text(diff.run_ids.first);
  json.text(diff.run_ids.second);
  json.close();
  json.flag("same_inputs", diff.same_inputs);
  json.open_object("counts");
  for (const OutputDiff::Count& count : diff.counts) {
    json.open_array(count.name, json::JsonLayout::one_line);
    json.number(count.first);
    json.number(count.second);
    json.close();
  }
  json.close();
  if (diff.of_runs) {
    json.close();
    return text + "\n";
  }
  write_differences("labels", diff.labels, json);
  write_differences("predictions", diff.predictions, json);
  write_differences("sessions", diff.sessions, json);
  json.close();
  return text + "\n";
}

}  // namespace gristmill::diff
