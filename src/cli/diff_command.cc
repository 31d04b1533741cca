// gristmill diff.
#include <algorithm>

#include "cli/commands.h"
#include "cli/console.h"
#include "diff/output_diff.h"
#include "publish/publish.h"
#include "text/figures.h"
#include "text/text_table.h"
#include "text/visible_message.h"

namespace gristmill::cli {
namespace {

constexpr std::uint64_t usual_limit = 10;  // names of each kind in a table

std::string change_of(std::uint64_t first, std::uint64_t second) {
  if (first == second) return "";
  return second > first ? "+" + text::grouped(second - first) : "-" + text::grouped(first - second);
}

std::string sentence_of(const char* what, const diff::Differences& found) {
  std::string sentence = std::string(what) + ": " + text::grouped(found.same) + " the same";
  const std::pair<std::uint64_t, const char*> parts[] = {{found.changed, " changed"},
                                                         {found.only_first, " in the first alone"},
                                                         {found.only_second, " in the second alone"}};
  for (const auto& [count, words] : parts) {
    if (count > 0) sentence += ", " + text::grouped(count) + words;
  }
  sentence += '\n';
  for (const diff::Differences::Name& each : found.names) {
    sentence += "  " + std::string(1, each.sign) + " " +
                text::visible_message(each.name + (each.session.empty() ? "" : " " + each.session)) + "\n";
  }
  if (const std::uint64_t more = found.differing() - found.names.size(); more > 0)
    sentence += "  and " + text::grouped(more) + " more (--limit)\n";
  return sentence;
}

}  // namespace

Result<int> diff_command(const Arguments& arguments, recipe::Colour colour, Storage& storage) {
  const bool as_json = arguments.value("--format") == "json";
  std::uint64_t limit = as_json ? 0 : usual_limit;
  if (arguments.has("--limit")) {
    GM_ASSIGN(limit, parse_limit(arguments.value("--limit")));
  }
  const bool of_runs = arguments.has("--runs");
  if (of_runs && arguments.has("--limit")) {
    return Error::usage("--limit is given with --runs, which names no partition and no session", "leave one out");
  }
  GM_ASSIGN(const publish::ReadableTree first, publish::find_readable(storage, arguments.word(0)));
  diff::OutputDiff found;
  if (of_runs) {
    const std::string runs = arguments.value("--runs");
    const std::size_t comma = runs.find(',');
    const auto trimmed = [](std::string word) {
      word.erase(0, std::min(word.find_first_not_of(' '), word.size()));
      word.erase(word.find_last_not_of(' ') + 1);
      return word;
    };
    if (comma == std::string::npos || runs.find(',', comma + 1) != std::string::npos || !arguments.word(1).empty()) {
      return Error::usage("--runs compares two runs of one output, and has '" + runs + "'",
                          "write two numbers of batches or ids of runs with a comma between, and one output");
    }
    GM_ASSIGN(found, diff::compare_runs(storage, first.folder, trimmed(runs.substr(0, comma)),
                                        trimmed(runs.substr(comma + 1))));
  } else {
    if (arguments.word(1).empty())
      return Error::usage("a second output is missing", "gristmill diff OUT OTHER, or gristmill diff OUT --runs 3,7");
    GM_ASSIGN(const publish::ReadableTree second, publish::find_readable(storage, arguments.word(1)));
    GM_ASSIGN(found, diff::compare_outputs(storage, first.folder, second.folder, limit));
  }
  if (as_json) {
    print(diff::diff_json(found));
    return 0;
  }
  text::TableStyle style = style_of_stdout(colour);
  text::TextTable table(style, 0);
  table.add_column("", text::Align::left);
  table.add_column("first", text::Align::right);
  table.add_column("second", text::Align::right);
  table.add_column("change", text::Align::right);
  for (const diff::OutputDiff::Count& count : found.counts) {
    table.add_row(
        {count.name, text::grouped(count.first), text::grouped(count.second), change_of(count.first, count.second)},
        count.first == count.second ? text::Tone::dim : text::Tone::plain);
  }
  print(table.str());
  if (!of_runs)
    print("\n" + sentence_of("partitions of labels", found.labels) +
          sentence_of("partitions of predictions", found.predictions) + sentence_of("sessions", found.sessions));
  if (found.same_inputs) print("both are of the same inputs and settings\n");
  return 0;
}

}  // namespace gristmill::cli
