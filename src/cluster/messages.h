// What tasks tell each other and the driver, as bytes (wire/wire.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gristmill/accounting.h"
#include "growth/state.h"
#include "publish/publish.h"
#include "source/contents.h"
#include "storage/hash.h"
#include "tasks/settle.h"
#include "wire/count_fields.h"
#include "wire/wire.h"

namespace gristmill::cluster {

using wire::from_wire;
using wire::to_wire;

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
  std::uint64_t covered = 0;
  std::uint64_t blank = 0;  // lines
  std::optional<source::Contents> contents;
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

enum class Facts : std::uint8_t { aggregates, ids, models, sessions, repeated, rejected, files, profiles };
inline constexpr std::size_t facts_count = 8;
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

// The parts of settle, each a task. Of an output that grows each writes the state of its facts too, and profiles does
// nothing else.
enum class SettlePart : std::uint8_t { tables, models, sessions, repeated_lines, quarantine, profiles };
inline constexpr std::uint32_t settle_parts = 6;

struct SettlePlan {
  std::string inputs_id;
  std::vector<FactFiles> facts;  // of every partition
};

struct SettledPart {
  SettlePart part = SettlePart::tables;
  std::string folder;
  tasks::Settled settled;
  std::vector<growth::StateRun> runs;  // that were written
  std::vector<RequestCount> requests;
  std::uint64_t peak_memory = 0;
};

// What tasks are to move.
struct MovePlan {
  publish::FilesToMove files;
};

// What a task that moved some of them came to.
struct MovedFiles {
  std::vector<RequestCount> requests;
};

template <typename Archive>
void fields(Archive& archive, MovePlan& plan) {
  publish::FilesToMove& files = plan.files;
  archive(files.from, files.to, files.lock, files.holder, files.names, files.sizes);
}

template <typename Archive>
void fields(Archive& archive, MovedFiles& moved) {
  archive(moved.requests);
}

template <typename Archive>
void fields(Archive& archive, UnitLines& unit) {
  archive(unit.file, unit.unit, unit.lines);
}

template <typename Archive>
void fields(Archive& archive, UnitTally& unit) {
  archive(unit.file, unit.first_chunk, unit.hashes, unit.newlines, unit.lines, unit.bytes, unit.covered, unit.blank,
          unit.contents);
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
  archive(settled.part, settled.folder, settled.settled, settled.runs, settled.requests, settled.peak_memory);
}

}  // namespace gristmill::cluster
