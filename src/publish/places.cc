// All names of places come of the resolved root, so that two ways to write one output meet at one lock. Tested in
// publication_test.cc.
#include "publish/places.h"

#include <algorithm>

namespace gristmill::publish {
namespace {

constexpr std::string_view beside_ending = ".gristmill";

// Where runs stage, and on S3 what some servers and tools read as another name.
Status check_names(const std::string& root, bool is_local) {
  const std::size_t begin = is_local ? 1 : std::string_view("s3://").size();
  for (std::size_t at = begin; at <= root.size();) {
    const std::size_t end = std::min(root.find('/', at), root.size());
    const std::string_view name = std::string_view(root).substr(at, end - at);
    if (name == inside_name || (name.starts_with('.') && name.ends_with(beside_ending))) {
      return Error::usage("'" + root + "' cannot be an output: '" + std::string(name) +
                              "' is the name of a folder in which runs stage, and what lies there is removed",
                          "name an output elsewhere")
          .in_file(root);
    }
    const bool control = std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
    if (!is_local && (name.empty() || name == "." || name == ".." || control)) {
      return Error::usage("'" + root +
                              "' cannot be an output: a part of its name is empty, '.', '..' or has control "
                              "characters, which servers read differently",
                          "write the name without it")
          .in_file(root);
    }
    at = end + 1;
  }
  return {};
}

}  // namespace

std::string folder_beside(const std::string& root) {
  const std::size_t name = root.rfind('/') + 1;
  return root.substr(0, name) + "." + root.substr(name) + std::string(beside_ending);
}

Result<OutputPlaces> find_places(Storage& storage, const std::string& output) {
  if (output.empty()) return Error::usage("no output is named", "name an output folder");
  OutputPlaces places;
  GM_ASSIGN(places.root, storage.resolve(output));
  while (places.root.size() > 1 && places.root.back() == '/') places.root.pop_back();
  const std::size_t slash = places.root.rfind('/');
  if (slash == std::string::npos || slash + 1 == places.root.size()) {
    return Error::usage("'" + output + "' cannot be an output: it has no folder above it", "name a folder below it")
        .in_file(output);
  }
  GM_RETURN_IF_ERROR(check_names(places.root, storage.traits(places.root).exchanges_folders));
  places.parent = slash == 0 ? "/" : places.root.substr(0, slash);
  places.name = places.root.substr(slash + 1);
  places.beside = {PublishWay::exchange, folder_beside(places.root)};
  places.inside = {PublishWay::journal, places.root + "/" + std::string(inside_name)};
  // Nothing that follows is led elsewhere by a link, whoever makes one.
  storage.guard(places.root, places.root);
  storage.guard(places.beside.folder, places.root);
  GM_ASSIGN(std::optional<FileInfo> found, find_folder(storage, places.root));
  if (found && found->type != FileType::folder) {
    return Error::output("the output '" + places.root + "' is a file, not a folder",
                         "choose another output, or move the file away")
        .in_file(places.root);
  }
  places.existing = places.root;
  if (!storage.traits(places.root).exchanges_folders) return places;
  while (!found) {
    const std::size_t above = places.existing.rfind('/');
    places.existing.resize(above == 0 ? 1 : above);
    GM_ASSIGN(found, storage.stat(places.existing));
    if (places.existing == "/") break;
  }
  return places;
}

Result<std::optional<FileInfo>> find_folder(Storage& storage, const std::string& folder, bool follow) {
  return storage.stat(storage.traits(folder).exchanges_folders ? folder : folder + "/", follow);
}

const std::vector<std::string>& root_skips() {
  static const std::vector<std::string> names = {std::string(inside_name), "lost+found"};
  return names;
}

bool is_run_id(std::string_view text) {
  if (text.empty() || text.size() > 100 || text.front() == '.' || text == lock_name) return false;
  if (text.starts_with(commit_name) || text.starts_with(kept_name)) return false;
  for (const char c : text) {
    const bool allowed =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!allowed) return false;
  }
  return true;
}

bool is_staging_entry(std::string_view name) {
  for (const std::string_view known : {lock_name, commit_name, kept_name, std::string_view("probe")}) {
    if (name == known || (name.starts_with(known) && name.substr(known.size()) == ".new")) return true;
  }
  if (name.starts_with("probe-")) return true;
  constexpr std::string_view form = "00000000T000000Z-";
  if (name.size() <= form.size() || !is_run_id(name)) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = name[i] >= '0' && name[i] <= '9';
    if (form[i] == '0' ? !digit : name[i] != form[i]) return false;
  }
  return true;
}

Error as_output(Error error) {
  if (error.kind == ErrorKind::input) error.kind = ErrorKind::output;
  return error;
}

Error no_output(Storage& storage, const OutputPlaces& places, std::string_view missing) {
  const Result<std::optional<FileInfo>> root = find_folder(storage, places.root);
  if (!root.ok()) return as_output(root.error());
  if (root->has_value() && !storage.traits(places.root).exchanges_folders) {
    const auto lock = storage.stat_file(places.inside.lock());
    if (lock.ok() && *lock) {
      return Error::input("there is no output at '" + places.root + "' yet: a run is writing it, or was cut off",
                          "try again when it is done; if that run has ended, run 'gristmill recover " + places.root +
                              "', which removes what it wrote")
          .in_file(places.root);
    }
  }
  Error error = root->has_value()
                    ? Error::input("'" + places.root + "' holds no complete output of gristmill: it has no " +
                                       std::string(missing),
                                   "name the folder that was the --output of a run, or run again to write it")
                    : Error::input("there is no output at '" + places.root + "'",
                                   "name the folder that was the --output of a run");
  return std::move(error).in_file(places.root);
}

}  // namespace gristmill::publish
