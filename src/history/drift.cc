// Measures are taken from the lines alone, of the run that is judged as of those before it, so that both are measured
// alike. Tested in drift_test.cc.
#include "history/drift.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "json/json_value.h"
#include "json/number.h"
#include "report/findings.h"
#include "text/figures.h"

namespace gristmill::history {
namespace {

// What stands for a smaller deviation: in the measure's unit, and as a share of the median.
struct Floor {
  double absolute = 0;
  double relative = 0;
};
constexpr Floor of_count{1, 0.05};
constexpr Floor of_share{0.5, 0};  // percentage points
constexpr Floor of_score{0.01, 0};
constexpr Floor of_hours{1, 0.05};
constexpr double mad_of_normal = 1.4826;  // median absolute deviations in a standard deviation
constexpr std::size_t least_of_weekday = 3;

struct Measured {
  double value = 0;
  Floor floor;
};

struct Run {
  std::string id;
  std::string inputs_id;
  int weekday = 0;
  bool passed = false;
  bool accepted = false;
  std::map<std::string, Measured> numbers;
  std::map<std::string, std::set<std::string>> names;
  std::set<std::string> flagged;
  std::set<std::string> lists;  // prefixes of measures that are 0 where they are not named
};

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

std::set<std::string> texts_of(const json::JsonValue& list) {
  std::set<std::string> texts;
  for (const json::JsonValue& text : list.elements()) texts.insert(text.text());
  return texts;
}

void measure_dataset(const json::JsonValue& line, const std::string& dataset, std::int64_t started, Run& run) {
  const json::JsonValue& counts = line[dataset];
  if (counts.is_null()) return;
  const std::uint64_t lines = counts["lines"].count();
  const std::uint64_t not_blank = lines - std::min(lines, counts["blank"].count());
  const std::uint64_t accepted = counts["accepted"].count();
  run.numbers[dataset + ".lines"] = {static_cast<double>(lines), of_count};
  if (lines == 0) return;  // nothing else can be said of a data set that was not given
  run.numbers[dataset + ".rejected"] = {percent(counts["rejected"].count(), not_blank), of_share};
  for (const auto& [reason, count] : counts["rejections"].members())
    run.numbers[dataset + ".rejected." + reason] = {percent(count.count(), not_blank), of_share};
  for (const auto& [repair, count] : counts["repairs"].members())
    run.numbers[dataset + ".repaired." + repair] = {percent(count.count(), accepted), of_share};
  run.lists.insert({dataset + ".rejected.", dataset + ".repaired."});
  run.names[dataset + ".fields"] = texts_of(counts["fields_not_carried"]);
  run.names[dataset + ".shapes"] = texts_of(counts["shapes"]);
  const json::JsonValue& newest = counts["newest"];
  if (newest.is_null()) return;
  run.numbers[dataset + ".hours_since_newest"] = {(static_cast<double>(started) - newest.number()) / 3.6e6, of_hours};
}

void measure_models(const json::JsonValue& models, Run& run) {
  std::set<std::string>& names = run.names["models"];
  for (const json::JsonValue& model : models.elements()) {
    const std::string& name = model["model"].text();
    names.insert(name);
    run.numbers["models." + name + ".without_score"] = {percent(model["without_score"].count(), model["rows"].count()),
                                                        of_share};
    const auto& quartiles = model["score"].elements();
    if (quartiles.size() == 3 && !quartiles[1].is_null())
      run.numbers["models." + name + ".median_score"] = {quartiles[1].number(), of_score};
  }
}

// Monday is 0.
int weekday_of(std::int64_t milliseconds) {
  constexpr std::int64_t day = 86'400'000;
  const std::int64_t days = milliseconds / day;  // the first of January 1970 was a Thursday
  return static_cast<int>((days + 3) % 7);
}

std::optional<Run> run_of(std::string_view text) {
  const std::optional<json::JsonValue> line = json::JsonValue::parse(text);
  if (!line || line->type() != json::JsonType::object) return std::nullopt;
  const auto started = json::milliseconds_from_iso8601((*line)["started"].text());
  if (!started) return std::nullopt;
  Run run;
  run.id = (*line)["run_id"].text();
  run.inputs_id = (*line)["inputs_id"].text();
  run.weekday = weekday_of(*started);
  // One that failed for its drift alone is flagged, like one that was warned of.
  run.passed = (*line)["passed"].is_true() || texts_of((*line)["failed"]) == std::set<std::string>{"drift"};
  run.accepted = (*line)["accepted"].is_true();
  run.flagged = texts_of((*line)["drift"]);
  for (const std::string_view dataset : dataset_names) measure_dataset(*line, std::string(dataset), *started, run);
  const char* const sessions = (*line)["sessions"].is_null() ? "touched_sessions" : "sessions";
  run.numbers["sessions"] = {static_cast<double>((*line)[sessions].count()), of_count};
  measure_models((*line)["models"], run);
  return run;
}

// The runs that a measure is held against, by what they say of it: those that it was not flagged in, and from seven in
// a row on, those that it was.
std::vector<const Run*> level_of(const std::vector<Run>& past, const std::string& measure) {
  std::vector<const Run*> level;
  std::vector<const Run*> flagged;
  for (const Run& run : past) {
    if (!run.flagged.contains(measure)) {
      flagged.clear();
      level.push_back(&run);
    } else {
      flagged.push_back(&run);
    }
    if (flagged.size() >= least_runs || (run.accepted && !flagged.empty())) {
      level = std::exchange(flagged, {});
    }
  }
  return level;
}

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::optional<double> number_of(const Run& run, const std::string& measure) {
  const auto found = run.numbers.find(measure);
  if (found != run.numbers.end()) return found->second.value;
  const bool is_listed =
      std::ranges::any_of(run.lists, [&](const std::string& list) { return measure.starts_with(list); });
  return is_listed ? std::optional<double>(0) : std::nullopt;
}

class Judge {
 public:
  Judge(const DriftPolicy& policy, const std::vector<Run>& past, const Run& now)
      : policy_(policy), past_(past), now_(now) {}

