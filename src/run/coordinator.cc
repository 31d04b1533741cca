// The order is: list, lock the output; then a scheduler's three steps; then audit, report, manifest, publication.
// Tested by the whole-program tests.
#include "run/coordinator.h"

#include <malloc.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <random>

#include "growth/replay_places.h"
#include "json/json_text.h"
#include "marks/marks.h"
#include "publish/manifest.h"
#include "report/render.h"
#include "run/machine.h"
#include "run/read_lines.h"
#include "storage/system_error.h"
#include "tasks/grind.h"
#include "text/figures.h"
#include "validate/all_checks.h"
#include "validate/judge.h"

namespace gristmill::scheduling {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t small_budget = 256U << 20;  // bytes

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void add(const std::vector<RequestCount>& some, std::vector<RequestCount>& all) {
  for (const RequestCount& count : some) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const RequestCount& each) { return each.kind == count.kind; });
    if (found == all.end()) {
      all.push_back(count);
    } else {
      found->count += count.count;
    }
  }
}

source::Contents contents_of(const Routed& routed, std::size_t file) {
  return routed.tallies[file].contents.value_or(source::Contents{});
}

source::Compression stored_as(const source::InputFile& file) {
  return file.contents ? file.contents->compression : file.named;
}

}  // namespace

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

std::uint64_t expected_bytes(const std::vector<source::InputFile>& files) {
  std::uint64_t bytes = 0;
  for (const source::InputFile& file : files) {
    if (!file.is_known) bytes += file.size * (stored_as(file) == source::Compression::none ? 1 : 8);
  }
  return bytes;
}

Coordinator::Coordinator(const Recipe& recipe, const RunContext& context, JobKind kind, RunHooks hooks)
    : recipe_(recipe),
      context_(context),
      storage_(*context.storage),
      kind_(kind),
      hooks_(std::move(hooks)),
      resources_(resources_of(recipe)),
      progress_(context.progress != nullptr ? *context.progress : own_progress_),
      started_(Clock::now()),
      stage_started_(started_) {
  report_.run.started = utc_now(iso_8601);
  report_.run.run_id = new_run_id();
  report_.run.settings = context.settings;
}

Result<RunOutcome> Coordinator::finish(Routed routed, tasks::Settled settled,
                                       const std::vector<shuffle::Sorter*>& files) {
  RunOutcome outcome;
  begin_stage(Stage::audit);
  GM_RETURN_IF_ERROR(gather_report(routed, settled));
  GM_RETURN_IF_ERROR(audit());
  if (growth_ && kind_ != JobKind::try_update) GM_RETURN_IF_ERROR(count_partitions(files));
  validation::judge_checks(recipe_, report_);
  if (kind_ == JobKind::check_state) {
    GM_RETURN_IF_ERROR(compare_with_published(settled.written, outcome));
    outcome.report = std::move(report_);
    return outcome;
  }
  if (growth_) judge_batch(batch_accounting_);
  if (kind_ == JobKind::forget) outcome.forgotten = growth_->forget_report(*request_);
  if (kind_ == JobKind::forget && request_->dry_run) {
    GM_RETURN_IF_ERROR(publication_->abandon());
    outcome.report = std::move(report_);
    return outcome;
  }
  if (writes()) {
    if (kind_ == JobKind::run) GM_RETURN_IF_ERROR(compare_volume());
    if (kind_ != JobKind::forget) GM_RETURN_IF_ERROR(compare_with_earlier_runs());
    if (growth_) GM_RETURN_IF_ERROR(write_state(routed, settled.written));
    GM_RETURN_IF_ERROR(write_report(settled.written));
    forget_report_ = {};
    GM_RETURN_IF_ERROR(write_manifest(settled.written, files));
    if (outcome.forgotten) {
      outcome.forgotten->shared_files = std::move(forget_report_.shared_files);
      outcome.forgotten->own_files = std::move(forget_report_.own_files);
    }
    GM_RETURN_IF_ERROR(publish(outcome));
  }
  begin_stage(Stage::done);
  measure_run();
  outcome.report = std::move(report_);
  return outcome;
}

