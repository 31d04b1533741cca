// The run, stage by stage. InputRanges are handed out in input order, so that each worker's buckets are in
// input order; buckets are ground largest first, so that no large one is left for the end.
// Tested by the whole-program tests.
#include "native/job.h"

#include <algorithm>
#include <future>
#include <numeric>

#include "gristmill/run.h"
#include "growth/replay.h"
#include "run/machine.h"
#include "run/read_lines.h"
#include "session/parquet_table.h"
#include "storage/scratch_folder.h"

namespace gristmill::native {

Job::Job(const Recipe& recipe, const RunContext& context, scheduling::JobKind kind, scheduling::RunHooks hooks)
    : recipe_(recipe),
      context_(context),
      storage_(*context.storage),
      write_(scheduling::writes_to_output(kind)),
      makes_tables_(write_ || kind == scheduling::JobKind::check_state),
      hooks_(std::move(hooks)),
      coordinator_(recipe, context, kind, hooks_),
      rules_(recipe),
      workers_(coordinator_.resources().threads, context.interrupted) {
  rules_.fast_path = hooks_.fast_path;
}

Result<RunOutcome> Job::run() {
  GM_RETURN_IF_ERROR(scheduling::check_spill_folder(storage_, recipe_));
  GM_RETURN_IF_ERROR(coordinator_.list_inputs());
  const Resources& resources = coordinator_.resources();
  if (write_) GM_RETURN_IF_ERROR(coordinator_.lock_output(true));
  if (!coordinator_.has_new_inputs()) return coordinator_.finish_unchanged();
  plan_ = scheduling::plan_memory(resources.memory, resources.threads, scheduling::expected_bytes(files()));
  GM_RETURN_IF_ERROR(hold_inputs());
  std::future<Status> loaded;
  // The library is loaded while lines are routed. Where memory is limited it is loaded before, since threads would take
  // what is needed for that.
  const bool limited = scheduling::address_space_is_limited();
  if (makes_tables_)
    loaded = std::async(limited ? std::launch::deferred : std::launch::async, session::load_parquet_library);
  if (makes_tables_ && limited) loaded.wait();
  GM_ASSIGN(scheduling::Routed routed, route());
  if (makes_tables_) GM_RETURN_IF_ERROR(loaded.get());
  GM_ASSIGN(const Ground ground, grind(routed));
  GM_RETURN_IF_ERROR(source::check_unchanged(storage_, files()));
  GM_ASSIGN(tasks::Settled settled, settle(routed, ground));
  std::vector<shuffle::Sorter*> partition_files;
  for (const auto& worker : ground) partition_files.push_back(&worker->files);
  return coordinator_.finish(std::move(routed), std::move(settled), partition_files);
}

// Inputs may hold a small part of the descriptors, and fill no more than half of the memory there is: what the page
// cache drops meanwhile would be read from the disk again, line by line in another order.
Status Job::hold_inputs() {
  source::InputReaderLimits limits;
  limits.files = scheduling::open_files_limit() / 4;
  const std::uint64_t memory = scheduling::available_memory();
  limits.bytes = (memory - std::min(memory, coordinator_.resources().memory)) / 2;
  if (hooks_.shortest_line_in_input) limits.shortest_line = *hooks_.shortest_line_in_input;
  GM_ASSIGN(inputs_, source::InputReader::open(storage_, files(), limits));
  return {};
}

Result<scheduling::Routed> Job::route() {
  scheduling::Routed routed = coordinator_.begin_routing();
  const source::InputRanges ranges = source::make_input_ranges(files(), routed.tallies);
  coordinator_.begin_stage(Stage::route, ranges.bytes());

  shuffle::BucketOptions options;
  options.bits = plan_.bucket_bits;
  options.quota = plan_.bucket_quota;
  options.chunk_size = plan_.chunk_bytes;
  options.spill_folder = coordinator_.resources().spill_folder;
  std::vector<std::unique_ptr<tasks::Router>> routers;
  for (std::uint32_t i = 0; i < workers_.count(); ++i) {
    buckets_.push_back(std::make_unique<shuffle::BucketSet>(storage_, options));
    routers.push_back(
        std::make_unique<tasks::Router>(rules_, files(), inputs_, *buckets_.back(), gate_, hooks_.hash_mask));
    routers.back()->stop_when([this] { return workers_.should_stop(); });
  }
  source::SourceOptions source_options;
  source_options.line_limit = recipe_.line_limit;
  source_options.look = source::look_options_of(recipe_, coordinator_.resources().memory);
  source_options.block_size = hooks_.block_size != 0 ? hooks_.block_size : plan_.read_block;
  source_options.ahead = source::ahead_limits(plan_.inflate_ahead, workers_.count());
  const scheduling::LinesToRead lines{storage_, files(), routed.tallies, ranges, source_options, gate_};
  GM_RETURN_IF_ERROR(
      scheduling::read_lines(lines, workers_, coordinator_.progress(),
                             [&](std::uint32_t worker, std::uint32_t file, const source::SourceLine& line) {
                               return routers[worker]->route(file, line);
                             }));

  for (const auto& router : routers) {
    routed.accounting.bytes_routed += router->bytes_routed();
    const std::vector<std::uint64_t>& blank = router->blank_lines();
    for (std::size_t i = 0; i < blank.size(); ++i) routed.accounting.files[i].blank += blank[i];
  }
  for (const auto& set : buckets_) routed.accounting.spilled_bytes += set->spilled_bytes();
  coordinator_.name_inputs(routed);
  return routed;
}

Result<Job::Ground> Job::grind(const scheduling::Routed& routed) {
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

  const source::LineNumbers line_numbers(routed.tallies);
  Ground ground;
  grind_options_.output = coordinator_.output();
  grind_options_.output.buffer_size = plan_.output_buffer;
  grind_options_.spill_folder = coordinator_.resources().spill_folder;
  grind_options_.inputs = &inputs_;
  grind_options_.load_limit = plan_.load_limit;
  grind_options_.profile_memory = plan_.profile_memory;
  grind_options_.sorter_memory = plan_.sorter_memory;
  grind_options_.keeps_state = coordinator_.growth() != nullptr;
  grind_options_.part = coordinator_.part();
  grind_options_.forgotten = coordinator_.forgotten();
  for (std::uint32_t i = 0; i < workers_.count(); ++i) {
    ground.push_back(std::make_unique<tasks::GroundFacts>(storage_, grind_options_));
  }
  std::atomic<std::size_t> next{0};
  GM_RETURN_IF_ERROR(workers_.run([&](std::uint32_t worker) -> Status {
    tasks::Grinder grinder(storage_, recipe_, rules_, files(), line_numbers, grind_options_, gate_, *ground[worker]);
    grinder.stop_when([this] { return workers_.should_stop(); });
    for (;;) {
      const std::size_t index = next++;
      if (index >= count || bytes[order[index]] == 0) return {};
      GM_RETURN_IF_ERROR(grinder.grind(sets, order[index], plan_.bucket_bits));
      coordinator_.progress().done += bytes[order[index]];
      if (workers_.should_stop()) return {};
    }
  }));
  return ground;
}

Result<tasks::Settled> Job::settle(const scheduling::Routed& routed, const Ground& ground) {
  coordinator_.begin_stage(Stage::settle);
  tasks::FactsToSettle facts;
  for (const auto& worker : ground) facts.workers.push_back(worker.get());
  if (coordinator_.growth() != nullptr) facts.earlier = coordinator_.growth()->earlier();
  facts.resolved = coordinator_.resolved();
  if (coordinator_.growth() != nullptr) facts.fate = coordinator_.growth()->fate();
  const std::function<Result<tasks::Settled>()> parts[] = {
      [&] { return tasks::settle_aggregates(storage_, recipe_, grind_options_, facts, version()); },
      [&] { return tasks::settle_models(storage_, recipe_, grind_options_, facts, version()); },
      [&] { return tasks::settle_session_checks(storage_, grind_options_, facts); },
      [&] { return tasks::settle_repeated_lines(storage_, grind_options_, facts); },
      [&] { return tasks::settle_quarantine(storage_, grind_options_, files(), routed.inputs_id, facts); },
  };
  tasks::Settled all;
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  GM_RETURN_IF_ERROR(workers_.run([&](std::uint32_t) -> Status {
    for (std::size_t part = next++; part < std::size(parts); part = next++) {
      GM_ASSIGN(tasks::Settled settled, parts[part]());
      const std::lock_guard<std::mutex> lock(mutex);
      all.merge(std::move(settled));
    }
    return {};
  }));
  for (const tasks::GroundFacts* worker : facts.workers) {
    all.accounting.merge(worker->accounting);
    for (const shuffle::Sorter* sorter : {&worker->aggregates, &worker->ids, &worker->models, &worker->sessions,
                                          &worker->repeated, &worker->rejected, &worker->profiles}) {
      all.accounting.spilled_bytes += sorter->spilled_bytes();
    }
  }
  if (coordinator_.growth() != nullptr && write_ && request_ == nullptr) {
    GM_ASSIGN(std::vector<storage::WrittenFile> runs, coordinator_.growth()->write_runs(coordinator_.output(), facts));
    for (storage::WrittenFile& file : runs) all.written.push_back(std::move(file));
  }
  return all;
}

Result<RunOutcome> run_with_hooks(const Recipe& recipe, const RunContext& context, scheduling::JobKind kind,
                                  const scheduling::RunHooks& hooks) {
  return storage::without_exceptions([&]() -> Result<RunOutcome> {
    if (kind != scheduling::JobKind::replay) return Job(recipe, context, kind, hooks).run();
    GM_ASSIGN(const Recipe of_output, growth::recipe_of_replay(*context.storage, recipe));
    return Job(of_output, context, kind, hooks).run();
  });
}

Result<RunOutcome> forget_with_hooks(const Recipe& recipe, const ForgetRequest& request, const RunContext& context,
                                     const scheduling::RunHooks& hooks) {
  return storage::without_exceptions([&]() -> Result<RunOutcome> {
    GM_ASSIGN(const Recipe of_output, growth::recipe_of_replay(*context.storage, recipe));
    Job job(of_output, context, scheduling::JobKind::forget, hooks);
    job.use_request(request);
    return job.run();
  });
}

}  // namespace gristmill::native

namespace gristmill {

Result<RunOutcome> replay(const Recipe& recipe, const RunContext& context) {
  return native::run_with_hooks(recipe, context, scheduling::JobKind::replay, {});
}

Result<RunOutcome> forget(const Recipe& recipe, const ForgetRequest& request, const RunContext& context) {
  return native::forget_with_hooks(recipe, request, context, {});
}

Result<RunOutcome> run(const Recipe& recipe, const RunContext& context) {
  return native::run_with_hooks(recipe, context, scheduling::JobKind::run, {});
}

Result<RunOutcome> update(const Recipe& recipe, const RunContext& context) {
  return native::run_with_hooks(recipe, context, scheduling::JobKind::update, {});
}

Result<RunOutcome> validate(const Recipe& recipe, const RunContext& context) {
  return native::run_with_hooks(recipe, context, scheduling::JobKind::validate, {});
}

}  // namespace gristmill
