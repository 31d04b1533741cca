// The columns of the tables, and how names, texts and comments are written. Only for src/ddl/.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ddl/ddl.h"

namespace gristmill::ddl {

struct FixedColumn {
  const char* name;
  ColumnType type;
};

// One data set in folders by profile.
struct RowTable {
  const char* name;                      // of the table and of its folder
  const char* stem;                      // the name of every file in it, but for the number of a part and ".jsonl"
  std::span<const FixedColumn> columns;  // the canonical ones
  const RowFiles* files;
  bool OutputPlace::* has;  // whether one of many outputs has any
};

std::vector<FixedColumn> session_table_columns(const QueryableOutput& output);
std::vector<FixedColumn> model_table_columns();
std::span<const FixedColumn> quarantine_table_columns();
std::vector<RowTable> row_tables(const QueryableOutput& output);

inline constexpr std::string_view partition_column = "profile_partition";

// Hands out names that are all different, for engines that do not tell capitals from small letters.
class FreeNames {
 public:
  // `name`, with as many '_' behind it as it takes.
  std::string take(std::string_view name);
  bool has(std::string_view name) const;

 private:
  std::set<std::string, std::less<>> taken_;
};

// Whether a field's name is text that can stand in a statement at all: UTF-8, without control characters.
bool is_plain_name(std::string_view name);

// `text` between `quote`s, which are doubled inside.
std::string doubled(std::string_view text, char quote);
// As a literal of Hive and Spark: between ', with escapes by backslash. '$' is escaped, so that nothing is substituted.
std::string backslashed(std::string_view text);
// A JSON string of one line, for comments: without '$' and ';', at which some programs look even there.
std::string shown(std::string_view text);
// The lines of a list: each indented, with ',' between; no line end behind the last.
std::string list_of(const std::vector<std::string>& lines);
// "-- " before the words, as many lines as it takes. REQUIRES: no ';' in it.
std::string comment(std::string_view text);

// "the output at ...", or how many there are and where; for comments.
std::string place_of(const TablesWanted& wanted);
// Comments on what no statement says: fields that are not columns, and those beyond the limit.
std::string comment_on_fields(const RowFiles& files, const std::vector<std::string>& left_out);

// Each engine's statements; `wanted.location` is not empty.
Result<SqlText> athena_statements(const QueryableOutput& output, const TablesWanted& wanted);
Result<SqlText> duckdb_statements(const QueryableOutput& output, const TablesWanted& wanted);
Result<SqlText> spark_statements(const QueryableOutput& output, const TablesWanted& wanted);

}  // namespace gristmill::ddl
