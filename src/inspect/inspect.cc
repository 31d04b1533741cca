// Files are listed, looked into (to which data set do they belong?) and read once, by ranges in input order; each
// worker counts for itself, and what they counted is added up by external sorts. Tested by
// tests/programs/test_inspect.py.
#include "inspect/inspect.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "inspect/first_look.h"
#include "inspect/line_inspector.h"
#include "inspect/proposal.h"
#include "run/machine.h"
#include "run/read_lines.h"
#include "run/workers.h"
#include "source/line_numbers.h"
#include "source/long_line_gate.h"
#include "storage/system_error.h"
#include "text/figures.h"
#include "validate/all_checks.h"

namespace gristmill::inspect {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_remarks = 20;
constexpr std::size_t most_models = 20;
constexpr std::size_t most_near_top = 2'000;  // paths that the proposal looks at, of each group
constexpr std::size_t steps_near_top = 3;

InspectorLimits limits_of(const Resources& resources) {
  const std::uint64_t share = resources.memory / resources.threads;
  InspectorLimits limits;
  limits.shapes = std::max<std::uint64_t>(share / 4, 64U << 10);
  limits.paths = std::max<std::uint64_t>(share / 4, 256U << 10);
  limits.sorter = std::max<std::uint64_t>(share / 8, 64U << 10);
  return limits;
}

// The paths in most lines; among equals the bytewise first.
class TopFields {
 public:
  explicit TopFields(std::size_t most) : most_(most) {}
  bool wants(std::uint64_t lines, const std::string& key) const {
    return most_ > 0 && (heap_.size() < most_ || Entry{lines, key, {}} < heap_.front());
  }
  void add(const std::string& key, InspectedField field) {
    if (heap_.size() == most_) {
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    }
    heap_.push_back({field.values.lines, key, std::move(field)});
    std::push_heap(heap_.begin(), heap_.end());
  }
  // In the order of their paths.
  std::vector<InspectedField> take() {
    std::sort(heap_.begin(), heap_.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
    std::vector<InspectedField> fields;
    for (Entry& entry : heap_) fields.push_back(std::move(entry.field));
    return fields;
  }

 private:
  struct Entry {
    std::uint64_t lines;
    std::string key;
    InspectedField field;
    bool operator<(const Entry& other) const {  // comes before it
      return lines != other.lines ? lines > other.lines : key < other.key;
    }
  };
  std::size_t most_;
  std::vector<Entry> heap_;
};

InspectedField field_of(std::string_view path_key, const FieldStatistics& statistics) {
  const std::vector<PathStep> steps = steps_of(path_key);
  InspectedField field;
  field.path = path_text(steps);
  for (const PathStep& step : steps) {
    field.plain &= step.kind == StepKind::member;
    field.names.push_back(step.kind == StepKind::element ? "[]" : step.kind == StepKind::beyond ? "…" : step.name);
  }
  field.values = statistics;
  field.distinct = statistics.distinct.estimate();
  field.distinct_exact = statistics.distinct.exact();
  field.values.distinct = {};
  return field;
}

class Inspector {
 public:
  // `recipe` gets what the files ask for.
  Inspector(Recipe& recipe, const InspectOptions& options, const RunContext& context, const scheduling::RunHooks& hooks)
      : recipe_(recipe),
        options_(options),
        context_(context),
        hooks_(hooks),
        storage_(*context.storage),
        resources_(resources_of(recipe)),
        limits_(limits_of(resources_)),
        workers_(resources_.threads, context.interrupted),
        progress_(context.progress != nullptr ? *context.progress : own_progress_) {}

