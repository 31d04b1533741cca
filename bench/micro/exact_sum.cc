// Exact sums against sums that round: a few doubles, as most sessions have, and many.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "session/exact_sum.h"

namespace gristmill::micro {
namespace {

std::vector<double> scores(std::size_t count) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> score(0, 1);
  std::vector<double> values(count);
  for (double& value : values) value = score(random);
  return values;
}

void exact_sum(benchmark::State& state) {
  const std::vector<double> values = scores(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    session::ExactSum sum;
    for (const double value : values) sum.add(value);
    benchmark::DoNotOptimize(sum.rounded());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void rounding_sum(benchmark::State& state) {
  const std::vector<double> values = scores(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    double sum = 0;
    for (const double value : values) sum += value;
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(exact_sum)->Arg(4)->Arg(1000);
BENCHMARK(rounding_sum)->Arg(4)->Arg(1000);

}  // namespace
}  // namespace gristmill::micro
