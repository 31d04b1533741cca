#include "gristmill/run.h"

namespace gristmill {

const std::string& version() {
  static const std::string text = GRISTMILL_VERSION;
  return text;
}

}  // namespace gristmill