  void judge_number(const std::string& measure, Floor floor, DriftOutcome& outcome) const {
    const std::optional<double> value = number_of(now_, measure);
    if (!value) return;
    std::vector<double> all;
    std::vector<double> of_weekday;
    for (const Run* run : last(level_of(past_, measure))) {
      const std::optional<double> before = number_of(*run, measure);
      if (!before) continue;
      all.push_back(*before);
      if (run->weekday == now_.weekday) of_weekday.push_back(*before);
    }
    if (all.size() < least_runs) return;
    const std::vector<double>& values = of_weekday.size() >= least_of_weekday ? of_weekday : all;
    DriftMeasure judged{.name = measure, .value = *value, .before = all};
    judged.median = median_of(values);
    std::vector<double> deviations;
    for (const double each : values) deviations.push_back(std::abs(each - judged.median));
    const double least = std::max(floor.absolute, floor.relative * std::abs(judged.median));
    const double most = policy_.sensitivity * std::max(mad_of_normal * median_of(deviations), least);
    judged.low = judged.median - most;
    judged.high = judged.median + most;
    judged.is_flagged = *value < judged.low || *value > judged.high;
    outcome.measures.push_back(std::move(judged));
  }

  void judge_names(const std::string& measure, const std::set<std::string>& now, DriftOutcome& outcome) const {
    std::map<std::string, std::size_t> runs_with;
    std::size_t runs = 0;
    for (const Run* run : last(level_of(past_, measure))) {
      const auto found = run->names.find(measure);
      if (found == run->names.end()) continue;
      ++runs;
      for (const std::string& name : found->second) ++runs_with[name];
    }
    if (runs < least_runs) return;
    DriftMeasure judged{.name = measure, .is_list = true};
    for (const std::string& name : now) {
      if (!runs_with.contains(name)) judged.added.push_back(name);
    }
    for (const auto& [name, count] : runs_with) {
      if (count == runs && !now.contains(name)) judged.gone.push_back(name);
    }
    judged.is_flagged = !judged.added.empty() || !judged.gone.empty();
    outcome.measures.push_back(std::move(judged));
  }

