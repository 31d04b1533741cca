// Rows by raw splice, with checksum and newlines counted, into a file that keeps nothing. Bytes are of output.
#include <benchmark/benchmark.h>

#include "lines.h"
#include "partition/rows.h"
#include "record/line_parser.h"
#include "storage/forwarding_storage_testing.h"

namespace gristmill::micro {
namespace {

class NoFile : public WritableFile {
 public:
  Status append(std::string_view) override { return {}; }
  Status close(bool) override { return {}; }
};

class NoStorage : public testing::ForwardingStorage {
 public:
  using ForwardingStorage::ForwardingStorage;
  Result<std::unique_ptr<WritableFile>> create(const std::string&) override {
    return std::unique_ptr<WritableFile>(std::make_unique<NoFile>());
  }
};

// The rows of one collection in each iteration; their size is taken from a first file of its own.
void write_rows(benchmark::State& state, const std::string& text) {
  const record::ParseRules rules{Recipe{}};
  record::LineParser parser(rules);
  const Padded line(text);
  if (!parser.parse(Dataset::collections, line.view())) return state.SkipWithError("rejected");
  const std::unique_ptr<Storage> local = make_local_storage();
  NoStorage nowhere(*local);
  storage::OutputFile file(nowhere, storage::OutputOptions{});
  partition::LabelRows rows;
  Status status;
  const auto write = [&] {
    rows.begin(parser.record());
    parser.for_each_entry([&](const record::Entry& entry, bool) {
      if (status.ok()) status = rows.write(parser.record(), entry, file);
    });
  };
  status = file.open("size");
  write();
  const Result<storage::WrittenFile> first = file.close();
  if (status.ok()) status = file.open("rows");
  for (auto _ : state) write();
  if (!status.ok() || !first.ok() || !file.close().ok()) return state.SkipWithError("not written");
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * first.value().size));
}

BENCHMARK_CAPTURE(write_rows, collection, collection());
BENCHMARK_CAPTURE(write_rows, spaced_collection, collection(85, true));

}  // namespace
}  // namespace gristmill::micro