  Result<Inspection> run() {
    const Clock::time_point started = Clock::now();
    GM_RETURN_IF_ERROR(scheduling::check_spill_folder(storage_, recipe_));
    GM_RETURN_IF_ERROR(list());
    GM_RETURN_IF_ERROR(
        take_first_look({storage_, files_, groups_of_files_, workers_, gate_}, source_options(64U << 10), recipe_));
    rules_.emplace(recipe_);
    rules_->fast_path = hooks_.fast_path;
    GM_RETURN_IF_ERROR(read());
    GM_RETURN_IF_ERROR(source::check_unchanged(storage_, files_));
    GM_RETURN_IF_ERROR(add_up_shapes());
    GM_RETURN_IF_ERROR(add_up_fields());
    add_up_lines();
    describe_files();
    GM_RETURN_IF_ERROR(remark());
    inspection_.seconds = std::chrono::duration<double>(Clock::now() - started).count();
    return std::move(inspection_);
  }
  const std::vector<InspectedInput>& inputs() const { return inputs_; }
  const FieldsNearTop& near_top() const { return near_top_; }

 private:
  Status list();
  Status read();
  Status add_up_shapes();
  Status add_up_fields();
  void add_up_lines();
  void describe_files();
  Status remark();
  Result<std::string> look_of(std::size_t file) const;
  source::SourceOptions source_options(std::uint64_t block_size) const;
  LinePlace place_of(Place place, std::uint64_t line_in_chunk) const;
  std::vector<InspectedIssue> issues_of(const std::vector<std::string_view>& names, const std::uint64_t* counts,
                                        const Culprits* examples) const;

  Recipe& recipe_;
  const InspectOptions& options_;
  const RunContext& context_;
  const scheduling::RunHooks& hooks_;
  Storage& storage_;
  Resources resources_;
  InspectorLimits limits_;
  std::optional<record::ParseRules> rules_;
  scheduling::Workers workers_;
  Progress own_progress_;
  Progress& progress_;
  source::LongLineGate gate_;

  std::vector<source::InputFile> files_;
  std::vector<FileToInspect> groups_of_files_;
  std::vector<InspectedInput> inputs_;
  std::vector<source::FileTally> tallies_;
  std::vector<std::unique_ptr<LineInspector>> inspectors_;  // one a worker
  std::unique_ptr<source::LineNumbers> line_numbers_;
  FieldsNearTop near_top_;
  Inspection inspection_;
};

source::SourceOptions Inspector::source_options(std::uint64_t block_size) const {
  source::SourceOptions options;
  options.line_limit = recipe_.line_limit;
  options.look = source::look_options_of(recipe_, resources_of(recipe_).memory);
  options.block_size = hooks_.block_size != 0 ? hooks_.block_size : block_size;
  return options;
}

Status Inspector::list() {
  progress_.stage = Stage::list;
  const auto add_inputs = [&](const std::vector<std::string>& arguments, const std::vector<std::size_t>& ends) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      InspectedInput& input = inputs_.emplace_back();
      input.argument = arguments[i];
      for (std::size_t file = i == 0 ? 0 : ends[i - 1]; file < ends[i]; ++file) input.files.push_back(file);
    }
  };
  if (options_.paths.empty() ? source::reads_standard_input(recipe_) : source::reads_standard_input(options_.paths)) {
    GM_RETURN_IF_ERROR(
        storage_.keep_standard_input(resources_.spill_folder, [this] { return workers_.should_stop(); }));
  }
  if (!options_.paths.empty()) {
    std::vector<std::size_t> ends;
    GM_ASSIGN(files_, source::list_unsorted_files(storage_, options_.paths, ends));
    add_inputs(options_.paths, ends);
    groups_of_files_.resize(files_.size());
    return {};
  }
  GM_ASSIGN(source::InputListing listing, source::list_input_files(storage_, recipe_));
  files_ = std::move(listing.files);
  for (const source::InputFile& file : files_) {
    groups_of_files_.push_back(
        {file.dataset == Dataset::collections ? LineGroup::collections : LineGroup::predictions, true});
  }
  return {};
}

