// The engine throws nothing of its own: what comes here is the standard library, out of memory or threads. Tested in
// run/workers_test.cc, and with limits on a whole process by tests/programs/test_limits.py.
#include "storage/exceptions.h"

#include <exception>
#include <new>
#include <system_error>

namespace gristmill::storage {

Error not_enough_memory(const std::string& what) {
  return Error::internal("not enough memory: " + what,
                         std::string(memory_of_a_run).append(", or ").append(memory_of_a_process));
}

Error error_of_exception() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return not_enough_memory("the system gives no more");
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again) {
      return Error::internal(
          "no more threads can be started: " + error.code().message(),
          "use fewer with --threads, or raise the limits of processes (ulimit -u, a container's) and "
          "of memory (ulimit -v)");
    }
    if (error.code() == std::errc::not_enough_memory) return not_enough_memory(error.what());
    return Error::internal(std::string("unexpected: ") + error.what(),
                           "this is a fault of gristmill: please report it");
  } catch (const std::exception& exception) {
    return Error::internal(std::string("unexpected: ") + exception.what(),
                           "this is a fault of gristmill: please report it");
  } catch (...) {
    return Error::internal("unexpected: an exception of no known kind",
                           "this is a fault of gristmill: please report it");
  }
}

}  // namespace gristmill::storage
