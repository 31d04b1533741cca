// A collection's behaviour: its platforms, their types, and the entries of these, which become rows.
#pragma once

#include <functional>
#include <optional>

#include "json/stop_check.h"
#include "record/record.h"

namespace gristmill::record {

using EntryCallback = std::function<void(const Entry&)>;

// Calls back for every entry, in input order; the Entry is good during its call. Where there is none (or `behaviour` is
// nullptr), once for `none`. REQUIRES: `behaviour` is an object that the complete parser accepted.
void walk_behaviour(const char* behaviour, json::StopCheck& stop, const EntryCallback& callback);

// The first timestamp of an entry, where it is a number. `entry`: its first byte.
std::optional<double> timestamp_of(const char* entry);

}  // namespace gristmill::record