void Coordinator::begin_stage(Stage stage, std::uint64_t total) {
  const double seconds = seconds_since(stage_started_);
  report_.run.stages.emplace_back(name_of(progress_.stage.load()), seconds);
  const std::string ended(name_of(progress_.stage.load()));
  char took[64];
  std::snprintf(took, sizeof took, " took %.3f s", seconds);
  log({LogLevel::debug, "stage_ended", ended + took, {{"stage", ended}, {"seconds", seconds}}});
  stage_started_ = Clock::now();
  // Memory that one stage freed must not count beside what the next one takes.
  if (resources_.memory <= small_budget) malloc_trim(0);
  progress_.done = 0;
  progress_.total = total;
  progress_.stage = stage;
}

void Coordinator::log(const LogEvent& event) const {
  if (context_.log) context_.log(event);
}

Status Coordinator::list_inputs() {
  log({LogLevel::info, "run_begun", "run " + report_.run.run_id, {{"run_id", report_.run.run_id}}});
  if (source::reads_standard_input(recipe_)) {
    GM_RETURN_IF_ERROR(storage_.keep_standard_input(resources_.spill_folder, [this] { return is_interrupted(); }));
  }
  if (grows() && source::reads_standard_input(recipe_)) {
    return Error::usage("standard input ('-') cannot be added to an output that grows: it could not be read again",
                        "write it to a file first");
  }
  if (kind_ == JobKind::check_state) {
    GM_ASSIGN(report_.run.output, storage_.resolve(recipe_.output));
    growth_.emplace(storage_, recipe_);
    scratch_ = resources_.spill_folder + "/gristmill-" + report_.run.run_id;
    output_.root = scratch_;
    return growth_->look_at(report_.run.output, files_);
  }
  if (kind_ == JobKind::forget) return {};
  if (!grows()) {
    GM_ASSIGN(forgotten_, growth::list_to_obey(storage_, recipe_, ""));
  }
  if (!recipe_.ledger.empty() && !(recipe_.collections.empty() && recipe_.predictions.empty())) {
    return Error::usage("a ledger and inputs are given", "give the ledger alone, or the inputs alone").of_key("ledger");
  }
  if (recipe_.ledger.empty()) {
    // A folder whose files have expired is none that was misspelled.
    bool may_be_empty = false;
    if (kind_ == JobKind::update || kind_ == JobKind::try_update) {
      GM_ASSIGN(const std::string root, storage_.resolve(recipe_.output));
      GM_ASSIGN(const std::optional<FileInfo> there,
                storage_.stat_file(root + "/" + std::string(publish::manifest_name)));
      may_be_empty = there.has_value();
    }
    GM_ASSIGN(source::InputListing listing, source::list_input_files(storage_, recipe_, may_be_empty));
    files_ = std::move(listing.files);
    for (std::size_t i = 0; i < dataset_count; ++i) {
      report_.run.passed_over[i] = {listing.passed_over[i].files, std::move(listing.passed_over[i].names)};
    }
  } else {
    GM_ASSIGN(files_, growth::list_ledger(storage_, recipe_.ledger));
  }
  if (!recipe_.set_aside.empty() && !grows()) {
    return Error::usage("files are to be set aside of a run that keeps no ledger to say so",
                        "leave them out of the inputs, or make an output that grows with --accumulate")
        .of_key("set_aside");
  }
  if (grows() && writes()) return {};
  if (kind_ == JobKind::try_update) GM_RETURN_IF_ERROR(join_published());
  return look_into_inputs();
}

bool Coordinator::grows() const {
  return recipe_.accumulate || kind_ == JobKind::update || kind_ == JobKind::try_update || kind_ == JobKind::replay ||
         kind_ == JobKind::forget;
}

const privacy::ForgottenList* Coordinator::forgotten() const {
  if (growth_) return growth_->forgotten();
  return forgotten_ ? &*forgotten_ : nullptr;
}

