// The run, stage by stage. Claims are handed out in input order, so that each worker's buckets are in
// input order; buckets are ground largest first, so that no large one is left for the end.
// Tested by the whole-program tests.
#include "native/job.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <future>
#include <numeric>
#include <random>

#include "native/machine.h"
#include "publish/manifest.h"
#include "recipe/byte_size.h"
#include "report/report.h"
#include "session/parquet_table.h"
#include "storage/system_error.h"
#include "validate/judge.h"
#include "validate/quarantine.h"

namespace gristmill {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t small_budget = 256U << 20;  // bytes

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::string utc_now(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, format, &parts);
  return text;
}

std::string new_run_id() {
  std::random_device random;
  char suffix[9];
  std::snprintf(suffix, sizeof suffix, "%08x", random());
  return utc_now("%Y%m%dT%H%M%SZ-") + suffix;
}

// What a compressed file may hold is guessed: only the number of buckets depends on it.
std::uint64_t expected_bytes(const std::vector<InputFile>& files) {
  std::uint64_t bytes = 0;
  for (const InputFile& file : files) bytes += file.size * (file.compression == Compression::none ? 1 : 8);
  return bytes;
}

}  // namespace

Resources resources_of(const Recipe& recipe) {
  Resources resources;
  resources.threads = recipe.threads;
  if (resources.threads == 0) resources.threads = usable_processors();
  resources.memory = recipe.memory != 0 ? recipe.memory : std::min(machine_memory() / 4, std::uint64_t{1} << 30);
  resources.spill_folder = recipe.spill_directory;
  if (resources.spill_folder.empty()) {
    const char* temporary = std::getenv("TMPDIR");
    resources.spill_folder = temporary != nullptr && *temporary != '\0' ? temporary : "/tmp";
  }
  return resources;
}

std::string_view name_of(Stage stage) {
  constexpr std::string_view names[] = {"list", "route", "grind", "settle", "audit", "publish", "done"};
  return names[static_cast<std::size_t>(stage)];
}

Result<RunOutcome> run(const Recipe& recipe, const RunContext& context) { return Job(recipe, context, true).run(); }

Result<RunOutcome> validate(const Recipe& recipe, const RunContext& context) {
  return Job(recipe, context, false).run();
}

Job::Job(const Recipe& recipe, const RunContext& context, bool write)
    : recipe_(recipe),
      context_(context),
      storage_(*context.storage),
      write_(write),
      resources_(resources_of(recipe)),
      rules_(recipe),
      progress_(context.progress != nullptr ? *context.progress : own_progress_),
      workers_(resources_.threads, context.interrupted) {
  rules_.fast_path = context.hooks.fast_path;
}

Result<RunOutcome> Job::run() {
  started_ = stage_started_ = Clock::now();
  report_.run.started = utc_now("%Y-%m-%dT%H:%M:%SZ");
  report_.run.run_id = new_run_id();
  RunOutcome outcome;

  GM_RETURN_IF_ERROR(list_inputs());
  if (write_) GM_RETURN_IF_ERROR(claim_output());
  GM_RETURN_IF_ERROR(hold_inputs());
  std::future<Status> loaded;
  if (write_) loaded = std::async(std::launch::async, load_parquet_library);
  GM_RETURN_IF_ERROR(route());
  if (write_) GM_RETURN_IF_ERROR(loaded.get());
  name_inputs();
  GM_RETURN_IF_ERROR(grind());
  GM_RETURN_IF_ERROR(check_inputs_unchanged());
  GM_RETURN_IF_ERROR(settle());
  begin_stage(Stage::audit);
  gather_report();
  GM_RETURN_IF_ERROR(audit());
  judge_checks(recipe_, report_);
  if (write_) {
    GM_RETURN_IF_ERROR(write_report());
    GM_RETURN_IF_ERROR(write_manifest());
    GM_RETURN_IF_ERROR(publish(outcome));
  }
  begin_stage(Stage::done);
  measure_run();
  outcome.report = std::move(report_);
  return outcome;
}

