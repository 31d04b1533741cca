// The session aggregates as users read them: one Parquet file, and the same rows in one or more parts as Parquet and as
// JSON Lines, row by row in the order of (profile, session).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "storage/output_file.h"

namespace gristmill::session {

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
  // `version` and `recipe` become the Parquet files' key-value metadata. `rows_per_part`: 0 puts all rows in one part.
  SessionTableWriter(Storage& storage, const storage::OutputOptions& output, std::string version, std::string recipe,
                     std::uint64_t rows_per_part = 0);
  ~SessionTableWriter();
  [[nodiscard]] Status open();
  // REQUIRES: rows come in order.
  [[nodiscard]] Status add(const SessionRow& row);
  [[nodiscard]] Result<std::vector<storage::WrittenFile>> close();

 private:
  [[nodiscard]] Status open_part();
  [[nodiscard]] Status close_part();

  std::string version_;
  std::string recipe_;
  std::uint64_t rows_per_part_;
  std::unique_ptr<ParquetTable> parquet_;       // to result_, and where there is but one part, to part_ too
  std::unique_ptr<ParquetTable> part_parquet_;  // to part_, where there may be several
  storage::OutputFile result_;                  // aggregated-result/data.parquet
  storage::OutputFile part_;                    // aggregated-parquet/part-00000.parquet and so on
  storage::OutputFile json_;                    // aggregated-json/part-00000.json and so on
  std::uint32_t part_number_ = 0;
  std::uint64_t rows_in_part_ = 0;
  std::vector<storage::WrittenFile> written_;
  std::string text_;
};

}  // namespace gristmill::session