Status Coordinator::look_into_inputs() {
  std::uint64_t stored = 0;
  std::uint64_t files = 0;
  for (const source::InputFile& file : files_) {
    if (file.is_known) continue;
    stored += file.size;
    ++files;
  }
  scheduling::Workers workers(resources_.threads, context_.interrupted);
  GM_RETURN_IF_ERROR(
      scheduling::look_into_files(storage_, files_, source::look_options_of(recipe_, resources_.memory), workers));
  log({LogLevel::info,
       "inputs_listed",
       text::counted(files, "input file") + ", " + text::counted(stored, "byte"),
       {{"files", files}, {"stored_bytes", stored}}});
  constexpr std::uint64_t memory_of_places = 16U << 20;  // bytes
  resolved_.emplace(storage_, resources_.spill_folder, memory_of_places);
  GM_ASSIGN(const bool has_some,
            growth::add_resolved_places(storage_, files_, [this] { return is_interrupted(); }, *resolved_));
  if (!has_some) resolved_.reset();
  return {};
}

Status Coordinator::lock_output(bool direct) {
  publish::PublishOptions options;
  options.run_id = report_.run.run_id;
  options.fsync = recipe_.fsync;
  options.direct = direct;
  options.adds = kind_ == JobKind::update || kind_ == JobKind::replay || kind_ == JobKind::forget;
  if (hooks_.publish_way == "exchange") options.force_way = publish::PublishWay::exchange;
  if (hooks_.publish_way == "journal") options.force_way = publish::PublishWay::journal;
  if (kind_ == JobKind::run) {
    // Before the lock: what is refused takes nobody's kept output away.
    GM_ASSIGN(const std::string root, storage_.resolve(recipe_.output));
    Status replaces = growth::check_replaced(storage_, recipe_, root);
    if (!replaces.ok()) return publish::as_output(std::move(replaces.error()));
  }
  GM_ASSIGN(publish::Publication publication, publish::Publication::begin(storage_, recipe_.output, options));
  publication_ = std::make_unique<publish::Publication>(std::move(publication));
  for (const std::string& note : publication_->notes()) log({LogLevel::info, "output_recovered", note});
  if (publication_->way() == publish::PublishWay::journal) {
    log({LogLevel::debug, "publish_way", "files will be published one by one: " + publication_->way_reason()});
  }
  report_.run.output = publication_->root();
  output_ = {publication_->files_root(), recipe_.fsync, recipe_.sha256, storage::OutputOptions{}.buffer_size};
  GM_RETURN_IF_ERROR(join_output());
  const std::uint64_t expected = expected_bytes(files_) * output_per_input;
  GM_ASSIGN(const std::uint64_t free_bytes, storage_.free_space(publication_->staging_root()));
  if (expected > free_bytes) {
    log({LogLevel::warning,
         "space_short",
         "the output may not fit: about " + text::bytes_text(expected) + " expected, " + text::bytes_text(free_bytes) +
             " free where it is staged (" + publication_->staging_root() + ")",
         {{"expected_bytes", expected}, {"free_bytes", free_bytes}}});
  }
  report_.run.publish_way = name_of(publication_->way());
  return {};
}

Routed Coordinator::begin_routing() const {
  Routed routed;
  routed.tallies = std::vector<source::FileTally>(files_.size());
  routed.accounting.files.resize(files_.size());
  return routed;
}

std::string Coordinator::tree_hash_of(const Routed& routed, std::size_t index) const {
  if (files_[index].left_out) return files_[index].left_out->tree_hash;
  if (files_[index].is_known) return growth_->known(index)->tree_hash;
  return source::tree_hash_of(routed.tallies[index].hash_of_chunk);
}

// inputs_id: XXH3-128 over each file's data set, name, stored size and the hash of its chunks' hashes,
// then the recipe's meaning (docs/guide/formats.md).
void Coordinator::name_inputs(Routed& routed) const {
  storage::StreamHash all;
  const auto add_text = [&](std::string_view text) {
    const std::uint64_t size = text.size();
    all.update({reinterpret_cast<const char*>(&size), sizeof size});
    all.update(text);
  };
  for (std::size_t i = 0; i < files_.size(); ++i) {
    add_text(name_of(files_[i].dataset));
    add_text(files_[i].name);
    add_text(std::to_string(files_[i].size));
    add_text(tree_hash_of(routed, i));
  }
  add_text(canonical_meaning(recipe_));
  if (forgotten() != nullptr) add_text(forgotten()->text());
  routed.inputs_id = all.digest().hex();
}

