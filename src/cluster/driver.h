// The driver's side of a run on a cluster: plans it, adds up what the tasks' attempts came to, and publishes.
//
//   begin ─▶ plan ─▶ (route, shuffle, grind on the cluster) ─▶ take_ground ─▶ settle plan ─▶ (settle) ─▶ finish
//
// An attempt that did not win has left its files below a folder of its own, or, on S3, under the names that the winner
// gives its own of the same bytes: so only winners are published, and what is left of others goes with the staged
// output.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cluster/messages.h"
#include "cluster/plan.h"
#include "gristmill/run.h"
#include "gristmill/storage.h"
#include "run/coordinator.h"
#include "tasks/grind.h"

namespace gristmill::cluster {

struct ClusterShape {
  std::uint32_t tasks_at_once = 1;  // on the whole cluster
  std::uint32_t slots = 0;          // of one executor; 0: as many as its machine has processors
  std::uint64_t split_size = 0;     // bytes, a multiple of 1 MiB; 0: chosen
  std::uint32_t partitions = 0;     // 0: chosen
  std::uint64_t rows_per_part = 1'000'000;
};

class Driver {
 public:
  // All references must outlive it. Dropped before finish() has published, it leaves nothing behind. `updates`: what is
  // new is added to an output that grows.
  Driver(const Recipe& recipe, const RunContext& context, bool updates);

  // Lists the inputs, locks the output and fills in the plan, but for what S3 is told.
  [[nodiscard]] Status begin(const ClusterShape& shape);
  // Whether there is something to do; else finish_unchanged() is all that is left.
  bool has_new_inputs() const { return coordinator_.has_new_inputs(); }
  Result<RunOutcome> finish_unchanged() { return coordinator_.finish_unchanged(); }
  Plan& plan() { return plan_; }
  std::uint32_t splits() const { return splits_; }

  // The GroundPartitions of all partitions, in any order.
  [[nodiscard]] Status take_ground(const std::vector<std::string>& ground);
  std::string settle_plan() const { return to_wire(settle_plan_); }
  // Has tasks move these files, and gives their MovedFiles; fewer where tasks failed.
  using MoveOnCluster = std::function<std::vector<std::string>(const publish::FilesToMove& files)>;
  // `settled`: the SettledParts.
  Result<RunOutcome> finish(const std::vector<std::string>& settled, const MoveOnCluster& move);

 private:
  [[nodiscard]] Status take_split(const SplitTally& split);
  // Moves what an attempt wrote to its place in the staged output. REQUIRES: no other winner has any of it.
  [[nodiscard]] Status adopt_partitions(const std::string& folder);

  const Recipe& recipe_;
  Storage& storage_;
  scheduling::Coordinator coordinator_;
  Plan plan_;
  std::uint32_t splits_ = 0;
  std::unique_ptr<tasks::GroundFacts> facts_;  // only its files are used
  scheduling::Routed routed_;
  tasks::Settled settled_;
  SettlePlan settle_plan_;
};

}  // namespace gristmill::cluster
