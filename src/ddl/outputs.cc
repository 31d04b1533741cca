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

class OutputAdder {
 public:
  OutputAdder(Storage& storage, ManyOutputs& found) : storage_(storage), found_(found) {}

  Status add(OutputPlace& place, FieldsFrom fields) {
    GM_ASSIGN(QueryableOutput output, look_for_tables(storage_, place.location, fields));
    place.has_labels = output.labels.files > 0;
    place.has_predictions = output.predictions.files > 0;
    place.has_quarantine = output.quarantine_files > 0;
    if (first_.empty()) {
      first_ = place.location;
      found_.tables = std::move(output);
      return {};
    }
    QueryableOutput& all = found_.tables;
    const auto alike = [](const browse::SessionColumn& a, const browse::SessionColumn& b) {
      return a.name == b.name && a.is_count == b.is_count;
    };
    if (!std::ranges::equal(output.session_columns, all.session_columns, alike)) {
      return Error::usage("the session tables of '" + first_ + "' and '" + place.location + "' have different columns",
                          "name outputs of one recipe, or make the older ones anew")
          .in_file(place.location);
    }
    merge(output.labels, all.labels);
    merge(output.predictions, all.predictions);
    all.quarantine_files += output.quarantine_files;
    all.largest_quarantine = std::max(all.largest_quarantine, output.largest_quarantine);
    all.line_limit = std::max(all.line_limit, output.line_limit);
    return {};
  }

 private:
  Storage& storage_;
  ManyOutputs& found_;
  std::string first_;
};

}  // namespace

Result<ManyOutputs> find_outputs(Storage& storage, const std::string& pattern) {
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
  GM_ASSIGN(const std::vector<FileInfo> entries, storage.list(found.folder));
  const std::string head = found.column + "=";
  for (const FileInfo& entry : entries) {
    if (!entry.name.starts_with(head)) continue;
    const std::string place = found.folder + "/" + entry.name;
    const auto tree = publish::find_readable(storage, place);
    if (!tree.ok() && tree.error().kind != ErrorKind::input) return tree.error();
    if (tree.ok() && !tree->kept) {
      found.outputs.push_back({entry.name.substr(head.size()), place});
    } else {
      found.passed_over.push_back(place);
    }
  }
  if (!found.outputs.empty()) return found;
  return Error::no_input("no output is published in a folder '" + name + "' of '" + folder + "'",
                         "name the folder that the outputs lie in");
}

Status look_for_tables(Storage& storage, ManyOutputs& found, FieldsFrom fields) {
  const std::size_t count = found.outputs.size();
  const std::size_t step = (count + most_looked_into - 1) / most_looked_into;
  OutputAdder adder(storage, found);
  for (std::size_t i = 0; i < count; ++i) {
    // The last one has the newest fields.
    const bool is_looked_into = fields == FieldsFrom::all_rows || i % step == 0 || i + 1 == count;
    GM_RETURN_IF_ERROR(adder.add(found.outputs[i], is_looked_into ? fields : FieldsFrom::recipe));
  }
  return {};
}

}  // namespace gristmill::ddl
