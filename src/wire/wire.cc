// All else is templates. Tested in wire_test.cc.
#include "wire/wire.h"

namespace gristmill::wire {

Error damaged_message() {
  return Error::internal(
      "a message between two parts of a run is damaged",
      "this is a fault of gristmill, of the storage or of the cluster: please report it with the log");
}

}  // namespace gristmill::wire
