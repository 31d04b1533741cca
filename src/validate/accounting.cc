// Every field is a sum, a bounded minimum or a bounded set of smallest names. Tested in accounting_test.cc.
#include "gristmill/accounting.h"

#include <algorithm>

#include "gristmill/session_findings.h"

namespace gristmill {
namespace {

bool earlier(const SessionCulprit& a, const SessionCulprit& b) {
  return a.session != b.session ? a.session < b.session : a.dataset < b.dataset;
}

}  // namespace

void DatasetAccount::merge(const DatasetAccount& other) {
  rows += other.rows;
  partitions += other.partitions;
  for (std::size_t i = 0; i < reason_count; ++i) {
    rejections[i] += other.rejections[i];
    rejection_examples[i].merge(other.rejection_examples[i]);
  }
  for (std::size_t i = 0; i < repair_count; ++i) {
    repairs[i] += other.repairs[i];
    repair_examples[i].merge(other.repair_examples[i]);
  }
  repaired_lines += other.repaired_lines;
  lines_without_session += other.lines_without_session;
  rows_without_session += other.rows_without_session;
  fields_not_carried.merge(other.fields_not_carried);
  if (carried.size() < other.carried.size()) carried.resize(other.carried.size());
  for (std::size_t i = 0; i < other.carried.size(); ++i) carried[i] |= other.carried[i];
  partition_sizes.merge(other.partition_sizes);
  resolved += other.resolved;
  newest = std::max(newest, other.newest);
}

void CheckFindings::merge(const CheckFindings& other) {
  for (std::size_t i = 0; i < dataset_count; ++i) {
    for (std::size_t k = 0; k < most_counts; ++k) counts[i][k] += other.counts[i][k];
  }
  culprits.merge(other.culprits);
  const auto middle = static_cast<std::ptrdiff_t>(sessions.size());
  sessions.insert(sessions.end(), other.sessions.begin(), other.sessions.end());
  std::inplace_merge(sessions.begin(), sessions.begin() + middle, sessions.end(), earlier);
  if (sessions.size() > most_culprits) sessions.resize(most_culprits);
}

void Accounting::merge(const Accounting& other) {
  if (files.size() < other.files.size()) files.resize(other.files.size());
  for (std::size_t i = 0; i < other.files.size(); ++i) {
    files[i].accepted += other.files[i].accepted;
    files[i].rejected += other.files[i].rejected;
    files[i].blank += other.files[i].blank;
    files[i].repaired += other.files[i].repaired;
    files[i].forgotten += other.files[i].forgotten;
  }
  for (std::size_t i = 0; i < dataset_count; ++i) datasets[i].merge(other.datasets[i]);
  for (std::size_t i = 0; i < checks.size(); ++i) checks[i].merge(other.checks[i]);
  for (std::size_t i = 0; i < hint_count; ++i) hints[i].merge(other.hints[i]);
  models.merge(other.models);
  bytes_routed += other.bytes_routed;
  bytes_ground += other.bytes_ground;
  rows_counted += other.rows_counted;
  newlines_written += other.newlines_written;
  bytes_written += other.bytes_written;
  spilled_bytes += other.spilled_bytes;
}

void SessionFindings::merge(const SessionFindings& other) {
  for (std::size_t i = 0; i < dataset_count; ++i) distinct[i] += other.distinct[i];
  rows += other.rows;
  model_rows += other.model_rows;
  if (distributions.empty()) {
    distributions = other.distributions;
  } else if (!other.distributions.empty()) {
    for (std::size_t i = 0; i < distributions.size(); ++i) {
      std::visit(
          [&](auto& values) {
            values.merge(std::get<std::remove_reference_t<decltype(values)>>(other.distributions[i].values));
          },
          distributions[i].values);
    }
  }
  predictions_of_unknown_sessions += other.predictions_of_unknown_sessions;
}

}  // namespace gristmill