Status Inspector::read() {
  tallies_ = std::vector<source::FileTally>(files_.size());
  const source::InputRanges ranges = source::make_input_ranges(files_, tallies_);
  progress_.stage = Stage::inspect;
  progress_.done = 0;
  progress_.total = ranges.bytes();
  for (std::uint32_t i = 0; i < workers_.count(); ++i) {
    inspectors_.push_back(
        std::make_unique<LineInspector>(storage_, resources_.spill_folder, *rules_, groups_of_files_, limits_, gate_));
    inspectors_.back()->stop_when([this] { return workers_.should_stop(); });
  }
  const scheduling::LinesToRead lines{storage_, files_, tallies_, ranges, source_options(source::chunk_size / 4),
                                      gate_};
  GM_RETURN_IF_ERROR(scheduling::read_lines(
      lines, workers_, progress_, [&](std::uint32_t worker, std::uint32_t file, const source::SourceLine& line) {
        return inspectors_[worker]->inspect(file, line);
      }));
  GM_RETURN_IF_ERROR(workers_.run([&](std::uint32_t worker) { return inspectors_[worker]->finish(); }));
  line_numbers_ = std::make_unique<source::LineNumbers>(tallies_);
  return {};
}

LinePlace Inspector::place_of(Place place, std::uint64_t line_in_chunk) const {
  shuffle::LineHeader header;
  header.file = place.file;
  header.offset = place.offset;
  header.line_in_unit = static_cast<std::uint32_t>(line_in_chunk);
  return {files_[place.file].name, line_numbers_->number_of(header.place(), header.line_in_unit), place.offset};
}

Status Inspector::add_up_shapes() {
  progress_.stage = Stage::settle;
  progress_.total = 0;
  std::vector<shuffle::Sorter*> facts;
  for (const auto& inspector : inspectors_) facts.push_back(&inspector->shape_facts());
  GM_ASSIGN(auto groups, most_frequent_shapes(facts, std::min(options_.shapes, most_shapes_kept),
                                              [this] { return workers_.is_interrupted(); }));
  for (std::size_t i = 0; i < line_groups; ++i) {
    InspectedGroup& group = inspection_.groups[i];
    group.shapes = groups[i].shapes;
    group.lines_of_other_shapes = groups[i].lines;
    for (ShapeCount& shape : groups[i].first) {
      group.lines_of_other_shapes -= shape.lines;
      group.first_shapes.push_back(
          {std::move(shape.text), shape.lines, place_of(shape.first, shape.line_in_chunk), std::move(shape.example)});
    }
  }
  return {};
}

Status Inspector::add_up_fields() {
  std::vector<shuffle::Sorter*> sorters;
  for (const auto& inspector : inspectors_) sorters.push_back(&inspector->field_facts());
  const std::size_t most = std::min(options_.fields, most_fields_kept);
  std::vector<TopFields> first(line_groups, TopFields(most));
  std::vector<TopFields> near_top(line_groups, TopFields(most_near_top));
  std::string key;
  FieldStatistics statistics;
  const auto end_field = [&] {
    if (key.empty()) return;
    const auto group = static_cast<std::size_t>(key.front());
    const std::string_view path = std::string_view(key).substr(1);
    ++inspection_.groups[group].fields;
    if (first[group].wants(statistics.lines, key)) first[group].add(key, field_of(path, statistics));
    if (!near_top[group].wants(statistics.lines, key)) return;
    InspectedField field = field_of(path, statistics);
    if (field.names.size() <= steps_near_top) near_top[group].add(key, std::move(field));
  };
  shuffle::SortedFacts facts(sorters);
  for (std::uint64_t read = 0;; ++read) {
    if (read % 4096 == 0 && workers_.is_interrupted()) return Error::interrupted();
    GM_ASSIGN(const bool more, facts.next());
    if (!more) break;
    if (facts.key() == key) {
      statistics.merge(FieldStatistics::from(facts.value()));
    } else {
      end_field();
      key = facts.key();
      statistics = FieldStatistics::from(facts.value());
    }
  }
  end_field();
  for (std::size_t i = 0; i < line_groups; ++i) {
    inspection_.groups[i].first_fields = first[i].take();
    near_top_[i] = near_top[i].take();
  }
  return {};
}

