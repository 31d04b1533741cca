// gristmill explain: every setting with its origin, the files that match and the plan. Writes nothing.
#include <algorithm>
#include <set>

#include "cli/commands.h"
#include "cli/console.h"
#include "growth/growth.h"
#include "publish/manifest.h"
#include "publish/publish.h"
#include "run/machine.h"
#include "source/input_files.h"
#include "storage/any_storage.h"
#include "text/byte_size.h"
#include "text/figures.h"
#include "text/visible_message.h"

namespace gristmill::cli {
namespace {

constexpr std::size_t most_files_shown = 50;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

void explain_settings(const recipe::Settings& settings) {
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (const GivenSetting& origin : settings.origins) {
    key_width = std::max(key_width, origin.key.size());
    value_width = std::max(value_width, std::min<std::size_t>(40, origin.value.size()));
  }
  print("Settings\n");
  for (const GivenSetting& origin : settings.origins) {
    const std::string value = origin.value.empty() ? "-" : text::visible_message(origin.value);
    print("  " + padded(origin.key, key_width) + "  " + padded(value, value_width) + "  " +
          text::visible_message(origin.origin) + "\n");
  }
}

// Free bytes of the file system that holds `path`, or would.
Result<std::uint64_t> free_space_near(Storage& storage, std::string path) {
  if (storage::is_s3(path)) return storage.free_space(path);
  for (;;) {
    GM_ASSIGN(const auto info, storage.stat(path));
    if (info || path.size() <= 1) return storage.free_space(path);
    path.resize(std::max<std::size_t>(1, path.rfind('/')));
  }
}

void print_paths(std::string_view what, const std::vector<std::string>& paths) {
  if (paths.empty()) return;
  print("  " + std::string(what) + "\n");
  for (std::size_t i = 0; i < std::min(paths.size(), most_files_shown); ++i) {
    print("    " + text::visible_message(paths[i]) + "\n");
  }
  if (paths.size() > most_files_shown)
    print("    ... and " + std::to_string(paths.size() - most_files_shown) + " more\n");
}

// What the ledger of the output says of the files.
Status explain_update(const Recipe& recipe, std::vector<source::InputFile> files, Storage& storage) {
  GM_ASSIGN(const std::string root, storage.resolve(recipe.output));
  GM_ASSIGN(const auto published, storage.stat_file(root + "/" + std::string(publish::manifest_name)));
  if (!published) {
    print("\nUpdate\n  there is no output yet: all files are batch 1\n");
    return {};
  }
  GM_ASSIGN([[maybe_unused]] const publish::ReadableTree whole, publish::find_readable(storage, recipe.output));
  Recipe looking = recipe;
  looking.changed = ChangedInputs::ignore;
  growth::Growth output(storage, looking);
  GM_RETURN_IF_ERROR(output.add_to(root, files, [] { return interrupted_flag().load(); }));
  const growth::LedgerComparison& found = output.comparison();
  print("\nUpdate\n  batch " + std::to_string(output.batch()) + ": " + text::counted(found.fresh.size(), "new file") +
        ", " + text::grouped(found.known) + " known, " + text::grouped(found.moved) + " of them moved\n");
  std::vector<std::string> fresh;
  std::vector<std::string> aside;
  std::vector<std::string> same;
  for (const source::InputFile& file : found.fresh) {
    std::vector<std::string>& shown = !file.left_out ? fresh : file.left_out->same_as.empty() ? aside : same;
    shown.push_back(file.name + "  (" + file.path + ")");
  }
  print_paths("new", fresh);
  print_paths("new and set aside (no line is read)", aside);
  print_paths("new, with the bytes of an earlier one (left out)", same);
  print_paths(recipe.changed == ChangedInputs::ignore ? "changed since they were read (left out)"
                                                      : "changed since they were read (the update would fail)",
              found.changed);
  std::vector<std::string> gone = found.gone[0];
  gone.insert(gone.end(), found.gone[1].begin(), found.gone[1].end());
  print_paths("gone, but held by the output", gone);
  return {};
}

}  // namespace

Result<int> explain_command(const recipe::Settings& settings, bool update, Storage& storage) {
  const Recipe& recipe = settings.recipe;
  explain_settings(settings);
  for (const std::string& warning : settings.warnings) print("  note: " + text::visible_message(warning) + "\n");
  source::InputListing listing;
  if (!recipe.ledger.empty()) {
    GM_ASSIGN(listing.files, growth::list_ledger(storage, recipe.ledger));
  } else if (recipe.collections.empty() && recipe.predictions.empty()) {
    return recipe::missing_setting(*recipe::find_setting("collections"));
  } else {
    GM_ASSIGN(listing, source::list_input_files(storage, recipe, update));
  }
  const std::vector<source::InputFile>& files = listing.files;
  const bool piped = source::reads_standard_input(recipe);
  std::uint64_t bytes = 0;
  for (const source::InputFile& file : files) bytes += file.size;
  print("\nFiles (" + std::to_string(files.size()) + ", " + text::bytes_text(bytes) +
        (piped ? ", and what standard input brings" : "") + ")\n");
  std::set<std::string> accesses;
  for (const source::InputFile& file : files) {
    if (!storage::is_s3(file.path)) continue;
    GM_ASSIGN(const std::string access, storage.describe(file.path));
    if (accesses.insert(access).second) print("  S3: " + text::visible_message(access) + "\n");
  }
  for (std::size_t i = 0; i < files.size() && i < most_files_shown; ++i) {
    const bool is_stream = files[i].path == standard_input_path;
    print(
        "  " + padded(std::string(name_of(files[i].dataset)), 12) +
        (is_stream ? "standard input" : text::visible_message(files[i].path) + "  " + text::bytes_text(files[i].size)) +
        "\n");
  }
  if (files.size() > most_files_shown)
    print("  ... and " + std::to_string(files.size() - most_files_shown) + " more\n");

  for (std::size_t i = 0; i < dataset_count; ++i) {
    const source::PassedOver& passed_over = listing.passed_over[i];
    if (passed_over.files == 0) continue;
    print("  passed over " + std::string(dataset_names[i]) + ": " + text::counted(passed_over.files, "file") + "\n");
    for (const std::string& name : passed_over.names) print("    " + text::visible_message(name) + "\n");
    if (passed_over.files > passed_over.names.size()) print("    ...\n");
  }

  if (update) {
    if (recipe.output.empty()) return recipe::missing_setting(*recipe::find_setting("output"));
    GM_RETURN_IF_ERROR(explain_update(recipe, files, storage));
  }
  const Resources resources = resources_of(recipe);
  print("\nPlan\n  threads       " + std::to_string(resources.threads) + "\n  memory        " +
        text::format_byte_size(resources.memory) + "\n  spill folder  " +
        text::visible_message(resources.spill_folder) + "\n");
  if (recipe.output.empty()) return recipe::missing_setting(*recipe::find_setting("output"));
  GM_RETURN_IF_ERROR(scheduling::check_spill_folder(storage, recipe));
  GM_ASSIGN(const publish::PublicationPlan plan, publish::plan_publication(storage, recipe.output));
  print("  output        " + text::visible_message(plan.root) + "\n");
  GM_ASSIGN(const std::string output_access, storage.describe(recipe.output));
  if (!output_access.empty()) print("                " + text::visible_message(output_access) + "\n");
  if (plan.busy) {
    print("  note: another run is writing to this output now; how this one would publish is not known meanwhile\n");
    return 0;
  }
  const bool adds = update && plan.found.state == publish::RootState::published;
  if (adds) {
    print("  published by  journal (an update changes only the files that it touches)\n");
  } else {
    print("  published by  " + std::string(name_of(plan.way)) +
          (plan.way_reason.empty() ? "" : " (" + text::visible_message(plan.way_reason) + ")") + "\n");
    print("  staged in     " + text::visible_message(plan.staging_folder) + "\n");
  }
  if (!plan.fence.empty()) print("  paused runs   " + text::visible_message(plan.fence) + "\n");
  if (!plan.kept_run.empty()) {
    print("  note: the output of run " + text::visible_message(plan.kept_run) +
          " waits for 'gristmill publish'; a run removes it\n");
  }
  GM_ASSIGN(const std::uint64_t output_free, free_space_near(storage, plan.staging_folder));
  GM_ASSIGN(const std::uint64_t spill_free, free_space_near(storage, resources.spill_folder));
  print("  output space  about " + text::bytes_text(bytes * output_per_input) + " for the new one" +
        (plan.found.bytes > 0 ? ", beside the old one's " + text::bytes_text(plan.found.bytes) : "") + "; " +
        (storage::is_s3(plan.root) ? "no limit" : text::bytes_text(output_free) + " free") + "\n");
  print("  spill space   " +
        (piped                          ? std::string("up to what standard input brings, and more")
         : bytes > resources.memory / 2 ? "up to " + text::bytes_text(bytes)
                                        : std::string("none")) +
        "; " + text::bytes_text(spill_free) + " free\n");
  return 0;
}

}  // namespace gristmill::cli
