// What the first lines of files tell: to which data set each file belongs, and how its lines must be read for that.
#pragma once

#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "inspect/line_inspector.h"
#include "run/workers.h"
#include "source/input_files.h"
#include "source/line_source.h"
#include "source/long_line_gate.h"

namespace gristmill::inspect {

struct LookedAt {
  Storage& storage;
  std::vector<source::InputFile>& files;  // gets what each holds
  std::vector<FileToInspect>& groups;     // by file; those that were not said are filled in
  scheduling::Workers& workers;
  source::LongLineGate& gate;
};

// Sets `unwrap` and `framing` where the recipe leaves them open and most of the lines, or a file of which nothing could
// be read, ask for them. `options`: but for what depends on the recipe.
[[nodiscard]] Status take_first_look(const LookedAt& at, source::SourceOptions options, Recipe& recipe);

}  // namespace gristmill::inspect
