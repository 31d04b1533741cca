// One run on one machine: the three steps by threads, then audit, report and publication. run.h is its
// public face; run() in job.cc reads as the picture in src/README.md.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gristmill/run.h"
#include "native/memory_plan.h"
#include "native/workers.h"
#include "publish/publish.h"
#include "record/line_parser.h"
#include "source/line_numbers.h"
#include "source/line_source.h"
#include "tasks/grind.h"
#include "tasks/route.h"
#include "tasks/settle.h"

namespace gristmill {

class Job {
 public:
  // All references must outlive the job.
  Job(const Recipe& recipe, const RunContext& context, bool write);

  [[nodiscard]] Result<RunOutcome> run();

 private:
  [[nodiscard]] Status list_inputs();
  [[nodiscard]] Status hold_inputs();
  [[nodiscard]] Status claim_output();
  [[nodiscard]] Status route();
  [[nodiscard]] Status check_inputs_unchanged();
  void name_inputs();
  [[nodiscard]] Status grind();
  [[nodiscard]] Status settle();
  void gather_report();
  [[nodiscard]] Status audit() const;
  void measure_run();
  [[nodiscard]] Status write_report();
  [[nodiscard]] Status write_manifest();
  [[nodiscard]] Status publish(RunOutcome& outcome);

  void begin_stage(Stage stage, std::uint64_t total = 0);
  void log(LogLevel level, const std::string& message) const;
  std::string manifest_fields() const;

  const Recipe& recipe_;
  const RunContext& context_;
  Storage& storage_;
  const bool write_;
  Resources resources_;
  ParseRules rules_;
  Progress own_progress_;
  Progress& progress_;
  Workers workers_;
  std::recursive_mutex gate_;  // held while a long line is in memory

  std::vector<InputFile> files_;
  std::vector<FileTally> tallies_;
  InputReader inputs_;
  MemoryPlan plan_{};
  std::unique_ptr<Publication> publication_;
  std::vector<std::unique_ptr<BucketSet>> buckets_;  // one a worker
  std::unique_ptr<LineNumbers> line_numbers_;
  GrindOptions grind_options_;
  std::vector<std::unique_ptr<GroundFacts>> facts_;  // one a worker
  std::vector<WrittenFile> written_;                 // what settle wrote
  RunReport report_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point stage_started_;
};

}  // namespace gristmill