std::vector<InspectedIssue> Inspector::issues_of(const std::vector<std::string_view>& names,
                                                 const std::uint64_t* counts, const Culprits* examples) const {
  std::vector<InspectedIssue> issues;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (counts[i] == 0) continue;
    InspectedIssue& issue = issues.emplace_back();
    issue.name = names[i];
    issue.lines = counts[i];
    for (const Culprit& example : examples[i].sorted()) {
      issue.examples.emplace_back(place_of(example.place, example.line), example.what);
    }
  }
  return issues;
}

void Inspector::add_up_lines() {
  std::vector<std::string_view> reasons;
  for (std::size_t i = 0; i < reason_count; ++i) reasons.push_back(name_of(static_cast<Reason>(i)));
  const std::vector<std::string_view> repairs(repair_names.begin(), repair_names.end());
  for (std::size_t i = 0; i < line_groups; ++i) {
    GroupAccount sum;
    for (const auto& inspector : inspectors_) {
      const GroupAccount& counts = inspector->groups()[i];
      sum.account.merge(counts.account);
      for (std::size_t id = 0; id < std::size(counts.missing_ids); ++id) sum.missing_ids[id] += counts.missing_ids[id];
      sum.accepted += counts.accepted;
      sum.rejected += counts.rejected;
      sum.readable += counts.readable;
      sum.models.merge(counts.models);
      for (const auto& [look, lines] : counts.looks) sum.looks[look] += lines;
    }
    InspectedGroup& group = inspection_.groups[i];
    group.lines = sum.accepted + sum.rejected;
    group.accepted = sum.accepted;
    group.rejected = sum.rejected;
    group.readable = sum.readable;
    group.repaired = sum.account.repaired_lines;
    std::copy(std::begin(sum.missing_ids), std::end(sum.missing_ids), group.missing_ids);
    group.repairs = issues_of(repairs, sum.account.repairs.data(), sum.account.repair_examples.data());
    group.rejections = issues_of(reasons, sum.account.rejections.data(), sum.account.rejection_examples.data());
    for (const auto& [seen, lines] : sum.looks) {
      const auto issue = std::find_if(group.rejections.begin(), group.rejections.end(),
                                      [&](const InspectedIssue& each) { return each.name == name_of(seen.first); });
      issue->looks.emplace_back(*seen.second, lines);
    }
    group.models.assign(sum.models.counts().begin(), sum.models.counts().end());
    std::stable_sort(group.models.begin(), group.models.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (group.models.size() > most_models) group.models.resize(most_models);
  }
}

void Inspector::describe_files() {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    LineKinds kinds;
    for (const auto& inspector : inspectors_) {
      if (i < inspector->kinds().size()) kinds.add(inspector->kinds()[i]);
    }
    InspectedFile file;
    file.path = files_[i].path;
    file.name = files_[i].name;
    file.group = groups_of_files_[i].group;
    file.said = groups_of_files_[i].said;
    file.bytes = files_[i].size;
    file.lines = tallies_[i].lines;
    file.collections = kinds.collections;
    file.predictions = kinds.predictions;
    file.both = kinds.both;
    file.neither = kinds.neither;
    file.unreadable = kinds.unreadable;
    file.blank = kinds.blank;
    file.accepted = kinds.accepted;
    file.contents = tallies_[i].contents.value_or(source::Contents{});
    inspection_.stored_bytes += file.bytes;
    inspection_.files.push_back(std::move(file));
  }
  for (const auto& inspector : inspectors_) {
    inspection_.spilled_bytes += inspector->shape_facts().spilled_bytes() + inspector->field_facts().spilled_bytes();
  }
}

