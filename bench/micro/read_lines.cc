// From bytes of a file in the page cache to lines in buckets: newlines counted; lines cut; and routed by the profile
// that the prefix tells.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "lines.h"
#include "shuffle/bucket_set.h"
#include "source/input_reader.h"
#include "source/line_source.h"
#include "storage/newlines.h"
#include "tasks/route.h"

namespace gristmill::micro {
namespace {

constexpr unsigned line_count = 2000;  // of about 4 KB

std::string all_lines() {
  std::string text;
  for (unsigned i = 0; i < line_count; ++i) text += collection(i) + "\n";
  return text;
}

void count_newlines(benchmark::State& state) {
  const std::string text = all_lines();
  for (auto _ : state) benchmark::DoNotOptimize(storage::count_newlines(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

// Reads a file of lines in each iteration, and routes them if asked to.
void read_lines(benchmark::State& state, bool routed) {
  std::string folder = std::filesystem::temp_directory_path() / "gristmill-micro-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return state.SkipWithError("no temporary folder");
  const std::string text = all_lines();
  source::InputFile input{Dataset::collections, folder + "/lines.jsonl", "lines.jsonl", text.size()};
  std::ofstream(input.path, std::ios::binary) << text;
  const std::unique_ptr<Storage> storage = make_local_storage();
  const Result<std::optional<FileInfo>> info = storage->stat(input.path);
  if (info.ok() && info.value()) input.identity = info.value()->identity;
  const std::vector<source::InputFile> files{input};
  const record::ParseRules rules{Recipe{}};
  const source::InputReader held_files;  // none: every line is copied to its bucket
  source::LongLineGate gate;
  Status status;
  for (auto _ : state) {
    shuffle::BucketOptions options;
    options.quota = 2 * text.size();
    options.spill_folder = folder;
    shuffle::BucketSet buckets(*storage, options);
    tasks::Router router(rules, files, held_files, buckets, gate);
    std::vector<source::FileTally> tallies(1);
    const source::InputRanges ranges = source::make_input_ranges(files, tallies);
    source::LineSource source(*storage, files, tallies, source::SourceOptions{}, gate);
    for (std::size_t index = 0; index < ranges.size(); ++index) {
      if (!status.ok()) break;
      status = source.read(ranges[index], [&](const source::SourceLine& line) -> Status {
        benchmark::DoNotOptimize(line.text.data());
        return routed ? router.route(ranges[index].file, line) : Status{};
      });
    }
  }
  std::filesystem::remove_all(folder);
  if (!status.ok()) return state.SkipWithError(status.error().message.c_str());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

BENCHMARK(count_newlines);
BENCHMARK_CAPTURE(read_lines, cut, false);
BENCHMARK_CAPTURE(read_lines, cut_and_routed, true);

}  // namespace
}  // namespace gristmill::micro
