// What a run would meet, found out as the run would: by taking the claim and trying an exchange (on S3, what
// the server does with requests of a run that was paused), then giving everything back. Tested in publication_test.cc.
#include "publish/claim.h"
#include "publish/exchange.h"
#include "publish/inspect.h"
#include "publish/nesting.h"
#include "publish/places.h"
#include "publish/publish.h"
#include "publish/record.h"

namespace gristmill {
namespace {

Status look(Storage& storage, const OutputPlaces& places, Claim& claim, PublishOutlook& outlook) {
  GM_ASSIGN(outlook.found, inspect_places(storage, places, {}));
  for (const StagingArea* area : {&places.beside, &places.inside}) {
    if (area == &places.beside && !claim.has_beside()) continue;
    GM_ASSIGN(const std::optional<StagedRecord> kept, read_record(storage, area->kept()));
    if (kept) outlook.kept_run = kept->run_id;
  }
  outlook.way = PublishWay::journal;
  outlook.way_reason = claim.beside_refusal();
  if (claim.has_beside()) {
    GM_ASSIGN(outlook.way_reason, refusal_of_exchange(storage, places.root, places.beside.folder));
    if (outlook.way_reason.empty()) outlook.way = PublishWay::exchange;
  }
  outlook.staging_folder = places.area(outlook.way).folder;
  if (storage.traits(places.root).exchanges_folders) return {};
  GM_RETURN_IF_ERROR(claim.take_inside());
  GM_ASSIGN(outlook.fence, claim.describe_fence());
  return {};
}

}  // namespace

Result<PublishOutlook> foresee_publication(Storage& storage, const std::string& output) {
  GM_ASSIGN_OUTPUT(const OutputPlaces places, find_places(storage, output));
  GM_RETURN_IF_OUTPUT_ERROR(refuse_nested(storage, places));
  PublishOutlook outlook;
  outlook.root = places.root;
  auto claim = Claim::take(storage, places, &outlook.busy);
  if (outlook.busy) return outlook;
  if (!claim.ok()) return std::move(claim.error());
  const Status looked = look(storage, places, *claim, outlook);
  claim->release();
  GM_RETURN_IF_OUTPUT_ERROR(looked);
  return outlook;
}

}  // namespace gristmill
