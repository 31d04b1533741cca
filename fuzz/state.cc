// What an output that grows keeps in `_state/`. The last byte chooses how the input is taken:
// - as what stands behind the first line of `counts`, whose checksum is made to fit: what is read can be written, and
//   is read as the same again;
// - as a ledger, likewise;
// - as facts of a run with an index and bytes that changed since it was written: a fact is found where it is, or there
//   is an error.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "growth/ledger.h"
#include "growth/state.h"
#include "memory_storage.h"
#include "require.h"
#include "shuffle/fact_file.h"
#include "storage/hash.h"

namespace gristmill::fuzz {
namespace {

const std::string root = "/out";
const std::string counts = root + "/" + std::string(growth::counts_name);

void check_counts(std::string_view body) {
  MemoryStorage storage;
  storage.files[counts] = "{\"format\":" + std::to_string(growth::state_format) +
                          ",\"data_revision\":" + std::to_string(growth::data_revision) +
                          ",\"version\":\"1\",\"xxh3_128\":\"" + storage::hash128(body).hex() + "\"}\n" +
                          std::string(body);
  const auto state = growth::read_state(storage, root);
  if (!state.ok()) {
    require(state.error().kind == ErrorKind::output && !state.error().message.empty(), "a broken state is an error");
    return;
  }
  require(state->has_value(), "a state that is there is read");
  require(growth::write_counts(storage, {root}, **state, "1").ok(), "what was read can be written");
  const std::string written = storage.files[counts];
  const auto again = growth::read_state(storage, root);
  require(again.ok() && growth::write_counts(storage, {root}, **again, "1").ok(), "what was written can be read");
  require(storage.files[counts] == written, "what was written is read as it was");
}

void check_ledger(std::string_view text) {
  MemoryStorage storage;
  const std::string path = root + "/" + std::string(growth::ledger_name);
  storage.files[path] = text;
  const auto ledger = growth::read_ledger(storage, path);
  if (!ledger.ok()) {
    require(!ledger.error().message.empty(), "an error says what is broken");
    return;
  }
  std::string written;
  for (const growth::LedgerEntry& entry : *ledger) growth::append_ledger_line(entry, written);
  storage.files[path] = written;
  const auto again = growth::read_ledger(storage, path);
  require(again.ok(), "what was written can be read", written);
  std::string twice;
  for (const growth::LedgerEntry& entry : *again) growth::append_ledger_line(entry, twice);
  require(twice == written, "a ledger has one spelling", written);
}

void check_lookup(FuzzedDataProvider& input) {
  MemoryStorage storage;
  std::set<std::string> keys;
  for (int n = input.ConsumeIntegralInRange(0, 60); n > 0; --n) keys.insert(input.ConsumeRandomLengthString(12));
  std::string bytes;
  shuffle::FactFrames frames(
      [&](std::string_view frame) -> Status {
        bytes.append(frame);
        return {};
      },
      input.ConsumeIntegralInRange<std::size_t>(1, 300));
  for (const std::string& key : keys) require(frames.add(key, "v").ok(), "a fact is taken");
  require(frames.finish().ok(), "a run is written");
  const auto index_size = frames.write_index();
  require(index_size.ok(), "an index is written");
  const shuffle::StoredFacts stored{"/run", bytes.size() - *index_size, *index_size};
  const bool damaged = !bytes.empty() && input.ConsumeBool();
  if (damaged) {
    char& changed = bytes[input.ConsumeIntegralInRange<std::size_t>(0, bytes.size() - 1)];
    changed = static_cast<char>(changed ^ static_cast<char>(input.ConsumeIntegralInRange(1, 255)));
  }
  storage.files["/run"] = bytes;
  std::set<std::string> asked(keys);
  for (int n = 0; n < 10; ++n) asked.insert(input.ConsumeRandomLengthString(12));
  shuffle::FactLookup lookup(storage, keys.empty() ? std::vector<shuffle::StoredFacts>() : std::vector{stored});
  for (const std::string& key : asked) {
    const auto found = lookup.has(key);
    if (!found.ok()) {
      require(damaged, "what was not damaged can be read", found.error().message);
      return;
    }
    require(*found == keys.contains(key), "a fact is found where it is", key);
  }
}

}  // namespace
}  // namespace gristmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gristmill;
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size - 1);
  switch (data[size - 1] & 3) {
    case 0: fuzz::check_counts(text); break;
    case 1: fuzz::check_ledger(text); break;
    default: {
      FuzzedDataProvider input(data, size - 1);
      fuzz::check_lookup(input);
    }
  }
  return 0;
}
