// The run, stage by stage. InputRanges are handed out in input order, so that each worker's buckets are in
// input order; buckets are ground largest first, so that no large one is left for the end.
// Tested by the whole-program tests.
#include "native/job.h"

#include <algorithm>
#include <future>
#include <numeric>

#include "gristmill/run.h"
#include "run/machine.h"
#include "session/parquet_table.h"
#include "storage/scratch_folder.h"

namespace gristmill::native {

Job::Job(const Recipe& recipe, const RunContext& context, bool write)
    : recipe_(recipe),
      context_(context),
      storage_(*context.storage),
      write_(write),
      coordinator_(recipe, context, write),
      rules_(recipe),
      workers_(coordinator_.resources().threads, context.interrupted) {
  rules_.fast_path = context.hooks.fast_path;
}

Result<RunOutcome> Job::run() {
  GM_RETURN_IF_ERROR(coordinator_.list_inputs());
  const Resources& resources = coordinator_.resources();
  plan_ = scheduling::plan_memory(resources.memory, resources.threads, scheduling::expected_bytes(files()));
  if (write_) GM_RETURN_IF_ERROR(coordinator_.lock_output());
  GM_RETURN_IF_ERROR(hold_inputs());
  std::future<Status> loaded;
  // Meanwhile; but where memory is limited, before there are threads that take what is needed to load it.
  const bool limited = scheduling::address_space_is_limited();
  if (write_) loaded = std::async(limited ? std::launch::deferred : std::launch::async, session::load_parquet_library);
  if (write_ && limited) loaded.wait();
  GM_RETURN_IF_ERROR(route());
  if (write_) GM_RETURN_IF_ERROR(loaded.get());
  coordinator_.name_inputs();
  GM_RETURN_IF_ERROR(grind());
  GM_RETURN_IF_ERROR(coordinator_.check_inputs_unchanged());
  GM_RETURN_IF_ERROR(settle());
  std::vector<shuffle::Sorter*> files_written;
  for (const auto& worker : facts_) files_written.push_back(&worker->files);
  return coordinator_.finish(std::move(written_), files_written);
}

// A small part of the descriptors, and files that fill no more than half of the memory there is: what the page
// cache drops meanwhile would be read from the disk again, line by line in another order.
Status Job::hold_inputs() {
  source::InputReaderLimits limits;
  limits.files = scheduling::open_files_limit() / 4;
  const std::uint64_t memory = scheduling::available_memory();
  limits.bytes = (memory - std::min(memory, coordinator_.resources().memory)) / 2;
  if (context_.hooks.shortest_line_in_input) limits.shortest_line = *context_.hooks.shortest_line_in_input;
  GM_ASSIGN(inputs_, source::InputReader::open(storage_, files(), limits));
  return {};
}

Status Job::route() {
  std::vector<ReadAhead> ahead;
  for (const source::InputFile& file : files()) ahead.push_back({file.path, source::info_of(file)});
  storage_.read_ahead(std::move(ahead));
  const source::InputRanges ranges = source::make_input_ranges(files(), coordinator_.tallies());
  coordinator_.begin_stage(Stage::route, ranges.bytes());

  shuffle::BucketOptions options;
  options.bits = plan_.bucket_bits;
  options.quota = plan_.bucket_quota;
  options.chunk_size = plan_.chunk_bytes;
  options.spill_folder = coordinator_.resources().spill_folder;
  for (std::uint32_t i = 0; i < workers_.count(); ++i) {
    buckets_.push_back(std::make_unique<shuffle::BucketSet>(storage_, options));
  }
  source::SourceOptions source_options;
  source_options.line_limit = recipe_.line_limit;
  source_options.block_size = plan_.read_block;
  if (context_.hooks.block_size != 0) source_options.block_size = context_.hooks.block_size;

  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  const Status routed = workers_.run([&](std::uint32_t worker) -> Status {
    tasks::Router router(rules_, files(), inputs_, *buckets_[worker], gate_, context_.hooks.hash_mask);
    source::LineSource source(storage_, files(), coordinator_.tallies(), source_options, gate_);
    router.stop_when([this] { return workers_.should_stop(); });
    source.stop_when([this] { return workers_.should_stop(); });
    for (;;) {
      const std::size_t index = next++;
      if (index >= ranges.size()) break;
      const source::InputRange range = ranges[index];
      GM_RETURN_IF_ERROR(
          source.read(range, [&](const source::SourceLine& line) { return router.route(range.file, line); }));
      coordinator_.progress().done += range.end - range.begin;
      if (workers_.should_stop()) return {};
    }
    const std::lock_guard<std::mutex> lock(mutex);
    Accounting& accounting = coordinator_.report().accounting;
    accounting.bytes_routed += router.bytes_routed();
    accounting.spilled_bytes += buckets_[worker]->spilled_bytes();
    for (std::size_t i = 0; i < router.blank_lines().size(); ++i) accounting.files[i].blank += router.blank_lines()[i];
    return {};
  });
  storage_.read_ahead({});
  return routed;
}

Status Job::grind() {
  std::vector<shuffle::BucketSet*> sets;
  for (const auto& set : buckets_) sets.push_back(set.get());
  const std::size_t count = sets.front()->size();
  std::vector<std::uint64_t> bytes(count);
  for (const shuffle::BucketSet* set : sets) {
    for (std::size_t i = 0; i < count; ++i) bytes[i] += set->statistics(i).line_bytes;
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return bytes[a] != bytes[b] ? bytes[a] > bytes[b] : a < b; });
  coordinator_.begin_stage(Stage::grind, std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0}));

  line_numbers_ = std::make_unique<source::LineNumbers>(coordinator_.tallies());
  grind_options_.output = coordinator_.output();
  grind_options_.output.buffer_size = plan_.output_buffer;
  grind_options_.spill_folder = coordinator_.resources().spill_folder;
  grind_options_.inputs = &inputs_;
  grind_options_.load_limit = plan_.load_limit;
  grind_options_.profile_memory = plan_.profile_memory;
  grind_options_.sorter_memory = plan_.sorter_memory;
  for (std::uint32_t i = 0; i < workers_.count(); ++i) {
    facts_.push_back(std::make_unique<tasks::GroundFacts>(storage_, grind_options_));
  }
  std::atomic<std::size_t> next{0};
  return workers_.run([&](std::uint32_t worker) -> Status {
    tasks::Grinder grinder(storage_, recipe_, rules_, files(), *line_numbers_, grind_options_, gate_, *facts_[worker]);
    grinder.stop_when([this] { return workers_.should_stop(); });
    for (;;) {
      const std::size_t index = next++;
      if (index >= count || bytes[order[index]] == 0) return {};
      GM_RETURN_IF_ERROR(grinder.grind(sets, order[index], plan_.bucket_bits));
      coordinator_.progress().done += bytes[order[index]];
      if (workers_.should_stop()) return {};
    }
  });
}

