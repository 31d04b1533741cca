// Arrow is loaded by a run that writes; all other commands are quicker without it. Tested in session_table_test.cc.
#include "session/parquet_table.h"

#include <sys/mman.h>

#include "session/parquet_reader.h"
#include "storage/exceptions.h"
#include "storage/side_library.h"

namespace gristmill::session {
namespace {

constexpr const char* purpose = "what writes and reads Parquet";
constexpr std::size_t room = 128U << 20;  // bytes of addresses, twice what was seen

// Arrow's allocator and those of its libraries end the process where they find no room, so that is asked for first.
Result<void*> load() {
  void* const there = ::mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (there == MAP_FAILED) return storage::not_enough_memory("cannot load " + std::string(purpose));
  ::munmap(there, room);
  return storage::load_from_side_library(parquet_library_name, parquet_maker_name, purpose);
}

const Result<void*>& maker() {
  static const Result<void*> loaded = load();
  return loaded;
}

}  // namespace

Status load_parquet_library() { return maker().ok() ? Status{} : Status(maker().error()); }

Result<std::unique_ptr<ParquetTable>> make_parquet_table(ParquetSink sink, const std::vector<ParquetColumn>& columns,
                                                         const TableOrigin& origin) {
  GM_RETURN_IF_ERROR(load_parquet_library());
  const auto make = reinterpret_cast<ParquetTableMaker*>(maker().value());
  return std::unique_ptr<ParquetTable>(make(std::move(sink), columns, origin));
}

Result<std::unique_ptr<ParquetReader>> open_parquet(ReadableFile& file, const std::string& path) {
  GM_RETURN_IF_ERROR(load_parquet_library());
  GM_ASSIGN(void* const opener, storage::load_from_side_library(parquet_library_name, parquet_opener_name, purpose));
  Status error;
  std::unique_ptr<ParquetReader> reader(reinterpret_cast<ParquetOpener*>(opener)(file, path, error));
  if (!error.ok()) return std::move(error.error());
  return reader;
}

}  // namespace gristmill::session
