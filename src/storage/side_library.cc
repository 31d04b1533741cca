// The place beside the program is looked at first: a sanitizer's own dlopen does not know whose run path is meant.
// Never unloaded: what Arrow and libcurl start cannot be stopped. Tested in session/session_table_test.cc;
// tests/programs/test_startup.py looks what a process has loaded.
#include "storage/side_library.h"

#include <dlfcn.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "storage/exceptions.h"

namespace gristmill::storage {
namespace {

// A path to the library, or its name alone.
std::string path_of(const char* library) {
  Dl_info here{};
  std::error_code failure;
  const int known = ::dladdr(reinterpret_cast<void*>(&load_from_side_library), &here);
  for (const std::filesystem::path& part : {std::filesystem::path(known != 0 ? here.dli_fname : ""),
                                            std::filesystem::read_symlink("/proc/self/exe", failure)}) {
    const std::string path = (part.parent_path() / library).string();
    if (part.has_parent_path() && ::access(path.c_str(), R_OK) == 0) return path;
  }
  return library;
}

}  // namespace

Result<void*> load_from_side_library(const char* library, const char* symbol, const char* purpose) {
  void* loaded = ::dlopen(path_of(library).c_str(), RTLD_LAZY | RTLD_LOCAL);
  void* found = loaded == nullptr ? nullptr : ::dlsym(loaded, symbol);
  if (found == nullptr) {
    const char* told = ::dlerror();
    const std::string why = told == nullptr ? "no reason is given" : told;
    const std::string what = "cannot load " + std::string(purpose) + ": " + why;
    // The loader's words for mmap(2) without success; it tells no errno.
    for (const char* words : {"Cannot allocate memory", "failed to map segment"}) {
      if (why.find(words) != std::string::npos) return not_enough_memory(what);
    }
    return Error::internal(what, "put " + std::string(library) +
                                     " beside gristmill, and the libraries that it needs where "
                                     "both were built with them");
  }
  return found;
}

}  // namespace gristmill::storage
