// Each file's first lines are read once, and once more where they have shown how they must be read. Tested by
// tests/programs/test_inspect.py.
#include "inspect/first_look.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <string>

#include "inspect/wrapper_finder.h"
#include "marks/marks.h"
#include "run/read_lines.h"

namespace gristmill::inspect {
namespace {

constexpr std::uint64_t lines_looked_at = 100;  // of a file

// Lines by what they plainly are; of a record that is wrapped, `neither` if only its metadata tells it.
struct Kinds {
  std::uint64_t behaviours = 0;
  std::uint64_t predictions = 0;
  std::uint64_t neither = 0;

  void add(const Payloads& payloads) {
    const bool told = payloads.behaviour != payloads.prediction;
    ++(!told ? neither : payloads.behaviour ? behaviours : predictions);
  }
  void add(const Kinds& other) {
    behaviours += other.behaviours;
    predictions += other.predictions;
    neither += other.neither;
  }
  std::uint64_t of(Dataset dataset) const { return dataset == Dataset::collections ? behaviours : predictions; }
};

struct Seen {
  bool any = false;       // a line
  bool readable = false;  // one of them
  Kinds records;
  std::map<std::string, Kinds> wrapped;  // by what `unwrap` would be
};

class FirstLook {
 public:
  FirstLook(const LookedAt& at, source::SourceOptions options, Recipe& recipe)
      : at_(at), options_(options), recipe_(recipe) {}

  Status run() {
    GM_RETURN_IF_ERROR(look());
    bool again = find_wrappers();
    GM_ASSIGN(const bool framing_found, find_framing());
    again |= framing_found;
    if (again) GM_RETURN_IF_ERROR(look());
    for (std::size_t i = 0; i < at_.files.size(); ++i) {
      const Kinds& records = seen_[i].records;
      if (at_.groups[i].said || records.behaviours + records.predictions == 0) continue;
      at_.groups[i].group = records.predictions > records.behaviours ? LineGroup::predictions : LineGroup::collections;
    }
    return {};
  }

 private:
  Status look() {
    options_.look.framing = recipe_.framing;
    for (source::InputFile& file : at_.files) file.contents.reset();
    GM_RETURN_IF_ERROR(scheduling::look_into_files(at_.storage, at_.files, options_.look, at_.workers));
    tallies_ = std::vector<source::FileTally>(at_.files.size());
    source::make_input_ranges(at_.files, tallies_);
    seen_.assign(at_.files.size(), {});
    const record::ParseRules rules(recipe_);
    std::atomic<std::uint32_t> next{0};
    return at_.workers.run([&](std::uint32_t) -> Status {
      source::LineSource source(at_.storage, at_.files, tallies_, options_, at_.gate);
      record::LineParser parser(rules);
      for (;;) {
        const std::uint32_t file = next++;
        if (file >= at_.files.size() || at_.workers.should_stop()) return {};
        if (at_.files[file].size > 0) GM_RETURN_IF_ERROR(look_at(file, rules, source, parser));
      }
    });
  }

  Status look_at(std::uint32_t file, const record::ParseRules& rules, source::LineSource& source,
                 record::LineParser& parser) {
    const source::InputFile& input = at_.files[file];
    const FileToInspect& group = at_.groups[file];
    const source::InputRange range{file, 0,
                                   is_one_range(input) ? input.size : std::min(input.size, source::chunk_size)};
    Seen& seen = seen_[file];
    std::uint64_t lines = 0;
    bool enough = false;
    const Status status = source.read(range, [&](const source::SourceLine& line) -> Status {
      const source::LongLineGate::Hold alone(at_.gate, line.text.size());
      if (!line.too_long && !is_blank(line)) {
        seen.any = true;
        const auto look_by_each = [&](auto find) {
          return std::ranges::any_of(all_datasets, [&](Dataset dataset) {
            return (!group.said || group.group == group_of(dataset)) && find(line, dataset, rules, parser, seen);
          });
        };
        // What one data set is unwrapped from comes before what the other might be.
        look_by_each(find_record) || look_by_each(find_wrapped);
      }
      if (alone.held()) parser.free_memory();
      enough = ++lines >= lines_looked_at || line.offset > source::chunk_size;
      return enough ? Status(Error::interrupted()) : Status();  // ends the reading
    });
    return status.ok() || enough ? Status() : status;
  }

