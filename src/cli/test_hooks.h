// What the variables GRISTMILL_TEST_... ask for, in the command that tests run (test_hooks.cc). In the one of users
// nothing does (no_test_hooks.cc).
#pragma once

#include <memory>

#include "gristmill/s3_options.h"
#include "gristmill/storage.h"
#include "run/hooks.h"

namespace gristmill::cli {

scheduling::RunHooks hooks_from_environment();
// Sizes from which S3 is used otherwise.
void apply_test_hooks(S3Options& options);
// One over `inner` that fails or dies as GRISTMILL_TEST_FAULT says; nullptr where it says nothing.
Result<std::unique_ptr<Storage>> storage_under_test(Storage& inner);

}  // namespace gristmill::cli
