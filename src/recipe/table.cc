// The table is written once, by group; what follows from a rule (flags, variables, default texts, the
// two settings of every check, the aliases of every field) is filled in by `add` and by loops.
// Tested in table_test.cc.
#include "recipe/table.h"

#include <algorithm>

#include "recipe/growth_settings.h"
#include "recipe/setting_targets.h"
#include "recipe/settings.h"
#include "recipe/value.h"

namespace gristmill::recipe {
namespace {

constexpr const char* inputs_and_output = "Inputs and output";
constexpr const char* meaning = "What the data means";
constexpr const char* limits = "Limits of a line";
constexpr const char* checks = "Checks";
constexpr const char* resources = "Resources and ways";
constexpr const char* s3 = "S3";
constexpr const char* console = "Messages";
constexpr const char* sources = "Where settings come from";

class TableBuilder {
 public:
  std::vector<Setting> build() {
    add_inputs_and_output();
    add_meaning();
    for (Setting& setting : growth_settings()) add(std::move(setting));
    add_limits();
    add_checks();
    add_volume();
    add_drift();
    add_resources();
    add_s3();
    add_console();
    add_sources();
    return std::move(table_);
  }

 private:
  void add(Setting setting) {
    if (setting.flag.empty()) setting.flag = setting.key;
    for (char& c : setting.flag) c = c == '.' || c == '_' ? '-' : c;
    setting.environment = "GRISTMILL_";
    for (const char c : setting.flag) {
      setting.environment.push_back(c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    }
    setting.flag.insert(0, "--");
    Settings defaults;
    setting.default_text = show_setting(setting, defaults);
    table_.push_back(std::move(setting));
  }

  void add_inputs_and_output() {
    add({.key = "collections",
         .type = SettingType::paths,
         .group = inputs_and_output,
         .help = "Files, folders or globs of the collections, read in this order",
         .target = in_recipe<&Recipe::collections>});
    add({.key = "predictions",
         .type = SettingType::paths,
         .group = inputs_and_output,
         .help = "Files, folders or globs of the predictions, read in this order",
         .target = in_recipe<&Recipe::predictions>});
    add({.key = "output",
         .short_flag = "-o",
         .type = SettingType::path,
         .group = inputs_and_output,
         .help = "Folder that the output replaces as a whole",
         .target = in_recipe<&Recipe::output>});
    add({.key = "ledger",
         .type = SettingType::path,
         .group = inputs_and_output,
         .help = "Read the inputs that this ledger of another output lists (_state/inputs.jsonl), in its order",
         .target = in_recipe<&Recipe::ledger>});
  }

  void add_meaning() {
    add({.key = "framing",
         .type = SettingType::by_dataset,
         .group = meaning,
         .help = "What a file's records are: lines, or JSON values over any number of lines, in an array too; auto: as "
                 "its first bytes say",
         .changes_data = true,
         .choices = {framing_names.begin(), framing_names.end()},
         .target = in_recipe<&Recipe::framing>});
    add({.key = "unwrap",
         .type = SettingType::by_dataset,
         .shape = "FIELD",
         .group = meaning,
         .help =
             "Field of a line that holds the record, as an object or as a string that encodes one; a.b is the field "
             "b of a, \"\" a line that is such a string itself",
         .changes_data = true,
         .target = in_recipe<&Recipe::unwrap>});
    add({.key = "carry",
         .type = SettingType::names,
         .group = meaning,
         .help = "Other top-level fields of a line that become columns of its rows, in this order",
         .changes_data = true,
         .target = in_recipe<&Recipe::carry>});
    add({.key = "sessions",
         .type = SettingType::choice,
         .group = meaning,
         .help = "Which sessions get an aggregate row: those in collections, or those in predictions alone too",
         .changes_data = true,
         .choices = {"collections", "all"},
         .target = in_recipe<&Recipe::sessions>});
    add({.key = "models.swipe",
         .flag = "swipe_models",
         .type = SettingType::names,
         .group = meaning,
         .help = "Names of the swipe model",
         .changes_data = true,
         .target = in_recipe<&Recipe::swipe_models>});
    add({.key = "models.keystroke",
         .flag = "keystroke_models",
         .type = SettingType::names,
         .group = meaning,
         .help = "Names of the keystroke model",
         .changes_data = true,
         .target = in_recipe<&Recipe::keystroke_models>});
    add({.key = "aggregates",
         .type = SettingType::aggregates,
         .shape = "ROW",
         .group = meaning,
         .help = "Columns of the session rows, each as NAME: {of: predictions, mean: score, ...}, in a recipe file a "
                 "table; without any, the usual four",
         .changes_data = true,
         .target = in_recipe<&Recipe::aggregates>});
    add({.key = "strict",
         .type = SettingType::boolean,
         .group = meaning,
         .help = "Reject every line that would have to be repaired",
         .changes_data = true,
         .target = in_recipe<&Recipe::strict>});
    for (std::size_t i = 0; i < field_count; ++i) {
      const std::string name(field_names[i]);
      add({.key = "aliases." + name,
           .type = SettingType::names,
           .group = meaning,
           .help = "Further names of the field " + name +
                   (built_in_aliases[i].empty() ? "" : ", beside " + std::string(built_in_aliases[i])) +
                   "; a line that has one needs no repair",
           .changes_data = true,
           .adds_to_default = true,
           .target = [i](Settings& settings) -> SettingTarget { return &settings.recipe.aliases[i]; }});
    }
  }

  void add_limits() {
    add({.key = "limits.line",
         .type = SettingType::byte_size,
         .group = limits,
         .help = "Longest line that is read, in bytes; a longer one is rejected",
         .changes_data = true,
         .least = 1,
         .most = 2ULL << 30,
         .target = in_recipe<&Recipe::line_limit>});
    add({.key = "limits.depth",
         .type = SettingType::count,
         .group = limits,
         .help = "Deepest nesting of a line's JSON, the outermost bracket being 1; a deeper one is rejected",
         .changes_data = true,
         .least = 1,
         .most = 1024,
         .target = in_recipe<&Recipe::depth_limit>});
    add({.key = "limits.rows",
         .type = SettingType::byte_size,
         .group = limits,
         .help = "Most bytes that the rows of one line may take; a line that would take more is rejected",
         .changes_data = true,
         .least = 1,
         .target = in_recipe<&Recipe::rows_limit>});
  }

  void add_checks() {
    for (std::size_t i = 0; i < all_checks().size(); ++i) {
      const std::string key = "checks." + std::string(all_checks()[i].name);
      add({.key = key + ".severity",
           .type = SettingType::choice,
           .group = checks,
           .help = "What to do about " + std::string(all_checks()[i].help),
           .choices = {"ignore", "warn", "fail"},
           .target = [i](Settings& settings) -> SettingTarget { return &settings.recipe.checks[i].severity; }});
      add({.key = key + ".fail_above",
           .type = SettingType::threshold,
           .group = checks,
           .help = "How many of them still pass: a number, or a percentage " + std::string(all_checks()[i].share_of),
           .target = [i](Settings& settings) -> SettingTarget { return &settings.recipe.checks[i]; }});
    }
  }

  void add_volume() {
    add({.key = "checks.volume.severity",
         .type = SettingType::choice,
         .group = checks,
         .help =
             "What to do about a data set that has no accepted lines, or few, where the output that is replaced has "
             "some",
         .choices = {"ignore", "warn", "fail"},
         .target = [](Settings& settings) -> SettingTarget { return &settings.recipe.volume.severity; }});
    add({.key = "checks.volume.warn_below",
         .type = SettingType::share,
         .group = checks,
         .help = "Percentage of the accepted lines of the output that is replaced below which to warn",
         .target = [](Settings& settings) -> SettingTarget { return &settings.recipe.volume.warn_below; }});
    add({.key = "checks.volume.fail_below",
         .type = SettingType::share,
         .group = checks,
         .help = "Percentage of them below which to fail; without any line it fails anyway",
         .target = [](Settings& settings) -> SettingTarget { return &settings.recipe.volume.fail_below; }});
  }

  void add_drift() {
    add({.key = "checks.drift.severity",
         .type = SettingType::choice,
         .group = checks,
         .help = "What to do about a run whose numbers differ from those of the runs before it",
         .choices = {"ignore", "warn", "fail"},
         .target = [](Settings& settings) -> SettingTarget { return &settings.recipe.drift.severity; }});
    add({.key = "drift.last",
         .type = SettingType::count,
         .group = checks,
         .help = "How many earlier runs a run is held against",
         .least = 7,
         .most = 400,
         .target = [](Settings& settings) -> SettingTarget { return &settings.recipe.drift.last; }});
    add({.key = "drift.sensitivity",
         .type = SettingType::count,
         .group = checks,
         .help = "How many standard deviations from the median of the runs before are drift",
         .least = 1,
         .most = 1000,
         .target = [](Settings& settings) -> SettingTarget { return &settings.recipe.drift.sensitivity; }});
    add({.key = "drift.ignore",
         .type = SettingType::names,
         .group = checks,
         .help = "Measures to leave out, as 'gristmill history' names them, or by a prefix that ends at "
                 "a dot",
         .target = [](Settings& settings) -> SettingTarget { return &settings.recipe.drift.ignore; }});
  }

  void add_resources() {
    add({.key = "threads",
         .type = SettingType::count,
         .group = resources,
         .help = "Number of worker threads; auto: the usable cores",
         .automatic = true,
         .least = 1,
         .most = 4096,
         .target = in_recipe<&Recipe::threads>});
    add({.key = "memory",
         .type = SettingType::byte_size,
         .group = resources,
         .help = "Memory budget; auto: a quarter of the machine's memory, at most 1GiB",
         .automatic = true,
         .least = 1ULL << 20,
         .target = in_recipe<&Recipe::memory>});
    add({.key = "spill_directory",
         .type = SettingType::path,
         .group = resources,
         .help = "Local folder for what does not fit the memory budget; without it TMPDIR, else /tmp",
         .local_only = true,
         .target = in_recipe<&Recipe::spill_directory>});
    add({.key = "publish_anyway",
         .type = SettingType::boolean,
         .group = resources,
         .help = "Publish the output even if a check fails",
         .target = in_recipe<&Recipe::publish_anyway>});
    add({.key = "sha256",
         .type = SettingType::boolean,
         .group = resources,
         .help = "Write SHA-256 checksums into the manifest, beside XXH3-128",
         .target = in_recipe<&Recipe::sha256>});
    add({.key = "fsync",
         .type = SettingType::boolean,
         .group = resources,
         .help = "Wait until the disk has what is published, so that power loss keeps the old output or the new",
         .target = in_recipe<&Recipe::fsync>});
  }

  void add_s3() {
    add({.key = "s3.endpoint",
         .type = SettingType::text,
         .shape = "URL",
         .group = s3,
         .help = "Where S3 is; without it AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's, else AWS",
         .target = in_s3<&S3Settings::endpoint>});
    add({.key = "s3.region",
         .type = SettingType::text,
         .shape = "REGION",
         .group = s3,
         .help = "Region of the buckets; without it AWS_REGION, the profile's, else it is found out",
         .target = in_s3<&S3Settings::region>});
    add({.key = "s3.profile",
         .type = SettingType::text,
         .shape = "NAME",
         .group = s3,
         .help = "Profile of ~/.aws/config and ~/.aws/credentials; without it AWS_PROFILE, else default",
         .target = in_s3<&S3Settings::profile>});
    add({.key = "s3.anonymous",
         .type = SettingType::boolean,
         .group = s3,
         .help = "Do not sign requests: for buckets that everybody may read",
         .target = in_s3<&S3Settings::anonymous>});
    add({.key = "s3.addressing",
         .type = SettingType::choice,
         .group = s3,
         .help =
             "Where a URL names the bucket: in its path or in its host; auto: in the host on AWS, in the path with an "
             "endpoint",
         .choices = {"auto", "path", "virtual"},
         .target = in_s3<&S3Settings::addressing>});
    add({.key = "s3.ca_bundle",
         .type = SettingType::path,
         .group = s3,
         .help = "File of the certificates to trust; without it AWS_CA_BUNDLE, the profile's, else the system's",
         .local_only = true,
         .target = in_s3<&S3Settings::ca_bundle>});
    add({.key = "s3.connections",
         .type = SettingType::count,
         .group = s3,
         .help = "Most requests to S3 at the same time",
         .least = 1,
         .most = 1024,
         .target = in_s3<&S3Settings::connections>});
    add({.key = "s3.requester_pays",
         .type = SettingType::boolean,
         .group = s3,
         .help = "Pay for the requests to other people's buckets",
         .target = in_s3<&S3Settings::requester_pays>});
    add({.key = "s3.bucket_owners",
         .type = SettingType::names,
         .shape = "[BUCKET=]ACCOUNT",
         .group = s3,
         .help = "Account number that the buckets, or one of them, must belong to; S3 refuses every request to others",
         .target = in_s3<&S3Settings::bucket_owners>});
    add({.key = "s3.encryption",
         .type = SettingType::choice,
         .group = s3,
         .help =
             "Server-side encryption of what is written: as the bucket has it by default, with keys of S3, or of KMS",
         .choices = {"default", "aes256", "kms", "kms-dsse"},
         .target = in_s3<&S3Settings::encryption>});
    add({.key = "s3.kms_key",
         .type = SettingType::text,
         .shape = "KEY",
         .group = s3,
         .help = "Id or ARN of the KMS key; without it the account's key for S3",
         .target = in_s3<&S3Settings::kms_key>});
    add({.key = "s3.storage_class",
         .type = SettingType::choice,
         .group = s3,
         .help = "Storage class of the published objects",
         .choices = {"STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"},
         .target = in_s3<&S3Settings::storage_class>});
    add({.key = "s3.acl",
         .type = SettingType::choice,
         .group = s3,
         .help = "Canned access control list of the published objects, for buckets of other accounts",
         .choices = {"none", "private", "bucket-owner-read", "bucket-owner-full-control"},
         .target = in_s3<&S3Settings::acl>});
    add({.key = "s3.tag_staging",
         .type = SettingType::boolean,
         .group = s3,
         .help = "Tag what is staged with gristmill=staging, for a lifecycle rule that removes what a dead run left",
         .target = in_s3<&S3Settings::tag_staging>});
    add({.key = "s3.publish",
         .type = SettingType::choice,
         .group = s3,
         .help = "How objects of an output that replaces none come to their places: written there at once, or first to "
                 "_staging/ and then copied, so that nobody sees some of them before all are there",
         .choices = {"direct", "staged"},
         .target = in_s3<&S3Settings::publish>});
    add({.key = "s3.lease",
         .type = SettingType::count,
         .shape = "SECONDS",
         .group = s3,
         .help = "Seconds that an output stays reserved for a run that no longer renews its lease; a run that was cut "
                 "off for longer publishes nothing",
         .least = 5,
         .most = 3600,
         .target = in_s3<&S3Settings::lease>});
  }

  void add_console() {
    add({.key = "quiet",
         .short_flag = "-q",
         .type = SettingType::boolean,
         .group = console,
         .help = "Say only errors, and the checks that warned or failed",
         .target = in_console<&ConsoleSettings::quiet>});
    add({.key = "verbose",
         .short_flag = "-v",
         .type = SettingType::boolean,
         .group = console,
         .help = "Say every step and how long it takes",
         .target = in_console<&ConsoleSettings::verbose>});
    add({.key = "color",
         .type = SettingType::choice,
         .group = console,
         .help = "Colours in tables; auto: on a terminal, unless NO_COLOR is set or TERM is dumb",
         .choices = {"auto", "always", "never"},
         .target = in_console<&ConsoleSettings::colour>});
    add({.key = "log.format",
         .type = SettingType::choice,
         .group = console,
         .help = "Form of the log: lines for people, or JSON Lines",
         .choices = {"text", "json"},
         .target = in_console<&ConsoleSettings::log_format>});
    const auto add_file = [this](const char* key, const char* help, std::function<SettingTarget(Settings&)> target) {
      add({.key = key,
           .type = SettingType::path,
           .group = console,
           .help = help,
           .local_only = true,
           .target = std::move(target)});
    };
    add_file("log.file", "Local file that the log is appended to; without it stderr",
             in_console<&ConsoleSettings::log_file>);
    add_file("result", "Local file that tells other programs how the run ended, in JSON; failures too",
             in_console<&ConsoleSettings::result_file>);
    add_file("metrics", "Local file of the run's metrics, as Prometheus reads them",
             in_console<&ConsoleSettings::metrics_file>);
    add({.key = "lineage",
         .type = SettingType::text,
         .shape = "FILE|URL",
         .group = console,
         .help = "Where OpenLineage events of the run go: a local file they are appended to, or a server's address",
         .holds_blanks = true,
         .target = in_console<&ConsoleSettings::lineage>});
    add({.key = "on_end",
         .type = SettingType::text,
         .shape = "COMMAND",
         .group = console,
         .help = "Command that the shell runs at the end, with the result on its standard input",
         .holds_blanks = true,
         .target = in_console<&ConsoleSettings::on_end>});
  }

  void add_sources() {
    add({.key = "recipe",
         .type = SettingType::path,
         .group = sources,
         .help = "Recipe file; one that is named must exist",
         .in_recipe_file = false,
         .target = in_settings<&Settings::recipe_file>});
    add({.key = "env_file",
         .type = SettingType::path,
         .group = sources,
         .help = "File of environment variables; one that is named must exist",
         .local_only = true,
         .in_dotenv = false,
         .in_recipe_file = false,
         .target = in_settings<&Settings::env_file>});
  }

  std::vector<Setting> table_;
};

}  // namespace

std::string Setting::value_shape() const {
  switch (type) {
    case SettingType::boolean: return "";
    case SettingType::text:
    case SettingType::aggregates: return shape;
    case SettingType::count: return automatic ? "N|auto" : "N";
    case SettingType::byte_size: return automatic ? "SIZE|auto" : "SIZE";
    case SettingType::path:
    case SettingType::paths: return "PATH";
    case SettingType::names: return shape.empty() ? "NAME" : shape;
    case SettingType::threshold: return "N|N%";
    case SettingType::share: return "N%|none";
    case SettingType::choice:
    case SettingType::by_dataset: break;
  }
  std::string all = type == SettingType::by_dataset ? "[DATASET=]" + shape : "";
  const std::size_t prefix = all.size();
  for (const std::string& choice : choices) all += (all.size() == prefix ? "" : "|") + choice;
  return all;
}

std::span<const Setting> settings_table() {
  static const std::vector<Setting> table = TableBuilder().build();
  return table;
}

const Setting* find_setting(std::string_view key) {
  const std::span<const Setting> table = settings_table();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Setting& setting) { return setting.key == key; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace gristmill::recipe
