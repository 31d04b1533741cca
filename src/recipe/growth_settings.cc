// None of them is in the recipe as recorded: they say which inputs a run takes and how its rows lie, and the ledger has
// what became of the inputs. Tested in table_test.cc.
#include "recipe/growth_settings.h"

#include "recipe/setting_targets.h"

namespace gristmill::recipe {
namespace {

constexpr const char* growth = "Outputs that grow";

}  // namespace

std::vector<Setting> growth_settings() {
  std::vector<Setting> settings;
  settings.push_back({.key = "accumulate",
                      .group = growth,
                      .help = "Keep in the output what 'gristmill update' needs to add later inputs",
                      .target = in_recipe<&Recipe::accumulate>});
  settings.push_back(
      {.key = "changed",
       .type = SettingType::choice,
       .group = growth,
       .help = "What an update does about inputs that changed since they were read: fail, or ignore, which keeps what "
               "was read",
       .choices = {"fail", "ignore"},
       .target = in_recipe<&Recipe::changed>});
  settings.push_back(
      {.key = "same_content",
       .type = SettingType::choice,
       .group = growth,
       .help =
           "What an output that grows does about a new file with the bytes of an earlier one of its data set: read, "
           "which counts its lines as repeated, or skip",
       .choices = {"read", "skip"},
       .target = in_recipe<&Recipe::same_content>});
  settings.push_back({.key = "set_aside",
                      .type = SettingType::names,
                      .group = growth,
                      .help = "Names of new files whose lines are left out for good; the ledger says so",
                      .target = in_recipe<&Recipe::set_aside>});
  settings.push_back(
      {.key = "layout",
       .type = SettingType::choice,
       .group = growth,
       .help = "Files of a partition that grows: parts, one for each batch; whole, one that is written anew where an "
               "update adds to it; auto, as the output has it, a new one in parts",
       .choices = {"auto", "parts", "whole"},
       .target = in_recipe<&Recipe::layout>});
  settings.push_back(
      {.key = "compact_above",
       .type = SettingType::count,
       .group = growth,
       .help =
           "Parts of a partition that an update leaves as they are; where it adds to one that has as many, it merges "
           "them",
       .least = 1,
       .most = 1'000'000,
       .target = in_recipe<&Recipe::compact_above>});
  settings.push_back({.key = "require_new",
                      .group = growth,
                      .help = "An update that finds nothing new is an error (exit code 6)",
                      .target = in_recipe<&Recipe::require_new>});
  settings.push_back({.key = "drop_gone",
                      .group = growth,
                      .help = "A run may lose lines that the output holds of inputs which are gone",
                      .target = in_recipe<&Recipe::drop_gone>});
  settings.push_back({.key = "drop_state",
                      .group = growth,
                      .help = "A run without --accumulate may replace an output that grows",
                      .target = in_recipe<&Recipe::drop_state>});
  constexpr const char* people = "People who asked to be erased";
  settings.push_back({.key = "forget.key_file",
                      .type = SettingType::path,
                      .group = people,
                      .help = "The key by which the ids of forgotten people are known: a file that only its owner may "
                              "read. 'gristmill init --key FILE' makes one",
                      .target = in_recipe<&Recipe::forget_key_file>});
  settings.push_back({.key = "forgotten",
                      .type = SettingType::path,
                      .group = people,
                      .help = "Leave out the lines of all who are in this list of another output "
                              "(_state/forgotten.jsonl)",
                      .target = in_recipe<&Recipe::forgotten>});
  return settings;
}

}  // namespace gristmill::recipe
