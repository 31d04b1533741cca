// External tables for Athena. Sources: the Athena User Guide, "Supported types for partition projection", "Use dynamic
// ID partitioning", "OpenX JSON SerDe", "Name databases, tables, and columns".
//
// The partitions are injected: Athena puts the value that a query gives into storage.location.template, as it stands,
// so that nobody has to tell the catalog of each profile and a query opens one folder. A Hive table cannot have a data
// column and a partition column of one name, and the rows have profile_id, so the partition is called otherwise. Names
// of columns have small letters, digits and '_' only; the SerDe is told which field each stands for, and to mind
// capitals. Times are doubles: they are JSON numbers of any kind, and a fraction where a bigint should be ends the
// whole query.
//
// IF NOT EXISTS and no DROP: Athena runs one statement at a time, and so each is complete in itself.
#include <algorithm>

#include "ddl/columns.h"

namespace gristmill::ddl {
namespace {

constexpr std::uint64_t small_file = 8U << 20;  // bytes: below this, opening files costs more than reading them
constexpr std::uint64_t few_files = 100;
constexpr std::size_t longest_name = 255;  // bytes, of the Glue catalog

const char* athena_type(ColumnType type) {
  switch (type) {
    case ColumnType::text: break;
    case ColumnType::time:
    case ColumnType::number: return "double";
    case ColumnType::count: return "bigint";
    case ColumnType::truth: return "boolean";
  }
  return "string";
}

bool is_small_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

// What is not a small letter, a digit or '_' becomes one of them; room is left for a few '_' behind it.
std::string column_name(std::string_view field) {
  std::string name;
  for (const char c : field) {
    // A character of several bytes is one '_'.
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;
    const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    name.push_back(is_small_name(small) ? small : '_');
  }
  if (name.size() > longest_name - 55) name.resize(longest_name - 55);
  return name.empty() ? "_" : name;
}

// The statement is text of Hive, where these mean something in a property, whatever the quotes.
bool can_be_mapped(std::string_view field) {
  return is_plain_name(field) && !field.empty() && field.find_first_of("'\"\\;$") == std::string_view::npos;
}

Status check_location(const std::string& location) {
  if (!location.starts_with("s3://")) {
    return Error::usage("Athena reads s3:// only, and the output lies at '" + location + "'",
                        "copy it to a bucket and name the place with --location s3://BUCKET/PREFIX")
        .in_file(location);
  }
  for (const char c : location) {
    if (static_cast<unsigned char>(c) >= 0x20 &&
        std::string_view("'\"\\`*?[]{}$;\x7f").find(c) == std::string_view::npos)
      continue;
    return Error::usage(
               "Athena cannot be told of '" + location + "': it has quotes, wildcards or other such characters",
               "copy the output to another place and name it with --location")
        .in_file(location);
  }
  if (location.find("//", 5) != std::string::npos || location.size() == 5) {
    return Error::usage("Athena cannot be told of '" + location + "': it has an empty name in it",
                        "copy the output to another place and name it with --location")
        .in_file(location);
  }
  return {};
}

struct AthenaTable {
  std::string name;
  std::vector<std::pair<std::string, ColumnType>> columns = {};  // names as Athena has them
  std::vector<std::pair<std::string, std::string>> mapped = {};  // column to field, where they differ
  std::string partition = {};                                    // its column; empty: none
  bool json = true;
};

bool is_day(const std::string& value) {
  return value.size() == 10 && value[4] == '-' && value[7] == '-' &&
         value.find_first_not_of("0123456789-") == std::string::npos;
}

// Of many outputs: the values that Athena takes. Days go on to the present one, so that a new output needs no new
// table.
std::vector<std::pair<std::string, std::string>> projection_of(const TablesWanted& wanted) {
  if (std::ranges::all_of(wanted.outputs, is_day, &OutputPlace::value)) {
    return {{"type", "date"}, {"range", wanted.outputs.front().value + ",NOW"}, {"format", "yyyy-MM-dd"}};
  }
  std::string values;
  for (const OutputPlace& output : wanted.outputs) values += (values.empty() ? "" : ",") + output.value;
  return {{"type", "enum"}, {"values", values}};
}

// `below`: the folder of the table in an output.
std::string statement(const AthenaTable& table, const std::string& prefix, const TablesWanted& wanted,
                      const std::string& below) {
  std::vector<std::string> columns;
  FreeNames names;
  for (const auto& [name, type] : table.columns) columns.push_back("`" + names.take(name) + "` " + athena_type(type));
  if (!table.partition.empty()) names.take(table.partition);
  const std::string outer = wanted.column.empty() ? "" : names.take(wanted.column);
  std::vector<std::string> partitions;
  std::vector<std::string> properties;
  const auto property = [&](const std::string& name, const std::string& value) {
    properties.push_back("'" + name + "' = '" + value + "'");
  };
  std::string folder = wanted.location + "/" + below + "/";
  std::string where = folder;
  if (!outer.empty()) {
    partitions.push_back("`" + outer + "` string");
    for (const auto& [name, value] : projection_of(wanted)) property("projection." + outer + "." + name, value);
    folder = wanted.location + "/";
    where = folder + wanted.column + "=${" + outer + "}/" + below + "/";
  }
  if (!table.partition.empty()) {
    partitions.push_back("`" + table.partition + "` string");
    property("projection." + table.partition + ".type", "injected");
    where += "profile-id=${" + table.partition + "}/";
  }
  std::string sql =
      "CREATE EXTERNAL TABLE IF NOT EXISTS " + prefix + "`" + table.name + "` (\n" + list_of(columns) + "\n)\n";
  if (!partitions.empty()) {
    sql += "PARTITIONED BY (" + partitions.front() + (partitions.size() > 1 ? ", " + partitions.back() : "") + ")\n";
  }
  if (table.json) {
    sql +=
        "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'\nWITH SERDEPROPERTIES (\n  'case.insensitive' = 'FALSE'";
    for (const auto& [column, field] : table.mapped) sql += ",\n  'mapping." + column + "' = '" + field + "'";
    sql += "\n)\n";
  } else {
    sql += "STORED AS PARQUET\n";
  }
  sql += "LOCATION '" + folder + "'";
  if (!partitions.empty()) {
    properties.insert(properties.begin(), "'projection.enabled' = 'true'");
    property("storage.location.template", where);
    sql += "\nTBLPROPERTIES (\n" + list_of(properties) + "\n)";
  }
  return sql + ";\n";
}

std::string size_in_words(std::uint64_t bytes) {
  if (bytes < 1U << 20) return std::to_string((bytes + 1023) >> 10) + " KiB";
  const std::uint64_t tenths = (bytes * 10 + (1U << 19)) >> 20;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

std::string warning_of(const RowTable& table) {
  const RowFiles& files = *table.files;
  if (files.files <= few_files || files.bytes / files.files >= small_file) return {};
  return std::string(table.name) + " are " + std::to_string(files.files) + " files of " +
         size_in_words(files.bytes / files.files) +
         " on average: Athena is slow on many small files. Ask `sessions` where "
         "it is enough, and `" +
         table.name + "` for a few profiles at a time.";
}

}  // namespace

Result<SqlText> athena_statements(const QueryableOutput& output, const TablesWanted& wanted) {
  GM_RETURN_IF_ERROR(check_location(wanted.location));
  for (const OutputPlace& each : wanted.outputs) {
    GM_RETURN_IF_ERROR(check_location(each.location));
    if (each.value.find(',') == std::string::npos) continue;
    return Error::usage("Athena cannot be told of '" + each.location + "': its name has a comma",
                        "leave it out, or copy it to another place")
        .in_file(each.location);
  }
  for (const char c : wanted.database) {
    if (is_small_name(c)) continue;
    return Error::usage("--database: '" + wanted.database + "' is no name for a database of Athena's",
                        "take small letters, digits and '_'");
  }
  SqlText text;
  text.sql =
      comment("gristmill ddl athena: " + place_of(wanted) + ". Athena runs one statement at a time.") +
      comment(
          "A table that is there already stays as it is. After a run with other fields, drop it first (DROP TABLE "
          "deletes no data of an external table) and print these statements again.") +
      comment(
          "Athena looks neither at _SUCCESS nor at _manifest.json: while a run publishes, a query may see old and "
          "new files side by side.");
  std::string prefix;
  if (!wanted.database.empty()) {
    prefix = "`" + wanted.database + "`.";
    text.sql += "\nCREATE DATABASE IF NOT EXISTS `" + wanted.database + "`;\n";
  }

  AthenaTable sessions{.name = "sessions", .json = false};
  for (const FixedColumn& column : session_table_columns(output)) {
    sessions.columns.emplace_back(column.name, column.type);
  }
  text.sql += "\n" + statement(sessions, prefix, wanted, "aggregated-parquet");
  AthenaTable models{.name = "models", .json = false};
  for (const FixedColumn& column : model_table_columns()) models.columns.emplace_back(column.name, column.type);
  text.sql += "\n" + statement(models, prefix, wanted, "aggregated-models");

  for (const RowTable& rows : row_tables(output)) {
    AthenaTable table{.name = rows.name};
    FreeNames names;
    for (const FixedColumn& column : rows.columns) table.columns.emplace_back(names.take(column.name), column.type);
    std::vector<std::string> left_out;
    for (const auto& [field, type] : rows.files->fields) {
      if (!can_be_mapped(field)) {
        left_out.push_back(field);
        continue;
      }
      const std::string name = names.take(column_name(field));
      table.columns.emplace_back(name, ColumnType::text);
      if (name != field) table.mapped.emplace_back(name, field);
    }
    table.partition = names.take(partition_column);
    text.sql += "\n";
    if (const std::string warning = warning_of(rows); !warning.empty()) {
      text.sql += comment("Warning: " + warning);
      text.warnings.push_back(warning);
    }
    text.sql += comment(
        "Every query has to name profiles in its WHERE, with = or IN, by " + table.partition +
        ", which is the name of the folder behind profile-id= as it stands. In it the bytes 01 to 1F and 7F, "
        "quotes, backslashes and # % * / : = ? { [ ] ^ are %XX in capitals. Rows without a profile are in "
        "__HIVE_DEFAULT_PARTITION__. Of a profile of that name, or null in any spelling, the first byte is %XX.");
    if (!rows.files->example.empty()) {
      text.sql += "-- SELECT * FROM " + std::string(rows.name) + " WHERE " + table.partition + " = " +
                  doubled(rows.files->example, '\'') + "\n";
    }
    text.sql += comment_on_fields(*rows.files, left_out) + statement(table, prefix, wanted, rows.name);
  }

  AthenaTable quarantine{.name = "quarantine"};
  for (const FixedColumn& column : quarantine_table_columns())
    quarantine.columns.emplace_back(column.name, column.type);
  text.sql += "\n" + statement(quarantine, prefix, wanted, "quarantine");
  return text;
}

}  // namespace gristmill::ddl
