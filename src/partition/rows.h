// Rows by raw splice: what a record and its entries or predictions look like in the partitions.
#pragma once

#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "partition/output_file.h"
#include "record/record.h"

namespace gristmill {

// Writes the rows of one line after the other into one file. One thread's; keeps its buffers.
class LabelRows {
 public:
  // The part of a row that all entries of a record share.
  void begin(const Record& record);
  // One row. REQUIRES: begin(record) for the entry's record.
  [[nodiscard]] Status write(const Record& record, const Entry& entry, OutputFile& file);

 private:
  void write_entry_fields(const Record& record, std::string_view object);

  std::string prefix_;          // up to the platform
  std::size_t shared_ = 0;      // bytes of prefix_ that depend on the record only
  std::string_view platform_;   // what the rest of prefix_ was made of
  std::string_view type_;
  std::string row_;
};

class PredictionRows {
 public:
  void begin(const Record& record);
  [[nodiscard]] Status write(const Prediction& prediction, OutputFile& file);

 private:
  std::string prefix_;
};

}  // namespace gristmill
