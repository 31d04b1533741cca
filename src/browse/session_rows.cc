// Reads no more of the manifest than its head, which is small where the list of files is not. Tested in
// sessions_test.cc and tests/programs/test_show.py.
#include "browse/session_rows.h"

#include "browse/json_lines.h"
#include "gristmill/recipe.h"

namespace gristmill::browse {
namespace {

constexpr const char* manifest_name = "/_manifest.json";
constexpr std::size_t taken_at_once = 64U << 10;
constexpr std::size_t longest_head = 16U << 20;  // bytes of a manifest before its list of files

}  // namespace

std::vector<SessionColumn> session_columns_of(const json::JsonValue& recipe) {
  const json::JsonValue& aggregates = recipe["aggregates"];
  if (aggregates.is_null()) return usual_session_columns();
  std::vector<SessionColumn> columns = {{"profile_id", true}, {"session_id", true}};
  for (const json::JsonValue& each : aggregates.elements()) {
    columns.push_back({each["name"].text(), false, !each["count"].is_null()});
  }
  return columns;
}

std::vector<SessionColumn> usual_session_columns() {
  std::vector<SessionColumn> columns = {{"profile_id", true}, {"session_id", true}};
  for (const Aggregate& each : session_columns(Recipe{})) columns.push_back({each.name, false, each.is_count()});
  return columns;
}

Result<json::JsonValue> recipe_of(Storage& storage, const std::string& folder) {
  const std::string path = folder + manifest_name;
  GM_ASSIGN(const std::unique_ptr<ReadableFile> file, storage.open(path));
  std::string text;
  std::size_t begin = 0;
  while (text.size() < longest_head) {
    const std::size_t before = text.size();
    text.resize(before + taken_at_once);
    GM_ASSIGN(const std::size_t got, file->read_at(before, text.data() + before, text.size() - before));
    text.resize(before + got);
    for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      std::string_view line(text.data() + begin, end - begin);
      constexpr std::string_view name = "\"recipe\":";
      if (line == "\"files\":[") return not_as_written(path, "it has no recipe");
      if (!line.starts_with(name) || !line.ends_with(',')) continue;
      line.remove_prefix(name.size());
      line.remove_suffix(1);
      std::optional<json::JsonValue> recipe = json::JsonValue::parse(line);
      if (!recipe || recipe->type() != json::JsonType::object) {
        return not_as_written(path, "its recipe is no JSON object");
      }
      return std::move(*recipe);
    }
    if (got == 0) break;
  }
  return not_as_written(path, "it has no recipe");
}

}  // namespace gristmill::browse
