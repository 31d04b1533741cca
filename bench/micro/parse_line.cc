// One line to one record: by the fast path, and by the complete parser that every unusual line goes to.
#include <benchmark/benchmark.h>

#include "lines.h"
#include "record/line_parser.h"

namespace gristmill::micro {
namespace {

void parse(benchmark::State& state, Dataset dataset, const std::string& text, bool fast_path) {
  record::ParseRules rules{Recipe{}};
  rules.fast_path = fast_path;
  record::LineParser parser(rules);
  const Padded line(text);
  for (auto _ : state) {
    if (!parser.parse(dataset, line.view())) state.SkipWithError("rejected");
    benchmark::DoNotOptimize(&parser.record());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * line.size));
}

BENCHMARK_CAPTURE(parse, collection, Dataset::collections, collection(), true);
BENCHMARK_CAPTURE(parse, spaced_collection, Dataset::collections, collection(85, true), true);
BENCHMARK_CAPTURE(parse, prediction, Dataset::predictions, prediction(), true);
BENCHMARK_CAPTURE(parse, collection_complete_parser, Dataset::collections, collection(), false);
BENCHMARK_CAPTURE(parse, prediction_complete_parser, Dataset::predictions, prediction(), false);

}  // namespace
}  // namespace gristmill::micro