Status Job::settle() {
  coordinator_.begin_stage(Stage::settle);
  tasks::FactsOfWorkers facts;
  std::vector<shuffle::Sorter*> repeated;
  for (const auto& worker : facts_) {
    facts.push_back(worker.get());
    repeated.push_back(&worker->repeated);
    coordinator_.report().accounting.merge(worker->accounting);
  }
  std::vector<storage::WrittenFile> quarantine;
  SettledSessions aggregates;
  SettledSessions checks;
  const std::function<Status()> parts[] = {
      [&] {
        return tasks::settle_aggregates(storage_, recipe_, grind_options_, version(), facts, aggregates, written_);
      },
      [&]() -> Status {
        GM_RETURN_IF_ERROR(tasks::settle_session_checks(facts, checks));
        GM_RETURN_IF_ERROR(validation::settle_repeated_lines(repeated, coordinator_.report().accounting));
        return tasks::settle_quarantine(storage_, grind_options_, files(), coordinator_.report().inputs_id, facts,
                                        quarantine);
      },
  };
  std::atomic<std::size_t> next{0};
  GM_RETURN_IF_ERROR(workers_.run([&](std::uint32_t) -> Status {
    for (std::size_t part = next++; part < std::size(parts); part = next++) {
      GM_RETURN_IF_ERROR(parts[part]());
    }
    return {};
  }));
  coordinator_.report().sessions = std::move(checks);
  coordinator_.report().sessions.rows = aggregates.rows;
  coordinator_.report().sessions.distributions = aggregates.distributions;
  coordinator_.report().sessions.predictions_of_unknown_sessions = aggregates.predictions_of_unknown_sessions;
  for (storage::WrittenFile& file : quarantine) written_.push_back(std::move(file));
  for (const auto& worker : facts_) {
    for (const shuffle::Sorter* sorter :
         {&worker->aggregates, &worker->sessions, &worker->repeated, &worker->rejected}) {
      coordinator_.report().accounting.spilled_bytes += sorter->spilled_bytes();
    }
  }
  return {};
}

}  // namespace gristmill::native

namespace gristmill {

Result<RunOutcome> run(const Recipe& recipe, const RunContext& context) {
  return storage::without_exceptions([&] { return native::Job(recipe, context, true).run(); });
}

Result<RunOutcome> validate(const Recipe& recipe, const RunContext& context) {
  return storage::without_exceptions([&] { return native::Job(recipe, context, false).run(); });
}

}  // namespace gristmill
