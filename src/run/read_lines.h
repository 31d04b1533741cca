// The loops over all files. That over their lines: by all workers, each of which takes the next range when it has read
// one, so that what a worker gets is in input order.
#pragma once

#include <atomic>
#include <vector>

#include "gristmill/run.h"
#include "gristmill/storage.h"
#include "run/workers.h"
#include "source/first_bytes.h"
#include "source/input_files.h"
#include "source/line_source.h"
#include "source/long_line_gate.h"

namespace gristmill::scheduling {

// Fills in what each file of more than one chunk holds; on S3 each costs a request or two.
[[nodiscard]] inline Status look_into_files(Storage& storage, std::vector<source::InputFile>& files,
                                            const source::LookOptions& options, Workers& workers) {
  std::atomic<std::size_t> next{0};
  return workers.run([&](std::uint32_t) -> Status {
    for (std::size_t i = next++; i < files.size(); i = next++) {
      if (workers.should_stop()) return Error::interrupted();
      if (files[i].is_known) continue;
      GM_RETURN_IF_ERROR(source::look_into(storage, files[i], options));
    }
    return {};
  });
}

struct LinesToRead {
  Storage& storage;
  const std::vector<source::InputFile>& files;
  std::vector<source::FileTally>& tallies;  // as make_input_ranges made them; filled in
  const source::InputRanges& ranges;
  source::SourceOptions options;
  source::LongLineGate& gate;
};

// Calls use(worker, file, line) -> Status for each line, in the worker's thread, and adds to progress.done. Stops
// early, with an error or without, where the workers should stop.
template <typename Use>
[[nodiscard]] Status read_lines(const LinesToRead& input, Workers& workers, Progress& progress, const Use& use) {
  std::vector<ReadAhead> ahead;
  for (const source::InputFile& file : input.files) {
    if (!file.is_known) ahead.push_back({file.path, source::info_of(file)});
  }
  input.storage.read_ahead(std::move(ahead));
  std::atomic<std::size_t> next{0};
  source::InflatePool pool(input.options.ahead);
  Status status = workers.run([&](std::uint32_t worker) -> Status {
    source::InflatePool::Worker inflating(pool);
    source::LineSource source(input.storage, input.files, input.tallies, input.options, input.gate);
    source.stop_when([&] { return workers.should_stop(); });
    source.inflate_with(pool);
    for (;;) {
      const std::size_t index = next++;
      if (index >= input.ranges.size()) {
        inflating.help();
        return {};
      }
      const source::InputRange range = input.ranges[index];
      std::uint64_t lines = 0;
      GM_RETURN_IF_ERROR(source.read(range, [&](const source::SourceLine& line) -> Status {
        if (++lines % 256 == 0 && workers.should_stop()) return Error::interrupted();
        return use(worker, range.file, line);
      }));
      progress.done += range.end - range.begin;
      if (workers.should_stop()) return {};
    }
  });
  input.storage.read_ahead({});
  return status;
}

}  // namespace gristmill::scheduling
