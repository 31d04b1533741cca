// Views for DuckDB. Each reads whole rows as JSON and takes fields out by JSON pointers: read_json with columns is two
// to three times as fast where all columns are read, but fails on rows that name a field twice and cannot tell "x" from
// "X". The partition is cut out of the file's name: hive_partitioning would make columns of every a=b in the path to
// the output, and let them hide the rows' own. DuckDB opens no other file for it: it can tell from the names.
#include <algorithm>

#include "ddl/columns.h"

namespace gristmill::ddl {
namespace {

constexpr std::uint64_t default_object_size = 16U << 20;  // DuckDB's own limit for a line, and what it has buffers for
constexpr std::uint64_t largest_object_size = 1U << 31;

const char* duckdb_type(ColumnType type) {
  switch (type) {
    case ColumnType::text: break;
    case ColumnType::time:
    case ColumnType::count: return "BIGINT";
    case ColumnType::number: return "DOUBLE";
    case ColumnType::truth: return "BOOLEAN";
  }
  return "VARCHAR";
}

std::string literal(std::string_view text) { return doubled(text, '\''); }
std::string duckdb_name(std::string_view text) { return doubled(text, '"'); }

// RFC 6901.
std::string pointer_to(std::string_view field) {
  std::string pointer = "/";
  for (const char c : field) {
    if (c == '~' || c == '/') {
      pointer += c == '~' ? "~0" : "~1";
    } else {
      pointer.push_back(c);
    }
  }
  return pointer;
}

// Values that have no place in a column of that type. Of a field whose type was found in its values they would be lost.
enum class OtherValues : std::uint8_t { are_null, are_errors };

std::string value_of(std::string_view field, ColumnType type, OtherValues others) {
  std::string text = "json ->> " + literal(pointer_to(field));
  if (type == ColumnType::text) return text;
  return (others == OtherValues::are_null ? "TRY_CAST(" : "CAST(") + text + " AS " + duckdb_type(type) + ")";
}

// The location as the fixed part of a glob.
Result<std::string> pattern_of(const std::string& location) {
  const bool local = location.starts_with('/');
  const char* wrong = location.find('\\') != std::string::npos ? "a backslash, which DuckDB takes for '/'"
                      : !local && location.find('?') != std::string::npos
                          ? "a '?', behind which DuckDB looks for options"
                          : nullptr;
  if (wrong != nullptr) {
    return Error::usage("DuckDB cannot be told of '" + location + "': it has " + wrong,
                        "move or copy the output, and name the place with --location")
        .in_file(location);
  }
  std::string pattern;
  for (const char c : location) {
    if (c == '*' || c == '?' || c == '[') {
      pattern.append({'[', c, ']'});
    } else {
      pattern.push_back(c);
    }
  }
  return pattern;
}

// Where the files of a table lie: one glob, or as many as there are outputs that have any.
Result<std::string> sources_of(const TablesWanted& wanted, bool OutputPlace::* has, const std::string& files) {
  if (wanted.column.empty()) {
    GM_ASSIGN(const std::string pattern, pattern_of(wanted.location));
    return literal(pattern + files);
  }
  std::string list;
  for (const OutputPlace& output : wanted.outputs) {
    if (has != nullptr && !(output.*has)) continue;
    GM_ASSIGN(const std::string pattern, pattern_of(output.location));
    list += (list.empty() ? "[" : ", ") + literal(pattern + files);
  }
  return list + "]";
}

// The value of an output, from the name of a file: `below` is what follows its folder there, as a regular expression.
std::string value_of_output(const TablesWanted& wanted, const std::string& below) {
  return "regexp_extract(filename, " + literal("/" + wanted.column + "=([^/]*)/" + below + "$") + ", 1)";
}

// Whole rows: no longer than the largest file, and not much longer than the longest line that a run takes.
std::string rows_of(const std::string& sources, std::uint64_t largest, std::uint64_t bound) {
  const std::uint64_t size = std::min({std::max(default_object_size, std::min(largest, bound)), largest_object_size});
  std::string rows = "read_ndjson_objects(" + sources + ", hive_partitioning = false, filename = true";
  if (size > default_object_size) rows += ", maximum_object_size = " + std::to_string(size);
  return rows + ")";
}

std::string view(const std::string& name, const std::vector<std::string>& columns, const std::string& from) {
  return "CREATE OR REPLACE VIEW " + name + " AS\nSELECT\n" + list_of(columns) + "\n" + from + ";\n";
}

}  // namespace

Result<SqlText> duckdb_statements(const QueryableOutput& output, const TablesWanted& wanted) {
  GM_ASSIGN([[maybe_unused]] const std::string pattern, pattern_of(wanted.location));
  SqlText text;
  text.sql = comment("gristmill ddl duckdb: " + place_of(wanted) +
                     ". Print these statements again after a run with other fields, or if a query finds a value of "
                     "another type. With --all-rows every row is looked at.");
  if (wanted.location.starts_with("s3://")) {
    text.sql += comment(
        "DuckDB reads S3 by its extension httpfs, with the credentials of a secret, such as CREATE "
        "SECRET (TYPE s3, PROVIDER credential_chain).");
  }
  std::string prefix;
  if (!wanted.database.empty()) {
    prefix = duckdb_name(wanted.database) + ".";
    text.sql += "\nCREATE SCHEMA IF NOT EXISTS " + duckdb_name(wanted.database) + ";\n";
  }
  const auto nothing = [](std::string_view name, ColumnType type) {
    return std::string("CAST(NULL AS ") + duckdb_type(type) + ") AS " + duckdb_name(name);
  };

  std::vector<std::string> columns;
  const auto add_parquet = [&](const char* table, const std::vector<FixedColumn>& fixed,
                               const std::string& folder) -> Status {
    columns.clear();
    FreeNames names;
    for (const FixedColumn& column : fixed) columns.push_back(duckdb_name(names.take(column.name)));
    if (!wanted.column.empty()) {
      columns.push_back(value_of_output(wanted, folder + "/[^/]*") + " AS " + duckdb_name(names.take(wanted.column)));
    }
    GM_ASSIGN(const std::string sources, sources_of(wanted, nullptr, "/" + folder + "/*.parquet"));
    text.sql += "\n" + view(prefix + duckdb_name(table), columns,
                            "FROM read_parquet(" + sources + ", hive_partitioning = false" +
                                (wanted.column.empty() ? "" : ", filename = true") + ")");
    return {};
  };
  GM_RETURN_IF_ERROR(add_parquet("sessions", session_table_columns(output), "aggregated-parquet"));
  GM_RETURN_IF_ERROR(add_parquet("models", model_table_columns(), "aggregated-models"));

  for (const RowTable& table : row_tables(output)) {
    const bool empty = table.files->files == 0;
    FreeNames names;
    columns.clear();
    const auto add = [&](std::string_view field, ColumnType type, OtherValues others) {
      const std::string name = names.take(field.empty() ? "_" : field);
      columns.push_back(empty ? nothing(name, type) : value_of(field, type, others) + " AS " + duckdb_name(name));
    };
    for (const FixedColumn& column : table.columns) add(column.name, column.type, OtherValues::are_null);
    std::vector<std::string> left_out;
    for (const auto& [field, type] : table.files->fields) {
      if (is_plain_name(field)) {
        add(field, type, OtherValues::are_errors);
      } else {
        left_out.push_back(field);
      }
    }
    const std::string partition = names.take(partition_column);
    columns.push_back(empty ? nothing(partition, ColumnType::text)
                            : "url_decode(nullif(regexp_extract(filename, '/profile-id=([^/]*)/[^/]*$', 1), "
                              "'__HIVE_DEFAULT_PARTITION__')) AS " +
                                  duckdb_name(partition));
    if (!wanted.column.empty()) {
      const std::string below = std::string(table.name) + "/profile-id=[^/]*/[^/]*";
      const std::string name = names.take(wanted.column);
      columns.push_back(empty ? nothing(name, ColumnType::text)
                              : value_of_output(wanted, below) + " AS " + duckdb_name(name));
    }
    const std::string files = std::string("/") + table.name + "/*/" + table.stem +
                              (table.files->in_parts || !wanted.column.empty() ? "*.jsonl" : ".jsonl");
    GM_ASSIGN(const std::string sources, sources_of(wanted, table.has, files));
    const std::string from =
        empty ? "WHERE false" : "FROM " + rows_of(sources, table.files->largest, 2 * output.line_limit + (1U << 20));
    text.sql +=
        "\n" + comment_on_fields(*table.files, left_out) + view(prefix + duckdb_name(table.name), columns, from);
  }

  columns.clear();
  const bool empty = output.quarantine_files == 0;
  FreeNames names;
  for (const FixedColumn& column : quarantine_table_columns()) {
    names.take(column.name);
    columns.push_back(empty ? nothing(column.name, column.type)
                            : value_of(column.name, column.type, OtherValues::are_null) + " AS " +
                                  duckdb_name(column.name));
  }
  if (!wanted.column.empty()) {
    const std::string name = names.take(wanted.column);
    columns.push_back(empty ? nothing(name, ColumnType::text)
                            : value_of_output(wanted, "quarantine/[^/]*") + " AS " + duckdb_name(name));
  }
  GM_ASSIGN(const std::string sources, sources_of(wanted, &OutputPlace::has_quarantine, "/quarantine/*.jsonl"));
  // A line of control characters is six times as long when they are escaped.
  const std::string from =
      empty ? "WHERE false" : "FROM " + rows_of(sources, output.largest_quarantine, 6 * output.line_limit + (1U << 20));
  text.sql += "\n" + view(prefix + duckdb_name("quarantine"), columns, from);
  return text;
}

}  // namespace gristmill::ddl
