// A line is parsed as its file's data set first: it mostly is of that one, and the parser proves the JSON that the
// rest walks over. What is counted here is what grind counts (tasks/grind.cc); tests/programs/test_inspect.py
// compares both. Tested in line_inspector_test.cc.
#include "inspect/line_inspector.h"

#include "validate/facts.h"

namespace gristmill::inspect {
namespace {

constexpr std::size_t longest_shape = 4U << 10;  // bytes of its text

Dataset dataset_of(LineGroup group) {
  return group == LineGroup::predictions ? Dataset::predictions : Dataset::collections;
}

}  // namespace

void LineKinds::add(const LineKinds& other) {
  collections += other.collections;
  predictions += other.predictions;
  both += other.both;
  neither += other.neither;
  unreadable += other.unreadable;
  accepted += other.accepted;
  blank += other.blank;
}

bool is_readable(Reason reason) {
  return reason != Reason::invalid_json && reason != Reason::invalid_utf8 && reason != Reason::too_deep &&
         reason != Reason::line_too_long;
}

LineInspector::LineInspector(Storage& storage, const std::string& spill_folder, const record::ParseRules& rules,
                             const std::vector<FileToInspect>& files, const InspectorLimits& limits,
                             source::LongLineGate& gate)
    : rules_(rules),
      files_(files),
      limits_(limits),
      gate_(gate),
      parser_(rules),
      shape_facts_(storage, spill_folder, limits.sorter),
      field_facts_(storage, spill_folder, limits.sorter),
      shapes_(shape_facts_, limits.shapes),
      trees_{PathTree(rules.names), PathTree(rules.names), PathTree(rules.names)} {}

LineKinds& LineInspector::kinds_of(std::uint32_t file) {
  if (kinds_.size() <= file) kinds_.resize(file + std::size_t{1});
  return kinds_[file];
}

// Where the data set was not said, and the line plainly is of the other one. The usual line is looked at up to its
// payload's name.
LineGroup LineInspector::group_of(const FileToInspect& file, std::string_view text) const {
  if (file.said) return file.group;
  const char* const p = json::skip_space(text.data());
  if (*p != '{') return file.group;
  LineGroup found = file.group;
  std::string scratch;
  for (json::ObjectWalk walk(p); walk.next();) {
    const auto field = rules_.names.find(json::unescaped(walk.key, scratch));
    if (field != Field::behaviour && field != Field::prediction) continue;
    const LineGroup group = field == Field::behaviour ? LineGroup::collections : LineGroup::predictions;
    if (group == file.group) return group;
    // A second payload, in a file of neither: the line cannot be told.
    if (found != file.group && found != group) return file.group;
    found = group;
  }
  return found;
}

Status LineInspector::inspect(std::uint32_t file, const source::SourceLine& line) {
  const FileToInspect& whole = files_[file];
  const Place place{file, line.offset};
  if (line.too_long) {
    ++kinds_of(file).unreadable;
    reject(whole.group, place, line, Reason::line_too_long);
    return {};
  }
  if (source::is_blank(line)) {
    ++kinds_of(file).blank;
    return {};
  }
  const source::LongLineGate::Hold alone(gate_, line.text.size());
  bool accepted = parser_.parse(dataset_of(whole.group), line.text, source::mark_before(line));
  LineGroup group = whole.group;
  const bool readable = accepted || is_readable(parser_.rejection().reason);
  if (readable) {
    group = group_of(whole, parser_.record_text());
    if (dataset_of(group) != dataset_of(whole.group)) {
      accepted = parser_.parse(dataset_of(group), line.text, source::mark_before(line));
    }
  } else {
    ++kinds_of(file).unreadable;
  }
  if (accepted) {
    ++kinds_of(file).accepted;
    accept(group, place, line);
  } else {
    reject(group, place, line, parser_.rejection().reason);
  }
  if (readable) GM_RETURN_IF_ERROR(add_shape(group, file, line));
  if (alone.held()) parser_.free_memory();
  return {};
}

void LineInspector::reject(LineGroup group, Place place, const source::SourceLine& line, Reason reason) {
  GroupAccount& counts = groups_[static_cast<std::size_t>(group)];
  ++counts.rejected;
  ++counts.account.rejections[static_cast<std::size_t>(reason)];
  Culprits& examples = counts.account.rejection_examples[static_cast<std::size_t>(reason)];
  if (examples.wants(place))
    examples.add(place, line.line_in_chunk, json::beginning_of(line.text, validation::example_length));
  if (reason != Reason::invalid_json && reason != Reason::invalid_utf8 && reason != Reason::not_an_object) return;
  if (const marks::Likeness* look = marks::likeness_of_line(line.text)) ++counts.looks[{reason, look}];
}

void LineInspector::accept(LineGroup group, Place place, const source::SourceLine& line) {
  GroupAccount& counts = groups_[static_cast<std::size_t>(group)];
  DatasetAccount& account = counts.account;
  const record::Record& record = parser_.record();
  ++counts.accepted;
  if (!record.repairs.empty()) {
    ++account.repaired_lines;
    for (std::size_t i = 0; i < repair_count; ++i) {
      if (!record.repairs.has(static_cast<Repair>(i))) continue;
      ++account.repairs[i];
      Culprits& examples = account.repair_examples[i];
      if (examples.wants(place))
        examples.add(place, line.line_in_chunk, json::beginning_of(line.text, validation::example_length));
    }
  }
  const record::Identifier* ids[] = {&record.profile, &record.session, &record.collection};
  for (std::size_t i = 0; i < std::size(ids); ++i) counts.missing_ids[i] += ids[i]->missing() ? 1 : 0;
  if (group == LineGroup::predictions) {
    parser_.for_each_prediction([&](const record::Prediction& prediction) {
      if (!prediction.model_blank) counts.models.add(prediction.model);
    });
  }
}

Status LineInspector::add_shape(LineGroup group, std::uint32_t file, const source::SourceLine& line) {
  const auto index = static_cast<std::size_t>(group);
  ++groups_[index].readable;
  PathTree& tree = trees_[index];
  const Place place{file, line.offset};
  const storage::Hash128 shape = tree.add(parser_.record_text(), place);
  const bool behaviour = tree.has_at_top(Field::behaviour);
  const bool prediction = tree.has_at_top(Field::prediction);
  LineKinds& kinds = kinds_of(file);
  ++(behaviour && prediction ? kinds.both
     : behaviour             ? kinds.collections
     : prediction            ? kinds.predictions
                             : kinds.neither);
  if (shapes_.add(static_cast<std::uint8_t>(group), shape, place, line.line_in_chunk)) {
    GM_RETURN_IF_ERROR(
        shapes_.describe(tree.shape_text(longest_shape), json::beginning_of(line.text, validation::example_length)));
  }
  const std::size_t bytes = trees_[0].bytes() + trees_[1].bytes() + trees_[2].bytes();
  return bytes > limits_.paths ? flush_trees() : Status();
}

Status LineInspector::flush_trees() {
  Status status;
  std::string fact_key;
  std::string value;
  for (std::size_t group = 0; group < line_groups; ++group) {
    trees_[group].for_each([&](const std::string& key, const FieldStatistics& statistics) {
      if (!status.ok()) return;
      fact_key.assign(1, static_cast<char>(group)).append(key);
      value.clear();
      statistics.append_to(value);
      status = field_facts_.add(fact_key, value);
    });
    trees_[group].clear();
  }
  return status;
}

Status LineInspector::finish() {
  GM_RETURN_IF_ERROR(shapes_.flush());
  return flush_trees();
}

}  // namespace gristmill::inspect