 private:
  std::vector<const Run*> last(std::vector<const Run*> runs) const {
    if (runs.size() > policy_.last) runs.erase(runs.begin(), runs.end() - policy_.last);
    return runs;
  }

  const DriftPolicy& policy_;
  const std::vector<Run>& past_;
  const Run& now_;
};

bool is_ignored(const DriftPolicy& policy, const std::string& measure) {
  return std::ranges::any_of(policy.ignore, [&](const std::string& name) {
    return measure == name || (measure.starts_with(name) && measure[name.size()] == '.');
  });
}

std::string words_of(const DriftMeasure& measure) {
  if (!measure.is_list) {
    const double low = std::max(measure.low, 0.0);
    return measure.name + " is " + report::measure_text(measure.name, measure.value) + ", usual is " +
           report::measure_text(measure.name, low) + " to " + report::measure_text(measure.name, measure.high);
  }
  std::string words = measure.name + ":";
  for (const auto& [what, names] : {std::pair{" new ", &measure.added}, std::pair{" gone ", &measure.gone}}) {
    if (names->empty()) continue;
    words += (words.ends_with(':') ? "" : ",") + std::string(what) + "'" + names->front() + "'";
    if (names->size() > 1) words += " and " + text::counted(names->size() - 1, "other");
  }
  return words;
}

}  // namespace

std::string sentence_of(const DriftOutcome& outcome) {
  constexpr std::size_t most = 3;
  std::string sentence;
  std::size_t flagged = 0;
  for (const DriftMeasure& measure : outcome.measures) {
    if (!measure.is_flagged || flagged++ >= most) continue;
    sentence.append(sentence.empty() ? "" : "; ").append(words_of(measure));
  }
  if (flagged > most) sentence += "; and " + text::counted(flagged - most, "other measure");
  return sentence;
}

DriftOutcome judge_drift(const DriftPolicy& policy, const std::vector<std::string>& past, std::string_view line) {
  DriftOutcome outcome;
  const std::optional<Run> now = run_of(line);
  if (!now) return outcome;
  std::vector<Run> runs;
  for (const std::string& text : past) {
    std::optional<Run> run = run_of(text);
    if (!run || (!run->passed && !run->accepted)) continue;
    if (!run->inputs_id.empty()) {
      std::erase_if(runs, [&](const Run& each) { return each.inputs_id == run->inputs_id; });
      if (run->inputs_id == now->inputs_id) continue;
    }
    runs.push_back(std::move(*run));
  }
  outcome.runs = runs.size();
  // Those of earlier runs too: a reason that is gone is 0 now.
  std::map<std::string, Floor> numbers;
  for (const Run& run : runs) {
    for (const auto& [name, measured] : run.numbers) numbers.emplace(name, measured.floor);
  }
  for (const auto& [name, measured] : now->numbers) numbers.emplace(name, measured.floor);
  const Judge judge(policy, runs, *now);
  for (const auto& [name, floor] : numbers) {
    if (!is_ignored(policy, name)) judge.judge_number(name, floor, outcome);
  }
  for (const auto& [name, names] : now->names) {
    if (!is_ignored(policy, name)) judge.judge_names(name, names, outcome);
  }
  const bool drifts = std::ranges::any_of(outcome.measures, &DriftMeasure::is_flagged);
  outcome.status = !drifts                               ? CheckStatus::passed
                   : policy.severity == Severity::ignore ? CheckStatus::ignored
                   : policy.severity == Severity::warn   ? CheckStatus::warned
                                                         : CheckStatus::failed;
  return outcome;
}

}  // namespace gristmill::history
