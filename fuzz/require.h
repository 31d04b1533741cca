// What a fuzz target demands of the code: a broken promise ends the process, and libFuzzer keeps the input.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace gristmill::fuzz {

inline void require(bool holds, std::string_view promise, std::string_view what_was_seen = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %.*s\n%.*s\n", static_cast<int>(promise.size()), promise.data(),
               static_cast<int>(what_was_seen.size()), what_was_seen.data());
  std::abort();
}

}  // namespace gristmill::fuzz
