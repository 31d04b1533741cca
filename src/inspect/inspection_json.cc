// The members are told in docs/guide/inspect.md.
#include <iterator>

#include "inspect/inspect.h"
#include "json/json_writer.h"

namespace gristmill::inspect {
namespace {

void write_place(const LinePlace& place, json::JsonWriter& json) {
  json.text("file", place.file);
  json.number("line", place.line);
  json.number("offset", place.offset);
}

void write_file(const InspectedFile& file, json::JsonWriter& json) {
  json.open_object(json::JsonLayout::one_line);
  json.text("path", file.path);
  json.text("name", file.name);
  json.text("data_set", name_of(file.group));
  json.flag("said", file.said);
  json.number("bytes", file.bytes);
  json.text("compression", source::name_of(file.contents.compression));
  json.text("framing", name_of(file.contents.framing));
  json.number("lines", file.lines);
  json.number("collections", file.collections);
  json.number("predictions", file.predictions);
  json.number("both", file.both);
  json.number("neither", file.neither);
  json.number("unreadable", file.unreadable);
  json.number("blank", file.blank);
  json.number("accepted", file.accepted);
  json.close();
}

void write_shape(const InspectedShape& shape, const InspectedGroup& group, json::JsonWriter& json) {
  json.open_object();
  json.text("shape", shape.text);
  json.number("lines", shape.lines);
  json.real("share", static_cast<double>(shape.lines) / static_cast<double>(group.readable));
  json.open_object("first", json::JsonLayout::one_line);
  write_place(shape.first, json);
  json.close();
  json.text("example", shape.example);
  json.close();
}

void write_field(const InspectedField& field, const InspectedGroup& group, json::JsonWriter& json) {
  const FieldStatistics& values = field.values;
  json.open_object();
  json.text("path", field.path);
  json.open_array("steps", json::JsonLayout::one_line);
  for (const std::string& name : field.names) json.text(name);
  json.close();
  json.number("lines", values.lines);
  json.real("share", static_cast<double>(values.lines) / static_cast<double>(group.readable));
  json.open_object("types", json::JsonLayout::one_line);
  for (std::size_t i = 0; i < value_kind_count; ++i) {
    if (values.values[i] > 0) json.number(value_kind_names[i], values.values[i]);
  }
  json.close();
  json.number("distinct", field.distinct);
  json.flag("distinct_exact", field.distinct_exact);
  if (values.has_number) {
    json.name("least_number"), json.json(values.least_number_text);
    json.name("greatest_number"), json.json(values.greatest_number_text);
  }
  if (values.has_text) {
    json.text("least_string", values.least_text);
    json.text("greatest_string", values.greatest_text);
  }
  json.open_array("samples", json::JsonLayout::one_line);
  for (const SampleValue& sample : values.samples) json.text(sample.text);
  json.close();
  json.close();
}

void write_issues(std::string_view name, const std::vector<InspectedIssue>& issues, json::JsonWriter& json) {
  json.open_object(name);
  for (const InspectedIssue& issue : issues) {
    json.open_object(issue.name);
    json.number("lines", issue.lines);
    if (!issue.looks.empty()) {
      json.open_object("looks_like", json::JsonLayout::one_line);
      for (const auto& [look, lines] : issue.looks) json.number(look.name, lines);
      json.close();
    }
    json.open_array("examples");
    for (const auto& [place, text] : issue.examples) {
      json.open_object(json::JsonLayout::one_line);
      write_place(place, json);
      json.text("begins", text);
      json.close();
    }
    json.close();
    json.close();
  }
  json.close();
}

void write_group(const InspectedGroup& group, json::JsonWriter& json) {
  json.number("lines", group.lines);
  json.number("accepted", group.accepted);
  json.number("rejected", group.rejected);
  json.number("repaired", group.repaired);
  json.number("readable", group.readable);
  json.open_object("missing_ids", json::JsonLayout::one_line);
  static constexpr std::string_view ids[] = {"profile_id", "session_id", "collection_id"};
  for (std::size_t i = 0; i < std::size(ids); ++i) json.number(ids[i], group.missing_ids[i]);
  json.close();
  json.number("distinct_shapes", group.shapes);
  json.number("lines_of_other_shapes", group.lines_of_other_shapes);
  json.open_array("shapes");
  for (const InspectedShape& shape : group.first_shapes) write_shape(shape, group, json);
  json.close();
  json.number("distinct_fields", group.fields);
  json.open_array("fields");
  for (const InspectedField& field : group.first_fields) write_field(field, group, json);
  json.close();
  write_issues("repairs", group.repairs, json);
  write_issues("rejections", group.rejections, json);
  json.open_array("models");
  for (const auto& [name, predictions] : group.models) {
    json.open_object(json::JsonLayout::one_line);
    json.text("name", name);
    json.number("predictions", predictions);
    json.close();
  }
  json.close();
}

}  // namespace

std::string inspection_json(const Inspection& inspection) {
  std::string text;
  json::JsonWriter json(text);
  json.open_object();
  json.text("version", version());
  json.open_array("files");
  for (const InspectedFile& file : inspection.files) write_file(file, json);
  json.close();
  json.open_object("data_sets");
  for (std::size_t i = 0; i < line_groups; ++i) {
    json.open_object(line_group_names[i]);
    write_group(inspection.groups[i], json);
    json.close();
  }
  json.close();
  json.open_array("remarks");
  for (const std::string& remark : inspection.remarks) json.text(remark);
  json.close();
  json.text("recipe", inspection.recipe);
  json.close();
  return text.append("\n");
}

}  // namespace gristmill::inspect
