// The lines of a published quarantine, read back in their order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "gristmill/data.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "validate/quarantine.h"

namespace gristmill::tasks {

// The numbers of the files of one data set, by the names that the quarantine has of them.
using FileNumbers = std::map<std::string, std::uint32_t, std::less<>>;

// `line`: without its end; `entry`: what it holds.
using QuarantineCallback =
    std::function<Status(Place place, std::string_view line, const validation::QuarantineEntry& entry)>;

// None where there is no file. An output error where a line is not as gristmill wrote it, or of another file.
[[nodiscard]] Status for_each_quarantined(Storage& storage, const std::string& path, const FileNumbers& numbers,
                                          const std::function<bool()>& should_stop, const QuarantineCallback& use);

}  // namespace gristmill::tasks
