// The ledger of an output that grows: which inputs it holds, one line of JSON each, in the order in which they count
// as read (docs/guide/formats.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/data.h"
#include "gristmill/recipe.h"
#include "gristmill/report.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "json/json_value.h"
#include "json/json_writer.h"
#include "source/input_files.h"

namespace gristmill::growth {

inline constexpr std::string_view ledger_name = "_state/inputs.jsonl";  // below the output root

struct LedgerEntry {
  std::uint32_t batch = 0;    // from 1
  std::string path;           // absolute, links resolved, or s3://bucket/key
  std::string tree_hash;      // 32 hexadecimal digits, source::tree_hash_of
  std::string sha256;         // 64, where files of the same bytes are skipped, else empty
  std::string etag;           // of an object on S3, else empty
  std::int64_t modified = 0;  // nanoseconds since 1970, of a local file
  std::int64_t changed = 0;
  std::uint32_t replay = 0;  // of mended lines that are kept beside the ledger (growth/replay.h): their batch; else 0
  FileReport file;           // its data set, name, stored size and what was read of it
};

// Whether no line of the file was read: it was set aside, or another one has its bytes.
inline bool is_left_out(const FileReport& file) { return file.set_aside || !file.same_as.empty(); }

// A member of a line whose text may not be UTF-8: its bytes in hexadecimal digits stand beside what can be shown of it.
void write_name(const std::string& member, const std::string& text, json::JsonWriter& json);
std::string read_name(const json::JsonValue& line, const std::string& member);

void append_ledger_line(const LedgerEntry& entry, std::string& out);
// A file of such lines. What is kept beside it has the path that it has now. An input error if there is none, or that
// names the line that is none.
[[nodiscard]] Result<std::vector<LedgerEntry>> read_ledger(Storage& storage, const std::string& path);

// The numbers of a ledger's entries as files are numbered: collections before predictions, each in the ledger's order.
std::vector<std::size_t> input_order(const std::vector<LedgerEntry>& ledger);

// The file that an entry stands for. Its contents are not known.
source::InputFile file_of(const LedgerEntry& entry);

// The files of a ledger, in the order and by the names that it has. An error if one is gone.
[[nodiscard]] Result<std::vector<source::InputFile>> list_ledger(Storage& storage, const std::string& path);

}  // namespace gristmill::growth
