// The library lies beside the program or library that this is part of, or where that one's run path says. (A
// sanitizer's own dlopen does not know whose run path is meant.) It stays loaded: what Arrow starts cannot be
// stopped. Tested in session_table_test.cc; tests/whole_program/test_startup.py looks what a
// process has loaded.
#include <dlfcn.h>
#include <unistd.h>

#include <filesystem>

#include "session/parquet_table.h"

namespace gristmill {
namespace {

struct ArrowLibrary {
  ParquetTableMaker* make_table = nullptr;
};

// A path to the library, or its name alone.
std::string library_path() {
  Dl_info here{};
  std::error_code failure;
  const int known = ::dladdr(reinterpret_cast<void*>(&library_path), &here);
  for (const std::filesystem::path& part : {std::filesystem::path(known != 0 ? here.dli_fname : ""),
                                            std::filesystem::read_symlink("/proc/self/exe", failure)}) {
    const std::string path = (part.parent_path() / parquet_library_name).string();
    if (part.has_parent_path() && ::access(path.c_str(), R_OK) == 0) return path;
  }
  return parquet_library_name;
}

Result<ArrowLibrary> load_library() {
  void* library = ::dlopen(library_path().c_str(), RTLD_LAZY | RTLD_LOCAL);
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
