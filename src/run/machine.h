// What this machine, or the container that the process runs in, has to offer.
#pragma once

#include <cstdint>
#include <string>

#include "gristmill/recipe.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"

namespace gristmill::scheduling {

// Processors that this process may run on; at least 1.
std::uint32_t usable_processors();

// Bytes of memory: the machine's, or the limit of the process's control group where that is less.
std::uint64_t machine_memory();

// Bytes that could still be taken without swapping or being killed, page cache that can go included.
std::uint64_t available_memory();

// The peak of this process's resident memory so far, bytes.
std::uint64_t peak_memory();

// How many files this process may have open at once.
std::uint64_t open_files_limit();

// Is there a limit of the process's addresses (ulimit -v)?
bool address_space_is_limited();

// An error if the recipe names a spill folder in which no file can be made: found out before it is needed.
Status check_spill_folder(Storage& storage, const Recipe& recipe);

// For tests: what available_memory() makes of the texts of /proc/meminfo and, of the control group,
// memory.max, memory.current and memory.stat (each may be empty).
std::uint64_t available_memory_in(const std::string& meminfo, const std::string& limit, const std::string& used,
                                  const std::string& statistics);

}  // namespace gristmill::scheduling
