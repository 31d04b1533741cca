// A table over the files and a view over the table, for Spark SQL. The table has no PARTITIONED BY: then the metastore
// would have to know every partition, and a new output would need MSCK REPAIR. Without it Spark finds the folders when
// it reads, takes the type of the partition from the table, so that "007" stays a text, and opens only what a query
// asks for. The view makes whole numbers of times, which a table of JSON would lose where one has a fraction.
//
// The location is a pattern to Spark, so its wildcards are escaped. `$` is escaped since ${...} is substituted before
// anything is parsed. spark-sql cuts its input at ';' outside of quotes and knows no backquotes, so fields with quotes
// or semicolons in their names are no columns.
#include "ddl/columns.h"

namespace gristmill::ddl {
namespace {

const char* spark_type(ColumnType type) {
  switch (type) {
    case ColumnType::text:
    case ColumnType::time: break;  // of the table; see column_of
    case ColumnType::count: return "BIGINT";
    case ColumnType::number: return "DOUBLE";
    case ColumnType::truth: return "BOOLEAN";
  }
  return "STRING";
}

std::string spark_name(std::string_view text) { return doubled(text, '`'); }

// Of the view.
std::string column_of(std::string_view name, ColumnType type) {
  if (type != ColumnType::time) return spark_name(name);
  return "try_cast(try_cast(" + spark_name(name) + " AS DECIMAL(38, 0)) AS BIGINT) AS " + spark_name(name);
}

std::string nothing(std::string_view name, ColumnType type) {
  return std::string("CAST(NULL AS ") + (type == ColumnType::time ? "BIGINT" : spark_type(type)) + ") AS " +
         spark_name(name);
}

bool can_be_column(std::string_view field) {
  return is_plain_name(field) && !field.empty() && field.find_first_of("'\"\\;$,:") == std::string_view::npos;
}

std::string location_of(const std::string& location, std::string_view folder) {
  std::string plain = location;
  if (plain.starts_with('/')) plain = "file://" + plain;
  if (plain.starts_with("s3://")) plain = "s3a" + plain.substr(2);
  std::string pattern;
  for (const char c : plain) {
    if (std::string_view("*?[]{}\\").find(c) != std::string_view::npos) pattern.push_back('\\');
    pattern.push_back(c);
  }
  return backslashed(pattern.append("/").append(folder));
}

struct Column {
  std::string name;
  ColumnType type;
};

class StatementWriter {
 public:
  StatementWriter(const TablesWanted& wanted, std::string& sql) : wanted_(wanted), sql_(sql) {
    if (!wanted.database.empty()) prefix_ = spark_name(wanted.database) + ".";
  }

  // `partition`: what the view calls the folder of a row, or empty. `has`: which of many outputs have such files; all
  // of them without it.
  void write(const std::string& table, std::string_view folder, bool json, const std::vector<Column>& columns,
             const std::string& partition, bool OutputPlace::* has = nullptr) {
    std::vector<std::string> declared;
    std::vector<std::string> selected;
    FreeNames names;
    for (const Column& column : columns) {
      names.take(column.name);
      declared.push_back(spark_name(column.name) + " " + spark_type(column.type));
      selected.push_back(column_of(column.name, column.type));
    }
    if (!partition.empty()) {
      names.take(partition);
      declared.push_back("`profile-id` STRING");
      selected.push_back("`profile-id` AS " + spark_name(partition));
    }
    std::string view;
    const auto add = [&](const std::string& files, const std::string& location) {
      sql_ += "DROP TABLE IF EXISTS " + files + ";\nCREATE TABLE " + files + " (\n" + list_of(declared) + "\n)\n";
      sql_ += json ? "USING json\nOPTIONS (maxStringLen '2147483647', maxNumLen '2147483647', "
                     "maxNestingDepth '2147483647')\n"
                   : "USING parquet\n";
      sql_ += "LOCATION " + location_of(location, folder) + ";\n";
      view +=
          std::string(view.empty() ? "" : "UNION ALL\n") + "SELECT\n" + list_of(selected) + "\nFROM " + files + "\n";
    };
    if (wanted_.column.empty()) add(prefix_ + spark_name("gristmill_" + table), wanted_.location);
    std::size_t number = 0;
    if (!wanted_.column.empty()) selected.emplace_back();
    const std::string column = " AS " + spark_name(names.take(wanted_.column));
    for (const OutputPlace& output : wanted_.outputs) {
      ++number;
      if (has != nullptr && !(output.*has)) continue;
      selected.back() = backslashed(output.value) + column;
      add(prefix_ + spark_name("gristmill_" + table + "_" + std::to_string(number)), output.location);
    }
    view.pop_back();
    sql_ += "CREATE OR REPLACE VIEW " + prefix_ + spark_name(table) + " AS\n" + view + ";\n";
  }

