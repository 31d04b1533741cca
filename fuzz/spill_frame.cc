// The scratch files of a bucket set and of a sorter, with bytes changed between writing and reading: what is
// read back is what was written, or there is an error; never anything else.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "memory_storage.h"
#include "require.h"
#include "shuffle/merged_lines.h"
#include "shuffle/sorter.h"

namespace gristmill::fuzz {
namespace {

// Changes a few bytes of the scratch files, or cuts one. True if anything is different afterwards.
bool damage(MemoryStorage& storage, FuzzedDataProvider& input) {
  bool damaged = false;
  for (int n = input.ConsumeIntegralInRange(0, 3); n > 0; --n) {
    if (storage.scratch_files.empty()) return damaged;
    std::string& bytes =
        *storage.scratch_files[input.ConsumeIntegralInRange<std::size_t>(0, storage.scratch_files.size() - 1)];
    if (bytes.empty()) continue;
    const std::size_t at = input.ConsumeIntegralInRange<std::size_t>(0, bytes.size() - 1);
    const auto change = input.ConsumeIntegral<std::uint8_t>();
    if (change == 0) {
      bytes.resize(at);
      damaged = true;
    } else {
      bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(change));
      damaged = true;
    }
  }
  return damaged;
}

std::string text_of(FuzzedDataProvider& input, std::size_t most) {
  const std::string seed = input.ConsumeRandomLengthString(6);
  const std::size_t size = input.ConsumeIntegralInRange<std::size_t>(0, most);
  std::string text;
  while (text.size() < size) text += seed.empty() ? "x" : seed;
  text.resize(size);
  return text;
}

void check_buckets(FuzzedDataProvider& input) {
  MemoryStorage storage;
  shuffle::BucketOptions options;
  options.bits = input.ConsumeIntegralInRange<std::uint32_t>(0, 2);
  options.quota = input.ConsumeIntegralInRange<std::uint64_t>(0, 16U << 10);
  options.chunk_size = 4096U << input.ConsumeIntegralInRange(0, 1);
  options.spill_folder = "/spill";
  shuffle::BucketSet set(storage, options);
  struct Added {
    shuffle::LineHeader header;
    std::string payload;
  };
  std::vector<std::vector<Added>> added(set.size());
  std::uint64_t offset = 0;
  for (int n = input.ConsumeIntegralInRange(0, 40); n > 0; --n) {
    Added line;
    line.payload = text_of(input, input.ConsumeIntegralInRange(0, 9) == 9 ? 20000 : 600);
    line.header.offset = offset;
    line.header.profile_hash = input.ConsumeIntegral<std::uint8_t>();
    line.header.length = static_cast<std::uint32_t>(line.payload.size());
    offset += line.payload.size() + 1;
    if (input.ConsumeIntegralInRange(0, 7) == 7) {  // a long line stays in its file
      line.header.kind = shuffle::LineKind::in_input;
      line.header.length += 1U << 20;
      line.payload.assign(sizeof(std::uint64_t), 'h');
    }
    require(set.add(line.header, line.payload).ok(), "a line is taken");
    added[line.header.profile_hash & (set.size() - 1)].push_back(std::move(line));
  }
  const bool damaged = damage(storage, input);
  const bool streamed = input.ConsumeBool();
  for (std::size_t bucket = 0; bucket < set.size(); ++bucket) {
    shuffle::MergedLines lines;
    lines.add(set, bucket);
    std::size_t read = 0;
    const auto compare = [&](const shuffle::RoutedLine& record) {
      require(read < added[bucket].size(), "no line comes back twice");
      const Added& line = added[bucket][read++];
      require(record.payload() == line.payload && record.header->offset == line.header.offset &&
                  record.header->profile_hash == line.header.profile_hash,
              "a line comes back as it was");
      require(record.payload().data()[line.payload.size()] == '\0', "a NUL follows a line");
    };
    if (streamed) {
      for (;;) {
        const Result<shuffle::RoutedLine> record = lines.next();
        if (!record) {
          require(damaged, "what was not damaged can be read", record.error().message);
          return;
        }
        if (record->header == nullptr) break;
        compare(*record);
      }
    } else {
      std::vector<const shuffle::LineHeader*> records;
      const Status loaded = lines.load_all(records);
      if (!loaded.ok()) {
        require(damaged, "what was not damaged can be read", loaded.error().message);
        return;
      }
      for (const shuffle::LineHeader* header : records) compare({header});
    }
    require(read == added[bucket].size(), "every line comes back");
  }
}

void check_sorter(FuzzedDataProvider& input) {
  MemoryStorage storage;
  shuffle::Sorter sorter(storage, "/spill", input.ConsumeIntegralInRange<std::uint64_t>(0, 4096));
  std::vector<std::pair<std::string, std::string>> added;
  bool damaged = false;
  const int count = input.ConsumeIntegralInRange(0, 80);
  const int when = input.ConsumeIntegralInRange(0, 80);
  for (int n = 0; n < count; ++n) {
    // Runs are merged while facts still come in: damage may be met there.
    if (n == when) damaged |= damage(storage, input);
    std::string key;
    shuffle::append_key_text(input.ConsumeRandomLengthString(9), key);
    shuffle::append_key_number(static_cast<std::uint64_t>(n), key);
    std::string value = text_of(input, input.ConsumeIntegralInRange(0, 30) == 30 ? 70000 : 400);
    const Status taken = sorter.add(key, value);
    if (!taken.ok()) {
      require(damaged, "what was not damaged can be merged", taken.error().message);
      return;
    }
    added.emplace_back(std::move(key), std::move(value));
  }
  std::sort(added.begin(), added.end());
  damaged |= damage(storage, input);
  shuffle::SortedFacts facts({&sorter});
  for (const auto& [key, value] : added) {
    const Result<bool> more = facts.next();
    if (!more) {
      require(damaged, "what was not damaged can be read", more.error().message);
      return;
    }
    require(*more && facts.key() == key && facts.value() == value, "a fact comes back as it was, in order");
  }
  const Result<bool> more = facts.next();
  require(more.ok() ? !*more : damaged, "no fact comes back twice");
}

}  // namespace
}  // namespace gristmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  if (input.ConsumeBool()) {
    gristmill::fuzz::check_buckets(input);
  } else {
    gristmill::fuzz::check_sorter(input);
  }
  return 0;
}