void Job::begin_stage(Stage stage, std::uint64_t total) {
  const double seconds = seconds_since(stage_started_);
  report_.run.stages.emplace_back(name_of(progress_.stage.load()), seconds);
  char took[64];
  std::snprintf(took, sizeof took, " took %.3f s", seconds);
  log(LogLevel::debug, std::string(name_of(progress_.stage.load())) + took);
  stage_started_ = Clock::now();
  // Memory that one stage freed must not count beside what the next one takes.
  if (resources_.memory <= small_budget) malloc_trim(0);
  progress_.done = 0;
  progress_.total = total;
  progress_.stage = stage;
}

void Job::log(LogLevel level, const std::string& message) const {
  if (context_.log) context_.log(level, message);
}

Status Job::list_inputs() {
  GM_ASSIGN(files_, list_input_files(storage_, recipe_));
  tallies_ = std::vector<FileTally>(files_.size());
  plan_ = plan_memory(resources_.memory, resources_.threads, expected_bytes(files_));
  std::uint64_t stored = 0;
  for (const InputFile& file : files_) stored += file.size;
  log(LogLevel::info, std::to_string(files_.size()) + " input files, " + std::to_string(stored) + " bytes");
  return {};
}

// A small part of the descriptors, and files that fill no more than half of the memory there is: what the page
// cache drops meanwhile would be read from the disk again, line by line in another order.
Status Job::hold_inputs() {
  InputReaderLimits limits;
  limits.files = open_files_limit() / 4;
  const std::uint64_t memory = available_memory();
  limits.bytes = (memory - std::min(memory, resources_.memory)) / 2;
  if (context_.hooks.shortest_line_in_input) limits.shortest_line = *context_.hooks.shortest_line_in_input;
  GM_ASSIGN(inputs_, InputReader::open(storage_, files_, limits));
  return {};
}

Status Job::claim_output() {
  PublishOptions options;
  options.run_id = report_.run.run_id;
  options.fsync = recipe_.fsync;
  if (context_.hooks.publish_way == "exchange") options.force_way = PublishWay::exchange;
  if (context_.hooks.publish_way == "journal") options.force_way = PublishWay::journal;
  GM_ASSIGN(Publication publication, Publication::begin(storage_, recipe_.output, options));
  publication_ = std::make_unique<Publication>(std::move(publication));
  for (const std::string& note : publication_->notes()) log(LogLevel::info, note);
  if (!publication_->way_reason().empty()) {
    log(LogLevel::debug, "files will be published one by one: " + publication_->way_reason());
  }
  report_.run.output = publication_->root();
  const std::uint64_t expected = expected_bytes(files_) * output_per_input;
  GM_ASSIGN(const std::uint64_t free_bytes, storage_.free_space(publication_->staging_root()));
  if (expected > free_bytes) {
    log(LogLevel::warning, "the output may not fit: about " + format_byte_size(expected) + " expected, " +
                               format_byte_size(free_bytes) + " free where it is staged (" +
                               publication_->staging_root() + ")");
  }
  report_.run.publish_way = name_of(publication_->way());
  return {};
}

Status Job::route() {
  std::vector<ReadAhead> ahead;
  for (const InputFile& file : files_) ahead.push_back({file.path, info_of(file)});
  storage_.read_ahead(std::move(ahead));
  std::vector<Claim> claims = make_claims(files_, tallies_);
  std::uint64_t total = 0;
  for (const Claim& claim : claims) total += claim.end - claim.begin;
  begin_stage(Stage::route, total);

  BucketOptions options;
  options.bits = plan_.bucket_bits;
  options.quota = plan_.bucket_quota;
  options.chunk_size = plan_.chunk_bytes;
  options.spill_folder = resources_.spill_folder;
  for (std::uint32_t i = 0; i < workers_.count(); ++i) {
    buckets_.push_back(std::make_unique<BucketSet>(storage_, options));
  }
  SourceOptions source_options;
  source_options.line_limit = recipe_.line_limit;
  source_options.block_size = plan_.read_block;
  if (context_.hooks.block_size != 0) source_options.block_size = context_.hooks.block_size;

  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  const Status routed = workers_.run([&](std::uint32_t worker) -> Status {
    Router router(rules_, files_, inputs_, *buckets_[worker], gate_, context_.hooks.hash_mask);
    LineSource source(storage_, files_, tallies_, source_options, gate_);
    for (;;) {
      const std::size_t index = next++;
      if (index >= claims.size()) break;
      const Claim& claim = claims[index];
      std::uint64_t lines = 0;
      GM_RETURN_IF_ERROR(source.read(claim, [&](const SourceLine& line) -> Status {
        if (++lines % 1024 == 0 && workers_.should_stop()) return Error::interrupted();
        return router.route(claim.file, line);
      }));
      progress_.done += claim.end - claim.begin;
      if (workers_.should_stop()) return {};
    }
    const std::lock_guard<std::mutex> lock(mutex);
    Accounting& accounting = report_.accounting;
    accounting.bytes_routed += router.bytes_routed();
    accounting.spilled_bytes += buckets_[worker]->spilled_bytes();
    accounting.files.resize(files_.size());
    for (std::size_t i = 0; i < router.blank_lines().size(); ++i) accounting.files[i].blank += router.blank_lines()[i];
    return {};
  });
  storage_.read_ahead({});
  return routed;
}

