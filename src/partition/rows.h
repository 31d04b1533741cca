// Rows by raw splice: what a record and its entries or predictions look like in the partitions.
#pragma once

#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "storage/output_file.h"
#include "record/column_names.h"
#include "record/record.h"
#include "json/stop_check.h"

namespace gristmill {

// Writes the rows of one line after the other into one file. One thread's; keeps its buffers.
class LabelRows {
 public:
  // The part of a row that all entries of a record share.
  void begin(const Record& record);
  // Long rows are written under this; once it says stop they are cut short.
  void stop_with(StopCheck& stop);
  // One row. REQUIRES: begin(record) for the entry's record.
  [[nodiscard]] Status write(const Record& record, const Entry& entry, OutputFile& file);
  void free_memory();

 private:
  [[nodiscard]] Status write_entry_fields(std::string_view object, OutputFile& file);
  [[nodiscard]] Status write_field(std::string_view name, std::string_view token, std::string_view value,
                                   OutputFile& file);

  std::string head_;            // before long columns, which are written from where they are; else empty
  std::string prefix_;          // up to the entry's fields
  std::size_t shared_ = 0;      // bytes of prefix_ that depend on the record only
  std::string_view platform_;   // what the rest of prefix_ was made of
  std::string_view type_;
  ColumnNamer namer_{label_columns, "entry_"};
  std::string name_;
  StopCheck never_;
  StopCheck* stop_ = &never_;
};

class PredictionRows {
 public:
  void begin(const Record& record);
  [[nodiscard]] Status write(const Record& record, const Prediction& prediction, OutputFile& file);
  void free_memory() { prefix_ = {}; }

 private:
  std::string prefix_;
};

}  // namespace gristmill
