// The commands: each takes what it needs, prints, and returns an exit code or the error to print.
#pragma once

#include "cli/arguments.h"
#include "events/run_result.h"
#include "gristmill/run.h"
#include "gristmill/storage.h"
#include "recipe/settings.h"
#include "run/coordinator.h"

namespace gristmill::cli {

// What a run prints on stdout when it has ended.
enum class ResultForm : std::uint8_t { summary, tables, json };
// The end of such a command, begun now.
events::Ending begin_ending(scheduling::JobKind kind);
Result<int> run_command(const recipe::Settings& settings, Storage& storage, scheduling::JobKind kind, ResultForm form);
// `update`: of an update of the output.
Result<int> explain_command(const recipe::Settings& settings, bool update, Storage& storage);
Result<int> inspect_command(const Arguments& arguments, const recipe::Settings& settings, Storage& storage);
Result<int> generate_command(const Arguments& arguments, Storage& storage);
Result<int> init_command(const std::string& folder, bool force, Storage& storage);
Result<int> init_key_command(const std::string& path);
Result<int> forget_command(const Arguments& arguments, const recipe::Settings& settings, Storage& storage);
Result<int> diff_command(const Arguments& arguments, recipe::Colour colour, Storage& storage);
Result<int> show_command(const Arguments& arguments, recipe::Colour colour, Storage& storage);
Result<int> ddl_command(const Arguments& arguments, Storage& storage);
Result<int> completion_command(const std::string& shell);
Result<int> report_command(const Arguments& arguments, Storage& storage);
// `state`: the tables and the report of an output that grows are made again from its state, too.
Result<int> verify_command(const std::string& output, bool state, Storage& storage);
Result<int> accept_command(const std::string& output, Storage& storage);
// `key_file`: of people who were forgotten there; may be empty.
Result<int> compact_command(const std::string& output, const std::string& key_file, bool fsync, Storage& storage);
Result<int> publish_command(const std::string& output, bool fsync, Storage& storage);
Result<int> recover_command(const std::string& output, bool fsync, Storage& storage);

}  // namespace gristmill::cli