Status Job::check_inputs_unchanged() {
  for (const InputFile& file : files_) {
    GM_ASSIGN(const auto info, storage_.stat(file.path));
    if (!info || info->identity != file.identity) {
      return changed_while_read(file.path);
    }
  }
  return {};
}

// inputs_id: XXH3-128 over each file's data set, name, stored size and the hash of its chunks' hashes,
// then the recipe's meaning (docs/formats.md).
void Job::name_inputs() {
  StreamHash all;
  const auto add_text = [&](std::string_view text) {
    const std::uint64_t size = text.size();
    all.update({reinterpret_cast<const char*>(&size), sizeof size});
    all.update(text);
  };
  for (std::size_t i = 0; i < files_.size(); ++i) {
    add_text(name_of(files_[i].dataset));
    add_text(files_[i].name);
    add_text(std::to_string(files_[i].size));
    std::string chunks;
    for (const Hash128& hash : tallies_[i].hash_of_chunk) chunks.append(hash.hex());
    add_text(hash128(chunks).hex());
  }
  add_text(canonical_meaning(recipe_));
  report_.inputs_id = all.digest().hex();
}

Status Job::grind() {
  std::vector<BucketSet*> sets;
  for (const auto& set : buckets_) sets.push_back(set.get());
  const std::size_t count = sets.front()->size();
  std::vector<std::uint64_t> bytes(count);
  for (const BucketSet* set : sets) {
    for (std::size_t i = 0; i < count; ++i) bytes[i] += set->statistics(i).line_bytes;
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return bytes[a] != bytes[b] ? bytes[a] > bytes[b] : a < b;
  });
  begin_stage(Stage::grind, std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0}));

  line_numbers_ = std::make_unique<LineNumbers>(tallies_);
  if (write_) grind_options_.output = {publication_->staging_root(), recipe_.fsync, recipe_.sha256, plan_.output_buffer};
  grind_options_.spill_folder = resources_.spill_folder;
  grind_options_.inputs_id = report_.inputs_id;
  grind_options_.inputs = &inputs_;
  grind_options_.load_limit = plan_.load_limit;
  grind_options_.profile_memory = plan_.profile_memory;
  grind_options_.sorter_memory = plan_.sorter_memory;
  for (std::uint32_t i = 0; i < workers_.count(); ++i) {
    facts_.push_back(std::make_unique<GroundFacts>(storage_, grind_options_));
  }
  std::atomic<std::size_t> next{0};
  return workers_.run([&](std::uint32_t worker) -> Status {
    Grinder grinder(storage_, recipe_, rules_, files_, *line_numbers_, grind_options_, gate_, *facts_[worker]);
    grinder.stop_when([this] { return workers_.should_stop(); });
    for (;;) {
      const std::size_t index = next++;
      if (index >= count || bytes[order[index]] == 0) return {};
      GM_RETURN_IF_ERROR(grinder.grind(sets, order[index], plan_.bucket_bits));
      progress_.done += bytes[order[index]];
      if (workers_.should_stop()) return {};
    }
  });
}

