// Taking people out of an output that grows: their facts out of the runs of its state, their lines out of quarantine
// and replays, and what they came to out of all counts. No input is read: what a profile came to is kept.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gristmill/accounting.h"
#include "gristmill/recipe.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "growth/ledger.h"
#include "growth/state.h"
#include "privacy/forgotten_list.h"
#include "record/line_parser.h"
#include "storage/output_file.h"
#include "tasks/profile_counts.h"
#include "tasks/settle.h"

namespace gristmill::growth {

// The list that a run must obey, unlocked: that of the output at `root` (empty: it has none), with that which the
// recipe names. nullopt: nobody is forgotten. A usage error where its key is missing or another one.
[[nodiscard]] Result<std::optional<privacy::ForgottenList>> list_to_obey(Storage& storage, const Recipe& recipe,
                                                                         const std::string& root);
// Unlocks a list by the recipe's key. A usage error where this lies among the inputs or in the output.
[[nodiscard]] Status unlock(Storage& storage, privacy::ForgottenList& list, const Recipe& recipe);

using ProfileIds = std::set<std::string, std::less<>>;  // ids, trimmed and unescaped

// What the state holds of some profiles.
struct TakenOut {
  ProfileIds found;  // of which there was anything
  tasks::ProfileCounts counts;
  std::map<std::uint32_t, tasks::ProfileCounts> by_batch;
  tasks::ProfileCounts left;                                    // of all others
  std::map<std::uint32_t, tasks::ProfileCounts> left_by_batch;  // of batches in `by_batch`
  std::array<std::uint64_t, dataset_count> distinct_lines{};
  std::uint64_t sessions = 0;
};

// Writes the runs anew without the facts of these profiles, and puts their sizes into `runs`. Of a run in which there
// are none, nothing is written but what it was.
[[nodiscard]] Result<TakenOut> take_out_of_runs(Storage& storage, const std::string& root,
                                                const storage::OutputOptions& output, const std::string& spill_folder,
                                                const ProfileIds& profiles, std::vector<StateRun>& runs,
                                                std::vector<storage::WrittenFile>& written,
                                                const std::function<bool()>& should_stop);

// Leaves in what all batches counted what others came to. Findings of these profiles go; others take their places.
struct FindingsGone {
  std::uint64_t findings = 0;
  std::uint64_t short_lists = 0;  // that show fewer than there are, since no more of them were kept
};
FindingsGone take_out_of_counts(const TakenOut& taken, const ProfileIds& profiles, Accounting& accounting);

// Says what becomes of rejected lines.
class LineJudge {
 public:
  LineJudge(const Recipe& recipe, const privacy::ForgottenList* forgotten)
      : rules_(recipe), parser_(rules_), forgotten_(forgotten) {}
  tasks::Fate judge(Dataset dataset, const validation::QuarantineEntry& entry);
  // Whose the line is, empty where it says that it is nobody's; nullopt where that cannot be read.
  std::optional<std::string> profile_of(Dataset dataset, const validation::QuarantineEntry& entry);
  // Whether the line is of somebody who is forgotten.
  bool is_of_forgotten(Dataset dataset, std::string_view line);
  // As profile_of, of a line as it came.
  std::optional<std::string> profile_of_line(Dataset dataset, std::string_view line,
                                             json::MarkBefore mark = json::MarkBefore::possible);

 private:
  const record::ParseRules rules_;
  record::LineParser parser_;
  const privacy::ForgottenList* forgotten_;  // only of whom it is asked who is forgotten
  std::string text_;
};

// Where the lines of these profiles are in the inputs of the output's ledger that are there still: path, number of the
// line from 1, offset in the decompressed file.
using UseInputLine = std::function<void(const std::string& path, std::uint64_t line, std::uint64_t offset)>;
[[nodiscard]] Status for_each_line_of(Storage& storage, const std::string& output, const std::vector<std::string>& ids,
                                      const std::function<bool()>& should_stop, const UseInputLine& use);

// Writes the replays of the output anew in which there are lines of people who are forgotten: these are blank then, so
// that all others keep their places. Puts what is there now into the ledger's entries.
[[nodiscard]] Status take_out_of_replays(Storage& storage, const storage::OutputOptions& output, LineJudge& judge,
                                         std::vector<LedgerEntry>& ledger, std::vector<storage::WrittenFile>& written,
                                         const std::function<bool()>& should_stop);

}  // namespace gristmill::growth
