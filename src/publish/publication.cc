// The state machine, as publish.h draws it. It knows no way of moving: journal.cc and exchange.cc do,
// and each is asked in one place. Every step before COMMIT can be undone by removing a folder, every
// step after it is repeated by recovery.cc, so there is no rollback to get wrong.
// Tested in publication_test.cc; killed at every operation in publication_kill_test.cc.
#include <utility>

#include "publish/audit.h"
#include "publish/checksum.h"
#include "publish/direct.h"
#include "publish/exchange.h"
#include "publish/journal.h"
#include "publish/kept.h"
#include "publish/manifest.h"
#include "publish/nesting.h"
#include "publish/obstacle.h"
#include "publish/output_lock.h"
#include "publish/places.h"
#include "publish/publish.h"
#include "publish/recovery.h"
#include "publish/root_inspection.h"
#include "publish/staged_run.h"
#include "storage/exceptions.h"

namespace gristmill::publish {

enum class Phase : std::uint8_t { staging, committed, ended };

constexpr std::uint64_t audit_memory = 16U << 20;  // bytes

struct Publication::State {
  State(Storage& the_storage, OutputPlaces the_places, OutputLock the_lock)
      : storage(the_storage), places(std::move(the_places)), lock(std::move(the_lock)) {}

  Storage& storage;
  OutputPlaces places;
  OutputLock lock;
  PublishWay way = PublishWay::exchange;
  std::string way_reason;
  std::string run_id;
  bool fsync = false;
  std::string staged;         // the run's folder
  std::string kept_manifest;  // of a kept output that is published: its manifest's checksum
  std::string adds_to;        // checksum of the manifest of the output whose files are taken over; empty: none are
  KeptOutput replaces_kept = KeptOutput::goes;  // what becomes of a kept output before this one is published or kept
  std::vector<std::string> begin_notes;
  std::vector<std::string> notes;  // since begin()
  Phase phase = Phase::staging;
  storage::MemoryReserve reserve;  // to remove what was staged where memory has run out

  // Whether nothing is looked at but what an update touches. Where a listing tells of a thousand files at once, that is
  // less than to ask for each.
  bool touches_only() const { return !adds_to.empty() && storage.traits(places.root).exchanges_folders; }
  const StagingArea& area() const { return places.area(way); }
  // Where all files but the manifest and `_SUCCESS` lie until they are published.
  const std::string& files() const { return way == PublishWay::direct ? places.root : staged; }
  std::string staged_manifest() const { return staged + "/" + std::string(manifest_name); }

