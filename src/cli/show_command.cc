// gristmill show: what an output holds. Rows go to stdout, sentences about them to stderr.

#include "browse/browse.h"
#include "browse/session_rows.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "gristmill/run.h"
#include "json/number.h"
#include "publish/publish.h"

namespace gristmill::cli {
namespace {

struct View {
  const char* name;
  const char* flags;  // of those that not every view has; each with a space behind
  Result<browse::BrowseNote> (*browse)(Storage&, const std::string&, const browse::BrowseQuery&,
                                       const browse::BrowseSink&);
};

constexpr View views[] = {{"sessions", "--profile --session --sort ", browse::browse_sessions},
                          {"quarantine", "--reason ", browse::browse_quarantine},
                          {"checks", "", browse::browse_checks}};

Result<std::uint64_t> parse_limit(const std::string& text) {
  if (const auto limit = json::whole_number(text)) return *limit;
  return Error::usage("--limit: '" + text + "' is not a whole number", "write how many, or 0 for all");
}

// That a flag belongs to the view, and what the flags ask for.
Result<browse::BrowseQuery> query_of(const Arguments& arguments, const View& view) {
  browse::BrowseQuery query;
  for (const auto& [flag, values] : arguments.own) {
    const std::string value = arguments.value(flag);
    for (const View& other : views) {
      if (std::string(other.flags).find(flag + " ") == std::string::npos || other.name == view.name) continue;
      return Error::usage(flag + " does not belong to '" + view.name + "'",
                          std::string("it is for 'gristmill show OUT ") + other.name + "'");
    }
    if (flag == "--profile") query.profile = value;
    if (flag == "--session") query.session = value;
    if (flag == "--reason") query.reason = value;
    if (flag == "--sort") {
      const std::size_t colon = value.find(':');
      query.sort_column = value.substr(0, colon);
      query.descending = colon != std::string::npos;
    }
    if (flag == "--limit") {
      GM_ASSIGN(query.limit, parse_limit(value));
    }
    if (flag == "--format" && value != "table") {
      query.format = value == "csv" ? browse::BrowseFormat::csv : browse::BrowseFormat::json;
    }
  }
  return query;
}

void say_which(const publish::ReadableTree& tree, bool kept_asked_for) {
  if (tree.kept && !kept_asked_for) {
    note("nothing is published; this is the output of run " + tree.run_id + ", kept back by a failed check");
  } else if (!tree.waiting_run.empty()) {
    note("a failed check keeps the output of run " + tree.waiting_run + " back: --kept shows it");
  }
}

}  // namespace

Result<int> show_command(const Arguments& arguments, recipe::Colour colour, Storage& storage) {
  const std::string name = arguments.word(1).empty() ? "sessions" : arguments.word(1);
  const View& view =
      *std::find_if(std::begin(views), std::end(views), [&](const View& known) { return known.name == name; });
  GM_ASSIGN(browse::BrowseQuery query, query_of(arguments, view));
  query.style = style_of_stdout(colour);
  query.spill_folder = resources_of(Recipe{}).spill_folder;
  GM_ASSIGN(const publish::ReadableTree tree,
            publish::find_readable(storage, arguments.word(0), arguments.has("--kept")));
  say_which(tree, arguments.has("--kept"));
  auto shown = view.browse(storage, tree.folder, query, print_data);
  if (!shown.ok()) {
    Error error = shown.error();
    if (error.kind == ErrorKind::input) error.kind = ErrorKind::output;  // it is an output that cannot be read
    return error;
  }
  if (!shown->empty()) note(*shown);
  const auto now = publish::find_readable(storage, arguments.word(0), arguments.has("--kept"));
  if (!now.ok() || now->run_id != tree.run_id) {
    note("another run published meanwhile: what is shown is not of one run for certain");
  }
  return 0;
}

}  // namespace gristmill::cli