// What the files look like that check names; they are read once more.
Status Coordinator::look_at_unusable_files(const Routed& routed) {
  Culprits& culprits = report_.accounting.of(validation::checks::UnusableFiles::id).culprits;
  const source::LookOptions options = source::look_options_of(recipe_, resources_.memory);
  for (std::uint32_t i = 0; i < files_.size(); ++i) {
    const Place place{i, 0};
    if (files_[i].is_known) continue;
    if (!validation::checks::UnusableFiles::is_unusable(report_.files[i]) || !culprits.wants(place)) continue;
    GM_ASSIGN(const std::string text,
              source::beginning_of(storage_, files_[i], contents_of(routed, i), marks::file_window, options));
    culprits.add(place, 1, marks::sentence_of(marks::likeness_of_file(text)));
  }
  return {};
}

FileReport Coordinator::report_of(const Routed& routed, std::size_t index) const {
  FileReport file;
  file.dataset = files_[index].dataset;
  file.name = files_[index].name;
  file.stored_bytes = files_[index].size;
  if (const std::optional<source::LeftOut>& left_out = files_[index].left_out) {
    file.set_aside = left_out->same_as.empty();
    file.same_as = left_out->same_as;
    return file;
  }
  if (files_[index].is_known) return growth_->known(index)->file;
  const FileAccount& account = report_.accounting.files[index];
  file.bytes = routed.tallies[index].bytes;
  const source::FileTally& tally = routed.tallies[index];
  const source::Contents contents = contents_of(routed, index);
  file.compression = name_of(contents.compression);
  file.framing = contents.framing;
  file.lines = contents.framing == Framing::values ? tally.lines : tally.newlines;
  file.name_and_content_differ = files_[index].size > 0 && files_[index].path != standard_input_path &&
                                 contents.compression != files_[index].named;
  file.covered = contents.framing == Framing::values ? tally.covered : tally.bytes;
  file.accepted = account.accepted;
  file.rejected = account.rejected;
  file.blank = account.blank;
  file.repaired = account.repaired;
  file.forgotten = account.forgotten;
  return file;
}

bool Coordinator::is_given(Dataset dataset) const {
  if (growth_)
    return std::ranges::any_of(files_, [&](const source::InputFile& file) { return file.dataset == dataset; });
  return !(dataset == Dataset::collections ? recipe_.collections : recipe_.predictions).empty();
}

Status Coordinator::gather_report(const Routed& routed, tasks::Settled& settled) {
  report_.inputs_id = routed.inputs_id;
  if (kind_ == JobKind::forget) growth_->take_gone(settled);
  report_.accounting = std::move(settled.accounting);
  report_.accounting.merge(routed.accounting);
  report_.sessions = settled.sessions;
  report_.version = version();
  report_.recipe = canonical_meaning(recipe_);
  report_.writes_rows = writes() || kind_ == JobKind::check_state;
  for (std::size_t i = 0; i < dataset_count; ++i) report_.totals[i].dataset = all_datasets[i];
  if (growth_) {
    report_.batch = growth_->report_batch(settled);
  }
  for (std::size_t i = 0; i < files_.size(); ++i) {
    FileReport file = report_of(routed, i);
    const auto dataset = static_cast<std::size_t>(file.dataset);
    report_.totals[dataset].add(file);
    if (growth_ && growth_->known(i) == nullptr) {
      ++report_.batch->files;
      report_.batch->totals[dataset].add(file);
    }
    report_.files.push_back(std::move(file));
  }
  GM_RETURN_IF_ERROR(look_at_unusable_files(routed));
  report_.run.spilled_bytes = report_.accounting.spilled_bytes;
  if (growth_) {
    batch_accounting_ = report_.accounting;
    growth_->add_earlier(report_.accounting);
  }
  if (settled.left) {
    using validation::checks::RejectedLines;
    // A replay's own batch has no rejected lines.
    if (growth_ && kind_ != JobKind::replay) RejectedLines::replace(*settled.left_of_new, batch_accounting_);
    if (growth_) {
      growth_->take_resolved(*settled.left, report_.accounting);
    } else {
      RejectedLines::replace(*settled.left, report_.accounting);
    }
  }
  Accounting& accounting = report_.accounting;
  accounting.merge(settled.whole);
  for (const DatasetAccount& dataset : accounting.datasets) accounting.rows_counted += dataset.rows;
  for (std::size_t i = 0; i < dataset_count; ++i) {
    if (!is_given(all_datasets[i])) continue;
    std::vector<char>& carried = accounting.datasets[i].carried;
    carried.resize(recipe_.carry.size());
    for (std::size_t name = 0; name < carried.size(); ++name) {
      if (carried[name] == 0) report_.carry_not_found[i].push_back(recipe_.carry[name]);
    }
  }
  if (hooks_.break_accounting == "lines" && !report_.files.empty()) ++report_.files[0].lines;
  if (hooks_.break_accounting == "bytes") ++accounting.bytes_ground;
  if (hooks_.break_accounting == "rows") ++accounting.newlines_written;
  RunFacts& run = report_.run;
  if (run.threads == 0) run.threads = resources_.threads;
  run.memory_budget = resources_.memory;
  return {};
}

