// gristmill ddl: SQL on stdout, and nothing else; sentences about it go to stderr.
#include <unistd.h>

#include <cstdlib>

#include "cli/commands.h"
#include "cli/console.h"
#include "ddl/ddl.h"
#include "publish/publish.h"

namespace gristmill::cli {
namespace {

ddl::SqlEngine engine_of(const std::string& word) {
  return word == "athena" ? ddl::SqlEngine::athena : word == "spark" ? ddl::SqlEngine::spark : ddl::SqlEngine::duckdb;
}

Result<std::string> location_of(const Arguments& arguments, const std::string& folder) {
  if (!arguments.has("--location")) return folder;
  char* here = getcwd(nullptr, 0);
  if (here == nullptr)
    return Error::usage("the working directory is gone", "change to a folder that exists and try again");
  const std::string working_directory = here;
  std::free(here);
  const std::string location = ddl::plain_location(arguments.value("--location"), working_directory);
  if (location.empty()) return Error::usage("--location is empty", "name the place where the output will lie");
  return location;
}

Result<publish::ReadableTree> find_published(Storage& storage, const std::string& output) {
  GM_ASSIGN(publish::ReadableTree tree, publish::find_readable(storage, output));
  if (!tree.kept) return tree;
  return Error::output(
             "nothing is published at '" + output + "'; run " + tree.run_id + " was kept back by a failed check",
             "publish it with 'gristmill publish " + output + "', or fix the input and run again")
      .in_file(output);
}

// As many as the pattern names; their locations are below `wanted.location`.
Result<ddl::QueryableOutput> take_outputs(Storage& storage, const Arguments& arguments, ddl::FieldsFrom fields,
                                          ddl::TablesWanted& wanted) {
  GM_ASSIGN(ddl::ManyOutputs found, ddl::find_outputs(storage, arguments.value("--outputs")));
  GM_ASSIGN(wanted.location, location_of(arguments, found.folder));
  wanted.column = found.column;
  const auto place_outputs = [&] {
    wanted.outputs = found.outputs;
    for (ddl::OutputPlace& output : wanted.outputs) {
      output.location = wanted.location + output.location.substr(found.folder.size());
    }
  };
  place_outputs();
  GM_RETURN_IF_ERROR(ddl::table_statements({}, wanted));  // a mistake is told before anything is read
  for (const std::string& folder : found.passed_over) {
    note("warning: '" + folder + "' is left out: no output is published there");
  }
  GM_RETURN_IF_ERROR(ddl::look_for_tables(storage, found, fields));
  place_outputs();
  return std::move(found.tables);
}

}  // namespace

Result<int> ddl_command(const Arguments& arguments, Storage& storage) {
  const std::string& output = arguments.word(1);
  const bool many = arguments.has("--outputs");
  if (many == !output.empty()) {
    return Error::usage(many ? "an output and --outputs are given" : "OUT is required, or --outputs PATTERN",
                        "name one output, or by --outputs the pattern of many");
  }
  ddl::TablesWanted wanted;
  wanted.engine = engine_of(arguments.word(0));
  wanted.database = arguments.value("--database");
  if (arguments.has("--database") && wanted.database.empty()) {
    return Error::usage("--database is empty", "name one, or leave the flag out");
  }
  const ddl::FieldsFrom fields = arguments.has("--all-rows") ? ddl::FieldsFrom::all_rows : ddl::FieldsFrom::some_rows;
  ddl::QueryableOutput tables;
  if (many) {
    GM_ASSIGN(tables, take_outputs(storage, arguments, fields, wanted));
  } else {
    GM_ASSIGN(const publish::ReadableTree tree, find_published(storage, output));
    GM_ASSIGN(wanted.location, location_of(arguments, tree.folder));
    GM_RETURN_IF_ERROR(ddl::table_statements({}, wanted));  // a mistake is told before anything is read
    GM_ASSIGN(tables, ddl::look_for_tables(storage, tree.folder, fields));
  }
  GM_ASSIGN(const ddl::SqlText text, ddl::table_statements(tables, wanted));
  GM_RETURN_IF_ERROR(print_data(text.sql));
  for (const std::string& warning : text.warnings) note("warning: " + warning);
  return 0;
}

}  // namespace gristmill::cli