  // Where there is no folder that could be read.
  void write_empty(const std::string& table, const std::vector<Column>& columns, const std::string& partition) {
    std::vector<std::string> selected;
    FreeNames names;
    for (const Column& column : columns) selected.push_back(nothing(names.take(column.name), column.type));
    if (!partition.empty()) selected.push_back(nothing(names.take(partition), ColumnType::text));
    if (!wanted_.column.empty()) selected.push_back(nothing(names.take(wanted_.column), ColumnType::text));
    sql_ += "CREATE OR REPLACE VIEW " + prefix_ + spark_name(table) + " AS\nSELECT\n" + list_of(selected) +
            "\nWHERE false;\n";
  }

 private:
  const TablesWanted& wanted_;
  std::string& sql_;
  std::string prefix_;
};

std::vector<Column> columns_of(std::span<const FixedColumn> fixed) {
  std::vector<Column> columns;
  for (const FixedColumn& column : fixed) columns.push_back({column.name, column.type});
  return columns;
}

}  // namespace

Result<SqlText> spark_statements(const QueryableOutput& output, const TablesWanted& wanted) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  for (const char c : wanted.database) {
    if (letter(c)) continue;
    return Error::usage("--database: '" + wanted.database + "' is no name for a database of Spark's",
                        "take letters, digits and '_'");
  }
  SqlText text;
  text.sql = comment("gristmill ddl spark: " + place_of(wanted) +
                     ". Print these statements again after a run with other fields.");
  if (!wanted.database.empty()) text.sql += "\nCREATE DATABASE IF NOT EXISTS " + spark_name(wanted.database) + ";\n";
  StatementWriter writer(wanted, text.sql);
  text.sql += "\n";
  writer.write("sessions", "aggregated-parquet", false, columns_of(session_table_columns(output)), {});
  writer.write("models", "aggregated-models", false, columns_of(model_table_columns()), {});
  for (const RowTable& table : row_tables(output)) {
    std::vector<Column> columns = columns_of(table.columns);
    FreeNames names;
    for (const Column& column : columns) names.take(column.name);
    names.take("profile-id");
    std::vector<std::string> left_out;
    for (const auto& [field, type] : table.files->fields) {
      // A column is found by its name, whatever its capitals are: of two that differ in these only, one can be there.
      if (can_be_column(field) && !names.has(field)) {
        columns.push_back({names.take(field), ColumnType::text});
      } else {
        left_out.push_back(field);
      }
    }
    const std::string partition = names.take(partition_column);
    text.sql += "\n" + comment_on_fields(*table.files, left_out);
    if (table.files->files == 0) {
      writer.write_empty(table.name, columns, partition);
    } else {
      writer.write(table.name, table.name, true, columns, partition, table.has);
    }
  }
  text.sql += "\n";
  if (output.quarantine_files == 0) {
    writer.write_empty("quarantine", columns_of(quarantine_table_columns()), {});
  } else {
    writer.write("quarantine", "quarantine", true, columns_of(quarantine_table_columns()), {},
                 &OutputPlace::has_quarantine);
  }
  return text;
}

}  // namespace gristmill::ddl
