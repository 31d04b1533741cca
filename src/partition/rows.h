// Rows by raw splice: what a record and its entries or predictions look like in the partitions.
#pragma once

#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "json/stop_check.h"
#include "record/column_names.h"
#include "record/record.h"
#include "storage/output_file.h"

namespace gristmill::partition {

// Writes the rows of one line after the other into one file. One thread's; keeps its buffers.
class LabelRows {
 public:
  // The part of a row that all entries of a record share.
  void begin(const record::Record& record);
  // Long rows are written under this; once it says stop they are cut short.
  void stop_with(json::StopCheck& stop);
  // One row. REQUIRES: begin(record) for the entry's record.
  [[nodiscard]] Status write(const record::Record& record, const record::Entry& entry, storage::OutputFile& file);
  void free_memory();

 private:
  [[nodiscard]] Status write_entry_fields(std::string_view object, storage::OutputFile& file);
  [[nodiscard]] Status write_field(std::string_view name, std::string_view token, std::string_view value,
                                   storage::OutputFile& file);

  std::string head_;           // before long columns, which are written from where they are; else empty
  std::string prefix_;         // up to the entry's fields
  std::size_t shared_ = 0;     // bytes of prefix_ that depend on the record only
  std::string_view platform_;  // what the rest of prefix_ was made of
  std::string_view type_;
  record::ColumnNamer namer_{record::label_columns, "entry_"};
  std::string name_;
  json::StopCheck never_;
  json::StopCheck* stop_ = &never_;
};

class PredictionRows {
 public:
  void begin(const record::Record& record);
  [[nodiscard]] Status write(const record::Record& record, const record::Prediction& prediction,
                             storage::OutputFile& file);
  void free_memory() { prefix_ = {}; }

 private:
  std::string prefix_;
};

}  // namespace gristmill::partition
