// The columns that a line adds to its rows: further metadata, carried fields, further fields of a prediction.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/data.h"
#include "json/stop_check.h"
#include "record/column_names.h"
#include "record/name_table.h"
#include "record/parse_rules.h"
#include "record/record.h"

namespace gristmill::record {

// One parser's. What it writes is good until the next line's is written. Objects are proved JSON; where `stop` says so,
// writing is given up, and what was written is not to be used.
class LineColumns {
 public:
  // Both must outlive this.
  LineColumns(const ParseRules& rules, json::StopCheck& stop);
  LineColumns(const LineColumns&) = delete;
  LineColumns& operator=(const LineColumns&) = delete;

  // Gives the record what stands in its metadata beside the ids and the timestamp.
  void write_metadata(Dataset dataset, const char* metadata, Record& record);
  // Adds the fields that the recipe carries. `line`: its top level, of `size` bytes; `is_read`: a field of the line
  // that was read as metadata or as the payload, which is none that is carried.
  void write_carried(Dataset dataset, const char* line, std::size_t size, const std::function<bool(Field)>& is_read,
                     Record& record);
  bool is_carried(std::string_view name) const { return carried_names_.contains(name); }
  // Gives a prediction of that record its further fields; good until the next prediction's.
  void write_prediction(const char* object, const Record& record, Prediction& prediction);

  void free_memory();

 private:
  void end_columns(Record& record);
  void find_carried_values(const char* line);

  const ParseRules& rules_;
  json::StopCheck& stop_;
  std::string columns_;  // with a '}' behind them
  ColumnNames names_of_columns_;
  std::string prediction_columns_;
  ColumnNamer prediction_namer_{prediction_columns, "prediction_"};

  // The names that the recipe carries, and where the line has them: the values of a name one after the other.
  std::string carried_text_;
  NameTable carried_names_;
  std::vector<std::string> carried_tokens_;  // by position in the recipe
  std::vector<std::size_t> carried_begins_;  // by place in carried_names_, and one more: in carried_values_
  std::vector<const char*> carried_values_;
  std::vector<char> carried_here_;
};

}  // namespace gristmill::record
