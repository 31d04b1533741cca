// Many outputs as one: what is in any of them is in the tables. Of very many a spread of them is looked into for
// fields, since days have much the same ones. Tested by tests/programs/test_ddl_outputs.py.
#include <algorithm>

#include "ddl/columns.h"
#include "publish/manifest.h"
#include "publish/publish.h"

namespace gristmill::ddl {
namespace {

constexpr std::size_t most_looked_into = 16;  // outputs, for fields

Error no_pattern(const std::string& pattern) {
  return Error::usage("'" + pattern + "' is no pattern of outputs",
                      "write the folder of the outputs and what all of their names begin with: 's3://results/day=*/'");
}

bool is_column_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// What one of them has, beside what others have.
void merge(const RowFiles& some, RowFiles& all) {
  all.in_parts |= some.in_parts;
  all.files += some.files;
  all.bytes += some.bytes;
  all.largest = std::max(all.largest, some.largest);
  all.more_fields |= some.more_fields;
  all.all_seen &= some.all_seen;
  if (!some.example.empty()) all.example = some.example;
  for (const RowField& field : some.fields) {
    const auto known = std::ranges::find(all.fields, field.name, &RowField::name);
    if (known == all.fields.end()) {
      all.fields.push_back(field);
    } else if (known->type != field.type) {
      known->type = ColumnType::text;
    }
  }
}

bool has_files(Storage& storage, const std::string& folder) {
  bool any = false;
  static_cast<void>(storage.walk(folder, [&](const FileInfo&) -> Status {
    any = true;
    return Error::internal("enough");
  }));
  return any;
}

class OutputFinder {
 public:
  OutputFinder(Storage& storage, ManyOutputs& found) : storage_(storage), found_(found) {}

  Status find() {
    GM_ASSIGN(const std::vector<FileInfo> entries, storage_.list(found_.folder));
    const std::string head = found_.column + "=";
    for (const FileInfo& entry : entries) {
      if (!entry.name.starts_with(head)) continue;
      const std::string folder = found_.folder + "/" + entry.name;
      const auto tree = publish::find_readable(storage_, folder);
      if (!tree.ok() || tree->kept) {
        found_.passed_over.push_back(folder);
        continue;
      }
      found_.outputs.push_back({entry.name.substr(head.size()), folder});
    }
    return {};
  }

  Status look(bool all_rows) {
    const std::size_t step = all_rows ? 1 : (found_.outputs.size() + most_looked_into - 1) / most_looked_into;
    for (std::size_t i = 0; i < found_.outputs.size(); ++i) {
      OutputPlace& output = found_.outputs[i];
      output.has_labels = has_files(storage_, output.location + "/labels");
      output.has_predictions = has_files(storage_, output.location + "/predictions");
      output.has_quarantine = has_files(storage_, output.location + "/quarantine");
      // The last one has the newest fields.
      if (i % step == 0 || i + 1 == found_.outputs.size()) GM_RETURN_IF_ERROR(add(output.location, all_rows));
    }
    // One that was not looked into may have what no other has.
    found_.tables.labels.all_seen &= all_rows;
    found_.tables.predictions.all_seen &= all_rows;
    return {};
  }

 private:
  Status add(const std::string& folder, bool all_rows) {
    GM_ASSIGN(QueryableOutput output, look_for_tables(storage_, folder, all_rows));
    if (first_.empty()) {
      first_ = folder;
      found_.tables = std::move(output);
      return {};
    }
    QueryableOutput& all = found_.tables;
    const auto alike = [](const browse::SessionColumn& a, const browse::SessionColumn& b) {
      return a.name == b.name && a.is_count == b.is_count;
    };
    if (!std::ranges::equal(output.session_columns, all.session_columns, alike)) {
      return Error::usage("the session tables of '" + first_ + "' and '" + folder + "' have different columns",
                          "name outputs of one recipe, or make the older ones anew")
          .in_file(folder);
    }
    merge(output.labels, all.labels);
    merge(output.predictions, all.predictions);
    all.quarantine_files += output.quarantine_files;
    all.largest_quarantine = std::max(all.largest_quarantine, output.largest_quarantine);
    all.line_limit = std::max(all.line_limit, output.line_limit);
    return {};
  }

  Storage& storage_;
  ManyOutputs& found_;
  std::string first_;
};

}  // namespace

Result<ManyOutputs> look_for_outputs(Storage& storage, const std::string& pattern, bool all_rows) {
  std::string folder = pattern;
  while (folder.ends_with('/')) folder.pop_back();
  const std::size_t slash = folder.rfind('/');
  const std::string name = folder.substr(slash == std::string::npos ? 0 : slash + 1);
  folder = slash == std::string::npos ? "." : folder.substr(0, slash);
  if (!name.ends_with("=*") || folder.find_first_of("*?[") != std::string::npos) return no_pattern(pattern);
  ManyOutputs found;
  found.column = name.substr(0, name.size() - 2);
  if (!is_column_name(found.column)) return no_pattern(pattern);
  GM_ASSIGN(found.folder, storage.resolve(folder));
  OutputFinder finder(storage, found);
  GM_RETURN_IF_ERROR(finder.find());
  if (found.outputs.empty()) {
    return Error::no_input("no output is published in a folder '" + name + "' of '" + folder + "'",
                           "name the folder that the outputs lie in");
  }
  GM_RETURN_IF_ERROR(finder.look(all_rows));
  return found;
}

}  // namespace gristmill::ddl
