// The three steps as tasks of a cluster: each reads and writes by its own storage, and takes and gives bytes that the
// cluster moves. A task is run by one thread; an attempt at it may die at any time, or run beside another one.
//
// Rows of route are sorted by (file, offset, piece) within their partition; counts have a negative file, so they come
// before all lines. A row that a receiver must see whole is cut into pieces of 1 MiB.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/messages.h"
#include "cluster/plan.h"
#include "gristmill/run.h"
#include "privacy/forgotten_list.h"
#include "record/line_parser.h"
#include "run/coordinator.h"
#include "run/memory_plan.h"
#include "shuffle/line_frames.h"
#include "source/line_numbers.h"
#include "source/line_source.h"
#include "source/long_line_gate.h"
#include "storage/any_storage.h"
#include "tasks/route.h"

namespace gristmill::cluster {

// What the tasks of one process share, one after the other.
class Worker {
 public:
  static Result<std::unique_ptr<Worker>> create(std::string_view plan);

  const Plan& plan() const { return plan_; }
  const record::ParseRules& rules() const { return rules_; }
  const std::vector<Split>& splits() const { return splits_; }
  Storage& storage() { return *storage_; }
  const Resources& resources() const { return resources_; }  // of one task
  // Requests since the last call.
  std::vector<RequestCount> new_requests();
  // Where this attempt writes its part of the output, and what else it makes.
  std::string output_folder(std::string_view attempt) const;
  std::string facts_folder(std::string_view attempt) const { return plan_.staging + "/_facts/" + std::string(attempt); }
  tasks::GrindOptions grind_options(std::string_view attempt) const;

 private:
  explicit Worker(Plan plan);

  Plan plan_;
  Resources resources_;
  record::ParseRules rules_;
  std::vector<Split> splits_;
  std::unique_ptr<storage::AnyStorage> storage_;
  std::vector<RequestCount> requests_;  // that were told
  std::optional<privacy::ForgottenList> forgotten_;
};

struct RoutedRow {
  std::uint32_t partition = 0;
  std::int64_t file = 0;  // of the first line; told_lines and told_tally: no lines
  std::int64_t offset = 0;
  std::int32_t piece = 0;
  std::string data;
};
inline constexpr std::int64_t told_tally = -2;
inline constexpr std::int64_t told_lines = -1;

class RouteTask {
 public:
  RouteTask(Worker& worker, std::uint32_t split);
  ~RouteTask();
  // The next rows, a few MiB at most but for a longer line; none at the end.
  Result<std::vector<RoutedRow>> next();

 private:
  [[nodiscard]] Status read_some();
  [[nodiscard]] Status end_unit();
  void tell_counts(std::vector<RoutedRow>& rows);

  Worker& worker_;
  std::uint32_t split_;
  source::LongLineGate gate_;
  source::InputReader no_inputs_;
  std::vector<source::FileTally> tallies_;
  shuffle::LineFrames frames_;
  tasks::Router router_;
  source::LineSource source_;
  std::size_t unit_ = 0;        // under way
  std::uint64_t position_ = 0;  // in it
  std::uint32_t lines_in_unit_ = 0;
  std::vector<UnitLines> unit_lines_;
  SplitTally tally_;
  bool ended_ = false;
};

class GrindTask {
 public:
  // `attempt` names it among all attempts of the run.
  GrindTask(Worker& worker, std::uint32_t partition, std::string attempt);
  ~GrindTask();
  // REQUIRES: rows come in the order of (file, offset, piece).
  [[nodiscard]] Status take(std::int64_t file, std::int64_t offset, std::int32_t piece, std::string_view data);
  Result<GroundPartition> finish();

 private:
  [[nodiscard]] Status end_row();

  Worker& worker_;
  std::string attempt_;
  scheduling::MemoryPlan memory_;
  tasks::GrindOptions options_;
  std::unique_ptr<shuffle::BucketSet> buckets_;
  std::vector<std::vector<std::uint32_t>> lines_of_units_;
  GroundPartition ground_;
  std::int64_t file_ = 0;
  std::int64_t offset_ = 0;
  bool pending_ = false;
  std::string pieces_;
};

// Takes what a task wrote. An output error where it is not there, as where the file system is another machine's own.
[[nodiscard]] Status read_facts_of_task(Storage& storage, const FactFile& file, shuffle::Sorter& sorter);

Result<SettledPart> settle(Worker& worker, const SettlePlan& plan, SettlePart part, const std::string& attempt);

// Moves the `part`th of `parts` shares of these files, once the driver's output is committed. What another attempt has
// moved is moved.
Result<MovedFiles> move_files(Worker& worker, const publish::FilesToMove& files, std::uint32_t part,
                              std::uint32_t parts);

}  // namespace gristmill::cluster
