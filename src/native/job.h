// One run on one machine: the three steps by threads, between the two halves of run/coordinator. run.h is its
// public face; run() in job.cc reads as the picture in src/README.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gristmill/run.h"
#include "record/line_parser.h"
#include "run/coordinator.h"
#include "run/hooks.h"
#include "run/memory_plan.h"
#include "run/workers.h"
#include "source/line_numbers.h"
#include "source/long_line_gate.h"
#include "tasks/grind.h"
#include "tasks/route.h"
#include "tasks/settle.h"

namespace gristmill::native {

class Job {
 public:
  // All references must outlive the job.
  Job(const Recipe& recipe, const RunContext& context, scheduling::JobKind kind, scheduling::RunHooks hooks = {});

  // REQUIRES: the job is to forget people.
  void use_request(const ForgetRequest& request) {
    request_ = &request;
    coordinator_.use_request(request);
  }

  [[nodiscard]] Result<RunOutcome> run();

 private:
  [[nodiscard]] Status hold_inputs();
  using Ground = std::vector<std::unique_ptr<tasks::GroundFacts>>;  // one a worker
  [[nodiscard]] Result<scheduling::Routed> route();
  [[nodiscard]] Result<Ground> grind(const scheduling::Routed& routed);
  // With what was counted in grinding.
  [[nodiscard]] Result<tasks::Settled> settle(const scheduling::Routed& routed, const Ground& ground);
  const std::vector<source::InputFile>& files() const { return coordinator_.files(); }

  const Recipe& recipe_;
  const RunContext& context_;
  Storage& storage_;
  const ForgetRequest* request_ = nullptr;
  const bool write_;
  const bool makes_tables_;
  const scheduling::RunHooks hooks_;
  scheduling::Coordinator coordinator_;
  record::ParseRules rules_;
  scheduling::Workers workers_;
  source::LongLineGate gate_;

  source::InputReader inputs_;
  scheduling::MemoryPlan plan_{};
  std::vector<std::unique_ptr<shuffle::BucketSet>> buckets_;  // one a worker
  tasks::GrindOptions grind_options_;
};

// run(), update() or validate(), with hooks. The command uses it, with no hooks unless built for tests.
Result<RunOutcome> run_with_hooks(const Recipe& recipe, const RunContext& context, scheduling::JobKind kind,
                                  const scheduling::RunHooks& hooks);

Result<RunOutcome> forget_with_hooks(const Recipe& recipe, const ForgetRequest& request, const RunContext& context,
                                     const scheduling::RunHooks& hooks);

}  // namespace gristmill::native
