// The Parquet side of the tables of sessions. It lives in a shared library of its own, libgristmill_arrow.so, the
// only part that needs Arrow, which is loaded by a run that writes: Arrow takes three times as long to
// load as everything else, and most commands never need it (docs/internals/design.md has the figures).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "session/session_table.h"

namespace gristmill::session {

// Takes the next bytes of the file.
using ParquetSink = std::function<Status(std::string_view bytes)>;

// One Parquet file, row by row. An error of the sink is returned as it is; others are internal errors. What
// the sink writes to must outlive the table: one that was not closed ends its file as it goes.
class ParquetTable {
 public:
  virtual ~ParquetTable() = default;
  [[nodiscard]] virtual Status open() = 0;
  // REQUIRES: rows come in order.
  [[nodiscard]] virtual Status add(const std::vector<Cell>& cells) = 0;  // as many as columns, each of its type
  [[nodiscard]] virtual Status close() = 0;
};

// An internal error if the library is missing or cannot be loaded.
Result<std::unique_ptr<ParquetTable>> make_parquet_table(ParquetSink sink, const std::vector<ParquetColumn>& columns,
                                                         const TableOrigin& origin);

// Loads the library, which takes a moment, unless it is loaded: so that a missing one is known before the work,
// and a thread can do it meanwhile.
Status load_parquet_library();

// How that library is entered. The caller owns the table.
using ParquetTableMaker = ParquetTable*(ParquetSink sink, const std::vector<ParquetColumn>& columns,
                                        const TableOrigin& origin);
inline constexpr const char* parquet_library_name = "libgristmill_arrow.so";
inline constexpr const char* parquet_maker_name = "gristmill_make_parquet_table";

}  // namespace gristmill::session
