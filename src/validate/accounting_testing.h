// For tests: everything an accounting holds, as text that can be compared.
#pragma once

#include <sstream>
#include <string>

#include "gristmill/accounting.h"

namespace gristmill::testing {

inline void tell(std::string_view name, const Culprits& culprits, std::ostream& out) {
  for (const Culprit& culprit : culprits.sorted()) {
    out << "  " << name << " at " << culprit.place.file << ":" << culprit.place.offset << ", line " << culprit.line
        << ": " << culprit.what << "\n";
  }
}

inline void tell(std::string_view name, const CheckFindings& found, std::ostream& out) {
  out << name;
  for (const auto& counts : found.counts) {
    for (const std::uint64_t count : counts) out << " " << count;
  }
  out << "\n";
  tell(name, found.culprits, out);
  for (const SessionCulprit& culprit : found.sessions) {
    out << "  " << culprit.session << " of " << name_of(culprit.dataset) << ": " << culprit.profiles << " profiles, "
        << culprit.rows << " rows, first " << culprit.first.file << ":" << culprit.first.offset << ", line "
        << culprit.first_line << "\n";
  }
}

inline void tell(const DatasetAccount& account, std::ostream& out) {
  out << "rows " << account.rows << ", partitions " << account.partitions << ", repaired " << account.repaired_lines
      << ", without session " << account.lines_without_session << " " << account.rows_without_session << "\n";
  for (std::size_t i = 0; i < reason_count; ++i) {
    const std::string_view name = name_of(static_cast<Reason>(i));
    if (account.rejections[i] > 0) out << "  rejected " << name << " " << account.rejections[i] << "\n";
    tell(name, account.rejection_examples[i], out);
  }
  for (std::size_t i = 0; i < repair_count; ++i) {
    if (account.repairs[i] > 0) out << "  repaired " << repair_names[i] << " " << account.repairs[i] << "\n";
    tell(repair_names[i], account.repair_examples[i], out);
  }
  for (const auto& [name, count] : account.fields_not_carried.counts())
    out << "  field " << name << " " << count << "\n";
  out << "  other fields " << account.fields_not_carried.other() << "\n";
}

// `spilled_bytes` is left out: it depends on the memory.
inline std::string told(const Accounting& accounting) {
  std::ostringstream out;
  for (const FileAccount& file : accounting.files) {
    out << "file " << file.accepted << " " << file.rejected << " " << file.blank << " " << file.repaired << "\n";
  }
  for (const DatasetAccount& account : accounting.datasets) tell(account, out);
  out << "bytes " << accounting.bytes_routed << " " << accounting.bytes_ground << " " << accounting.bytes_written
      << ", rows " << accounting.rows_counted << " " << accounting.newlines_written << "\n";
  for (std::size_t i = 0; i < accounting.checks.size(); ++i) tell(all_checks()[i].name, accounting.checks[i], out);
  for (std::size_t i = 0; i < hint_count; ++i) {
    out << hint_table[i].name;
    for (const std::uint64_t count : accounting.hints[i].counts) out << " " << count;
    out << "\n";
    tell(hint_table[i].name, accounting.hints[i].first, out);
  }
  return out.str();
}

}  // namespace gristmill::testing
