#include "cli/test_hooks.h"

namespace gristmill::cli {

scheduling::RunHooks hooks_from_environment() { return {}; }

void apply_test_hooks(S3Options&) {}

Result<std::unique_ptr<Storage>> storage_under_test(Storage&) { return std::unique_ptr<Storage>(); }

}  // namespace gristmill::cli
