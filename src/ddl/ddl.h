// SQL that makes an output queryable in Athena, DuckDB and Spark. This is the door of src/ddl/.
//
// The tables are `sessions` (aggregated-parquet), `models`, `labels`, `predictions` and `quarantine`. Types are those
// that no row can break: ids are texts, and so are fields that a user chose, since a field may be a number here and an
// object there; in DuckDB such a field has the type on which all values agree that were looked at. The profile of a row
// is what the row says. `profile_partition` is there besides, made of the folder's name alone, so that a query for a
// profile opens one file.
//
// An output does not say which fields its rows have. They are taken from the recipe (carried ones) and from the rows
// themselves, of a part of the files or of all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "browse/session_rows.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"

namespace gristmill::ddl {

enum class SqlEngine : std::uint8_t { athena, duckdb, spark };

enum class ColumnType : std::uint8_t {
  text,
  time,    // milliseconds since 1970 UTC: a JSON number of any kind
  number,  // any number that a double holds
  count,   // a whole number
  truth
};

struct RowField {
  std::string name;
  ColumnType type = ColumnType::text;  // text, number, count or truth: of all values that were looked at
};

// The rows of one data set: JSON Lines in a folder for each profile.
struct RowFiles {
  bool in_parts = false;  // several files a profile may have, of an output that grows
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t largest = 0;     // bytes of the largest file
  std::string example;           // of a partition: its folder's name behind "profile-id="; empty without files
  std::vector<RowField> fields;  // beside the canonical ones: carried ones first, then as they were met
  bool all_seen = false;         // every row was looked at
  bool more_fields = false;      // there were more than field_limit
};
inline constexpr std::size_t field_limit = 1000;

struct QueryableOutput {
  RowFiles labels;
  RowFiles predictions;
  std::vector<browse::SessionColumn> session_columns;
  std::uint64_t quarantine_files = 0;
  std::uint64_t largest_quarantine = 0;  // bytes of the largest file
  std::uint64_t line_limit = 0;          // the recipe's limits.line, in bytes
};

// Where fields are looked for beside the recipe: nowhere, in the beginnings of up to 63 files of each data set, in all
// rows.
enum class FieldsFrom : std::uint8_t { recipe, some_rows, all_rows };

// What lies in the complete output at `folder` (as find_readable() names it). Anything that is not as gristmill writes
// it is an output error. Memory does not grow with the output.
Result<QueryableOutput> look_for_tables(Storage& storage, const std::string& folder, FieldsFrom fields);

// One of many outputs that are one table.
struct OutputPlace {
  std::string value;     // what its folder's name has behind the '=': "2025-05-15"
  std::string location;  // as TablesWanted::location
  bool has_labels = false;
  bool has_predictions = false;
  bool has_quarantine = false;
};

// The published outputs in folders "NAME=VALUE" of one folder; `pattern`: "s3://results/day=*". An error where there is
// none, a usage error where it is no such pattern or their session tables have different columns.
struct ManyOutputs {
  std::string folder;
  std::string column;
  std::vector<OutputPlace> outputs;      // by value; their locations are where they lie
  std::vector<std::string> passed_over;  // folders of that name without a published output
  QueryableOutput tables;                // of all of them together
};
Result<ManyOutputs> find_outputs(Storage& storage, const std::string& pattern);
// Fills in `tables`, and what each output has. Rows are looked into of sixteen of them, spread over all, and the last.
Status look_for_tables(Storage& storage, ManyOutputs& found, FieldsFrom fields);

// A table as no engine spells it: what it is called, the folder in the output that holds it, its columns.
struct TableColumns {
  std::string name;
  std::string folder;
  std::vector<RowField> columns;
};
// Of all tables that the output has.
std::vector<TableColumns> tables_of(const QueryableOutput& output);
// "string", "double" (of times too, which are milliseconds), "bigint", "boolean".
std::string_view standard_name_of(ColumnType type);

struct TablesWanted {
  SqlEngine engine = SqlEngine::duckdb;
  // Where the output will lie, or the folder of many: an absolute path or a URI, without '/' at its end.
  std::string location;
  std::string database;  // empty: whatever is current
  // Of many outputs: their folders' names up to the '=', which becomes a column ("day"), and they, by value.
  std::string column = {};
  std::vector<OutputPlace> outputs = {};
};

struct SqlText {
  std::string sql;                    // statements and comments only
  std::vector<std::string> warnings;  // sentences for the user; they are comments of `sql` too
};

// The statements. They can be run again: nothing but tables named gristmill_... is ever dropped. A usage error where
// the engine cannot be told of the location or the database.
Result<SqlText> table_statements(const QueryableOutput& output, const TablesWanted& wanted);

// A path or URI as a user writes it: relative paths are made absolute in `working_directory`, s3a:// and s3n:// are
// s3://, file:// is a path, and '/' at the end goes. An empty one stays empty.
std::string plain_location(std::string_view given, std::string_view working_directory);

}  // namespace gristmill::ddl
