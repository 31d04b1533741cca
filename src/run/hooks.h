// For tests: ways that must not change a byte, and one that must be noticed. The command that tests run fills them in
// from its environment (cli/test_hooks.cc); all others leave them as they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gristmill::scheduling {

struct RunHooks {
  std::uint64_t block_size = 0;                         // bytes that a source reads at once; 0: as usual
  std::optional<std::uint64_t> shortest_line_in_input;  // bytes of a line that is read again from its file
  bool fast_path = true;
  std::uint64_t hash_mask = ~std::uint64_t{0};  // fewer bits of the profile's hash: more collisions
  std::string publish_way;                      // "exchange" or "journal"; empty: what the file system allows
  std::optional<std::uint64_t> most_files_in_manifest = {};  // of an output that grows
  std::string break_accounting;                              // "lines", "bytes" or "rows": miscounts one side by one
};

}  // namespace gristmill::scheduling
