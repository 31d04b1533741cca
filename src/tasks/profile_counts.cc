// Only counts that lines have by themselves are written, in the form of wire/wire.h. Tested in grind_test.cc, and by
// `verify --state`, which adds them up.
#include "tasks/profile_counts.h"

#include <algorithm>

#include "shuffle/sorter.h"
#include "wire/count_fields.h"
#include "wire/wire.h"

namespace gristmill::tasks {
namespace {

constexpr std::uint32_t kept_prediction = 1U << 31;

}  // namespace

std::uint32_t first_prediction_of(const std::vector<source::InputFile>& files) {
  return static_cast<std::uint32_t>(std::ranges::count(files, Dataset::collections, &source::InputFile::dataset));
}

Place kept_place(Place place, std::uint32_t first_prediction) {
  if (place.file >= first_prediction) place.file = (place.file - first_prediction) | kept_prediction;
  return place;
}

Place place_of_kept(Place kept, std::uint32_t first_prediction) {
  if ((kept.file & kept_prediction) != 0) kept.file = (kept.file & ~kept_prediction) + first_prediction;
  return kept;
}

Dataset dataset_of_kept(std::uint32_t file) {
  return (file & kept_prediction) != 0 ? Dataset::predictions : Dataset::collections;
}

template <typename Archive>
void fields(Archive& archive, ProfileCounts& profile) {
  archive(profile.lines, profile.repaired);
  for (DatasetAccount& dataset : profile.counts.datasets) {
    archive(dataset.rows, dataset.repairs, dataset.repaired_lines, dataset.lines_without_session,
            dataset.rows_without_session, dataset.fields_not_carried, dataset.carried, dataset.newest);
  }
  for (CheckFindings& check : profile.counts.checks) archive(check.counts);
  for (HintFindings& hint : profile.counts.hints) archive(hint.counts);
  archive(profile.counts.models);
}

void ProfileCounts::merge(const ProfileCounts& other) {
  for (const auto& [file, count] : other.lines) lines[file] += count;
  for (const auto& [file, count] : other.repaired) repaired[file] += count;
  counts.merge(other.counts);
}

std::string encode(const ProfileCounts& profile) { return wire::to_wire(profile); }

Result<ProfileCounts> decode_profile_counts(std::string_view bytes) { return wire::from_wire<ProfileCounts>(bytes); }

void append_profile_key(std::string_view profile, std::string& key) { shuffle::append_key_text(profile, key); }

void append_batch(std::uint32_t batch, std::string& key) { shuffle::append_key_number(batch, key); }

}  // namespace gristmill::tasks
