// gristmill: the command. Arguments to settings to one command; every error is printed here, once.
#include <unistd.h>

#include <cstdlib>
#include <exception>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/console.h"
#ifdef GRISTMILL_TEST_HOOKS
#include "storage/faulty.h"
#endif

extern char** environ;

namespace gristmill::cli {
namespace {

Result<Settings> settings_of(const Arguments& arguments, Storage& storage) {
  SettingsSources sources;
  sources.flags = arguments.flags;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) sources.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  char* folder = getcwd(nullptr, 0);
  if (folder == nullptr) {
    return Error::usage("the working directory is gone", "change to a folder that exists and try again");
  }
  sources.working_directory = folder;
  std::free(folder);
  sources.read_file = settings_file_reader(storage);
  return resolve_settings(sources);
}

Result<int> run_main(int count, char** values) {
  GM_ASSIGN(const Arguments arguments, parse_arguments(count, values));
  if (arguments.command == Command::help || arguments.command == Command::version) {
    print(arguments.text);
    return 0;
  }
  std::unique_ptr<Storage> storage = make_local_storage();
#ifdef GRISTMILL_TEST_HOOKS
  const std::unique_ptr<Storage> inner = std::move(storage);
  GM_ASSIGN(const auto plan, fault_plan_from_environment());
  storage = make_faulty_storage(*inner, plan.value_or(FaultPlan{}));
#endif
  switch (arguments.command) {
    case Command::generate: return generate_command(arguments.output, arguments.generate, *storage);
    case Command::verify: return verify_command(arguments.output, *storage);
    case Command::publish: return publish_command(arguments.output, arguments.fsync, *storage);
    case Command::recover: return recover_command(arguments.output, arguments.fsync, *storage);
    default: break;
  }
  GM_ASSIGN(const Settings settings, settings_of(arguments, *storage));
  if (arguments.command == Command::explain) return explain_command(settings, *storage);
  return run_command(settings, *storage, arguments.command == Command::run);
}

}  // namespace
}  // namespace gristmill::cli

int main(int count, char** values) {
  using gristmill::Error;
  try {
    const gristmill::Result<int> result = gristmill::cli::run_main(count, values);
    if (result.ok()) return *result;
    gristmill::cli::print_error(result.error());
    return static_cast<int>(result.error().kind);
  } catch (const std::bad_alloc&) {
    gristmill::cli::print_error(Error::internal("no memory is left", "give the run less with --memory and --threads"));
  } catch (const std::exception& exception) {
    gristmill::cli::print_error(Error::internal(std::string("unexpected: ") + exception.what(),
                                                "this is a fault of gristmill: please report it"));
  }
  return static_cast<int>(gristmill::ErrorKind::internal);
}
