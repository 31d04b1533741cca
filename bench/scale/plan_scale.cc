// What a hundred million profiles cost where nothing can be spread over machines: how evenly their lines fall on
// partitions, and the manifest of all their files, as the driver of a cluster makes it.
//
//   gristmill_scale PROFILES PARTITIONS MEMORY_MIB FOLDER
//
// The profiles are as skewed as Zipf's law has it: the one of rank r has 1/r of the lines of the first. Each has a file
// of labels, every fourth one of predictions too. FOLDER gets the spill and the manifest, some 220 bytes a profile.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "publish/manifest.h"
#include "record/hive_name.h"
#include "run/machine.h"
#include "shuffle/line_frames.h"
#include "storage/hash.h"
#include "tasks/grind.h"

using namespace gristmill;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// As ids are: no order in them that would help.
std::string profile_of(std::uint64_t rank) {
  char text[32];
  std::snprintf(text, sizeof text, "user-%016llx",
                static_cast<unsigned long long>(storage::hash64({reinterpret_cast<const char*>(&rank), sizeof rank})));
  return text;
}

void fail(const Error& error) {
  std::fprintf(stderr, "gristmill_scale: %s\n", error.message.c_str());
  std::exit(1);
}

void check(Status status) {
  if (!status.ok()) fail(status.error());
}

template <typename T>
T checked(Result<T> result) {
  if (!result.ok()) fail(result.error());
  return std::move(*result);
}

void route(std::uint64_t profiles, std::uint32_t partitions) {
  const auto start = Clock::now();
  std::vector<double> lines(partitions);
  std::vector<std::uint64_t> counts(partitions);
  double all = 0;
  for (std::uint64_t rank = 0; rank < profiles; ++rank) {
    const std::uint32_t partition = shuffle::partition_of(storage::hash64(profile_of(rank)), partitions);
    const double weight = 1.0 / static_cast<double>(rank + 1);
    lines[partition] += weight;
    all += weight;
    ++counts[partition];
  }
  const double mean_lines = all / partitions;
  double largest = 0;
  std::uint32_t crowded = 0;
  std::uint64_t most = 0;
  for (std::uint32_t i = 0; i < partitions; ++i) {
    largest = std::max(largest, lines[i]);
    most = std::max(most, counts[i]);
    if (lines[i] > 2 * mean_lines) ++crowded;
  }
  std::printf("routing: %llu profiles to %u partitions in %.1f s\n", static_cast<unsigned long long>(profiles),
              partitions, seconds_since(start));
  std::printf("  profiles of the fullest partition: %.3f of the mean\n",
              static_cast<double>(most) * partitions / static_cast<double>(profiles));
  std::printf("  lines of the first profile: %.2f %% of all; of the fullest partition: %.1f times the mean\n",
              100 / all, largest / mean_lines);
  std::printf("  partitions with more than twice the mean: %u\n", crowded);
}

void plan_commit(std::uint64_t profiles, std::uint64_t memory, const std::string& folder) {
  const auto storage = make_local_storage();
  tasks::GrindOptions options;
  options.spill_folder = folder;
  options.sorter_memory = memory;
  tasks::GroundFacts facts(*storage, options);
  auto start = Clock::now();
  std::string key;
  std::string value;
  std::uint64_t files = 0;
  for (std::uint64_t rank = 0; rank < profiles; ++rank) {
    const std::string name = record::partition_name(profile_of(rank));
    storage::WrittenFile file;
    file.size = 1000 + rank % 1000;
    file.hash = storage::hash128(name);
    for (const bool labels : {true, false}) {
      if (!labels && rank % 4 != 0) continue;
      file.path = (labels ? "labels/" : "predictions/") + name + (labels ? "/collections.jsonl" : "/predictions.jsonl");
      storage::encode(file, key, value);
      check(facts.files.add(key, value));
      ++files;
    }
  }
  std::printf("commit plan: %llu files sorted in %.1f s, %.1f GB spilled\n", static_cast<unsigned long long>(files),
              seconds_since(start), static_cast<double>(facts.files.spilled_bytes()) / 1e9);
  start = Clock::now();
  const std::string path = folder + "/_manifest.json";
  auto manifest = checked(publish::ManifestWriter::create(*storage, path, "scale", ""));
  shuffle::SortedFacts sorted({&facts.files});
  while (checked(sorted.next())) {
    publish::ManifestFile file;
    storage::Hash128 hash;
    file.path = sorted.key();
    std::memcpy(&file.size, sorted.value().data(), sizeof file.size);
    std::memcpy(&hash, sorted.value().data() + sizeof file.size, sizeof hash);
    file.xxh3_128 = hash.hex();
    check(manifest.add(file));
  }
  check(manifest.finish(false));
  const std::uint64_t bytes = checked(storage->stat(path))->size;
  std::printf("  manifest of %.1f GB written in %.1f s\n", static_cast<double>(bytes) / 1e9, seconds_since(start));
  start = Clock::now();
  auto reader = checked(publish::ManifestReader::open(*storage, path));
  while (checked(reader.next())) {
  }
  std::printf("  and read again in %.1f s: %llu files\n", seconds_since(start),
              static_cast<unsigned long long>(reader.file_count()));
  check(storage->remove(path));
}

}  // namespace

int main(int count, char** values) {
  if (count != 5) {
    std::fprintf(stderr, "usage: gristmill_scale PROFILES PARTITIONS MEMORY_MIB FOLDER\n");
    return 2;
  }
  const std::uint64_t profiles = std::strtoull(values[1], nullptr, 10);
  route(profiles, static_cast<std::uint32_t>(std::strtoul(values[2], nullptr, 10)));
  plan_commit(profiles, std::strtoull(values[3], nullptr, 10) << 20, values[4]);
  std::printf("memory at the peak: %llu MiB\n", static_cast<unsigned long long>(scheduling::peak_memory() >> 20));
  return 0;
}
