// What is thrown all the same: by the standard library where memory or threads run out, and by libraries of others.
//
// Nothing of gristmill throws. At the outermost edges, which are main(), the functions of the library and whatever a
// thread begins with, such an exception becomes an Error; on its way there it has closed, removed and released what
// lay between.
#pragma once

#include <cstddef>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gristmill/result.h"

namespace gristmill::storage {

// What to do where memory runs out: the first where settings say how much a run takes, the second everywhere.
inline constexpr std::string_view memory_of_a_run = "give the run less with --memory and --threads";
inline constexpr std::string_view memory_of_a_process =
    "raise the limit of memory that holds here (ulimit -v, a container's)";

// An internal error, "not enough memory: ...", that says how to need less or to allow more.
Error not_enough_memory(const std::string& what);

// The exception that is handled just now, as an error. REQUIRES: called in a catch block.
Error error_of_exception();

// Memory for what must be done once there is none: asked for, but never touched, so it takes no room but in the limit
// on a process (ulimit -v).
class MemoryReserve {
 public:
  MemoryReserve() : reserved_(::operator new(size, std::nothrow)) {}
  MemoryReserve(const MemoryReserve&) = delete;
  MemoryReserve& operator=(const MemoryReserve&) = delete;
  ~MemoryReserve() { release(); }
  void release() { ::operator delete(std::exchange(reserved_, nullptr)); }

 private:
  static constexpr std::size_t size = std::size_t{4} << 20U;
  void* reserved_;
};

// What `function` returns, or, where it throws, what `otherwise` does, in the catch block: nothing is allocated between
// them, and so nothing thrown where `otherwise` cannot.
template <typename Function, typename Otherwise>
std::invoke_result_t<Function> without_exceptions(Function&& function, Otherwise&& otherwise) {
  try {
    return function();
  } catch (...) {
    return otherwise();
  }
}

// What `function` (of a Result or a Status) returns, or what it throws as an error.
template <typename Function>
std::invoke_result_t<Function> without_exceptions(Function&& function) {
  return without_exceptions(std::forward<Function>(function), error_of_exception);
}

}  // namespace gristmill::storage
