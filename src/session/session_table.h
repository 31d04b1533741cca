// The session aggregates as users read them: one Parquet file (twice, under the two names that the
// contract gives it) and JSON Lines, row by row in the order of (profile, session).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "partition/output_file.h"

namespace gristmill {

struct SessionRow {
  std::string_view profile_id;
  std::string_view session_id;
  std::int64_t number_of_collections = 0;
  std::optional<double> weighted_mean_model_score;
  std::optional<double> mean_swipe_score;
  std::int64_t failed_keystroke_predictions = 0;
};

// A row's JSON and '\n', keys in the order of the columns.
void append_session_json(const SessionRow& row, std::string& out);

class ParquetTable;

class SessionTableWriter {
 public:
  // `version` and `recipe` become the Parquet file's key-value metadata.
  SessionTableWriter(Storage& storage, const OutputOptions& output, std::string version, std::string recipe);
  ~SessionTableWriter();
  [[nodiscard]] Status open();
  // REQUIRES: rows come in order.
  [[nodiscard]] Status add(const SessionRow& row);
  [[nodiscard]] Result<std::vector<WrittenFile>> close();

 private:
  std::string version_;
  std::string recipe_;
  std::unique_ptr<ParquetTable> parquet_;
  OutputFile result_;  // aggregated-result/data.parquet
  OutputFile part_;    // aggregated-parquet/part-00000.parquet
  OutputFile json_;    // aggregated-json/part-00000.json
  std::string text_;
};

}  // namespace gristmill