// What a table does not say by itself.
Status Inspector::remark() {
  std::vector<std::string>& remarks = inspection_.remarks;
  std::size_t more = 0;
  const auto add = [&](std::string text) {
    if (remarks.size() < most_remarks) {
      remarks.push_back(std::move(text));
    } else {
      ++more;
    }
  };
  std::uint64_t unusable = 0;
  for (std::size_t i = 0; i < inspection_.files.size(); ++i) {
    const InspectedFile& file = inspection_.files[i];
    if (file.accepted == 0 && file.lines > file.blank) {
      ++unusable;
      // Looking costs a read, and of many files the first tell it.
      if (remarks.size() < most_remarks) {
        GM_ASSIGN(const std::string look, look_of(i));
        add(file.path + ": a run would reject every line; " + look);
      }
    } else if (file.said) {
      const bool is_collections = file.group == LineGroup::collections;
      const std::uint64_t others = is_collections ? file.predictions : file.collections;
      if (others > 0) {
        add(file.path + " was given as " + std::string(name_of(file.group)) + ", but " + text::counted(others, "line") +
            (is_collections ? " of it have a prediction and no behaviour"
                            : " of it have a behaviour and no prediction"));
      }
    } else if (file.collections > 0 && file.predictions > 0) {
      add(file.path + " holds both kinds: " + text::counted(file.collections, "collection") + " and " +
          text::counted(file.predictions, "prediction") + "; a run takes a file whole, so cut it in two before");
    } else if (file.group == LineGroup::neither && file.lines > file.blank) {
      add(file.path + (file.both > 0 ? ": " + text::counted(file.both, "line") +
                                           " have a behaviour and a prediction: name the file with --collections or "
                                           "--predictions, whichever it is"
                                     : ": no line has a behaviour or a prediction under a name that is known"));
    }
  }
  const auto fails = [&](Check check, std::uint64_t findings, std::uint64_t of_all) {
    const CheckPolicy& policy = recipe_.checks[static_cast<std::size_t>(check)];
    const double found = policy.percent ? validation::percentage(findings, of_all) : static_cast<double>(findings);
    return policy.severity == Severity::fail && found > policy.fail_above;
  };
  for (const LineGroup dataset : {LineGroup::collections, LineGroup::predictions}) {
    const InspectedGroup& group = inspection_.groups[static_cast<std::size_t>(dataset)];
    if (fails(validation::checks::RejectedLines::id, group.rejected, group.lines)) {
      add("a run would publish nothing: " + text::grouped(group.rejected) + " of " + text::grouped(group.lines) +
          " lines of " + std::string(name_of(dataset)) + " would be rejected (checks.rejected_lines.fail_above)");
    }
  }
  if (fails(validation::checks::UnusableFiles::id, unusable, inspection_.files.size())) {
    add("a run would publish nothing: of " + text::counted(unusable, "file") +
        " it would reject every line (checks.unusable_files)");
  }
  if (more > 0) remarks.push_back("and " + text::grouped(more) + " more of this kind");
  return {};
}

Result<std::string> Inspector::look_of(std::size_t file) const {
  GM_ASSIGN(const std::string text,
            source::beginning_of(storage_, files_[file], inspection_.files[file].contents, marks::file_window,
                                 source::look_options_of(recipe_, resources_.memory)));
  return marks::sentence_of(marks::likeness_of_file(text));
}

}  // namespace

Result<Inspection> inspect(const Recipe& recipe, const InspectOptions& options, const RunContext& context,
                           const scheduling::RunHooks& hooks) {
  // A name that is found brings what stands below it to light, so the files are read again with it.
  constexpr int most_readings = 4;
  Recipe read_by = recipe;
  std::vector<ProposedAlias> aliases;
  for (int reading = 1;; ++reading) {
    Inspector inspector(read_by, options, context, hooks);
    GM_ASSIGN(Inspection inspection, inspector.run());
    std::vector<ProposedAlias> found = find_aliases(read_by, inspector.near_top());
    if (found.empty() || reading == most_readings) {
      if (read_by.unwrap != recipe.unwrap || read_by.framing != recipe.framing || !aliases.empty()) {
        inspection.remarks.insert(inspection.remarks.begin(),
                                  "the lines were read with what the recipe proposes (unwrap, framing, aliases)");
      }
      inspection.recipe =
          propose_recipe(inspection, {recipe, read_by, aliases}, inspector.inputs(), inspector.near_top());
      return inspection;
    }
    for (ProposedAlias& alias : found) {
      read_by.aliases[static_cast<std::size_t>(alias.field)].push_back(alias.name);
      aliases.push_back(std::move(alias));
    }
  }
}

}  // namespace gristmill::inspect