Status Job::settle() {
  begin_stage(Stage::settle);
  FactsOfWorkers facts;
  std::vector<Sorter*> repeated;
  for (const auto& worker : facts_) {
    facts.push_back(worker.get());
    repeated.push_back(&worker->repeated);
    report_.accounting.merge(worker->accounting);
  }
  std::vector<WrittenFile> quarantine;
  SettledSessions aggregates;
  SettledSessions checks;
  const std::function<Status()> parts[] = {
      [&] {
        return settle_aggregates(storage_, recipe_, grind_options_, version(), facts, aggregates, written_);
      },
      [&]() -> Status {
        GM_RETURN_IF_ERROR(settle_session_checks(facts, checks));
        GM_RETURN_IF_ERROR(settle_repeated_lines(repeated, report_.accounting));
        return settle_quarantine(storage_, grind_options_, files_, facts, quarantine);
      },
  };
  std::atomic<std::size_t> next{0};
  GM_RETURN_IF_ERROR(workers_.run([&](std::uint32_t) -> Status {
    for (std::size_t part = next++; part < std::size(parts); part = next++) {
      GM_RETURN_IF_ERROR(parts[part]());
    }
    return {};
  }));
  report_.sessions = std::move(checks);
  report_.sessions.rows = aggregates.rows;
  report_.sessions.predictions_of_unknown_sessions = aggregates.predictions_of_unknown_sessions;
  for (WrittenFile& file : quarantine) written_.push_back(std::move(file));
  for (const auto& worker : facts_) {
    for (const Sorter* sorter : {&worker->aggregates, &worker->sessions, &worker->repeated, &worker->rejected}) {
      report_.accounting.spilled_bytes += sorter->spilled_bytes();
    }
  }
  return {};
}

void Job::gather_report() {
  report_.version = version();
  report_.recipe = canonical_meaning(recipe_);
  report_.writes_rows = write_;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const FileAccount& account = report_.accounting.files[i];
    FileReport file;
    file.dataset = files_[i].dataset;
    file.name = files_[i].name;
    file.bytes = tallies_[i].bytes;
    file.stored_bytes = files_[i].size;
    file.lines = tallies_[i].newlines;
    file.accepted = account.accepted;
    file.rejected = account.rejected;
    file.blank = account.blank;
    FileReport& total = report_.totals[static_cast<std::size_t>(file.dataset)];
    total.dataset = file.dataset;
    total.bytes += file.bytes;
    total.stored_bytes += file.stored_bytes;
    total.lines += file.lines;
    total.accepted += file.accepted;
    total.rejected += file.rejected;
    total.blank += file.blank;
    report_.files.push_back(std::move(file));
  }
  report_.totals[1].dataset = Dataset::predictions;
  Accounting& accounting = report_.accounting;
  for (const DatasetAccount& dataset : accounting.datasets) accounting.rows_counted += dataset.rows;
  if (context_.hooks.break_accounting == "lines" && !report_.files.empty()) ++report_.files[0].lines;
  if (context_.hooks.break_accounting == "bytes") ++accounting.bytes_ground;
  if (context_.hooks.break_accounting == "rows") ++accounting.newlines_written;
  RunFacts& run = report_.run;
  run.threads = resources_.threads;
  run.memory_budget = resources_.memory;
  run.spilled_bytes = accounting.spilled_bytes;
}

// Both sides of each count were made by different code; see docs/accounting.md.
Status Job::audit() const {
  const auto fail = [](const std::string& what, std::uint64_t one, std::uint64_t other) {
    return Error::internal("the accounting does not add up: " + what + " (" + std::to_string(one) + " against " +
                               std::to_string(other) + ")",
                           "nothing was published; this is a fault of gristmill: please report it with report and log");
  };
  for (const FileReport& file : report_.files) {
    const std::uint64_t judged = file.accepted + file.rejected + file.blank;
    if (file.lines != judged) return fail("lines of '" + file.name + "' read and judged", file.lines, judged);
  }
  for (const FileReport& total : report_.totals) {
    const std::uint64_t judged = total.accepted + total.rejected + total.blank;
    if (total.lines != judged) {
      return fail("lines of " + std::string(name_of(total.dataset)) + " read and judged", total.lines, judged);
    }
  }
  const Accounting& accounting = report_.accounting;
  if (accounting.bytes_routed != accounting.bytes_ground) {
    return fail("bytes routed and ground", accounting.bytes_routed, accounting.bytes_ground);
  }
  if (write_ && accounting.rows_counted != accounting.newlines_written) {
    return fail("rows counted and written", accounting.rows_counted, accounting.newlines_written);
  }
  return {};
}

