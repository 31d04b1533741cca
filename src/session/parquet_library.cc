// The library lies beside the program, or where the program's run path says. It stays loaded: what Arrow
// starts cannot be stopped. Tested in session_table_test.cc; tests/whole_program/test_startup.py looks what a
// process has loaded.
#include <dlfcn.h>

#include "session/parquet_table.h"

namespace gristmill {
namespace {

struct ArrowLibrary {
  ParquetTableMaker* make_table = nullptr;
};

Result<ArrowLibrary> load_library() {
  void* library = ::dlopen(parquet_library_name, RTLD_LAZY | RTLD_LOCAL);
  void* maker = library == nullptr ? nullptr : ::dlsym(library, parquet_maker_name);
  if (maker == nullptr) {
    const char* why = ::dlerror();
    return Error::internal("cannot load what writes Parquet: " + std::string(why == nullptr ? "no reason is given" : why),
                           "put " + std::string(parquet_library_name) + " beside gristmill, and Arrow where both were "
                           "built with it");
  }
  return ArrowLibrary{reinterpret_cast<ParquetTableMaker*>(maker)};
}

const Result<ArrowLibrary>& loaded_library() {
  static const Result<ArrowLibrary> arrow = load_library();
  return arrow;
}

}  // namespace

Status load_parquet_library() {
  const Result<ArrowLibrary>& arrow = loaded_library();
  return arrow.ok() ? Status{} : Status(arrow.error());
}

Result<std::unique_ptr<ParquetTable>> make_parquet_table(ParquetSink sink, const std::string& version,
                                                         const std::string& recipe) {
  const Result<ArrowLibrary>& arrow = loaded_library();
  if (!arrow.ok()) return arrow.error();
  return std::unique_ptr<ParquetTable>(arrow->make_table(std::move(sink), version, recipe));
}

}  // namespace gristmill
