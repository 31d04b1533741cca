// Reads back a Parquet file that gristmill wrote, row by row, a row group at a time. As what writes it
// (parquet_table.h), it lives in the library that is loaded when it is needed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "session/session_columns.h"

namespace gristmill::session {

// False: no more rows are wanted.
using ParquetRowSink = std::function<Result<bool>(const std::vector<Cell>& cells)>;

class ParquetReader {
 public:
  virtual ~ParquetReader() = default;
  virtual std::vector<std::string> columns() const = 0;
  // All rows, or those whose first column has this text: row groups that cannot have it are not read. An output error
  // if the file is not as gristmill writes it.
  [[nodiscard]] virtual Status for_each_row(const std::optional<std::string>& first, const ParquetRowSink& use) = 0;
};

// `path` is for messages. `file` must outlive the reader.
Result<std::unique_ptr<ParquetReader>> open_parquet(ReadableFile& file, const std::string& path);

// How the library is entered. The caller owns the reader; nullptr with an error.
using ParquetOpener = ParquetReader*(ReadableFile& file, const std::string& path, Status& error);
inline constexpr const char* parquet_opener_name = "gristmill_open_parquet";

}  // namespace gristmill::session