  Status recover_all(KeptOutput kept);
  Status need_beside();
  Status choose_way(std::optional<PublishWay> forced);
  Status make_staging_folder(bool direct);
  Status check_base();
  Result<StagedRun> audit_staged(const InterruptCheck& interrupted);
  Result<RootInspection> check_root(const InterruptCheck& interrupted);
  Status write_commit(StagedRun& record, RootInspection& root, const InterruptCheck& interrupted);
  Status move(const StagedRun& record, const RootInspection& root, const MoveHelp& help);
  Status end(const std::function<Status()>& clean);
  void clean();
  Status drop_kept();
  Result<std::string> keep();
  Error not_published(Error error);
  Status drop();
};

// Finishes and removes what dead runs left, in both areas, as far as they are ours.
Status Publication::State::recover_all(KeptOutput kept) {
  for (const StagingArea* each : {&places.inside, &places.beside}) {
    const bool ours = each == &places.beside ? lock.has_beside() : lock.has_inside();
    if (ours) GM_RETURN_IF_ERROR(recover_area(storage, places, *each, kept, fsync, notes));
  }
  return {};
}

// For those who look for what lies in the area beside the root: it must be ours, if there is one.
Status Publication::State::need_beside() {
  if (lock.has_beside() || !storage.traits(places.root).exchanges_folders) return {};
  GM_ASSIGN(const std::optional<FileInfo> found, storage.stat(places.beside.folder, false));
  if (!found) return {};
  return Error::output("cannot look into '" + places.beside.folder + "': " + lock.beside_refusal(),
                       "repeat as the user who made it")
      .in_file(places.beside.folder);
}

Status Publication::State::choose_way(std::optional<PublishWay> forced) {
  way = PublishWay::journal;
  way_reason = lock.beside_refusal();
  if (forced == PublishWay::journal) {
    way_reason = adds_to.empty() ? "the journal was asked for" : "an update changes only the files that it touches";
    return {};
  }
  if (lock.has_beside()) {
    GM_ASSIGN(way_reason, refusal_of_exchange(storage, places.root, places.beside.folder));
    if (way_reason.empty()) way = PublishWay::exchange;
  }
  if (forced == PublishWay::exchange && way != PublishWay::exchange) {
    return Error::output("cannot publish to '" + places.root + "' by exchange: " + way_reason).in_file(places.root);
  }
  return {};
}

Status Publication::State::make_staging_folder(bool direct) {
  if (way == PublishWay::journal) {
    GM_RETURN_IF_ERROR(lock.take_inside());
    // Once more: where the area was made only now, another run may have come and died before the lock.
    GM_RETURN_IF_ERROR(recover_area(storage, places, places.inside, replaces_kept, fsync, notes));
  } else {
    // Its lock was needed to finish what a dead run had left there.
    lock.leave_inside();
  }
  staged = area().run(run_id);
  GM_RETURN_IF_ERROR(storage.make_folder(staged));
  if (way == PublishWay::journal) {
    if (!direct) return {};
    GM_ASSIGN(const bool possible, may_be_direct(storage, places));
    if (!possible) return {};
    GM_ASSIGN(const bool begun, begin_direct(storage, places, run_id));
    if (begun) way = PublishWay::direct;
    return {};
  }
  GM_ASSIGN(const std::optional<FileInfo> root, storage.stat(places.root, false));
  // From the start, so that the files inherit from it what they would inherit from the root.
  return root ? storage.copy_attributes(places.root, staged) : Status();
}

// The files that are taken over must be those of the output that the run added to.
Status Publication::State::check_base() {
  GM_ASSIGN(const std::string checksum, checksum_if_there(storage, places.manifest()));
  if (checksum == adds_to) return {};
  return Error::output("'" + places.root + "' was published anew since this run added to it",
                       "run 'gristmill update' again")
      .in_file(places.root);
}

// What is staged must be what its manifest says.
Result<StagedRun> Publication::State::audit_staged(const InterruptCheck& interrupted) {
  GM_ASSIGN(const std::optional<FileInfo> success, storage.stat_file(staged + "/" + std::string(success_name)));
  if (!success) {
    return Error::internal("the staged output '" + staged + "' has no " + std::string(success_name)).in_file(staged);
  }
  const bool direct = way == PublishWay::direct;
  if (!adds_to.empty()) GM_RETURN_IF_ERROR(check_base());
  GM_ASSIGN(const TreeAudit audit,
            adds_to.empty() ? audit_tree(storage, files(), staged_manifest(),
                                         direct ? root_skips() : std::vector<std::string>(), interrupted, audit_memory)
                            : audit_changes(storage, staged, interrupted, audit_memory));
  if (direct && audit.extra > 0) return strangers(places.root, count_with_names(audit.extra, audit.extra_names));
  if (direct && audit.published) {
    return strangers(places.root, "'" + std::string(manifest_name) + "' or '" + std::string(success_name) +
                                      "', which came while this run was going on");
  }
  std::string wrong;
  if (audit.run_id != run_id) wrong = "the manifest is that of run '" + audit.run_id + "'";
  if (audit.extra > 0) wrong = count_with_names(audit.extra, audit.extra_names) + " not in the manifest";
  if (audit.resized > 0) wrong = count_with_names(audit.resized, audit.resized_names) + " of another size";
  if (audit.missing > 0) wrong = count_with_names(audit.missing, audit.missing_names) + " missing";
  if (!wrong.empty()) {
    return Error::internal("the staged output '" + staged + "' is not what it should be: " + wrong).in_file(staged);
  }
  if (!kept_manifest.empty() && kept_manifest != audit.manifest_checksum) {
    return Error::output("the manifest of the staged output '" + staged + "' was changed since it was kept",
                         "run again")
        .in_file(staged);
  }
  return StagedRun{run_id, audit.manifest_checksum, "", adds_to};
}

// The lock must still hold, and nobody else's files may have come into the root meanwhile.
Result<RootInspection> Publication::State::check_root(const InterruptCheck& interrupted) {
  GM_RETURN_IF_ERROR(lock.check());
  if (way == PublishWay::direct) return RootInspection();  // audit_staged() looked at it
  GM_RETURN_IF_ERROR(lock.take_root());
  GM_ASSIGN(RootInspection root,
            touches_only() ? inspect_manifest(storage, places) : inspect_places(storage, places, interrupted));
  if (touches_only()) GM_RETURN_IF_ERROR(refuse_replaced_strangers(storage, places, staged));
  if (root.state == RootState::unfinished) {
    return Error::internal("two runs publish to '" + places.root + "'").in_file(places.root);
  }
  if (way == PublishWay::exchange) {
    GM_ASSIGN(const std::optional<FileInfo> staging, storage.stat(places.inside.folder, false));
    if (staging) {
      return Error::output("'" + places.inside.folder + "' appeared while this run was going on",
                           "find out which program made it, or run 'gristmill recover'")
          .in_file(places.inside.folder);
    }
  }
  GM_RETURN_IF_ERROR(refuse_obstacle(storage, places, way == PublishWay::journal ? staged : "", touches_only()));
  return root;
}

Status Publication::State::write_commit(StagedRun& record, RootInspection& root, const InterruptCheck& interrupted) {
  if (interrupted && interrupted()) return Error::interrupted();
  GM_ASSIGN(record, audit_staged(interrupted));
  GM_ASSIGN(root, check_root(interrupted));
  record.replaces = root.manifest_checksum;
  if (!adds_to.empty() && !touches_only() && !root.intact) return not_whole(places.root);
  if (way == PublishWay::exchange) {
    GM_RETURN_IF_ERROR(lock.take_next_root(staged));
  } else if (fsync) {
    GM_RETURN_IF_ERROR(storage.sync_all(staged));
  }
  if (interrupted && interrupted()) return Error::interrupted();
  return write_staged_run(storage, area().commit(), record, fsync);
}

Status Publication::State::move(const StagedRun& record, const RootInspection& root, const MoveHelp& help) {
  if (way != PublishWay::exchange) {
    const bool direct = way == PublishWay::direct;
    const bool copies = storage.traits(places.root).rename_copies;
    JournalMove how{fsync, copies && root.intact && adds_to.empty(), true, direct, {}, ""};
    if (copies && help) {
      how.holder = lock.share();
      how.help = [&](const FilesToMove& files) -> Result<bool> {
        const bool goes_on = help(files);
        GM_RETURN_IF_ERROR(lock.check());  // it takes long enough to be paused, and taken for dead
        return goes_on;
      };
    }
    return roll_forward(storage, places, record, how, notes);
  }
  return move_by_exchange(storage, places, staged, fsync);
}

// What another run kept goes with this one's end.
Status Publication::State::drop_kept() {
  for (const StagingArea* each : {&places.inside, &places.beside}) {
    const bool ours = each == &places.beside ? lock.has_beside() : lock.has_inside();
    if (!ours) continue;
    GM_ASSIGN(const std::optional<StagedRun> kept, read_staged_run(storage, each->kept()));
    if (!kept || kept->run_id == run_id) continue;
    GM_RETURN_IF_ERROR(storage.remove(each->kept()));
    GM_RETURN_IF_ERROR(storage.remove_tree(each->run(kept->run_id)));
    notes.push_back("removed the output of run " + kept->run_id + ", which a failed check had kept back");
  }
  return {};
}

// Gives up all that is held, after `clean`, also where memory has run out.
Status Publication::State::end(const std::function<Status()>& clean) {
  phase = Phase::ended;
  reserve.release();
  Status cleaned = storage::without_exceptions(clean);
  const Status released = storage::without_exceptions([this]() -> Status {
    lock.release();
    return {};
  });
  return cleaned.ok() ? released : cleaned;
}

// The output is published; whatever fails now only leaves something over for the next run.
void Publication::State::clean() {
  const Status cleaned = end([this]() -> Status {
    if (way == PublishWay::exchange) {
      if (fsync) GM_RETURN_IF_ERROR(sync_exchange(storage, places));
      GM_RETURN_IF_ERROR(remove_replaced(storage, places, staged, notes));
    }
    if (way == PublishWay::direct) GM_RETURN_IF_ERROR(end_direct(storage, places, run_id));
    if (!kept_manifest.empty()) GM_RETURN_IF_ERROR(storage.remove(area().kept()));
    if (replaces_kept == KeptOutput::stays && kept_manifest.empty()) GM_RETURN_IF_ERROR(drop_kept());
    GM_RETURN_IF_ERROR(storage.remove(area().commit()));
    return storage.remove_tree(staged);
  });
  if (!cleaned.ok()) {
    notes.push_back("the output is published, but something is left over in '" + area().folder +
                    "', which the next run or 'gristmill recover' removes: " + cleaned.error().message);
  }
}

Result<std::string> Publication::State::keep() {
  if (kept_manifest.empty()) {
    if (way == PublishWay::direct) {
      GM_RETURN_IF_ERROR(stage_direct(storage, places, run_id));
      way = PublishWay::journal;
    }
    GM_ASSIGN(const StagedRun record, audit_staged({}));
    if (fsync) GM_RETURN_IF_ERROR(storage.sync_all(staged));
    if (replaces_kept == KeptOutput::stays) GM_RETURN_IF_ERROR(drop_kept());
    GM_RETURN_IF_ERROR(write_staged_run(storage, area().kept(), record, fsync));
  }
  phase = Phase::ended;
  lock.release();
  return staged;
}

// Something failed before the point of no return. The output took long to make, so where only the
// place was at fault it stays for a second try.
Error Publication::State::not_published(Error error) {
  error = as_output(std::move(error));
  // Whoever has taken the lock decides what becomes of all that lies here.
  if (const auto held = lock.holds(); !held.ok() || !*held) {
    phase = Phase::ended;
    if (held.ok() && error.kind == ErrorKind::internal) return lock.lost();
    return error;
  }
  const Status removed = storage.remove(area().commit());
  if (!removed.ok()) {
    phase = Phase::ended;
    error.advice = "run 'gristmill recover " + places.root + "' once the cause is removed";
    return error;
  }
  if (error.kind == ErrorKind::interrupted || error.kind == ErrorKind::internal) return error;
  const auto kept = keep();
  phase = Phase::ended;
  if (!error.advice.empty()) error.advice += "; ";
  if (kept.ok()) {
    error.advice += "then publish the finished output, which stays staged in '" + staged +
                    "', with 'gristmill publish " + places.root + "'";
  } else if (way == PublishWay::direct && drop().ok()) {
    error.advice += "then run again: nothing was published, and what had been written is removed";
  } else {
    error.advice += "then run again: nothing was published, and what is staged in '" + staged +
                    (way == PublishWay::direct ? "' or written to '" + places.root : "") + "' is removed then";
  }
  return error;
}

Status Publication::State::drop() {
  return end([this]() -> Status {
    if (!kept_manifest.empty() || staged.empty()) return {};
    if (way == PublishWay::direct) GM_RETURN_IF_ERROR(remove_direct(storage, places, run_id));
    return storage.remove_tree(staged);
  });
}

Publication::Publication(std::unique_ptr<State> state) : state_(std::move(state)) {}
Publication::Publication(Publication&&) noexcept = default;
Publication& Publication::operator=(Publication&& other) noexcept {
  std::swap(state_, other.state_);  // what this one was is abandoned by the other's end
  return *this;
}
Publication::~Publication() {
  if (state_ != nullptr) static_cast<void>(abandon());
}

const std::string& Publication::root() const { return state_->places.root; }
const std::string& Publication::staging_root() const { return state_->staged; }
const std::string& Publication::files_root() const { return state_->files(); }
PublishWay Publication::way() const { return state_->way; }
bool Publication::adds() const { return !state_->adds_to.empty(); }
const std::string& Publication::way_reason() const { return state_->way_reason; }
const std::vector<std::string>& Publication::notes() const { return state_->begin_notes; }

Result<Publication> Publication::begin(Storage& storage, const std::string& output, const PublishOptions& options) {
  if (!is_run_id(options.run_id)) {
    return Error::internal("'" + options.run_id + "' cannot be the id of a run");
  }
  GM_ASSIGN_OUTPUT(OutputPlaces places, find_places(storage, output));
  GM_RETURN_IF_OUTPUT_ERROR(refuse_nested(storage, places));
  GM_ASSIGN_OUTPUT(OutputLock lock, OutputLock::take(storage, places));
  Publication publication(std::make_unique<State>(storage, std::move(places), std::move(lock)));
  State& state = *publication.state_;
  state.run_id = options.run_id;
  state.fsync = options.fsync;
  // A run that is refused takes nobody's kept output away (but for very large outputs on S3, whose strangers are
  // found only before the point of no return).
  GM_RETURN_IF_OUTPUT_ERROR(state.recover_all(KeptOutput::stays));
  GM_ASSIGN_OUTPUT(const std::optional<FileInfo> published, storage.stat_file(state.places.manifest()));
  const bool adds = options.adds && published;
  const bool touches_only = adds && storage.traits(state.places.root).exchanges_folders;
  auto found = touches_only ? inspect_manifest(storage, state.places) : inspect_early(storage, state.places);
  if (!found.ok()) {
    // On S3 no lock is held yet: these may be the files that another run publishes just now.
    GM_RETURN_IF_OUTPUT_ERROR(state.lock.refuse_busy());
    return as_output(std::move(found.error()));
  }
  // One that adds may yet find nothing to add.
  state.replaces_kept = options.adds ? KeptOutput::stays : KeptOutput::goes;
  GM_RETURN_IF_OUTPUT_ERROR(state.recover_all(state.replaces_kept));
  if (adds) {
    GM_ASSIGN(const bool unlisted, takes_long_to_list(storage, state.places.manifest()));
    if (!touches_only && !found->intact && !unlisted) return not_whole(state.places.root);
    GM_ASSIGN_OUTPUT(state.adds_to, checksum_if_there(storage, state.places.manifest()));
  }
  GM_RETURN_IF_OUTPUT_ERROR(state.choose_way(state.adds_to.empty() ? options.force_way : PublishWay::journal));
  GM_RETURN_IF_OUTPUT_ERROR(state.make_staging_folder(options.direct && !options.force_way));
  state.begin_notes = std::exchange(state.notes, {});
  return publication;
}

Result<Published> Publication::commit(const InterruptCheck& interrupted, const MoveHelp& help) {
  State& state = *state_;
  if (state.phase != Phase::staging) {
    return Error::internal("'" + state.staged + "' was published or dropped before").in_file(state.staged);
  }
  StagedRun record;
  RootInspection root;
  // Where memory runs out, too, it matters whether the point of no return is behind.
  Status written = storage::without_exceptions([&] { return state.write_commit(record, root, interrupted); });
  if (!written.ok()) return state.not_published(std::move(written.error()));
  const Uninterrupted uninterrupted(state.storage);
  Status moved = storage::without_exceptions([&] { return state.move(record, root, help); });
  if (!moved.ok() && state.way == PublishWay::exchange) return state.not_published(std::move(moved.error()));
  if (!moved.ok()) {
    static_cast<void>(state.end([] { return Status(); }));
    Error error = as_output(std::move(moved.error()));
    error.message = "publishing to '" + state.places.root + "' has begun but could not be finished: " + error.message;
    if (error.file.empty()) error.file = state.places.root;
    // What went wrong may have advised the same.
    if (error.advice.find("gristmill recover") == std::string::npos) {
      error.advice += (error.advice.empty() ? "" : "; ") + ("then run 'gristmill recover " + state.places.root + "'");
    }
    return with_remedy(state.storage, state.places, state.staged, std::move(error));
  }
  state.clean();
  return Published{state.way, state.notes};
}

Result<std::string> Publication::keep_staged() {
  if (state_->phase != Phase::staging) {
    return Error::internal("'" + state_->staged + "' was published or dropped before").in_file(state_->staged);
  }
  auto kept = state_->keep();
  if (!kept.ok()) return as_output(std::move(kept.error()));
  return kept;
}

Status Publication::abandon() { return state_->phase == Phase::staging ? state_->drop() : Status(); }

Result<Published> publish_staged(Storage& storage, const std::string& output, bool fsync,
                                 const InterruptCheck& interrupted) {
  GM_ASSIGN_OUTPUT(OutputPlaces places, find_places(storage, output));
  GM_ASSIGN_OUTPUT(OutputLock lock, OutputLock::take(storage, places));
  Publication publication(std::make_unique<Publication::State>(storage, std::move(places), std::move(lock)));
  Publication::State& state = *publication.state_;
  state.fsync = fsync;
  GM_RETURN_IF_OUTPUT_ERROR(state.need_beside());
  GM_ASSIGN_OUTPUT(const std::optional<StagedRun> begun, read_staged_run(storage, state.places.inside.commit()));
  GM_RETURN_IF_OUTPUT_ERROR(state.recover_all(KeptOutput::stays));
  if (begun) {
    // What was to be published was on its way already.
    const auto published = ManifestReader::open(storage, state.places.manifest());
    if (published.ok() && published->run_id() == begun->run_id) return Published{PublishWay::journal, state.notes};
  }
  for (const PublishWay way : {PublishWay::exchange, PublishWay::journal}) {
    if (way == PublishWay::exchange && !state.lock.has_beside()) continue;
    GM_ASSIGN_OUTPUT(const std::optional<StagedRun> kept, read_staged_run(storage, state.places.area(way).kept()));
    if (!kept) continue;
    state.way = way;
    state.run_id = kept->run_id;
    state.kept_manifest = kept->manifest;
    state.adds_to = kept->adds_to;
    state.staged = state.area().run(kept->run_id);
    if (way == PublishWay::exchange) state.lock.leave_inside();
    GM_RETURN_IF_OUTPUT_ERROR(check_kept_unchanged(storage, state.staged, state.area().kept(), interrupted));
    GM_ASSIGN(Published published, publication.commit(interrupted));
    return published;
  }
  Error none = Error::usage("nothing is staged for '" + state.places.root + "'", "run gristmill first")
                   .in_file(state.places.root);
  if (!state.notes.empty()) none.message += ": " + state.notes.back();
  return none;
}

namespace {

// The first lock that lies in an area, whoever made it.
Result<std::optional<std::string>> find_lock(Storage& storage, const OutputPlaces& places) {
  for (const StagingArea* area : {&places.inside, &places.beside}) {
    if (area == &places.beside && !storage.traits(places.root).exchanges_folders) continue;  // none is beside there
    GM_ASSIGN(const std::optional<FileInfo> lock, storage.stat_file(area->lock()));
    if (lock) return std::optional(area->lock());
  }
  return std::optional<std::string>();
}

}  // namespace

Result<std::vector<std::string>> recover(Storage& storage, const std::string& output, bool fsync) {
  GM_ASSIGN_OUTPUT(OutputPlaces places, find_places(storage, output));
  GM_ASSIGN_OUTPUT(const std::optional<std::string> left, find_lock(storage, places));
  GM_ASSIGN_OUTPUT(OutputLock lock, OutputLock::take(storage, places));
  Publication publication(std::make_unique<Publication::State>(storage, std::move(places), std::move(lock)));
  Publication::State& state = *publication.state_;
  state.fsync = fsync;
  GM_RETURN_IF_OUTPUT_ERROR(state.need_beside());
  GM_RETURN_IF_OUTPUT_ERROR(state.recover_all(KeptOutput::stays));
  // It was free and goes with ours: a run died before it staged anything.
  if (state.notes.empty() && left) state.notes.push_back("removed the lock of a run that died: '" + *left + "'");
  return state.notes;
}

std::string_view name_of(PublishWay way) {
  switch (way) {
    case PublishWay::exchange: return "exchange";
    case PublishWay::journal: return "journal";
    case PublishWay::direct: return "direct";
  }
  return "";
}

}  // namespace gristmill::publish
