// What a command logs while it works.
#pragma once

#include <string>
#include <string_view>

#include "gristmill/result.h"
#include "gristmill/run.h"
#include "recipe/settings.h"

namespace gristmill::cli {

// The log that the settings ask for: to stderr or a file, as text or JSON. A usage error if the file
// cannot be written.
Result<LogSink> make_log(const recipe::ConsoleSettings& settings);

// A log in JSON that is all of stderr.
bool logs_json_on_stderr(const recipe::ConsoleSettings& settings);

// A warning beside the run, which has ended as it has, or has not begun: on stderr, in the form that the settings want.
void warn_beside(const recipe::ConsoleSettings& settings, std::string_view code, const std::string& message);

// Where network_warning() goes from now on; without it to stderr.
void set_network_log(LogSink log);
// Of a request that is tried again. From any thread.
void network_warning(const std::string& message);

}  // namespace gristmill::cli
