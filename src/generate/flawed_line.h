// Lines that carry an anomaly.
#pragma once

#include <cstdint>

#include "generate/anomaly.h"
#include "generate/draft.h"
#include "generate/line_buffer.h"
#include "generate/line_writer.h"

namespace gristmill::generate {

class FlawedLines {
 public:
  // A line that is too long is one byte longer than `line_limit`.
  FlawedLines(const LineWriter& lines, const AnomalyPlan& plan, std::uint64_t line_limit)
      : lines_(lines), plan_(plan), line_limit_(line_limit) {}

  // Writes line `number` with its anomaly, without a newline. False where it came out clean after all, since
  // there is nothing to repeat, or no other profile to share with.
  bool write(Dataset dataset, std::uint64_t number, Anomaly anomaly, LineBuffer& to) const;

 private:
  bool write_repeated(Dataset dataset, std::uint64_t number, LineBuffer& to) const;
  void write_too_long(Draft& draft, LineBuffer& to) const;
  void write_clean(Dataset dataset, std::uint64_t number, LineBuffer& to) const;
  // False: this line cannot have it.
  bool make_odd(Draft& draft, Oddity oddity, Dataset dataset, std::uint64_t number, Random& random) const;
  std::string rejected_line(Draft& draft, Dataset dataset, Reason reason, Random& random) const;

  const LineWriter& lines_;
  const AnomalyPlan& plan_;
  std::uint64_t line_limit_;
};

}  // namespace gristmill::generate
