#include "generate/flawed_line.h"

namespace gristmill::synthetic {

bool FlawedLines::write(Dataset dataset, std::uint64_t number, Anomaly, LineBuffer& to) const {
  to.end_at(lines_.write(dataset, number, to.room(lines_.longest_line(dataset))));
  return false;
}

}  // namespace gristmill::synthetic
