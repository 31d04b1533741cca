// What is counted and found, as bytes (wire/wire.h).
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "gristmill/accounting.h"
#include "gristmill/session_findings.h"
#include "gristmill/storage.h"
#include "source/contents.h"
#include "storage/hash.h"
#include "storage/output_file.h"

namespace gristmill::wire {

template <typename Archive>
void fields(Archive& archive, storage::Hash128& hash) {
  archive(hash.high, hash.low);
}

template <typename Archive>
void fields(Archive& archive, RequestCount& count) {
  archive(count.kind, count.count);
}

template <typename Archive>
void fields(Archive& archive, Place& place) {
  archive(place.file, place.offset);
}

template <typename Archive>
void fields(Archive& archive, FileAccount& account) {
  archive(account.accepted, account.rejected, account.blank, account.repaired, account.forgotten);
}

template <typename Archive>
void fields(Archive& archive, Owner& owner) {
  archive(owner.high, owner.low);
}

template <typename Archive>
void fields(Archive& archive, Culprit& culprit) {
  archive(culprit.place, culprit.line, culprit.what, culprit.owner);
}

// How many are shown is a matter of the place where they are read into.
template <typename Archive>
void fields(Archive& archive, Culprits& culprits) {
  std::vector<Culprit> all = culprits.kept();
  bool keeps_spare = culprits.keeps_spare();
  archive(all, keeps_spare);
  if constexpr (Archive::reads) {
    if (keeps_spare) culprits.keep_spare();
    for (Culprit& culprit : all) culprits.add(std::move(culprit));
  }
}

template <typename Archive>
void fields(Archive& archive, SmallestNames& names) {
  auto counts = names.counts();
  std::uint64_t other = names.other();
  archive(counts, other);
  if constexpr (Archive::reads) names = SmallestNames(std::move(counts), other);
}

template <typename Archive>
void fields(Archive& archive, CountDistribution& counts) {
  archive(counts.bins, counts.least, counts.most, counts.sum, counts.count);
}

template <typename Archive>
void fields(Archive& archive, ScoreDistribution& scores) {
  archive(scores.bins, scores.below, scores.above, scores.missing, scores.least, scores.most);
}

template <typename Archive>
void fields(Archive& archive, ColumnDistribution& column) {
  bool of_counts = std::holds_alternative<CountDistribution>(column.values);
  archive(column.column, of_counts);
  if constexpr (Archive::reads) {
    if (!of_counts) column.values = ScoreDistribution{};
  }
  std::visit([&](auto& values) { archive(values); }, column.values);
}

template <typename Archive>
void fields(Archive& archive, LargestPartition& partition) {
  archive(partition.path, partition.bytes);
}

template <typename Archive>
void fields(Archive& archive, PartitionDistribution& partitions) {
  CountDistribution sizes = partitions.sizes();
  std::vector<LargestPartition> largest = partitions.largest();
  archive(sizes, largest);
  if constexpr (Archive::reads) partitions = PartitionDistribution::of(sizes, std::move(largest));
}

// Most bins are empty: pairs of a bin and its count.
template <typename Archive>
void fields(Archive& archive, ScoreSpread& spread) {
  std::map<std::uint32_t, std::uint64_t> filled;
  for (std::uint32_t i = 0; i < ScoreSpread::bin_count; ++i) {
    if (spread.bins[i] != 0) filled.emplace(i, spread.bins[i]);
  }
  archive(filled, spread.below, spread.above);
  if constexpr (Archive::reads) {
    for (const auto& [bin, count] : filled) spread.bins[std::min<std::size_t>(bin, ScoreSpread::bin_count - 1)] = count;
  }
}

template <typename Archive>
void fields(Archive& archive, ModelUse::Use& use) {
  archive(use.rows, use.score, use.confidence);
}

template <typename Archive>
void fields(Archive& archive, ModelUse& use) {
  auto models = use.models();
  ModelUse::Model others = use.others();
  ModelUse::Unit unit = use.unit();
  archive(models, others, unit);
  if constexpr (Archive::reads) use = ModelUse::of(std::move(models), std::move(others), unit);
}

template <typename Archive>
void fields(Archive& archive, DatasetAccount& account) {
  archive(account.rows, account.partitions, account.rejections, account.repairs, account.rejection_examples,
          account.repair_examples, account.repaired_lines, account.lines_without_session, account.rows_without_session,
          account.fields_not_carried, account.carried, account.partition_sizes, account.resolved, account.newest);
}

template <typename Archive>
void fields(Archive& archive, SessionCulprit& culprit) {
  archive(culprit.session, culprit.dataset, culprit.profiles, culprit.rows, culprit.first, culprit.first_line);
}

template <typename Archive>
void fields(Archive& archive, CheckFindings& findings) {
  archive(findings.counts, findings.culprits, findings.sessions);
}

template <typename Archive>
void fields(Archive& archive, HintFindings& findings) {
  archive(findings.counts, findings.first);
}

// Of the files only those with a line, since one task meets few of many.
template <typename Archive>
void fields(Archive& archive, Accounting& accounting) {
  std::vector<std::pair<std::uint32_t, FileAccount>> met;
  for (std::uint32_t i = 0; i < accounting.files.size(); ++i) {
    const FileAccount& file = accounting.files[i];
    if (file.accepted + file.rejected + file.blank + file.forgotten > 0) met.emplace_back(i, file);
  }
  archive(met, accounting.datasets, accounting.checks, accounting.hints, accounting.models, accounting.bytes_routed,
          accounting.bytes_ground, accounting.rows_counted, accounting.newlines_written, accounting.bytes_written,
          accounting.spilled_bytes);
  if constexpr (Archive::reads) {
    constexpr std::uint32_t most_files = 1U << 24;  // so that bytes that are none of ours ask for no more memory
    const bool in_order =
        std::ranges::is_sorted(met, std::ranges::less(), &std::pair<std::uint32_t, FileAccount>::first);
    if (!met.empty() && (!in_order || met.back().first >= most_files)) return archive.refuse();
    if (!met.empty()) accounting.files.resize(met.back().first + 1);
    for (const auto& [file, account] : met) accounting.files[file] = account;
  }
}

template <typename Archive>
void fields(Archive& archive, SessionFindings& sessions) {
  archive(sessions.distinct, sessions.rows, sessions.model_rows, sessions.distributions,
          sessions.predictions_of_unknown_sessions);
}

template <typename Archive>
void fields(Archive& archive, source::Contents& contents) {
  archive(contents.compression, contents.framing);
}

template <typename Archive>
void fields(Archive& archive, storage::WrittenFile& file) {
  archive(file.path, file.size, file.hash, file.sha256, file.newlines);
}

}  // namespace gristmill::wire
