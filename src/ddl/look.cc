// What lies in an output: sizes from the manifest, names of fields from its recipe and from rows. A part of the files
// is enough where all rows have much the same fields; to keep it spread over a list of unknown length, every 2^k-th
// file is kept, and k grows. Tested in look_test.cc.
#include <cmath>
#include <map>
#include <optional>

#include "browse/browse.h"
#include "browse/json_lines.h"
#include "ddl/columns.h"
#include "json/json_text.h"
#include "json/json_value.h"
#include "json/number.h"
#include "publish/manifest.h"
#include "publish/places.h"

namespace gristmill::ddl {
namespace {

constexpr std::size_t looked_into = 32;          // files of a data set
constexpr std::uint64_t beginning = 256U << 10;  // bytes of each
constexpr std::uint64_t whole = UINT64_MAX;

// What the values of a field are.
struct ValuesSeen {
  bool any = false;
  bool wide = false;  // a whole number that no double holds exactly
  std::optional<ColumnType> type;

  void add(const char* value) {
    const json::JsonType kind = json::type_of(value);
    if (kind == json::JsonType::null) return;
    ColumnType found = ColumnType::text;
    if (kind == json::JsonType::boolean) found = ColumnType::truth;
    if (kind == json::JsonType::number) found = type_of_number({value, json::skip_value(value)});
    const auto is_number = [](ColumnType each) { return each == ColumnType::number || each == ColumnType::count; };
    if (!any || type == found) {
      type = found;
    } else {
      type = is_number(*type) && is_number(found) ? ColumnType::number : ColumnType::text;
    }
    any = true;
  }
  // Whole numbers are counts only if no other value can come: DuckDB would round it.
  ColumnType decided(bool all_seen) const {
    if (!any) return ColumnType::text;
    if (type == ColumnType::number && wide) return ColumnType::text;
    if (type != ColumnType::count) return *type;
    return all_seen ? ColumnType::count : wide ? ColumnType::text : ColumnType::number;
  }

 private:
  ColumnType type_of_number(std::string_view number) {
    constexpr double exact = 9007199254740992.0;  // 2^53
    constexpr double widest = 9.2e18;             // below 2^63
    const double amount = json::to_double(number);
    if (!std::isfinite(amount)) return ColumnType::text;
    if (!json::is_json_integer(number)) return ColumnType::number;
    wide |= std::abs(amount) >= exact;
    return std::abs(amount) < widest ? ColumnType::count : ColumnType::text;
  }
};

// Fields in the order in which they are met, each once.
class FieldCollector {
 public:
  FieldCollector(RowFiles& files, const RowTable& table) : files_(files) {
    for (const auto& column : table.columns) known_.emplace(column.name, canonical);
  }
  // Its index among the fields; nothing if it is canonical, or beyond the limit.
  std::optional<std::size_t> add(std::string_view name) {
    if (const auto found = known_.find(name); found != known_.end()) {
      return found->second == canonical ? std::nullopt : std::optional(found->second);
    }
    if (files_.fields.size() == field_limit) {
      files_.more_fields = true;
      return std::nullopt;
    }
    known_.emplace(name, files_.fields.size());
    files_.fields.push_back({std::string(name)});
    values_.emplace_back();
    return files_.fields.size() - 1;
  }
  void decide_types(bool all_seen) {
    files_.all_seen = all_seen;
    for (std::size_t i = 0; i < values_.size(); ++i) files_.fields[i].type = values_[i].decided(all_seen);
  }
  // Of the file's first lines, of so many bytes.
  Status read(Storage& storage, const std::string& path, std::uint64_t bytes) {
    browse::JsonLines lines(storage, {path});
    std::string scratch;
    for (std::uint64_t seen = 0; seen < bytes; seen += lines.line().size() + 1) {
      GM_ASSIGN(const bool more, lines.next());
      if (!more) break;
      const char* const object = lines.line().begin();
      for (json::ObjectWalk walk(object); walk.next();) {
        if (const auto field = add(json::unescaped(walk.key, scratch))) values_[*field].add(walk.value);
      }
    }
    return {};
  }

