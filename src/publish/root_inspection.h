// What lies in an output root, for publication.cc.
#pragma once

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "publish/places.h"
#include "publish/publish.h"

namespace gristmill::publish {

// As inspect_root(), for places already found.
Result<RootInspection> inspect_places(Storage& storage, const OutputPlaces& places, const InterruptCheck& interrupted);

// The error that the root holds files that gristmill did not write.
Error strangers(const std::string& root, const std::string& what);
// "... is not what its manifest says".
Error not_whole(const std::string& root);

// Whether to list all of an output takes so long that it is done once a publication, before the point of no return:
// where listing is a request for a thousand files and this manifest names some hundred thousands.
Result<bool> takes_long_to_list(Storage& storage, const std::string& manifest);

// The same at a run's beginning, for an early refusal. Where it takes long, only the manifest's head is looked at.
Result<RootInspection> inspect_early(Storage& storage, const OutputPlaces& places);

// The published output by its manifest alone, for who looks only at what it touches: whether it is intact is not known.
Result<RootInspection> inspect_manifest(Storage& storage, const OutputPlaces& places);

// An output error if a file that `staged` lists among its changes would take the place of one that the published
// manifest does not list.
Status refuse_replaced_strangers(Storage& storage, const OutputPlaces& places, const std::string& staged);

}  // namespace gristmill::publish
