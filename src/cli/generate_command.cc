// gristmill generate: flags to options, and what was written to stderr. Tested by
// tests/programs/test_generate.py.
#include <cstdio>

#include "cli/commands.h"
#include "cli/console.h"
#include "generate/generate.h"
#include "json/number.h"
#include "text/byte_size.h"

namespace gristmill::cli {
namespace {

// The flags as they were given; empty: not given.
struct GenerateFlags {
  explicit GenerateFlags(const Arguments& arguments)
      : profiles(arguments.value("--profiles")),
        sessions(arguments.value("--sessions")),
        collections(arguments.value("--collections")),
        behaviours(arguments.value("--behaviours")),
        predictions(arguments.value("--predictions")),
        skew(arguments.value("--skew")),
        anomalies(arguments.values("--anomaly")),
        line_limit(arguments.value("--line-limit")),
        files(arguments.value("--files")),
        form(arguments.value("--form")),
        compression(arguments.value("--compression")),
        seed(arguments.value("--seed")),
        threads(arguments.value("--threads")),
        spaced(arguments.has("--spaced")),
        plain_names(arguments.has("--plain-names")),
        force(arguments.has("--force")),
        quiet(arguments.has("--quiet")) {}

  std::string profiles, sessions, collections, behaviours, predictions;
  std::string skew;
  std::vector<std::string> anomalies;
  std::string line_limit;
  std::string files, form, compression, seed, threads;
  bool spaced;
  bool plain_names;
  bool force;
  bool quiet;
};

constexpr const char* see_help = "see 'gristmill generate --help'";

// A flag that was not given leaves the default. What is too large or 0 is for generate() to say.
Status read_whole_number(const char* flag, const std::string& text, std::uint64_t& number) {
  if (text.empty()) return {};
  if (const auto given = json::whole_number(text)) {
    number = *given;
    return {};
  }
  return Error::usage(std::string(flag) + " is '" + text + "': it must be a whole number", see_help);
}

Status read_skew(const std::string& text, double& exponent) {
  constexpr double usual = 1;
  constexpr double most = 10;
  if (text.empty() || text == "even") return {};
  if (text == "zipf") {
    exponent = usual;
    return {};
  }
  const auto given = text.starts_with("zipf:") ? json::real_number(text.substr(5)) : std::nullopt;
  if (given && *given > 0 && *given <= most) {
    exponent = *given;
    return {};
  }
  return Error::usage("--skew is '" + text +
                          "': it must be even, zipf or zipf:EXPONENT, with an exponent above 0 "
                          "and up to 10",
                      "zipf is zipf:1; the larger the exponent, the larger the largest profile");
}

Status read_compression(const std::string& text, source::Compression& compression) {
  if (text.empty() || text == "none") {
    compression = source::Compression::none;
  } else if (text == "gz") {
    compression = source::Compression::gzip;
  } else if (text == "zst") {
    compression = source::Compression::zstandard;
  } else {
    return Error::usage("--compression is '" + text + "': it must be none, gz or zst", see_help);
  }
  return {};
}

Result<generate::GenerateOptions> read_flags(const std::string& output, const GenerateFlags& flags) {
  constexpr std::uint64_t most_threads = 1024;
  generate::GenerateOptions options;
  options.output = output;
  GM_RETURN_IF_ERROR(read_whole_number("--profiles", flags.profiles, options.shape.profiles));
  GM_RETURN_IF_ERROR(read_whole_number("--sessions", flags.sessions, options.shape.sessions));
  GM_RETURN_IF_ERROR(read_whole_number("--collections", flags.collections, options.shape.collections));
  GM_RETURN_IF_ERROR(read_whole_number("--behaviours", flags.behaviours, options.shape.behaviours));
  options.shape.predictions = options.shape.collections;
  GM_RETURN_IF_ERROR(read_whole_number("--predictions", flags.predictions, options.shape.predictions));
  if (options.shape.predictions == 0 && !flags.predictions.empty()) {
    return Error::usage("--predictions is 0: it must be at least 1", "leave it out for one prediction a collection");
  }
  GM_RETURN_IF_ERROR(read_skew(flags.skew, options.shape.zipf_exponent));
  for (const std::string& text : flags.anomalies) {
    GM_ASSIGN(generate::AnomalyShare share, generate::parse_anomaly_share(text));
    options.anomalies.push_back(std::move(share));
  }
  if (!flags.line_limit.empty()) {
    const Result<std::uint64_t> limit = text::parse_byte_size(flags.line_limit);
    if (!limit.ok()) {
      return Error::usage("--line-limit: '" + flags.line_limit + "' " + limit.error().message, limit.error().advice);
    }
    options.line_limit = *limit;
  }
  options.spaced = flags.spaced;
  options.plain_names = flags.plain_names;
  options.form = generate::form_named(flags.form).value_or(options.form);  // one of its choices, or not given
  options.force = flags.force;
  GM_RETURN_IF_ERROR(read_whole_number("--files", flags.files, options.files));
  GM_RETURN_IF_ERROR(read_compression(flags.compression, options.compression));
  GM_RETURN_IF_ERROR(read_whole_number("--seed", flags.seed, options.seed));
  std::uint64_t threads = 0;
  GM_RETURN_IF_ERROR(read_whole_number("--threads", flags.threads, threads));
  if (threads > most_threads) {
    return Error::usage("--threads is " + flags.threads + ": it must be from 0 to " + std::to_string(most_threads),
                        see_help);
  }
  Recipe recipe;
  recipe.threads = static_cast<std::uint32_t>(threads);
  options.threads = resources_of(recipe).threads;
  return options;
}

std::string summary_of(const generate::GenerateOptions& options, const generate::GenerateReport& report) {
  std::string text;
  char line[256];
  for (std::size_t i = 0; i < dataset_count; ++i) {
    const generate::GeneratedDataset& data = report.datasets[i];
    std::snprintf(line, sizeof line, "%-12s %llu lines, %llu bytes", std::string(dataset_names[i]).c_str(),
                  static_cast<unsigned long long>(data.lines), static_cast<unsigned long long>(data.bytes));
    text += line;
    if (options.compression != source::Compression::none)
      text += " (" + std::to_string(data.stored_bytes) + " compressed)";
    text += " in " + options.output + "/" + std::string(dataset_names[i]) + "\n";
  }
  bool any = false;
  for (std::size_t a = 0; a < generate::anomaly_count; ++a) {
    const auto of_collections = static_cast<unsigned long long>(report.datasets[0].anomalies[a]);
    const auto of_predictions = static_cast<unsigned long long>(report.datasets[1].anomalies[a]);
    if (of_collections + of_predictions == 0) continue;
    if (!any) {
      std::snprintf(line, sizeof line, "%-26s %12s %12s\n", "lines with an anomaly", "collections", "predictions");
      text += line;
    }
    any = true;
    std::snprintf(line, sizeof line, "  %-24s %12llu %12llu\n", std::string(generate::Anomaly(a).name()).c_str(),
                  of_collections, of_predictions);
    text += line;
  }
  return text;
}

}  // namespace

Result<int> generate_command(const Arguments& arguments, Storage& storage) {
  const GenerateFlags flags(arguments);
  GM_ASSIGN(const generate::GenerateOptions options, read_flags(arguments.word(0), flags));
  catch_signals();
  GM_ASSIGN(const generate::GenerateReport report, generate::generate(storage, options, &interrupted_flag()));
  if (!flags.quiet) print_note(summary_of(options, report));
  return 0;
}

}  // namespace gristmill::cli
