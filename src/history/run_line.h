// What a run leaves behind for those after it, one line of JSON: a line of validation/history.jsonl, or of
// validation/batches.jsonl where the output grows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/report.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "json/json_writer.h"

namespace gristmill::history {

inline constexpr std::string_view history_name = "validation/history.jsonl";  // below the output root, as the next
inline constexpr std::string_view batches_name = "validation/batches.jsonl";
inline constexpr std::size_t most_runs = 400;  // lines of history.jsonl

// The run's line, with its newline. `accounting`: of the run alone. Names that `drift` flagged are in it.
std::string run_line(const RunReport& report, const Accounting& accounting);

// Parts of it: members or elements of what is open; a value; the member "models".
void write_repairs(const DatasetAccount& account, json::JsonWriter& json);
void write_fields_not_carried(const DatasetAccount& account, json::JsonWriter& json);
void write_newest(const DatasetAccount& account, json::JsonWriter& json);
void write_models(const Accounting& accounting, json::JsonWriter& json);

// Which of the two the output has, below its root; nullopt: none.
[[nodiscard]] Result<std::optional<std::string>> find_history(Storage& storage, const std::string& root);

// The lines of such a file, oldest first, without their newlines; none if there is no file.
[[nodiscard]] Result<std::vector<std::string>> read_lines(Storage& storage, const std::string& path);

}  // namespace gristmill::history
