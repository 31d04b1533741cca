// What a run would meet, found out as the run would: by taking the lock and trying an exchange (on S3, what
// the server does with requests of a run that was paused), then giving everything back. Tested in publication_test.cc.
#include "publish/direct.h"
#include "publish/exchange.h"
#include "publish/nesting.h"
#include "publish/output_lock.h"
#include "publish/places.h"
#include "publish/publish.h"
#include "publish/root_inspection.h"
#include "publish/staged_run.h"

namespace gristmill::publish {
namespace {

Status look(Storage& storage, const OutputPlaces& places, OutputLock& lock, PublicationPlan& plan) {
  GM_ASSIGN(plan.found, inspect_places(storage, places, {}));
  for (const StagingArea* area : {&places.beside, &places.inside}) {
    if (area == &places.beside && !lock.has_beside()) continue;
    GM_ASSIGN(const std::optional<StagedRun> kept, read_staged_run(storage, area->kept()));
    if (kept) plan.kept_run = kept->run_id;
  }
  plan.way = PublishWay::journal;
  plan.way_reason = lock.beside_refusal();
  if (lock.has_beside()) {
    GM_ASSIGN(plan.way_reason, refusal_of_exchange(storage, places.root, places.beside.folder));
    if (plan.way_reason.empty()) plan.way = PublishWay::exchange;
  }
  plan.staging_folder = places.area(plan.way).folder;
  if (storage.traits(places.root).exchanges_folders) return {};
  GM_RETURN_IF_ERROR(lock.take_inside());
  GM_ASSIGN(const bool may_be, may_be_direct(storage, places));
  if (may_be && plan.found.state != RootState::unfinished) {
    plan.way = PublishWay::direct;
    plan.way_reason = "there is no output yet; '--s3-publish staged' copies from staging";
  }
  GM_ASSIGN(plan.fence, lock.describe_fence());
  return {};
}

}  // namespace

Result<PublicationPlan> plan_publication(Storage& storage, const std::string& output) {
  GM_ASSIGN_OUTPUT(const OutputPlaces places, find_places(storage, output));
  GM_RETURN_IF_OUTPUT_ERROR(refuse_nested(storage, places));
  PublicationPlan plan;
  plan.root = places.root;
  auto lock = OutputLock::take(storage, places, &plan.busy);
  if (plan.busy) return plan;
  if (!lock.ok()) return std::move(lock.error());
  const Status looked = look(storage, places, *lock, plan);
  lock->release();
  GM_RETURN_IF_OUTPUT_ERROR(looked);
  return plan;
}

}  // namespace gristmill::publish