  // Is the line a record, as this data set's lines are read?
  static bool find_record(const source::SourceLine& line, Dataset dataset, const record::ParseRules& rules,
                          record::LineParser& parser, Seen& seen) {
    const bool accepted = parser.parse(dataset, line.text, source::mark_before(line));
    if (!accepted && !is_readable(parser.rejection().reason)) return false;
    seen.readable |= accepted;
    const Payloads payloads = payloads_of(json::skip_space(parser.record_text().begin()), rules.names);
    if (!payloads.behaviour && !payloads.prediction) return false;
    seen.records.add(payloads);
    return true;
  }

  // Does one stand inside it?
  static bool find_wrapped(const source::SourceLine& line, Dataset dataset, const record::ParseRules& rules,
                           record::LineParser& parser, Seen& seen) {
    if (parser.unwraps(dataset)) return false;
    const bool accepted = parser.parse(dataset, line.text, source::mark_before(line));
    if (!accepted && !is_readable(parser.rejection().reason)) return false;
    const auto wrapper = find_wrapper(parser.record_text(), rules.names, rules.depth_limit);
    if (wrapper) seen.wrapped[wrapper->path].add(wrapper->payloads);
    return wrapper.has_value();
  }

  static LineGroup group_of(Dataset dataset) {
    return dataset == Dataset::collections ? LineGroup::collections : LineGroup::predictions;
  }

  // For each data set, the wrapper of most lines, if they are more than those that are not wrapped.
  bool find_wrappers() {
    bool found = false;
    for (const Dataset dataset : {Dataset::collections, Dataset::predictions}) {
      std::string& unwrap = recipe_.unwrap[static_cast<std::size_t>(dataset)];
      if (!unwrap.empty()) continue;
      std::uint64_t plain = 0;
      std::map<std::string, std::uint64_t> wrapped;
      for (std::size_t i = 0; i < seen_.size(); ++i) {
        const FileToInspect& group = at_.groups[i];
        if (group.said && group.group != group_of(dataset)) continue;
        plain += seen_[i].records.of(dataset);
        for (const auto& [path, kinds] : seen_[i].wrapped) {
          // A file of which it was not said, with records that do not tell it either, may be of any.
          const bool open = kinds.behaviours + kinds.predictions == 0;
          if (const std::uint64_t lines = open || group.said ? kinds.neither + kinds.of(dataset) : kinds.of(dataset)) {
            wrapped[path] += lines;
          }
        }
      }
      const auto best = std::max_element(wrapped.begin(), wrapped.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; });
      if (best == wrapped.end() || best->second <= plain) continue;
      unwrap = best->first;
      found = true;
    }
    return found;
  }

  // For both data sets, since files of which nothing was read cannot be told apart.
  Result<bool> find_framing() {
    for (std::uint32_t i = 0; i < at_.files.size(); ++i) {
      const source::InputFile& file = at_.files[i];
      Framing& framing = recipe_.framing[static_cast<std::size_t>(file.dataset)];
      const source::Contents contents = tallies_[i].contents.value_or(source::Contents{});
      if (framing != Framing::automatic || contents.framing != Framing::lines || !seen_[i].any || seen_[i].readable) {
        continue;
      }
      GM_ASSIGN(const std::string text,
                source::beginning_of(at_.storage, file, contents, marks::file_window, options_.look));
      if (!marks::likeness_of_file(text).is_values) continue;
      std::ranges::replace(recipe_.framing, Framing::automatic, Framing::values);
      return true;
    }
    return false;
  }

  const LookedAt& at_;
  source::SourceOptions options_;
  Recipe& recipe_;
  std::vector<source::FileTally> tallies_;
  std::vector<Seen> seen_;
};

}  // namespace

Status take_first_look(const LookedAt& at, source::SourceOptions options, Recipe& recipe) {
  return FirstLook(at, options, recipe).run();
}

}  // namespace gristmill::inspect
