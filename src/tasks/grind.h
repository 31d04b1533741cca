// Grind: the second of the three pure steps. Takes one bucket, puts its lines in order by profile, and
// for each profile writes both partitions, folds its sessions and notes facts for the checks.
//
// What it makes beside the partitions goes into a GroundFacts: one of them a worker, settled together.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gristmill/accounting.h"
#include "gristmill/recipe.h"
#include "partition/rows.h"
#include "privacy/forgotten_list.h"
#include "record/line_parser.h"
#include "session/session_state.h"
#include "shuffle/bucket_set.h"
#include "shuffle/merged_lines.h"
#include "shuffle/sorter.h"
#include "source/input_reader.h"
#include "source/line_numbers.h"
#include "source/long_line_gate.h"
#include "storage/output_file.h"
#include "tasks/profile_counts.h"
#include "validate/check_set.h"
#include "validate/repetition_finder.h"

namespace gristmill::tasks {

struct GrindOptions {
  storage::OutputOptions output;  // where partitions are written; without a root nothing is: the lines are only checked
  std::string spill_folder;
  const source::InputReader* inputs = nullptr;        // of the lines that route left in their files
  std::uint64_t load_limit = 8U << 20;                // bytes of a spilled bucket to load at once
  std::uint64_t profile_memory = 4U << 20;            // bytes of facts about one profile, of each kind
  std::uint64_t sorter_memory = 4U << 20;             // bytes of each sorter
  bool keeps_state = false;                           // what a later run needs is kept beside what this one does
  std::uint32_t part = 0;                             // stands in the names of partition files; 0: none does
  const privacy::ForgottenList* forgotten = nullptr;  // unlocked: whose lines are left out; nullptr: nobody's
};

// What a worker's buckets came to beside the partitions. Each fact is encoded and decoded where its comment says.
struct GroundFacts {
  GroundFacts(Storage& storage, const GrindOptions& options);
  shuffle::Sorter aggregates;  // session/session_facts.h
  shuffle::Sorter ids;         // session/session_facts.h
  shuffle::Sorter models;      // session/session_facts.h
  shuffle::Sorter sessions;    // session/session_facts.h
  shuffle::Sorter repeated;    // validate/repetition_finder.h
  shuffle::Sorter rejected;    // validate/quarantine.h
  shuffle::Sorter files;       // storage/output_file.h
  shuffle::Sorter profiles;    // tasks/profile_counts.h; only where state is kept
  Accounting accounting;
};

class Grinder {
 public:
  // `gate` is held while a long line is parsed. All references must outlive this.
  Grinder(Storage& storage, const Recipe& recipe, const record::ParseRules& rules,
          const std::vector<source::InputFile>& files, const source::LineNumbers& line_numbers,
          const GrindOptions& options, source::LongLineGate& gate, GroundFacts& facts);

  // Asked between lines and within long ones; true makes grind() return early with an error. Optional.
  void stop_when(std::function<bool()> should_stop) { parser_.stop_when(std::move(should_stop)); }

  // Grinds one bucket, of which each set holds a share. `shift`: the bits of the hash below are used up.
  [[nodiscard]] Status grind(const std::vector<shuffle::BucketSet*>& sets, std::size_t bucket, std::uint32_t shift);

 private:
  [[nodiscard]] Status grind_loaded(shuffle::MergedLines& lines);
  [[nodiscard]] Status for_each_line(shuffle::MergedLines& lines,
                                     const std::function<Status(const shuffle::RoutedLine&)>& use);
  [[nodiscard]] Status grind_stream(shuffle::MergedLines& lines);
  [[nodiscard]] Status split(shuffle::MergedLines& lines, std::uint32_t shift);
  [[nodiscard]] Status grind_deferred();
  [[nodiscard]] Status grind_line(const shuffle::RoutedLine& line);
  [[nodiscard]] Status accept(const shuffle::LineHeader& header, std::string_view text);
  [[nodiscard]] Status accept_collection(const validation::LineOrigin& origin);
  [[nodiscard]] Status accept_predictions(const validation::LineOrigin& origin);
  [[nodiscard]] Result<std::string_view> read_line(const shuffle::RoutedLine& line);
  bool is_of_forgotten() const;
  void account_line(const shuffle::LineHeader& header, const validation::LineOrigin& origin, std::string_view text);
  [[nodiscard]] Status reject(const shuffle::RoutedLine& line, Reason reason, std::string_view message,
                              std::string_view raw, std::uint64_t length);
  [[nodiscard]] Status defer(const shuffle::LineHeader& header, std::string_view text);
  [[nodiscard]] Status open_partition(storage::OutputFile& file, Dataset dataset);
  [[nodiscard]] Status begin_profile();
  [[nodiscard]] Status end_profile();
  [[nodiscard]] Status keep_counts();
  [[nodiscard]] Status close_partition(storage::OutputFile& file, Dataset dataset);

  Storage& storage_;
  const Recipe& recipe_;
  const std::vector<source::InputFile>& files_;
  const source::LineNumbers& line_numbers_;
  const GrindOptions& options_;
  source::LongLineGate& gate_;
  GroundFacts& facts_;
  Accounting& accounting_;
  // Of the accepted lines of one profile; where no state is kept they are counted in accounting_ like all else.
  ProfileCounts profile_counts_;
  Accounting& accepted_;
  validation::CheckSet checks_;
  validation::CheckSet checks_of_rejected_;

  record::LineParser parser_;
  partition::LabelRows label_rows_;
  partition::PredictionRows prediction_rows_;
  storage::OutputFile labels_;
  storage::OutputFile predictions_;
  session::SessionState sessions_;
  validation::RepetitionFinder repeated_;

  bool in_profile_ = false;
  bool is_forgotten_ = false;  // the profile
  std::string profile_;
  storage::Hash128 profile_hash_;
  std::uint32_t first_prediction_ = 0;
  std::unique_ptr<char[]> line_;  // that was read again
  storage::Hash128 line_hash_;    // of it
  std::size_t line_capacity_ = 0;
  std::unique_ptr<shuffle::BucketSet> deferred_;  // lines of other profiles with the same hash
  std::string key_;
  std::string value_;
};

}  // namespace gristmill::tasks
