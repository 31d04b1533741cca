// The hooks of gristmill_faulty, the command that tests run: each is asked for by a variable GRISTMILL_TEST_..., and
// faults of storage by GRISTMILL_TEST_FAULT.
#include "cli/test_hooks.h"

#include <cstdlib>
#include <string>

#include "storage/faulty.h"

namespace gristmill::cli {
namespace {

// The number of a variable that is set.
template <typename Number>
void take_number(const char* variable, Number& number, int base = 10) {
  if (const char* value = std::getenv(variable)) number = std::strtoull(value, nullptr, base);
}

}  // namespace

scheduling::RunHooks hooks_from_environment() {
  scheduling::RunHooks hooks;
  take_number("GRISTMILL_TEST_BLOCK_SIZE", hooks.block_size);
  take_number("GRISTMILL_TEST_SHORTEST_LINE_IN_INPUT", hooks.shortest_line_in_input);
  if (std::getenv("GRISTMILL_TEST_NO_FAST_PATH") != nullptr) hooks.fast_path = false;
  take_number("GRISTMILL_TEST_HASH_MASK", hooks.hash_mask, 0);
  take_number("GRISTMILL_TEST_MOST_FILES_IN_MANIFEST", hooks.most_files_in_manifest);
  if (const char* value = std::getenv("GRISTMILL_TEST_PUBLISH_WAY")) hooks.publish_way = value;
  if (const char* value = std::getenv("GRISTMILL_TEST_BREAK_ACCOUNTING")) hooks.break_accounting = value;
  return hooks;
}

void apply_test_hooks(S3Options& options) {
  take_number("GRISTMILL_TEST_S3_COPY_LIMIT", options.copy_limit);
  take_number("GRISTMILL_TEST_S3_PART_SIZE", options.part_size);
}

Result<std::unique_ptr<Storage>> storage_under_test(Storage& inner) {
  // Without a plan nothing is counted: a log of a long run's operations would take memory.
  GM_ASSIGN(const auto plan, storage::fault_plan_from_environment());
  return plan ? storage::make_faulty_storage(inner, *plan) : nullptr;
}

}  // namespace gristmill::cli
