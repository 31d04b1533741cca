// The tables of sessions as users read them. Of the sessions one Parquet file, and the same rows in one or more parts
// as Parquet and as JSON Lines, in the order of (profile, session); of what each model said of them one Parquet file,
// in the order of (profile, session, model).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/aggregates.h"
#include "gristmill/result.h"
#include "session/session_columns.h"
#include "storage/output_file.h"

namespace gristmill::session {

class ParquetTable;

enum class CellType : std::uint8_t { text, count, number };

struct ParquetColumn {
  std::string name;
  CellType type;
};

// Appends a cell as a JSON value.
void append_cell_json(const Cell& cell, std::string& out);

// What every Parquet file says of itself: its key-value metadata.
struct TableOrigin {
  std::string version;
  std::string recipe;
};

class SessionTableWriter {
 public:
  // `columns`: those behind the two ids. `rows_per_part`: 0 puts all rows in one part.
  SessionTableWriter(Storage& storage, const storage::OutputOptions& output, TableOrigin origin,
                     const std::vector<Aggregate>& columns, std::uint64_t rows_per_part = 0);
  ~SessionTableWriter();
  [[nodiscard]] Status open();
  // `cells`: profile, session, and one of each column. REQUIRES: rows come in order.
  [[nodiscard]] Status add(const std::vector<Cell>& cells);
  [[nodiscard]] Result<std::vector<storage::WrittenFile>> close();

 private:
  [[nodiscard]] Status open_part();
  [[nodiscard]] Status close_part();
  void append_json(const std::vector<Cell>& cells);

  TableOrigin origin_;
  const std::vector<Aggregate>& columns_;
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

// The columns of the table by model.
const std::vector<ParquetColumn>& model_columns();

class ModelTableWriter {
 public:
  ModelTableWriter(Storage& storage, const storage::OutputOptions& output, TableOrigin origin);
  ~ModelTableWriter();
  [[nodiscard]] Status open();
  // `model`: empty for a missing one. REQUIRES: rows come in order.
  [[nodiscard]] Status add(std::string_view profile, std::string_view session, std::string_view model,
                           const ModelAggregate& aggregate);
  [[nodiscard]] Result<storage::WrittenFile> close();

 private:
  TableOrigin origin_;
  std::unique_ptr<ParquetTable> parquet_;
  storage::OutputFile file_;
  std::vector<Cell> cells_;
};

}  // namespace gristmill::session