 private:
  static constexpr std::size_t canonical = SIZE_MAX;

  RowFiles& files_;
  std::map<std::string, std::size_t, std::less<>> known_;
  std::vector<ValuesSeen> values_;  // by field
};

// Up to twice `looked_into` of what is added, spread evenly.
class SpreadPaths {
 public:
  void add(const std::string& path) {
    if (count_++ % step_ != 0) return;
    paths_.push_back(path);
    if (paths_.size() < 2 * looked_into) return;
    for (std::size_t i = 1; i < looked_into; ++i) paths_[i] = std::move(paths_[2 * i]);
    paths_.resize(looked_into);
    step_ *= 2;
  }
  const std::vector<std::string>& paths() const { return paths_; }
  bool are_all() const { return step_ == 1; }

 private:
  std::vector<std::string> paths_;
  std::uint64_t count_ = 0;
  std::uint64_t step_ = 1;
};

Result<QueryableOutput> look(Storage& storage, const std::string& folder, FieldsFrom fields) {
  const bool all_rows = fields == FieldsFrom::all_rows;
  const std::string manifest_path = folder + "/" + std::string(publish::manifest_name);
  GM_ASSIGN(const json::JsonValue recipe, browse::recipe_of(storage, folder));
  QueryableOutput output;
  output.session_columns = browse::session_columns_of(recipe);
  output.line_limit = recipe["limits"]["line"].count();
  RowFiles* const files[] = {&output.labels, &output.predictions};
  const std::vector<RowTable> tables = row_tables(output);
  std::vector<FieldCollector> names;
  std::vector<SpreadPaths> spread(tables.size());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    names.emplace_back(*files[i], tables[i]);
    for (const json::JsonValue& carried : recipe["carry"].elements()) names[i].add(carried.text());
  }
  GM_ASSIGN(publish::ManifestReader manifest, publish::ManifestReader::open(storage, manifest_path));
  for (;;) {
    GM_ASSIGN(const std::optional<publish::ManifestFile> file, manifest.next());
    if (!file) break;
    if (file->path.starts_with("quarantine/") && !file->path.starts_with("quarantine/resolved/")) {
      ++output.quarantine_files;
      output.largest_quarantine = std::max(output.largest_quarantine, file->size);
    }
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const std::string head = std::string(tables[i].name) + "/profile-id=";
      const std::size_t slash = file->path.rfind('/');
      if (!file->path.starts_with(head) || slash < head.size()) continue;
      if (!browse::is_rows_file(std::string_view(file->path).substr(slash + 1), tables[i].stem)) continue;
      ++files[i]->files;
      files[i]->in_parts |= file->path.find('-', slash) != std::string::npos;
      files[i]->bytes += file->size;
      files[i]->largest = std::max(files[i]->largest, file->size);
      const std::string partition = file->path.substr(head.size(), slash - head.size());
      // An escaped one says more.
      const auto escaped = [](const std::string& name) { return name.find('%') != std::string::npos; };
      if (files[i]->example.empty() || (escaped(partition) && !escaped(files[i]->example))) {
        files[i]->example = partition;
      }
      const std::string path = folder + "/" + file->path;
      if (all_rows) {
        GM_RETURN_IF_ERROR(names[i].read(storage, path, whole));
      } else if (fields == FieldsFrom::some_rows) {
        spread[i].add(path);
      }
    }
  }
  for (std::size_t i = 0; i < tables.size(); ++i) {
    for (const std::string& path : spread[i].paths()) GM_RETURN_IF_ERROR(names[i].read(storage, path, beginning));
    const bool looked_into_all =
        fields == FieldsFrom::some_rows && spread[i].are_all() && files[i]->largest <= beginning;
    names[i].decide_types(all_rows || looked_into_all);
  }
  return output;
}

}  // namespace

Result<QueryableOutput> look_for_tables(Storage& storage, const std::string& folder, FieldsFrom fields) {
  auto output = look(storage, folder, fields);
  if (!output.ok()) return publish::as_output(std::move(output.error()));
  return output;
}

}  // namespace gristmill::ddl
