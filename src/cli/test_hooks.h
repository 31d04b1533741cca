// What the variables GRISTMILL_TEST_... ask for, in the command that tests run (test_hooks.cc). In the one of users
// nothing does (no_test_hooks.cc).
#pragma once

#include <memory>

#include "gristmill/run.h"
#include "gristmill/storage.h"
#include "storage/s3_options.h"

namespace gristmill::cli {

RunHooks hooks_from_environment();
// Sizes from which S3 is used otherwise.
void apply_test_hooks(storage::S3Options& options);
// One over `inner` that fails or dies as GRISTMILL_TEST_FAULT says; nullptr where it says nothing.
Result<std::unique_ptr<Storage>> storage_under_test(Storage& inner);

}  // namespace gristmill::cli
