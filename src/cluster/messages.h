// What tasks tell each other and the driver, as bytes (cluster/wire.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "cluster/wire.h"
#include "gristmill/accounting.h"
#include "gristmill/session_findings.h"
#include "gristmill/storage.h"
#include "storage/hash.h"
#include "storage/output_file.h"
#include "tasks/settle.h"

namespace gristmill::cluster {

// Of one unit: what every task of grind needs, to number lines.
struct UnitLines {
  std::uint32_t file = 0;
  std::uint32_t unit = 0;
  std::uint32_t lines = 0;
};

// The rest of what route saw of it; the driver needs it.
struct UnitTally {
  std::uint32_t file = 0;
  std::uint64_t first_chunk = 0;         // of `hashes`
  std::vector<storage::Hash128> hashes;  // of the stored chunks
  std::uint64_t newlines = 0;
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;  // decompressed
  std::uint64_t blank = 0;  // lines
};

struct SplitTally {
  std::uint32_t split = 0;
  std::vector<UnitTally> units;
  std::uint64_t bytes_routed = 0;
  std::vector<RequestCount> requests;
};

struct FactFile {
  std::string path;
  std::uint64_t size = 0;  // bytes; 0: there is none
};

enum class Facts : std::uint8_t { aggregates, sessions, repeated, rejected, files };
inline constexpr std::size_t facts_count = 5;
using FactFiles = std::array<FactFile, facts_count>;

// What one attempt at grinding one partition came to. Its partition files are named in a file of facts.
struct GroundPartition {
  std::uint32_t partition = 0;
  std::string folder;               // the attempt's own, or empty
  std::vector<std::string> splits;  // SplitTally, each; all partitions together have all of them
  Accounting accounting;
  FactFiles facts;
  std::vector<RequestCount> requests;
  std::uint64_t peak_memory = 0;  // bytes, of the process
};

// The parts of settle, each a task.
enum class SettlePart : std::uint8_t { tables, sessions, repeated_lines, quarantine };
inline constexpr std::uint32_t settle_parts = 4;

struct SettlePlan {
  std::string inputs_id;
  std::vector<FactFiles> facts;  // of every partition
};

struct SettledPart {
  SettlePart part = SettlePart::tables;
  std::string folder;
  tasks::Settled settled;
  std::vector<RequestCount> requests;
  std::uint64_t peak_memory = 0;
};

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
  archive(account.accepted, account.rejected, account.blank);
}

template <typename Archive>
void fields(Archive& archive, Culprit& culprit) {
  archive(culprit.place, culprit.line, culprit.what);
}

// The limit is that of the place where they are read into.
template <typename Archive>
void fields(Archive& archive, Culprits& culprits) {
  std::vector<Culprit> all = culprits.sorted();
  archive(all);
  if constexpr (Archive::reads) {
    for (Culprit& culprit : all) culprits.add(culprit.place, culprit.line, std::move(culprit.what));
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
void fields(Archive& archive, SessionDistributions& sessions) {
  archive(sessions.collections, sessions.failed_keystrokes, sessions.weighted_mean, sessions.swipe_mean);
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

template <typename Archive>
void fields(Archive& archive, ModelUse::Use& use) {
  archive(use.rows, use.without_score);
}

template <typename Archive>
void fields(Archive& archive, ModelUse::Model& model) {
  archive(model.days, model.months);
}

template <typename Archive>
void fields(Archive& archive, ModelUse& use) {
  auto models = use.models();
  ModelUse::Model others = use.others();
  bool by_day = use.by_day();
  archive(models, others, by_day);
  if constexpr (Archive::reads) use = ModelUse::of(std::move(models), std::move(others), by_day);
}

template <typename Archive>
void fields(Archive& archive, DatasetAccount& account) {
  archive(account.rows, account.partitions, account.rejections, account.repairs, account.rejection_examples,
          account.repair_examples, account.repaired_lines, account.lines_without_session, account.rows_without_session,
          account.fields_not_carried, account.partition_sizes);
}

template <typename Archive>
void fields(Archive& archive, SessionCulprit& culprit) {
  archive(culprit.session, culprit.dataset, culprit.profiles, culprit.rows, culprit.first, culprit.first_line);
}

template <typename Archive>
void fields(Archive& archive, CheckFindings& findings) {
  archive(findings.counts, findings.culprits, findings.sessions);
}

// Of the files only those with a line, since one task meets few of many.
template <typename Archive>
void fields(Archive& archive, Accounting& accounting) {
  std::vector<std::pair<std::uint32_t, FileAccount>> met;
  for (std::uint32_t i = 0; i < accounting.files.size(); ++i) {
    const FileAccount& file = accounting.files[i];
    if (file.accepted + file.rejected + file.blank > 0) met.emplace_back(i, file);
  }
  archive(met, accounting.datasets, accounting.checks, accounting.models, accounting.bytes_routed,
          accounting.bytes_ground, accounting.rows_counted, accounting.newlines_written, accounting.bytes_written,
          accounting.spilled_bytes);
  if constexpr (Archive::reads) {
    if (!met.empty()) accounting.files.resize(met.back().first + 1);
    for (const auto& [file, account] : met) accounting.files[file] = account;
  }
}

template <typename Archive>
void fields(Archive& archive, SettledSessions& sessions) {
  archive(sessions.distinct, sessions.rows, sessions.distributions, sessions.predictions_of_unknown_sessions);
}

template <typename Archive>
void fields(Archive& archive, storage::WrittenFile& file) {
  archive(file.path, file.size, file.hash, file.sha256, file.newlines);
}

template <typename Archive>
void fields(Archive& archive, tasks::Settled& settled) {
  archive(settled.sessions, settled.accounting, settled.written);
}

template <typename Archive>
void fields(Archive& archive, UnitLines& unit) {
  archive(unit.file, unit.unit, unit.lines);
}

template <typename Archive>
void fields(Archive& archive, UnitTally& unit) {
  archive(unit.file, unit.first_chunk, unit.hashes, unit.newlines, unit.lines, unit.bytes, unit.blank);
}

template <typename Archive>
void fields(Archive& archive, SplitTally& split) {
  archive(split.split, split.units, split.bytes_routed, split.requests);
}

template <typename Archive>
void fields(Archive& archive, FactFile& file) {
  archive(file.path, file.size);
}

template <typename Archive>
void fields(Archive& archive, GroundPartition& ground) {
  archive(ground.partition, ground.folder, ground.splits, ground.accounting, ground.facts, ground.requests,
          ground.peak_memory);
}

template <typename Archive>
void fields(Archive& archive, SettlePlan& plan) {
  archive(plan.inputs_id, plan.facts);
}

template <typename Archive>
void fields(Archive& archive, SettledPart& settled) {
  archive(settled.part, settled.folder, settled.settled, settled.requests, settled.peak_memory);
}

}  // namespace gristmill::cluster
