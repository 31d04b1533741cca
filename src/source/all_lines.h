// The lines of a few files, one after the other in one thread: of what is small beside the inputs of a run, or was
// written by gristmill.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "source/input_files.h"
#include "source/line_source.h"

namespace gristmill::source {

// Fills in what the files hold. Blank lines are handed out too. `should_stop` ends it early, with an error.
[[nodiscard]] Status for_each_line(Storage& storage, std::vector<InputFile>& files, const SourceOptions& options,
                                   const std::function<bool()>& should_stop,
                                   const std::function<Status(std::uint32_t file, const SourceLine& line)>& use);

// For files that gristmill wrote: a line may be of any length.
SourceOptions options_of_own_lines();

// A file of lines that gristmill wrote, as an input. Nothing if it is not there.
[[nodiscard]] Result<std::optional<InputFile>> own_file(Storage& storage, const std::string& path);

}  // namespace gristmill::source
