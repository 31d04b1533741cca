// What an attempt makes lies in folders of its name until the driver adopts it. Only on S3, where a rename is a copy,
// partitions go to their places at once: every attempt writes the same bytes there. Tested in tasks_test.cc, and on a
// real cluster by tests/spark.
#include "cluster/tasks.h"

#include <malloc.h>

#include <algorithm>

#include "growth/replay_places.h"
#include "run/machine.h"
#include "session/parquet_table.h"
#include "shuffle/fact_file.h"
#include "tasks/profile_counts.h"
#include "tasks/settle.h"

namespace gristmill::cluster {
namespace {

constexpr std::size_t piece_size = 1U << 20;      // bytes of a row
constexpr std::uint64_t rows_at_once = 2U << 20;  // bytes of a batch
constexpr std::size_t files_moved_at_once = 250;
constexpr std::string_view fact_names[facts_count] = {"aggregates", "ids",      "models", "sessions",
                                                      "repeated",   "rejected", "files",  "profiles"};

Resources resources_of_task(const Plan& plan) {
  Resources resources = resources_of(plan.recipe);
  const std::uint32_t slots = plan.slots != 0 ? plan.slots : scheduling::usable_processors();
  resources.threads = 1;
  resources.memory = std::max<std::uint64_t>(resources.memory / slots, 1U << 20);
  return resources;
}

void add_rows(std::uint32_t partition, std::int64_t file, std::int64_t offset, std::string_view data,
              std::vector<RoutedRow>& rows) {
  std::int32_t piece = 0;
  do {
    rows.push_back({partition, file, offset, piece++, std::string(data.substr(0, piece_size))});
    data.remove_prefix(std::min(piece_size, data.size()));
  } while (!data.empty());
}

// A file that was closed may still be on its way, until a call of another kind.
Status wait_for_uploads(Worker& worker) {
  GM_ASSIGN([[maybe_unused]] const auto found, worker.storage().stat(worker.plan().staging + "/_facts"));
  return {};
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::create(std::string_view bytes) {
  GM_ASSIGN(Plan plan, plan_from_bytes(bytes));
  return std::unique_ptr<Worker>(new Worker(std::move(plan)));
}

Worker::Worker(Plan plan)
    : plan_(std::move(plan)),
      resources_(resources_of_task(plan_)),
      rules_(plan_.recipe),
      splits_(make_splits(plan_.files, plan_.split_size)),
      storage_(storage::make_any_storage()) {
  S3Options options = s3_options(plan_.s3, plan_.environment, {}, resources_.memory);
  options.keys = plan_.keys;
  options.warn = [](const std::string&) {};
  storage_->use(options);
  storage_->guard(plan_.staging, plan_.staging);
  if (plan_.forgotten.empty()) return;
  forgotten_ = privacy::ForgottenList::of(plan_.forgotten);
  // The driver has unlocked it by this key.
  if (forgotten_) static_cast<void>(forgotten_->unlock(privacy::SecretKey::of(plan_.forget_key), ""));
}

std::vector<RequestCount> Worker::new_requests() {
  std::vector<RequestCount> now = storage_->requests();
  std::vector<RequestCount> more = now;
  for (std::size_t i = 0; i < requests_.size() && i < more.size(); ++i) more[i].count -= requests_[i].count;
  requests_ = std::move(now);
  return more;
}

std::string Worker::output_folder(std::string_view attempt) const {
  return plan_.own_folders ? plan_.staging + "/_attempts/" + std::string(attempt) : plan_.staging;
}

tasks::GrindOptions Worker::grind_options(std::string_view attempt) const {
  const std::uint64_t bytes = scheduling::expected_bytes(plan_.files) / plan_.partitions;
  const scheduling::MemoryPlan memory = scheduling::plan_memory(resources_.memory, 1, bytes);
  tasks::GrindOptions options;
  options.output = {output_folder(attempt), plan_.recipe.fsync, plan_.recipe.sha256, memory.output_buffer};
  options.spill_folder = resources_.spill_folder;
  options.load_limit = memory.load_limit;
  options.profile_memory = memory.profile_memory;
  options.sorter_memory = memory.sorter_memory;
  options.keeps_state = plan_.batch > 0;
  options.part = plan_.part;
  if (forgotten_) options.forgotten = &*forgotten_;
  return options;
}

RouteTask::RouteTask(Worker& worker, std::uint32_t split)
    : worker_(worker),
      split_(split),
      tallies_(worker.plan().files.size()),
      frames_(worker.plan().partitions, worker.resources().memory / 2),
      router_(worker.rules(), worker.plan().files, no_inputs_, frames_, gate_),
      source_(worker.storage(), worker.plan().files, tallies_,
              {worker.plan().recipe.line_limit, scheduling::plan_memory(worker.resources().memory, 1, 0).read_block,
               source::look_options_of(worker.plan().recipe, worker.resources().memory)},
              gate_) {
  tally_.split = split;
  std::vector<ReadAhead> ahead;
  for (const Unit& unit : worker.splits()[split]) {
    const source::InputFile& file = worker.plan().files[unit.file];
    // Parts of one file that follow each other are one.
    if (!ahead.empty() && ahead.back().path == file.path) {
      ahead.back().end = unit.end;
    } else {
      ahead.push_back({file.path, source::info_of(file), unit.begin, unit.end});
    }
  }
  worker.storage().read_ahead(std::move(ahead));
}

RouteTask::~RouteTask() { worker_.storage().read_ahead({}); }

Result<std::vector<RoutedRow>> RouteTask::next() {
  std::vector<RoutedRow> rows;
  std::uint64_t bytes = 0;
  const Split& split = worker_.splits()[split_];
  while (bytes < rows_at_once && !ended_) {
    if (unit_ < split.size()) {
      GM_RETURN_IF_ERROR(read_some());
    } else {
      GM_RETURN_IF_ERROR(frames_.flush());
      tell_counts(rows);
      ended_ = true;
    }
    for (const shuffle::LineFrame& frame : frames_.take()) {
      bytes += frame.bytes.size();
      add_rows(frame.partition, frame.first.file, static_cast<std::int64_t>(frame.first.offset), frame.bytes, rows);
    }
  }
  return rows;
}

// One chunk of a plain file, or the whole of a compressed one.
Status RouteTask::read_some() {
  const Unit& unit = worker_.splits()[split_][unit_];
  const source::InputFile& file = worker_.plan().files[unit.file];
  source::FileTally& tally = tallies_[unit.file];
  source::InputRange range{unit.file, unit.begin + position_, unit.end};
  if (position_ == 0) {
    const std::size_t chunks = source::chunks_of(file.size);
    tally.hash_of_chunk.resize(chunks);
    if (!is_one_range(file)) tally.lines_of_chunk.resize(chunks);
  }
  if (!is_one_range(file)) range.end = std::min(range.end, range.begin + source::chunk_size);
  // A unit of lines counts its own. One of values is a whole file, and a value's number is that of its line there.
  std::size_t chunk = 0;
  std::uint32_t lines_before_chunk = 0;
  GM_RETURN_IF_ERROR(source_.read(range, [&](const source::SourceLine& line) {
    source::SourceLine counted = line;
    counted.line_in_chunk = lines_in_unit_++;
    if (line.is_value) {
      for (; chunk < line.offset / source::chunk_size; ++chunk) lines_before_chunk += tally.lines_of_chunk[chunk];
      counted.line_in_chunk = lines_before_chunk + line.line_in_chunk;
    }
    return router_.route(unit.file, counted);
  }));
  position_ = range.end - unit.begin;
  return range.end == unit.end ? end_unit() : Status();
}

Status RouteTask::end_unit() {
  const Unit& unit = worker_.splits()[split_][unit_++];
  source::FileTally& tally = tallies_[unit.file];
  unit_lines_.push_back({unit.file, unit.number, lines_in_unit_});
  UnitTally& told = tally_.units.emplace_back();
  told.file = unit.file;
  told.first_chunk = unit.begin / source::chunk_size;
  const auto chunk = [&](std::uint64_t number) {
    return tally.hash_of_chunk.begin() + static_cast<std::ptrdiff_t>(number);
  };
  told.hashes.assign(chunk(told.first_chunk), chunk(source::chunks_of(unit.end)));
  told.newlines = tally.newlines.exchange(0);
  told.lines = tally.lines.exchange(0);
  told.bytes = tally.bytes.exchange(0);
  told.covered = tally.covered.exchange(0);
  const source::InputFile& file = worker_.plan().files[unit.file];
  told.contents = file.contents ? file.contents : tally.contents;
  if (unit.file < router_.blank_lines().size()) {
    told.blank = router_.blank_lines()[unit.file];
    for (std::size_t i = 0; i + 1 < tally_.units.size(); ++i) {
      if (tally_.units[i].file == unit.file) told.blank -= tally_.units[i].blank;
    }
  }
  tally.hash_of_chunk = {};
  tally.lines_of_chunk = {};
  position_ = 0;
  lines_in_unit_ = 0;
  return {};
}

void RouteTask::tell_counts(std::vector<RoutedRow>& rows) {
  tally_.bytes_routed = router_.bytes_routed();
  tally_.requests = worker_.new_requests();
  const std::uint32_t partitions = worker_.plan().partitions;
  const std::string lines = to_wire(unit_lines_);
  for (std::uint32_t i = 0; i < partitions; ++i) add_rows(i, told_lines, split_, lines, rows);
  add_rows(split_ % partitions, told_tally, split_, to_wire(tally_), rows);
}

GrindTask::GrindTask(Worker& worker, std::uint32_t partition, std::string attempt)
    : worker_(worker),
      attempt_(std::move(attempt)),
      memory_(scheduling::plan_memory(worker.resources().memory, 1,
                                      scheduling::expected_bytes(worker.plan().files) / worker.plan().partitions)),
      options_(worker.grind_options(attempt_)),
      lines_of_units_(worker.plan().files.size()) {
  ground_.partition = partition;
  if (worker.plan().own_folders) ground_.folder = options_.output.root;
  shuffle::BucketOptions options;
  options.bits = memory_.bucket_bits;
  options.quota = memory_.bucket_quota;
  options.chunk_size = memory_.chunk_bytes;
  options.spill_folder = options_.spill_folder;
  buckets_ = std::make_unique<shuffle::BucketSet>(worker.storage(), options);
}

GrindTask::~GrindTask() = default;

Status GrindTask::take(std::int64_t file, std::int64_t offset, std::int32_t piece, std::string_view data) {
  if (piece == 0) {
    GM_RETURN_IF_ERROR(end_row());
    pending_ = true;
    file_ = file;
    offset_ = offset;
  } else if (!pending_ || file != file_ || offset != offset_) {
    return Error::internal("the rows of partition " + std::to_string(ground_.partition) + " are not in order",
                           "turn off what changes Spark's plan of a sorted partition, and run again");
  }
  pieces_.append(data);
  return {};
}

Status GrindTask::end_row() {
  if (!pending_) return {};
  pending_ = false;
  if (file_ == told_tally) {
    ground_.splits.push_back(pieces_);
  } else if (file_ == told_lines) {
    GM_ASSIGN(const auto units, from_wire<std::vector<UnitLines>>(pieces_));
    for (const UnitLines& unit : units) {
      std::vector<std::uint32_t>& lines = lines_of_units_[unit.file];
      if (lines.size() <= unit.unit) lines.resize(unit.unit + 1);
      lines[unit.unit] = unit.lines;
    }
  } else {
    GM_RETURN_IF_ERROR(shuffle::unpack_frame(pieces_, *buckets_));
  }
  if (pieces_.capacity() > 4 * piece_size) pieces_ = {};
  pieces_.clear();
  return {};
}

Result<GroundPartition> GrindTask::finish() {
  GM_RETURN_IF_ERROR(end_row());
  const Plan& plan = worker_.plan();
  const source::LineNumbers line_numbers(lines_of_units_, plan.split_size);
  source::LongLineGate gate;
  tasks::GroundFacts facts(worker_.storage(), options_);
  {
    tasks::Grinder grinder(worker_.storage(), plan.recipe, worker_.rules(), plan.files, line_numbers, options_, gate,
                           facts);
    for (std::size_t bucket = 0; bucket < buckets_->size(); ++bucket) {
      GM_RETURN_IF_ERROR(grinder.grind({buckets_.get()}, bucket, memory_.bucket_bits));
    }
  }
  ground_.accounting = std::move(facts.accounting);
  ground_.accounting.spilled_bytes += buckets_->spilled_bytes();
  buckets_.reset();
  shuffle::Sorter* const sorters[] = {&facts.aggregates, &facts.ids,      &facts.models, &facts.sessions,
                                      &facts.repeated,   &facts.rejected, &facts.files,  &facts.profiles};
  for (std::size_t i = 0; i < facts_count; ++i) {
    FactFile& file = ground_.facts[i];
    file.path = worker_.facts_folder(attempt_) + "/" + std::string(fact_names[i]);
    GM_ASSIGN(file.size, shuffle::write_facts(worker_.storage(), *sorters[i], file.path));
  }
  GM_RETURN_IF_ERROR(wait_for_uploads(worker_));
  ground_.requests = worker_.new_requests();
  ground_.peak_memory = scheduling::peak_memory();
  malloc_trim(0);
  return std::move(ground_);
}

Status read_facts_of_task(Storage& storage, const FactFile& file, shuffle::Sorter& sorter) {
  Status read = shuffle::read_facts(storage, file.path, file.size, sorter);
  if (read.ok() || read.error().kind == ErrorKind::interrupted) return read;
  GM_ASSIGN(const std::optional<FileInfo> there, storage.stat_file(file.path));
  if (there) return publish::as_output(read.error());
  return Error::output("'" + file.path + "' is not there, which a task on another machine wrote",
                       "the output must lie where the driver and all executors see the same files, or on s3://")
      .in_file(file.path);
}

namespace {

Status read_facts_of(Worker& worker, const SettlePlan& plan, Facts kind, shuffle::Sorter& sorter) {
  std::vector<FactFile> of_kind;
  std::vector<ReadAhead> ahead;
  for (const FactFiles& files : plan.facts) {
    const FactFile& file = files[static_cast<std::size_t>(kind)];
    if (file.size == 0) continue;
    of_kind.push_back(file);
    ahead.push_back({file.path, {file.path, FileType::file, file.size}});
  }
  worker.storage().read_ahead(ahead);
  for (const FactFile& file : of_kind) GM_RETURN_IF_ERROR(read_facts_of_task(worker.storage(), file, sorter));
  worker.storage().read_ahead({});
  return {};
}

// The facts of one kind that a part of settle works on.
struct FactsOfPart {
  Facts kind;
  shuffle::Sorter tasks::GroundFacts::* sorter;
};

std::vector<FactsOfPart> facts_of(SettlePart part) {
  using tasks::GroundFacts;
  switch (part) {
    case SettlePart::tables: return {{Facts::aggregates, &GroundFacts::aggregates}, {Facts::ids, &GroundFacts::ids}};
    case SettlePart::models: return {{Facts::models, &GroundFacts::models}};
    case SettlePart::sessions: return {{Facts::sessions, &GroundFacts::sessions}};
    case SettlePart::repeated_lines: return {{Facts::repeated, &GroundFacts::repeated}};
    case SettlePart::quarantine: return {{Facts::rejected, &GroundFacts::rejected}};
    case SettlePart::profiles: break;
  }
  return {{Facts::profiles, &GroundFacts::profiles}};
}

std::vector<growth::RunKind> runs_of(SettlePart part) {
  using growth::RunKind;
  switch (part) {
    case SettlePart::tables: return {RunKind::aggregates, RunKind::ids};
    case SettlePart::models: return {RunKind::models};
    case SettlePart::sessions: return {RunKind::sessions};
    case SettlePart::repeated_lines: return {RunKind::lines};
    case SettlePart::quarantine: return {};
    case SettlePart::profiles: break;
  }
  return {RunKind::profiles};
}

Result<tasks::Settled> settle_facts(Worker& worker, const SettlePlan& plan, SettlePart part,
                                    const tasks::GrindOptions& options, tasks::FactsToSettle& facts) {
  Storage& storage = worker.storage();
  const Plan& its = worker.plan();
  switch (part) {
    case SettlePart::tables:
      GM_RETURN_IF_ERROR(session::load_parquet_library());
      return tasks::settle_aggregates(storage, its.recipe, options, facts, version(), its.rows_per_part);
    case SettlePart::models:
      GM_RETURN_IF_ERROR(session::load_parquet_library());
      return tasks::settle_models(storage, its.recipe, options, facts, version());
    case SettlePart::sessions: return tasks::settle_session_checks(storage, options, facts);
    case SettlePart::repeated_lines: return tasks::settle_repeated_lines(storage, options, facts);
    case SettlePart::quarantine: {
      shuffle::Sorter resolved(storage, options.spill_folder, options.sorter_memory);
      if (its.resolves) {
        GM_ASSIGN([[maybe_unused]] const bool has_some,
                  growth::add_resolved_places(storage, its.files, [] { return false; }, resolved));
        facts.resolved = &resolved;
      }
      auto settled = tasks::settle_quarantine(storage, options, its.files, plan.inputs_id, facts);
      facts.resolved = nullptr;
      return settled;
    }
    case SettlePart::profiles: break;
  }
  return tasks::Settled{};
}

}  // namespace

Result<SettledPart> settle(Worker& worker, const SettlePlan& plan, SettlePart part, const std::string& attempt) {
  Storage& storage = worker.storage();
  SettledPart settled;
  settled.part = part;
  tasks::GrindOptions options = worker.grind_options(attempt);
  // One sorter has what eight have elsewhere.
  options.sorter_memory = worker.resources().memory / 4;
  if (worker.plan().own_folders) settled.folder = options.output.root;
  tasks::GroundFacts facts(storage, options);
  for (const FactsOfPart& read : facts_of(part)) {
    GM_RETURN_IF_ERROR(read_facts_of(worker, plan, read.kind, facts.*read.sorter));
  }
  tasks::FactsToSettle to_settle{{&facts}};
  settled.runs = worker.plan().runs;
  to_settle.earlier =
      growth::earlier_facts(worker.plan().published, settled.runs, tasks::first_prediction_of(worker.plan().files));
  GM_ASSIGN(settled.settled, settle_facts(worker, plan, part, options, to_settle));
  const std::uint32_t batch = worker.plan().batch;
  if (batch > 0) {
    GM_ASSIGN(std::vector<storage::WrittenFile> runs,
              growth::write_runs(storage, options.output, batch, runs_of(part), to_settle, settled.runs));
    for (storage::WrittenFile& file : runs) settled.settled.written.push_back(std::move(file));
  }
  std::erase_if(settled.runs, [&](const growth::StateRun& run) { return run.last_batch != batch; });
  for (const FactsOfPart& read : facts_of(part)) {
    settled.settled.accounting.spilled_bytes += (facts.*read.sorter).spilled_bytes();
  }
  GM_RETURN_IF_ERROR(wait_for_uploads(worker));
  settled.requests = worker.new_requests();
  settled.peak_memory = scheduling::peak_memory();
  return settled;
}

Result<MovedFiles> move_files(Worker& worker, const publish::FilesToMove& files, std::uint32_t part,
                              std::uint32_t parts) {
  Storage& storage = worker.storage();
  GM_ASSIGN(const std::unique_ptr<FileLock> lock, storage.join_lock(files.lock, files.holder));
  const std::size_t end = files.names.size() * (part + 1) / parts;
  for (std::size_t next = files.names.size() * part / parts; next < end;) {
    std::vector<Rename> batch;
    for (; next < end && batch.size() < files_moved_at_once; ++next) {
      const std::string& name = files.names[next];
      batch.push_back({files.from + "/" + name, files.to + "/" + name, files.sizes[next]});
    }
    GM_RETURN_IF_ERROR(publish::move_those_there(storage, std::move(batch)));
  }
  MovedFiles moved;
  moved.requests = worker.new_requests();
  return moved;
}

}  // namespace gristmill::cluster
