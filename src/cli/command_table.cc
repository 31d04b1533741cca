// Written once, by command; the flags that several commands share are made by functions. Tested by
// tests/programs, which completes every flag in three shells.
#include "cli/command_table.h"

#include "browse/session_rows.h"
#include "generate/anomaly.h"
#include "generate/form.h"
#include "gristmill/data.h"
#include "recipe/table.h"
#include "recipe/value.h"
#include "text/nearest.h"

namespace gristmill::cli {
namespace {

ValueText value_of(const recipe::Setting& setting) {
  ValueText value{FlagValueKind::text, setting.value_shape(), setting.choices};
  switch (setting.type) {
    case recipe::SettingType::boolean: value.kind = FlagValueKind::none; break;
    case recipe::SettingType::choice:
    case recipe::SettingType::by_dataset:
      value.kind = setting.choices.empty() ? FlagValueKind::text : FlagValueKind::choice;
      break;
    case recipe::SettingType::path:
    case recipe::SettingType::paths: value.kind = FlagValueKind::file; break;
    default: break;
  }
  return value;
}

FlagText flag_of(const recipe::Setting& setting) {
  FlagText flag{.name = setting.flag,
                .short_name = setting.short_flag,
                .value = value_of(setting),
                .help = setting.help,
                .group = setting.group,
                .repeatable = setting.repeatable(),
                .setting = &setting};
  if (!setting.default_text.empty() && setting.type != recipe::SettingType::boolean) {
    flag.help += " [default: " + setting.default_text + "]";
  }
  return flag;
}

std::vector<FlagText> flags_of_settings() {
  std::vector<FlagText> flags;
  for (const recipe::Setting& setting : recipe::settings_table()) {
    if (!setting.flag.empty()) flags.push_back(flag_of(setting));
  }
  return flags;
}

// How S3 is reached, and the files that may say it: for commands about an output.
std::vector<FlagText> with_s3_flags(std::vector<FlagText> flags) {
  for (const recipe::Setting& setting : recipe::settings_table()) {
    if (setting.key.starts_with("s3.") || !setting.in_recipe_file) flags.push_back(flag_of(setting));
  }
  return flags;
}

FlagText fsync_flag() {
  return {.name = "--fsync", .help = "Wait for the disk, so that a loss of power keeps the old or the new"};
}

WordText output_word(const char* help) {
  return {.name = "OUT", .value = {FlagValueKind::folder, "OUT"}, .required = true, .help = help};
}

ValueText choice(std::string shape, std::vector<std::string> choices) {
  return {FlagValueKind::choice, std::move(shape), std::move(choices)};
}

std::vector<FlagText> flags_of_show() {
  std::vector<std::string> orders;
  for (const browse::SessionColumn& column : browse::usual_session_columns()) {
    orders.push_back(column.name);
    for (const char* order : {":asc", ":desc"}) orders.push_back(column.name + order);
  }
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < reason_count; ++i) reasons.emplace_back(name_of(static_cast<Reason>(i)));
  return {
      {.name = "--profile",
       .value = {FlagValueKind::text, "ID"},
       .help = "Only what is of this profile; of quarantine, lines that hold its id; labels and predictions need it",
       .views = {"sessions", "models", "labels", "predictions", "quarantine"}},
      {.name = "--session",
       .value = {FlagValueKind::text, "ID"},
       .help = "Only what is of the session of this id",
       .views = {"sessions", "models", "labels", "predictions"}},
      {.name = "--sort",
       .value = {FlagValueKind::open, "COLUMN[:asc|:desc]", std::move(orders)},
       .help = "Sort the sessions by a column, smallest first (:asc), or with :desc largest first; nulls stand last",
       .views = {"sessions"}},
      {.name = "--reason",
       .value = choice("NAME", std::move(reasons)),
       .help = "Of quarantine: only lines rejected for this reason",
       .views = {"quarantine"}},
      {.name = "--limit",
       .value = {FlagValueKind::text, "N"},
       .help = "At most so many rows, of checks so many culprits each; 0: all [default: 20 of a table, "
               "5 culprits, else all]"},
      {.name = "--format",
       .value = choice("table|csv|json", {"table", "csv", "json"}),
       .help = "A table for people, CSV (RFC 4180), or JSON Lines [default: table]"},
      {.name = "--kept", .help = "Show the output that a failed check kept back, not the published one"},
      flag_of(*recipe::find_setting("color"))};
}

// Names that may stand before the '=' of --anomaly.
std::vector<std::string> anomaly_names() {
  std::vector<std::string> names = {"repairs", "rejections"};
  for (std::size_t i = 0; i < generate::anomaly_count; ++i) names.emplace_back(generate::Anomaly(i).name());
  for (std::string& name : names) name += "=";
  return names;
}

std::vector<FlagText> flags_of_generate() {
  std::vector<FlagText> flags;
  const auto add = [&](const char* group, const char* name, ValueText value, const char* help) {
    flags.push_back({.name = name, .value = std::move(value), .help = help, .group = group});
  };
  const ValueText number{FlagValueKind::text, "N"};
  add("Shape", "--profiles", number, "Profiles [default: 1000]");
  add("Shape", "--sessions", number, "Sessions of a profile [default: 10]");
  add("Shape", "--collections", number, "Collections of a session [default: 5]");
  add("Shape", "--behaviours", number, "Keystrokes and swipes of a collection, together [default: 60]");
  add("Shape", "--predictions", number, "Predictions of a session [default: one for each collection]");
  add("Shape", "--skew", {FlagValueKind::open, "even|zipf[:EXPONENT]", {"even", "zipf"}},
      "even: all profiles alike; zipf: the same sessions in all, but one giant profile among many [default: even]");
  add("Anomalies", "--anomaly", {FlagValueKind::open, "NAME=SHARE", anomaly_names()},
      "Share of the lines that carry an anomaly: the name of a repair, a rejection or a finding, or repairs or "
      "rejections for all of them (docs/guide/generate.md); can be repeated");
  flags.back().repeatable = true;
  add("Anomalies", "--line-limit", {FlagValueKind::text, "SIZE"},
      "The length that lines with the anomaly line_too_long exceed [default: 64MiB]");
  add("Files", "--form", choice("lines|array|glued|...", {generate::form_names.begin(), generate::form_names.end()}),
      "How records stand in a file: lines, array, glued, sequence (RFC 7464), pretty (over several lines), wrapped (in "
      "a field 'payload'), utf16 [default: lines]");
  add("Files", "--spaced", {}, "White space as Python's json.dumps writes it by default");
  add("Files", "--files", number, "Files of each data set [default: 1]");
  add("Files", "--compression", choice("none|gz|zst", {"none", "gz", "zst"}),
      "How they are compressed [default: none]");
  add("Files", "--plain-names", {}, "Leave .gz and .zst out of the files' names");
  add("Files", "--force", {}, "Replace data that was generated into the folder before");
  add("Ways", "--seed", number, "The same seed gives the same bytes [default: 1]");
  add("Ways", "--threads", number, "Threads; 0: the usable cores. Changes no byte [default: 0]");
  add("Ways", "--quiet", {}, "Print errors only");
  flags.back().short_name = "-q";
  return flags;
}

// All settings of a run: they say how lines are read; those of the data and the output go into the proposed recipe.
std::vector<FlagText> flags_of_inspect() {
  std::vector<FlagText> flags = {
      {.name = "--format",
       .value = choice("table|json", {"table", "json"}),
       .help = "Tables for people, or everything as one JSON object [default: table]"},
      {.name = "--shapes",
       .value = {FlagValueKind::text, "N"},
       .help = "How many shapes of each data set; 0: none [default: 20]"},
      {.name = "--fields",
       .value = {FlagValueKind::text, "N"},
       .help = "How many fields of each data set; 0: none [default: 100]"},
      {.name = "--write-recipe",
       .value = {FlagValueKind::file, "FILE"},
       .help = "Write the recipe to start from to this file, which must not be there yet [default: print it]"}};
  for (FlagText& flag : flags_of_settings()) flags.push_back(std::move(flag));
  return flags;
}

FlagText update_flag() {
  return {.name = "--update", .help = "Of what 'gristmill update' would add to the output, which is left alone"};
}

std::vector<FlagText> flags_of_validate() {
  std::vector<FlagText> flags = {{.name = "--format",
                                  .value = choice("table|json", {"table", "json"}),
                                  .help = "Tables for people, or the report as one JSON object, with --quiet too "
                                          "[default: table]"},
                                 update_flag()};
  for (FlagText& flag : flags_of_settings()) flags.push_back(std::move(flag));
  return flags;
}

std::vector<FlagText> flags_of_list(std::string limit_help) {
  return {{.name = "--limit", .value = {FlagValueKind::text, "N"}, .help = std::move(limit_help)},
          {.name = "--format",
           .value = choice("table|csv|json", {"table", "csv", "json"}),
           .help = "As a table, as CSV, or as JSON Lines [default: table]"}};
}

std::vector<FlagText> flags_of_history() {
  std::vector<FlagText> flags = flags_of_list("Runs; 0: all [default: 0]");
  flags.push_back({.name = "--accept", .help = "Take what the last run differs in (check drift) as the new level"});
  return flags;
}

std::vector<FlagText> flags_of_run() {
  std::vector<FlagText> flags = {
      {.name = "--tables", .help = "Print the tables of all checks and the first sessions too, as validate does"}};
  for (FlagText& flag : flags_of_settings()) flags.push_back(std::move(flag));
  return flags;
}

std::vector<FlagText> flags_of_update() {
  std::vector<FlagText> flags = flags_of_run();
  for (FlagText& flag : flags) {
    if (flag.name == "--output") flag.help = "Folder of the output that grows; made if it is not there";
  }
  return flags;
}

// The settings of a replay: all others are those of the output.
std::vector<FlagText> flags_of_replay() {
  std::vector<FlagText> flags;
  for (FlagText& flag : flags_of_settings()) {
    const std::string& key = flag.setting->key;
    const auto is_beside = [&](const char* other) { return recipe::find_setting(other)->group == flag.setting->group; };
    if (key == "collections" || key == "predictions") {
      flag.help = "Lines of the quarantine of " + key + " whose 'raw' is mended: files, folders or globs";
    } else if (key != "require_new" && !is_beside("threads") && !is_beside("s3.region") && !is_beside("quiet")) {
      continue;
    }
    if (key != "sha256") flags.push_back(std::move(flag));
  }
  return flags;
}

std::vector<FlagText> flags_of_forget() {
  std::vector<FlagText> flags = {
      {.name = "--profile",
       .value = {FlagValueKind::text, "ID"},
       .help = "The profile id of somebody who asks to be erased",
       .repeatable = true},
      {.name = "--profiles",
       .value = {FlagValueKind::file, "FILE"},
       .help = "Their ids, one a line; a line that begins with '\"' is JSON",
       .repeatable = true},
      {.name = "--remember",
       .help = "Leave out lines of these people from now on, even if there is nothing of them yet"},
      {.name = "--dry-run", .help = "Say what would go, and where in the inputs their lines are; change nothing"},
      {.name = "--receipt",
       .value = {FlagValueKind::file, "FILE"},
       .help = "Write to this file what went, as JSON; no id is in it"}};
  for (FlagText& flag : flags_of_settings()) {
    const std::string& key = flag.setting->key;
    const auto is_beside = [&](const char* other) { return recipe::find_setting(other)->group == flag.setting->group; };
    const bool fits = key == "forget.key_file" || is_beside("threads") || is_beside("s3.region") || is_beside("quiet");
    if (fits && key != "sha256" && key != "publish_anyway") flags.push_back(std::move(flag));
  }
  return flags;
}

std::vector<FlagText> flags_of_explain() {
  std::vector<FlagText> flags = {update_flag()};
  for (FlagText& flag : flags_of_settings()) flags.push_back(std::move(flag));
  return flags;
}

std::vector<CommandText> make_table() {
  std::vector<CommandText> table;
  table.push_back({.command = Command::init,
                   .name = "init",
                   .what = "Write a gristmill.yaml and a .env to begin with",
                   .examples = "  gristmill init\n"
                               "  gristmill init nightly\n"
                               "  gristmill init nightly --force\n",
                   .words = {{.name = "FOLDER",
                              .value = {FlagValueKind::folder, "FOLDER"},
                              .help = "Where to write them; made if it is not there [default: here]"}},
                   .flags = {{.name = "--force", .help = "Replace files of these names that are there"},
                             {.name = "--key",
                              .value = {FlagValueKind::file, "FILE"},
                              .help = "Make a new key in this file instead, by which people are forgotten"}}});
  table.push_back(
      {.command = Command::run,
       .name = "run",
       .what = "Partition, aggregate, check and publish both data sets",
       .examples = "  gristmill run --collections data/collections --predictions data/predictions --output out\n"
                   "  gristmill run --collections 'in/2025-05-*.jsonl.gz' --output out --threads 4 --memory 512MiB\n"
                   "  gristmill run --recipe nightly.yaml --publish-anyway\n",
       .flags = flags_of_run()});
  table.push_back({.command = Command::update,
                   .name = "update",
                   .what = "Add what is new to an output that grows",
                   .examples =
                       "  gristmill update --collections in/collections --predictions in/predictions --output out\n"
                       "  gristmill update --recipe nightly.yaml --require-new\n"
                       "  gristmill update --recipe nightly.yaml --changed ignore\n",
                   .flags = flags_of_update()});
  table.push_back({.command = Command::replay,
                   .name = "replay",
                   .what = "Add lines to an output that grows which were rejected, and are mended now",
                   .examples =
                       "  jq -c '.raw |= sub(\"NULL\"; \"null\")' out/quarantine/collections.jsonl > mended.jsonl\n"
                       "  gristmill replay out --collections mended.jsonl\n",
                   .words = {output_word("The output folder")},
                   .flags = flags_of_replay()});
  table.push_back({.command = Command::forget,
                   .name = "forget",
                   .what = "Take people who ask to be erased out of an output that grows",
                   .examples = "  gristmill init --key ~/gristmill.key\n"
                               "  gristmill forget out --profile user-17 --forget-key-file ~/gristmill.key --dry-run\n"
                               "  gristmill forget out --profiles ids.txt --forget-key-file ~/gristmill.key "
                               "--receipt receipt.json\n",
                   .words = {output_word("The output folder")},
                   .flags = flags_of_forget()});
  table.push_back({.command = Command::validate,
                   .name = "validate",
                   .what = "Check both data sets and write nothing; the exit codes are those of run",
                   .examples = "  gristmill validate --collections data/collections --predictions data/predictions\n"
                               "  gristmill validate --recipe nightly.yaml --strict\n"
                               "  gristmill validate --recipe nightly.yaml --format json | jq .verdict\n",
                   .flags = flags_of_validate()});
  table.push_back(
      {.command = Command::inspect,
       .name = "inspect",
       .what = "Look into files that nobody knows yet: shapes, fields, faults, and a recipe to start from",
       .examples = "  gristmill inspect data/\n"
                   "  gristmill inspect 'in/*.jsonl.gz' more.jsonl --write-recipe gristmill.yaml\n"
                   "  gristmill inspect --collections data/collections --format json --shapes 1000\n",
       .words = {{.name = "FILES",
                  .value = {FlagValueKind::file, "PATH"},
                  .repeatable = true,
                  .help = "Files, folders or globs; each file is taken for what it holds [default: the inputs of "
                          "the settings]"}},
       .flags = flags_of_inspect()});
  table.push_back({.command = Command::explain,
                   .name = "explain",
                   .what = "Show every setting and where it comes from, the files and the plan; do nothing",
                   .examples = "  gristmill explain --recipe nightly.yaml\n"
                               "  gristmill explain --collections data/collections --output out\n",
                   .flags = flags_of_explain()});
  table.push_back({.command = Command::generate,
                   .name = "generate",
                   .what = "Write synthetic data of a chosen shape, to try gristmill and its speed on",
                   .examples =
                       "  gristmill generate data\n"
                       "  gristmill generate data --profiles 100 --anomaly repairs=5% --anomaly rejections=1%\n"
                       "  gristmill generate data --profiles 20000 --skew zipf:1.1 --files 8 --compression zst\n",
                   .words = {{.name = "OUTPUT_FOLDER",
                              .value = {FlagValueKind::folder, "FOLDER"},
                              .required = true,
                              .help = "The folder that gets collections/ and predictions/"}},
                   .flags = flags_of_generate()});
  table.push_back({.command = Command::show,
                   .name = "show",
                   .what = "Show an output: its sessions, models, a profile's rows, rejected lines, or checks",
                   .examples = "  gristmill show out\n"
                               "  gristmill show out --sort mean_swipe_score:desc --limit 5\n"
                               "  gristmill show out --profile amara --format csv > amara.csv\n"
                               "  gristmill show out models --profile amara\n"
                               "  gristmill show out predictions --profile amara --session monday\n"
                               "  gristmill show out quarantine --reason invalid_json\n"
                               "  gristmill show out checks\n",
                   .words = {output_word("The output folder"),
                             {.name = "VIEW",
                              .value = choice("sessions|models|labels|predictions|quarantine|checks",
                                              {"sessions", "models", "labels", "predictions", "quarantine", "checks"}),
                              .help = "What to show of it [default: sessions]"}},
                   .flags = with_s3_flags(flags_of_show())});
  table.push_back({.command = Command::batches,
                   .name = "batches",
                   .what = "List what came when into an output that grows",
                   .examples = "  gristmill batches out\n"
                               "  gristmill batches out --format json | jq .collections.rejections\n",
                   .words = {output_word("The output folder")},
                   .flags = with_s3_flags(flags_of_list("Batches; 0: all [default: 0]"))});
  table.push_back({.command = Command::history,
                   .name = "history",
                   .what = "List the runs before, and what each of them differed in",
                   .examples = "  gristmill history out\n"
                               "  gristmill history out --accept\n"
                               "  gristmill history out --format json | jq .collections.rejections\n",
                   .words = {output_word("The output folder")},
                   .flags = with_s3_flags(flags_of_history())});
  table.push_back(
      {.command = Command::diff,
       .name = "diff",
       .what = "Say in what two outputs differ: counts, partitions, sessions",
       .examples = "  gristmill diff out other\n"
                   "  gristmill diff out --runs 3,7\n",
       .words = {output_word("The output folder"),
                 {.name = "OTHER", .value = {FlagValueKind::folder, "OTHER"}, .help = "Another one"}},
       .flags = with_s3_flags({{.name = "--runs",
                                .value = {FlagValueKind::text, "A,B"},
                                .help = "Two runs of one output instead, by number of batch or run id: their counts"},
                               {.name = "--limit",
                                .value = {FlagValueKind::text, "N"},
                                .help = "Names of each kind; 0: all [default: 10]"},
                               {.name = "--format",
                                .value = choice("table|json", {"table", "json"}),
                                .help = "As tables, or as JSON [default: table]"}})});
  table.push_back({.command = Command::compact,
                   .name = "compact",
                   .what = "Merge the parts of an output that grows: one file a partition",
                   .examples = "  gristmill compact out\n",
                   .words = {output_word("The output folder")},
                   .flags = with_s3_flags({fsync_flag(), flag_of(*recipe::find_setting("forget.key_file"))})});
  table.push_back({.command = Command::ddl,
                   .name = "ddl",
                   .what = "Print the SQL that makes an output queryable in Athena, DuckDB or Spark",
                   .examples = "  gristmill ddl duckdb out | duckdb my.db\n"
                               "  gristmill ddl spark out --database daily > daily.sql && spark-sql -f daily.sql\n"
                               "  gristmill ddl athena s3://results/daily --database daily\n"
                               "  gristmill ddl athena out --location s3://results/daily\n"
                               "  gristmill ddl duckdb --outputs 's3://results/day=*/'\n",
                   .words = {{.name = "ENGINE",
                              .value = choice("athena|duckdb|spark", {"athena", "duckdb", "spark"}),
                              .required = true,
                              .help = "Whose SQL"},
                             {.name = "OUT",
                              .value = {FlagValueKind::folder, "OUT"},
                              .help = "The output folder, without --outputs"}},
                   .flags = with_s3_flags(
                       {{.name = "--outputs",
                         .value = {FlagValueKind::text, "PATTERN"},
                         .help = "Many outputs as one table: those published in folders NAME=*, as in "
                                 "'s3://results/day=*/', with a column NAME"},
                        {.name = "--location",
                         .value = {FlagValueKind::text, "URI"},
                         .help = "Where the output will lie when it is queried, if not where it is now"},
                        {.name = "--database",
                         .value = {FlagValueKind::text, "NAME"},
                         .help = "The database (in DuckDB, the schema) of the tables, made if it is not there "
                                 "[default: the current one]"},
                        {.name = "--all-rows",
                         .help = "Look into every row for the names of fields, not into a part of the files"}})});
  table.push_back(
      {.command = Command::report,
       .name = "report",
       .what = "Make the report's page again, with the times and settings of its run",
       .examples = "  gristmill report out --open\n"
                   "  gristmill report out page.html\n"
                   "  gristmill report s3://results/daily > page.html\n"
                   "  gristmill report day=*/ --index index.html\n",
       .words = {output_word("The output folder"),
                 {.name = "FILE",
                  .value = {FlagValueKind::file, "FILE"},
                  .repeatable = true,
                  .help = "The file to write, replaced if it is there [default: standard output]"}},
       .flags = with_s3_flags(
           {{.name = "--open", .help = "Open it in a browser; without FILE, a temporary file"},
            {.name = "--index",
             .value = {FlagValueKind::file, "INDEX"},
             .help = "Write a front page over all outputs that are named, the worst first, to this file instead"},
            {.name = "--kept", .help = "Of the output that a failed check kept back, not the published one"}})});
  table.push_back({.command = Command::verify,
                   .name = "verify",
                   .what = "Check a published output against its manifest",
                   .examples = "  gristmill verify out\n"
                               "  gristmill verify out --state\n"
                               "  gristmill verify s3://results/daily\n",
                   .words = {output_word("The output folder")},
                   .flags = with_s3_flags({{.name = "--state",
                                            .help = "Make the tables and the report of an output that grows again from "
                                                    "its state, too, and compare"}})});
  table.push_back({.command = Command::publish,
                   .name = "publish",
                   .what = "Publish the output that a failed check kept back",
                   .examples = "  gristmill publish out\n",
                   .words = {output_word("The output folder")},
                   .flags = with_s3_flags({fsync_flag()})});
  table.push_back({.command = Command::recover,
                   .name = "recover",
                   .what = "Finish a publication that was cut off, and remove what dead runs left",
                   .examples = "  gristmill recover out\n",
                   .words = {output_word("The output folder")},
                   .flags = with_s3_flags({fsync_flag()})});
  table.push_back({.command = Command::completion,
                   .name = "completion",
                   .what = "Print a script that lets a shell complete commands, flags and values",
                   .examples = "  source <(gristmill completion bash)\n"
                               "  gristmill completion zsh > ~/.zfunc/_gristmill\n"
                               "  gristmill completion fish > ~/.config/fish/completions/gristmill.fish\n",
                   .words = {{.name = "SHELL",
                              .value = choice("bash|zsh|fish", {"bash", "zsh", "fish"}),
                              .required = true,
                              .help = "The shell that the script is for"}}});
  return table;
}

}  // namespace

std::span<const CommandText> command_table() {
  static const std::vector<CommandText> table = make_table();
  return table;
}

std::string unknown_word(std::string_view thing, std::string_view word, const std::vector<std::string>& known) {
  std::string text = "there is no ";
  text.append(thing).append(" ").append(recipe::in_quotes(word));
  if (const auto nearest = text::nearest_match(word, known)) text += ", did you mean '" + *nearest + "'?";
  return text;
}

}  // namespace gristmill::cli
