// The columns that gristmill gives every table stand here with their types; those that come of the data are read from
// the output. Names that differ in case only are one name to the engines: the second gets a '_' behind it. Tested in
// statements_test.cc.
#include "ddl/columns.h"

#include <algorithm>

#include "json/json_text.h"
#include "session/session_table.h"

namespace gristmill::ddl {
namespace {

constexpr std::size_t comment_width = 100;

constexpr FixedColumn label_columns[] = {{"profile_id", ColumnType::text},    {"session_id", ColumnType::text},
                                         {"collection_id", ColumnType::text}, {"col_timestamp", ColumnType::time},
                                         {"platform", ColumnType::text},      {"behaviour_type", ColumnType::text}};

constexpr FixedColumn prediction_columns[] = {{"profile_id", ColumnType::text},    {"session_id", ColumnType::text},
                                              {"collection_id", ColumnType::text}, {"timestamp", ColumnType::time},
                                              {"model_name", ColumnType::text},    {"score", ColumnType::number},
                                              {"confidence", ColumnType::number}};

constexpr FixedColumn quarantine_columns[] = {
    {"inputs_id", ColumnType::text},  {"dataset", ColumnType::text}, {"file", ColumnType::text},
    {"line", ColumnType::count},      {"offset", ColumnType::count}, {"reason", ColumnType::text},
    {"message", ColumnType::text},    {"raw", ColumnType::text},     {"raw_base64", ColumnType::text},
    {"truncated", ColumnType::truth}, {"length", ColumnType::count}, {"batch", ColumnType::count}};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

}  // namespace

std::vector<FixedColumn> session_table_columns(const QueryableOutput& output) {
  std::vector<FixedColumn> columns;
  for (const browse::SessionColumn& column : output.session_columns) {
    columns.push_back({column.name.c_str(), column.is_text    ? ColumnType::text
                                            : column.is_count ? ColumnType::count
                                                              : ColumnType::number});
  }
  return columns;
}
std::vector<FixedColumn> model_table_columns() {
  std::vector<FixedColumn> columns;
  for (const session::ParquetColumn& column : session::model_columns()) {
    columns.push_back({column.name.c_str(), column.type == session::CellType::text    ? ColumnType::text
                                            : column.type == session::CellType::count ? ColumnType::count
                                                                                      : ColumnType::number});
  }
  return columns;
}
std::span<const FixedColumn> quarantine_table_columns() { return quarantine_columns; }

std::vector<RowTable> row_tables(const QueryableOutput& output) {
  return {{"labels", "collections", label_columns, &output.labels, &OutputPlace::has_labels},
          {"predictions", "predictions", prediction_columns, &output.predictions, &OutputPlace::has_predictions}};
}

std::vector<TableColumns> tables_of(const QueryableOutput& output) {
  std::vector<TableColumns> tables;
  const auto add = [&](std::string name, std::string folder, const auto& columns) -> TableColumns& {
    TableColumns& table = tables.emplace_back(TableColumns{std::move(name), std::move(folder), {}});
    for (const FixedColumn& column : columns) table.columns.push_back({column.name, column.type});
    return table;
  };
  add("sessions", "aggregated-parquet", session_table_columns(output));
  add("models", "aggregated-models", model_table_columns());
  for (const RowTable& rows : row_tables(output)) {
    if (rows.files->files == 0) continue;
    TableColumns& table = add(rows.name, rows.name, rows.columns);
    table.columns.insert(table.columns.end(), rows.files->fields.begin(), rows.files->fields.end());
  }
  if (output.quarantine_files > 0) add("quarantine", "quarantine", quarantine_table_columns());
  return tables;
}

std::string_view standard_name_of(ColumnType type) {
  constexpr std::string_view names[] = {"string", "double", "double", "bigint", "boolean"};
  return names[static_cast<std::size_t>(type)];
}

std::string FreeNames::take(std::string_view name) {
  std::string free(name);
  while (!taken_.insert(lower(free)).second) free.push_back('_');
  return free;
}

bool FreeNames::has(std::string_view name) const { return taken_.contains(lower(name)); }

bool is_plain_name(std::string_view name) {
  return json::is_utf8(name) && std::none_of(name.begin(), name.end(),
                                             [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string doubled(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result.push_back(quote);
    result.push_back(c);
  }
  result.push_back(quote);
  return result;
}

std::string backslashed(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string result = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || c == '$' || c == ';') {
      result.append("\\u00").append({hex[byte >> 4], hex[byte & 15]});
    } else {
      if (c == '\'' || c == '\\') result.push_back('\\');
      result.push_back(c);
    }
  }
  return result + "'";
}

std::string place_of(const TablesWanted& wanted) {
  if (wanted.column.empty()) return "the output at " + shown(wanted.location);
  return std::to_string(wanted.outputs.size()) + " outputs in " + shown(wanted.location) + ", by " + wanted.column;
}

std::string shown(std::string_view text) {
  std::string json;
  json::append_json_string(json::is_utf8(text) ? text : "(no UTF-8)", json);
  std::string result;
  for (const char c : json) {
    if (c == '$') {
      result += "\\u0024";
    } else if (c == ';') {
      result += "\\u003b";
    } else if (c == 0x7F) {
      result += "\\u007f";
    } else {
      result.push_back(c);
    }
  }
  return result;
}

std::string list_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(text.empty() ? "  " : ",\n  ").append(line);
  return text;
}

std::string comment(std::string_view text) {
  std::string result;
  std::size_t width = 0;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (width == 0 || width + 1 + space > comment_width) {
      result += result.empty() ? "-- " : "\n-- ";
      width = 3;
    } else {
      result.push_back(' ');
      ++width;
    }
    result.append(text.substr(0, space));
    width += space;
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return result + "\n";
}

std::string comment_on_fields(const RowFiles& files, const std::vector<std::string>& left_out) {
  std::string text;
  for (const std::string& field : left_out) {
    text += "-- No column, since its name cannot be one here: " + shown(field) + "\n";
  }
  if (files.more_fields) {
    text += comment("The rows have more fields than the first " + std::to_string(field_limit) +
                    " that were met; the others are no columns.");
  }
  return text;
}

}  // namespace gristmill::ddl