void Job::measure_run() {
  report_.run.seconds = seconds_since(started_);
  report_.run.peak_memory = peak_memory();
  report_.run.requests.clear();
  for (RequestCount& count : storage_.requests()) report_.run.requests.emplace_back(std::move(count.kind), count.count);
}

Status Job::write_report() {
  measure_run();
  OutputFile file(storage_, grind_options_.output);
  const std::pair<const char*, std::string> texts[] = {{"validation/report.html", report_html(report_)},
                                                       {"validation/report.json", report_json(report_)}};
  for (const auto& [path, text] : texts) {
    GM_RETURN_IF_ERROR(file.open(path));
    GM_RETURN_IF_ERROR(file.append(text));
    GM_ASSIGN(written_.emplace_back(), file.close());
  }
  return {};
}

std::string Job::manifest_fields() const {
  std::string text = "\"version\":";
  append_json_string(version(), text);
  text.append(",\"inputs_id\":\"").append(report_.inputs_id);
  text.append("\",\"started\":\"").append(report_.run.started);
  text.append("\",\n\"recipe\":").append(report_.recipe);
  text.append(",\n\"accounting\":{");
  const auto number = [&](std::string_view name, std::uint64_t value) {
    text.append("\"").append(name).append("\":").append(std::to_string(value)).append(",");
  };
  for (const FileReport& total : report_.totals) {
    text.append("\"").append(name_of(total.dataset)).append("\":{");
    number("lines", total.lines);
    number("accepted", total.accepted);
    number("rejected", total.rejected);
    number("blank", total.blank);
    number("rows", report_.accounting.of(total.dataset).rows);
    number("partitions", report_.accounting.of(total.dataset).partitions);
    text.back() = '}';
    text.push_back(',');
  }
  number("sessions", report_.sessions.rows);
  text.back() = '}';
  return text;
}

Status Job::write_manifest() {
  std::vector<Sorter*> sorters;
  for (const auto& worker : facts_) sorters.push_back(&worker->files);
  std::string key;
  std::string value;
  for (const WrittenFile& file : written_) {
    add_written_file(file, key, value);
    GM_RETURN_IF_ERROR(sorters.front()->add(key, value));
  }
  const std::string root = publication_->staging_root() + "/";
  GM_ASSIGN(ManifestWriter manifest, ManifestWriter::create(storage_, root + std::string(manifest_name),
                                                            report_.run.run_id, manifest_fields()));
  SortedFacts sorted(sorters);
  for (;;) {
    GM_ASSIGN(const bool more, sorted.next());
    if (!more) break;
    ManifestFile file;
    Hash128 hash;
    file.path = sorted.key();
    std::memcpy(&file.size, sorted.value().data(), sizeof file.size);
    std::memcpy(&hash, sorted.value().data() + sizeof file.size, sizeof hash);
    file.xxh3_128 = hash.hex();
    file.sha256 = sorted.value().substr(sizeof file.size + sizeof hash);
    GM_RETURN_IF_ERROR(manifest.add(file));
  }
  GM_RETURN_IF_ERROR(manifest.finish(recipe_.fsync));
  GM_ASSIGN(const auto success, storage_.create(root + std::string(success_name)));
  return success->close(recipe_.fsync);
}

Status Job::publish(RunOutcome& outcome) {
  begin_stage(Stage::publish);
  if (workers_.is_interrupted()) return Error::interrupted();
  outcome.staging = publication_->staging_root();
  if (!report_.passed && !recipe_.publish_anyway) {
    GM_ASSIGN(outcome.staging, publication_->keep_staged());
    outcome.end = RunEnd::staged;
    return {};
  }
  GM_ASSIGN(Published published, publication_->commit([this] { return workers_.is_interrupted(); }));
  outcome.end = RunEnd::published;
  outcome.notes = std::move(published.notes);
  return {};
}

}  // namespace gristmill
