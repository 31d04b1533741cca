// Settle: the third of the three pure steps. Joins the facts that grind left: session aggregates to the
// tables, session facts to what checks see of sessions, rejected lines to the quarantine.
//
// Each part reads one kind of fact, once, and tells what it came to; the parts may be settled in any order, at the same
// time or on several machines, and are merged.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/session_findings.h"
#include "tasks/grind.h"
#include "validate/quarantine.h"

namespace gristmill::tasks {

// What earlier runs kept of their facts, for an output that grows.
struct EarlierFacts {
  std::vector<shuffle::StoredFacts> aggregates;
  std::vector<shuffle::StoredFacts> ids;
  std::vector<shuffle::StoredFacts> models;
  std::vector<shuffle::StoredFacts> sessions;
  std::vector<shuffle::StoredFacts> repeated;
  std::vector<shuffle::StoredFacts> profiles;
  std::string root;                    // of the output that holds them; empty: there is none
  std::uint32_t first_prediction = 0;  // the number of collections among the files of now, those of earlier runs too
};

// What becomes of a line in the quarantine of earlier runs.
enum class Fate : std::uint8_t {
  stays,
  is_withheld,  // its text goes
  goes
};
using FateOfLine = std::function<Fate(Dataset dataset, const validation::QuarantineEntry& entry)>;

struct FactsToSettle {
  std::vector<GroundFacts*> workers;
  EarlierFacts earlier = {};
  shuffle::Sorter* resolved = nullptr;  // of rejected lines that came back mended (ResolvedPlace); may be none
  FateOfLine fate = {};                 // of lines in the quarantine of earlier runs; empty: they stay
};

// A fact: a rejected line that an input of this run has mended. Its key is that of the rejected line.
struct ResolvedPlace {
  std::uint32_t replay = 0;  // number of the input
  std::uint32_t batch = 0;   // that the quarantine tells of it
  std::string raw_hash;      // 32 hexadecimal digits, XXH3-128 of what the quarantine had of the line
};
std::string encode(const ResolvedPlace& resolved);
ResolvedPlace decode_resolved_place(std::string_view value);

// Lines of one file that left the quarantine since somebody is forgotten.
struct LinesGone {
  std::uint64_t rejected = 0;  // resolved ones too
  std::uint64_t resolved = 0;
  std::map<std::string, std::uint64_t> reasons;  // of the rejected ones
};

struct Settled {
  SessionFindings sessions;
  Accounting accounting;                      // what checks found of this run's lines
  Accounting whole;                           // what they found of all sessions, those of earlier runs too
  std::optional<Accounting> left_of_new;      // likewise, of those of this run's own files
  std::optional<Accounting> left;             // where lines are resolved: of all rejected lines, what is left of them
  std::vector<storage::WrittenFile> written;  // tables and quarantine
  std::map<std::uint32_t, LinesGone> gone;    // by file
  std::array<bool, dataset_count>
      has_resolved{};                  // where lines may go: whether any of a data set are left in resolved/
  std::uint64_t touched_sessions = 0;  // with facts of this run
  std::uint64_t new_sessions = 0;      // of them, those without earlier ones

  void merge(Settled other);
};

template <typename Archive>
void fields(Archive& archive, Settled& settled) {
  archive(settled.sessions, settled.accounting, settled.whole, settled.left_of_new, settled.left, settled.written,
          settled.touched_sessions, settled.new_sessions);
}

// Of all session ids, and of all profile ids.
[[nodiscard]] Result<Settled> settle_session_checks(Storage& storage, const GrindOptions& options,
                                                    const FactsToSettle& facts);
[[nodiscard]] Result<Settled> settle_repeated_lines(Storage& storage, const GrindOptions& options,
                                                    const FactsToSettle& facts);

// Writes the session tables, or only counts where options.output has no root. `rows_per_part`: 0 puts all in one part.
[[nodiscard]] Result<Settled> settle_aggregates(Storage& storage, const Recipe& recipe, const GrindOptions& options,
                                                const FactsToSettle& facts, const std::string& version,
                                                std::uint64_t rows_per_part = 0);

// Likewise of what each model said of them.
[[nodiscard]] Result<Settled> settle_models(Storage& storage, const Recipe& recipe, const GrindOptions& options,
                                            const FactsToSettle& facts, const std::string& version);

// Writes quarantine/<data set>.jsonl for each data set with rejected lines; those of earlier runs stand before. What is
// resolved goes to quarantine/resolved/ instead, behind what earlier runs resolved. An input error where a line is to
// be resolved that is not rejected.
[[nodiscard]] Result<Settled> settle_quarantine(Storage& storage, const GrindOptions& options,
                                                const std::vector<source::InputFile>& files,
                                                const std::string& inputs_id, const FactsToSettle& facts);

}  // namespace gristmill::tasks
