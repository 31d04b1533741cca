// What the driver tells every task of a cluster, and how the input is cut into splits.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/result.h"
#include "gristmill/s3_options.h"
#include "growth/state.h"
#include "source/input_files.h"

namespace gristmill::cluster {

struct Plan {
  std::string version;  // of gristmill
  Recipe recipe;
  S3Settings s3;
  std::map<std::string, std::string> environment;  // AWS's variables of the driver: SECRET
  std::optional<AccessKeys> keys;                  // SECRET
  std::vector<source::InputFile> files;
  std::uint64_t split_size = 0;  // bytes, a multiple of chunk_size
  std::uint32_t partitions = 0;
  std::uint32_t slots = 0;          // tasks that an executor runs at once; 0: as many as its machine has processors
  std::string staging;              // the staged output
  bool own_folders = false;         // an attempt writes below a folder of its own, and the driver moves what it wrote
  std::uint64_t rows_per_part = 0;  // of aggregated-parquet and aggregated-json
  // Of an output that grows; of any other, the batch is 0.
  std::uint32_t batch = 0;             // that is added
  std::uint32_t part = 0;              // tasks::GrindOptions
  std::string published;               // the output as it is; empty: there is none
  std::vector<growth::StateRun> runs;  // that it has
  std::string forgotten;               // privacy::ForgottenList::text(), of those whose lines are left out; or empty
  std::string forget_key;              // bytes of its key: SECRET
  bool resolves = false;               // whether replays among the files stand for rejected lines of this run

  // An internal error where the task's gristmill is another than the driver's.
  [[nodiscard]] Status check() const;
};

// What is read, and whose lines are counted, as a whole: `split_size` bytes of a plain file, or a compressed file.
struct Unit {
  std::uint32_t file = 0;
  std::uint32_t number = 0;  // in its file
  std::uint64_t begin = 0;   // stored bytes
  std::uint64_t end = 0;
};

// The units of one task of the map stage, in input order.
using Split = std::vector<Unit>;
std::vector<Split> make_splits(const std::vector<source::InputFile>& files, std::uint64_t split_size);

// Sizes for a cluster that runs so many tasks at once: splits of 1 to 128 MiB, a few for each slot; partitions of about
// 128 MiB, as many as there are slots at least.
std::uint64_t choose_split_size(const std::vector<source::InputFile>& files, std::uint32_t tasks_at_once);
std::uint32_t choose_partitions(const std::vector<source::InputFile>& files, std::uint32_t tasks_at_once);

std::string to_bytes(const Plan& plan);
Result<Plan> plan_from_bytes(std::string_view bytes);

}  // namespace gristmill::cluster
