// A rejected line as it stands in quarantine/<data set>.jsonl (docs/guide/formats.md). Its first member, `inputs_id`,
// is known only once all input has been read: so a line is made without it, and gets it when it is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gristmill/accounting.h"
#include "gristmill/data.h"

namespace gristmill::validation {

struct QuarantineLine {
  Dataset dataset = Dataset::collections;
  std::string_view file;     // the input's name
  std::uint64_t line = 0;    // from 1
  std::uint64_t offset = 0;  // bytes, in the decompressed file
  std::string_view reason;
  std::string_view message;
  std::string_view raw;  // the line; of a line beyond the limit its beginning
  bool truncated = false;
  bool is_withheld = false;  // its text is not told: whose it is cannot be read, and somebody asked to be erased
  std::uint64_t length = 0;  // of the whole line, where truncated or withheld
};

// Such a line as it is read back, by gristmill or from whoever mended it.
struct QuarantineEntry {
  std::string dataset;  // may be missing, as what stands below; then it is empty
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t line = 0;
  std::string reason;
  std::string message;
  std::string raw;
  bool has_raw = false;
  bool is_truncated = false;
  bool is_withheld = false;
  std::uint64_t length = 0;  // of the whole line
  std::uint64_t batch = 0;   // of a resolved line: in which its mended self came
};

// The name of an input as its lines have it.
std::string name_in_quarantine(std::string_view name);

// Why the text is no line of a quarantine; empty: it is one, and the entry is filled in. `text`: as json/json_text.h
// has it.
std::string read_quarantine_line(std::string_view text, QuarantineEntry& entry);

// What the check of rejected lines sees of it, in a file of this number. False if its reason is none.
[[nodiscard]] bool see_rejected_again(const QuarantineEntry& entry, Dataset dataset, std::uint32_t file,
                                      Accounting& accounting);

// The key of a rejected line as a fact in a sorter; its value is what append_quarantine_line makes.
void encode_rejected_key(Place place, std::string& key);
Place decode_rejected_key(std::string_view key);

// What stands before the rest of each line.
std::string beginning_of_quarantine_lines(std::string_view inputs_id);

// Appends the rest of the line's JSON and '\n'.
void append_quarantine_line(const QuarantineLine& line, std::string& out);

}  // namespace gristmill::validation
