// gristmill show, batches and history: what an output holds. Rows go to stdout, sentences about them to stderr.

#include "browse/browse.h"
#include "browse/session_rows.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "gristmill/run.h"
#include "publish/publish.h"
#include "text/nearest.h"

namespace gristmill::cli {
namespace {

struct View {
  const char* name;
  const char*
      files;  // how the paths of those that are read begin; nullptr: one profile's file, and no other is looked at
  Result<browse::BrowseNote> (*browse)(Storage&, const std::string&, const browse::BrowseQuery&,
                                       const browse::BrowseSink&);
};

constexpr View views[] = {{"sessions", "aggregated-json/", browse::browse_sessions},
                          {"models", "aggregated-models/", browse::browse_models},
                          {"labels", nullptr, browse::browse_labels},
                          {"predictions", nullptr, browse::browse_predictions},
                          {"quarantine", "quarantine/", browse::browse_quarantine},
                          {"checks", "validation/report.json", browse::browse_checks},
                          {"batches", "validation/batches.jsonl", browse::browse_batches},
                          {"history", "validation/", browse::browse_history}};

Result<browse::BrowseQuery> query_of(const Arguments& arguments) {
  browse::BrowseQuery query;
  for (const auto& [flag, values] : arguments.own) {
    const std::string value = arguments.value(flag);
    if (flag == "--profile") query.profile = value;
    if (flag == "--session") query.session = value;
    if (flag == "--reason") query.reason = value;
    if (flag == "--sort") {
      const std::size_t colon = value.find(':');
      query.sort_column = value.substr(0, colon);
      const std::string order = colon == std::string::npos ? ":asc" : value.substr(colon);
      query.descending = order == ":desc";
      if (query.sort_column.empty())
        return Error::usage("--sort: '" + value + "' names no column", "write COLUMN:desc");
      if (order != ":asc" && !query.descending) {
        const auto near = text::nearest_match(order.substr(1), {"asc", "desc"});
        return Error::usage("--sort: '" + value + "' has another end than ':asc' or ':desc'",
                            near ? "did you mean '" + query.sort_column + ":" + *near + "'?"
                                 : "write COLUMN, COLUMN:asc or COLUMN:desc");
      }
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
  std::string name = arguments.word(1).empty() ? "sessions" : arguments.word(1);
  if (arguments.command == Command::batches) name = "batches";
  if (arguments.command == Command::history) name = "history";
  const View* const found =
      std::find_if(std::begin(views), std::end(views), [&](const View& known) { return known.name == name; });
  if (found == std::end(views)) return Error::internal("there is no view '" + name + "'");
  const View& view = *found;
  GM_ASSIGN(browse::BrowseQuery query, query_of(arguments));
  // What is not for a terminal is for a program or a file: nothing is cut.
  query.style = style_of_stdout(colour, 0);
  query.spill_folder = resources_of(Recipe{}).spill_folder;
  GM_ASSIGN(const publish::ReadableTree tree,
            publish::find_readable(storage, arguments.word(0), arguments.has("--kept")));
  say_which(tree, arguments.has("--kept"));
  if (view.files != nullptr) GM_RETURN_IF_ERROR(publish::check_listed(storage, tree.folder, view.files));
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
