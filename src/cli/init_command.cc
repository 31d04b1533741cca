// gristmill init: the files to begin with. Both are looked for before either is written, so that a refusal
// leaves the folder as it was.
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/target_file.h"
#include "privacy/secret_key.h"
#include "recipe/starter.h"
#include "text/visible_message.h"

namespace gristmill::cli {
namespace {

struct StarterFile {
  std::string path;
  std::string text;
};

}  // namespace

Result<int> init_command(const std::string& folder, bool force, Storage& storage) {
  GM_ASSIGN(const std::string place, storage.resolve(folder.empty() ? "." : folder));
  const StarterFile files[] = {{place + "/gristmill.yaml", recipe::starter_recipe()},
                               {place + "/.env", recipe::starter_dotenv()}};
  GM_ASSIGN(const std::optional<FileInfo> found, storage.stat(place));
  if (found && found->type != FileType::folder) {
    return Error::usage("'" + place + "' is a file, not a folder", "name a folder to write gristmill.yaml and .env to")
        .in_file(place);
  }
  std::string there;
  for (const StarterFile& file : files) {
    GM_ASSIGN(const std::optional<FileInfo> other, storage.stat(file.path, false));
    if (!other) continue;
    if (other->type == FileType::folder || other->type == FileType::other) {
      return Error::usage("'" + file.path + "' is " + (other->type == FileType::folder ? "a folder" : "no file"),
                          "move it away, or name another folder")
          .in_file(file.path);
    }
    there += (there.empty() ? "'" : "' and '") + file.path;
  }
  if (!there.empty() && !force) {
    return Error::usage(there + "' would be overwritten; nothing was written",
                        "move what is there away, name another folder, or replace it with --force");
  }
  GM_RETURN_IF_ERROR(storage.make_folder(place));
  for (const StarterFile& file : files) {
    GM_RETURN_IF_ERROR(force ? replace_file(storage, file.path, file.text) : make_file(storage, file.path, file.text));
    print("written: " + text::visible_message(file.path) + "\n");
  }
  const std::string go_there = folder.empty() || folder == "." ? "" : "cd there, ";
  print("next: " + go_there +
        "set collections, predictions and output in gristmill.yaml, then 'gristmill explain' and "
        "'gristmill run'\n");
  return 0;
}

Result<int> init_key_command(const std::string& path) {
  GM_RETURN_IF_ERROR(privacy::make_key(path));
  print("written: " + text::visible_message(path) + "\n");
  print(
      "next: keep a copy of it in a safe place apart from the data; whoever loses it cannot write to outputs in which "
      "people were forgotten by it\n");
  return 0;
}

}  // namespace gristmill::cli
