// Tested in session_table_test.cc.
#include "session/parquet_table.h"
#include "storage/side_library.h"

namespace gristmill {
namespace {

const Result<void*>& maker() {
  static const Result<void*> loaded =
      load_from_side_library(parquet_library_name, parquet_maker_name, "what writes Parquet");
  return loaded;
}

}  // namespace

Status load_parquet_library() { return maker().ok() ? Status{} : Status(maker().error()); }

Result<std::unique_ptr<ParquetTable>> make_parquet_table(ParquetSink sink, const std::string& version,
                                                         const std::string& recipe) {
  GM_RETURN_IF_ERROR(load_parquet_library());
  const auto make = reinterpret_cast<ParquetTableMaker*>(maker().value());
  return std::unique_ptr<ParquetTable>(make(std::move(sink), version, recipe));
}

}  // namespace gristmill