Coordinator::~Coordinator() {
  if (!scratch_.empty()) static_cast<void>(storage_.remove_tree(scratch_));
}

// With the output that is about to be replaced, by its manifest. One that cannot be read is the publication's to
// refuse.
Status Coordinator::compare_volume() {
  const std::string path = publication_->root() + "/" + std::string(publish::manifest_name);
  GM_ASSIGN(const std::optional<FileInfo> there, storage_.stat_file(path));
  if (!there) return {};
  const auto manifest = publish::ManifestReader::open(storage_, path);
  if (!manifest.ok()) return {};
  for (std::size_t i = 0; i < dataset_count; ++i) {
    if (!is_given(all_datasets[i])) continue;
    const std::uint64_t before = manifest->accepted_lines(dataset_names[i]).value_or(0);
    if (before == 0) continue;
    const std::uint64_t lines = report_.totals[i].accepted;
    report_.run.volume[i] = {lines, before, validation::judge_volume(recipe_.volume, lines, before)};
  }
  return {};
}

// Both sides of each count were made by different code; see docs/internals/accounting.md.
Status Coordinator::audit() const {
  const auto fail = [](const std::string& what, std::uint64_t one, std::uint64_t other) {
    return Error::internal("the accounting does not add up: " + what + " (" + std::to_string(one) + " against " +
                               std::to_string(other) + ")",
                           "nothing was published; this is a fault of gristmill: please report it with report and log");
  };
  for (const FileReport& file : report_.files) {
    const std::uint64_t judged = file.accepted + file.rejected + file.blank + file.forgotten;
    if (file.lines != judged) return fail("lines of '" + file.name + "' read and judged", file.lines, judged);
    if (file.covered != file.bytes) return fail("bytes of '" + file.name + "' cut and read", file.covered, file.bytes);
  }
  for (const FileReport& total : report_.totals) {
    const std::uint64_t judged = total.accepted + total.rejected + total.blank + total.forgotten;
    if (total.lines != judged) {
      return fail("lines of " + std::string(name_of(total.dataset)) + " read and judged", total.lines, judged);
    }
  }
  const Accounting& accounting = report_.accounting;
  if (accounting.bytes_routed != accounting.bytes_ground) {
    return fail("bytes routed and ground", accounting.bytes_routed, accounting.bytes_ground);
  }
  if (writes() && accounting.rows_counted != accounting.newlines_written) {
    return fail("rows counted and written", accounting.rows_counted, accounting.newlines_written);
  }
  return {};
}

void Coordinator::measure_run() {
  report_.run.seconds = seconds_since(started_);
  report_.run.peak_memory = std::max(peak_memory(), peak_elsewhere_);
  std::vector<RequestCount> requests = requests_elsewhere_;
  add(storage_.requests(), requests);
  report_.run.requests.clear();
  for (RequestCount& count : requests) report_.run.requests.emplace_back(std::move(count.kind), count.count);
}

void Coordinator::add_requests(const std::vector<RequestCount>& requests) { add(requests, requests_elsewhere_); }

void Coordinator::note_peak_memory(std::uint64_t bytes) { peak_elsewhere_ = std::max(peak_elsewhere_, bytes); }

}  // namespace gristmill::scheduling

std::string_view gristmill::name_of(Stage stage) {
  constexpr std::string_view names[] = {"list", "route", "grind", "settle", "audit", "publish", "done", "inspect"};
  return names[static_cast<std::size_t>(stage)];
}
