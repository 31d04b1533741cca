// Variables are those that OpenLineage's other clients read. Tested by tests/programs/test_lineage.py.
#include "cli/run_lineage.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "cli/console.h"
#include "cli/environment.h"
#include "cli/run_log.h"
#include "ddl/ddl.h"
#include "storage/http_post.h"

namespace gristmill::cli {
namespace {

constexpr const char* usual_path = "/api/v1/lineage";

std::uint64_t milliseconds_now() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

// "2025-05-16T03:00:01.250Z"
std::string event_time() {
  const std::uint64_t now = milliseconds_now();
  const auto seconds = static_cast<std::time_t>(now / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char rest[8];
  std::snprintf(rest, sizeof rest, ".%03uZ", static_cast<unsigned>(now % 1000));
  return std::string(text, length) + rest;
}

// With the usual path of a server of which none is named.
std::string address_of(const std::string& url) {
  const std::size_t host = url.find("://") + 3;
  const std::size_t path = url.find('/', host);
  if (path == std::string::npos) return url + usual_path;
  return path + 1 == url.size() ? url.substr(0, path) + usual_path : url;
}

// Without the end of line that a file of it has.
std::string api_key(std::string key) {
  key.erase(key.find_last_not_of(" \t\r\n") + 1);
  return key;
}

Status append(const std::string& path, std::string_view line) {
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
  if (file < 0) return Error::output(std::strerror(errno));
  // In one piece, so that two runs that append to one file do so line by line.
  const ssize_t written = ::write(file, line.data(), line.size());
  const std::string why = written < 0 ? std::strerror(errno) : "only a part of it was written";
  ::close(file);
  return written == static_cast<ssize_t>(line.size()) ? Status() : Status(Error::output(why));
}

}  // namespace

bool is_lineage_server(const std::string& lineage) { return lineage.find("://") != std::string::npos; }

RunLineage::RunLineage(const recipe::Settings& settings, Storage& storage, const std::string& command)
    : settings_(settings), storage_(storage) {
  if (settings.console.lineage.empty()) return;
  variables_ = environment();
  variables_.insert(settings.dotenv.begin(), settings.dotenv.end());
  const auto absolute = [&](const std::string& path) {
    if (path == "-") return std::string("/dev/stdin");
    const auto resolved = storage.resolve(path);
    return resolved.ok() ? *resolved : path;
  };
  run_.run_id = events::new_lineage_id(milliseconds_now());
  run_.command = command;
  run_.job_namespace = variables_["OPENLINEAGE_NAMESPACE"];
  if (run_.job_namespace.empty()) run_.job_namespace = "default";
  const std::string& parent = variables_["OPENLINEAGE_PARENT_ID"];
  run_.parent = events::lineage_parent(parent);
  if (!parent.empty() && !run_.parent)
    warn_beside(settings.console, "not_told",
                "OPENLINEAGE_PARENT_ID is left out: it is not NAMESPACE/JOB/RUN_ID with a UUID at its end");
  const Recipe& recipe = settings.recipe;
  for (const std::string& path : recipe.collections) run_.inputs[0].push_back(absolute(path));
  for (const std::string& path : recipe.predictions) run_.inputs[1].push_back(absolute(path));
  if (command != "validate") run_.output = absolute(recipe.output);
  tell(events::lineage_start(run_, event_time(), tables(nullptr)), 1, &interrupted_flag());
}

void RunLineage::end(const events::Ending& ending) {
  if (settings_.console.lineage.empty()) return;
  // That it was interrupted is told all the same, once.
  const bool was_interrupted = interrupted_flag();
  tell(events::lineage_end(run_, event_time(), tables(&ending), ending), was_interrupted ? 1 : 3,
       was_interrupted ? nullptr : &interrupted_flag());
}

std::vector<events::LineageTable> RunLineage::tables(const events::Ending* ending) {
  std::vector<events::LineageTable> tables = {{"aggregated-parquet", {}, {}, {}}, {"aggregated-models", {}, {}, {}}};
  if (run_.output.empty() || ending == nullptr || events::status_of(*ending) != "published") return tables;
  const RunReport& report = ending->outcome->report;
  const auto found = ddl::look_for_tables(storage_, report.run.output, ddl::FieldsFrom::recipe);
  if (!found.ok()) return tables;
  tables.clear();
  for (const ddl::TableColumns& table : ddl::tables_of(*found)) {
    events::LineageTable& told = tables.emplace_back();
    told.folder = table.folder;
    for (const ddl::RowField& column : table.columns)
      told.columns.push_back({column.name, std::string(ddl::standard_name_of(column.type))});
    if (table.name == "sessions") told.rows = report.sessions.rows;
    if (table.name == "labels") told.rows = report.accounting.of(Dataset::collections).rows;
    if (table.name == "predictions") told.rows = report.accounting.of(Dataset::predictions).rows;
    if (table.name == "labels") told.bytes = found->labels.bytes;
    if (table.name == "predictions") told.bytes = found->predictions.bytes;
  }
  return tables;
}

void RunLineage::tell(const std::string& event, unsigned tries, const std::atomic<bool>* give_up) {
  const std::string& lineage = settings_.console.lineage;
  Status told;
  if (is_lineage_server(lineage)) {
    storage::HttpPost request;
    request.url = address_of(lineage);
    request.headers = {"Content-Type: application/json"};
    request.body = event;
    request.tries = tries;
    request.give_up = give_up;
    request.environment = variables_;
    const std::string key = api_key(variables_["OPENLINEAGE_API_KEY"]);
    if (!key.empty()) request.headers.push_back("Authorization: Bearer " + key);
    told = storage::post(request);
  } else {
    told = append(lineage, event);
  }
  if (told.ok()) return;
  warn_beside(settings_.console, "not_told",
              "the lineage event could not be told to " +
                  (is_lineage_server(lineage) ? std::string("its server") : "'" + lineage + "'") + ": " +
                  told.error().message);
}

}  // namespace gristmill::cli
