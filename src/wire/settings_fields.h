// What a run is told, as bytes (wire/wire.h): its recipe (but for its ledger and how an output grows), its files, and
// how S3 is reached.
#pragma once

#include "gristmill/recipe.h"
#include "gristmill/s3_options.h"
#include "source/input_files.h"
#include "wire/count_fields.h"

namespace gristmill::wire {

template <typename Archive>
void fields(Archive& archive, CheckPolicy& policy) {
  archive(policy.severity, policy.fail_above, policy.percent);
}

template <typename Archive>
void fields(Archive& archive, VolumePolicy& policy) {
  archive(policy.severity, policy.warn_below, policy.fail_below);
}

template <typename Archive>
void fields(Archive& archive, NullCondition& condition) {
  archive(condition.field, condition.is_null);
}

template <typename Archive>
void fields(Archive& archive, Aggregate& column) {
  archive(column.name, column.of, column.function, column.field, column.weight, column.models, column.behaviour_types,
          column.platforms, column.where);
}

template <typename Archive>
void fields(Archive& archive, DriftPolicy& policy) {
  archive(policy.severity, policy.last, policy.sensitivity, policy.ignore);
}

template <typename Archive>
void fields(Archive& archive, Recipe& recipe) {
  archive(recipe.aliases, recipe.framing, recipe.unwrap, recipe.carry, recipe.swipe_models, recipe.keystroke_models,
          recipe.aggregates, recipe.strict, recipe.sessions, recipe.line_limit, recipe.depth_limit, recipe.rows_limit,
          recipe.checks, recipe.volume, recipe.drift, recipe.sha256, recipe.collections, recipe.predictions,
          recipe.output, recipe.spill_directory, recipe.threads, recipe.memory, recipe.publish_anyway, recipe.fsync);
}

template <typename Archive>
void fields(Archive& archive, S3Settings& s3) {
  archive(s3.endpoint, s3.region, s3.profile, s3.ca_bundle, s3.addressing, s3.anonymous, s3.requester_pays,
          s3.connections, s3.encryption, s3.kms_key, s3.storage_class, s3.acl, s3.tag_staging, s3.bucket_owners);
}

template <typename Archive>
void fields(Archive& archive, AccessKeys& keys) {
  archive(keys.access_key, keys.secret_key, keys.session_token);
}

template <typename Archive>
void fields(Archive& archive, source::LeftOut& left_out) {
  archive(left_out.tree_hash, left_out.same_as);
}

template <typename Archive>
void fields(Archive& archive, source::InputFile& file) {
  archive(file.dataset, file.path, file.name, file.size, file.identity, file.named, file.etag, file.contents,
          file.is_known, file.replay, file.left_out);
}

}  // namespace gristmill::wire
