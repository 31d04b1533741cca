// Whether a line is accepted is a matter of the line alone, so that it is known before a file is made of it. Places are
// sorted as the quarantine is, and both are read once, side by side. Tested by tests/programs/test_replay.py.
#include "growth/replay.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "growth/replay_places.h"
#include "growth/state.h"
#include "json/json_text.h"
#include "record/line_parser.h"
#include "source/all_lines.h"
#include "source/line_source.h"
#include "tasks/quarantine_lines.h"
#include "tasks/settle.h"
#include "validate/quarantine.h"

namespace gristmill::growth {
namespace {

constexpr std::uint64_t sorter_memory = 16U << 20;  // bytes
constexpr std::size_t most_told = 10;
constexpr std::uint64_t longest_spelling = 6;  // bytes of JSON for one of a line: \u0001

// Line ends between tokens become spaces. False: one stands within a string.
bool join_lines(std::string& raw) {
  bool in_string = false;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\n') {
      if (in_string) return false;
      if (i > 0 && raw[i - 1] == '\r') raw[i - 1] = ' ';
      raw[i] = ' ';
    } else if (raw[i] == '"') {
      in_string = !in_string;
    } else if (raw[i] == '\\' && in_string && i + 1 < raw.size() && raw[i + 1] != '\n') {
      ++i;
    }
  }
  return true;
}

using tasks::FileNumbers;

std::string quarantine_of(const std::string& root, std::string_view folder, Dataset dataset) {
  return root + "/quarantine/" + std::string(folder) + std::string(name_of(dataset)) + ".jsonl";
}

class Mender {
 public:
  Mender(Storage& storage, const Recipe& recipe, const storage::OutputOptions& output, LinesToReplay lines,
         const std::function<bool()>& should_stop)
      : storage_(storage),
        recipe_(recipe),
        output_(output),
        lines_(std::move(lines)),
        should_stop_(should_stop),
        rules_(recipe),
        parser_(rules_),
        order_(input_order(lines_.ledger)),
        asked_(storage, lines_.spill_folder, sorter_memory) {
    for (std::uint32_t i = 0; i < order_.size(); ++i) {
      const FileReport& file = lines_.ledger[order_[i]].file;
      numbers_[static_cast<std::size_t>(file.dataset)].emplace(validation::name_in_quarantine(file.name), i);
    }
    parser_.stop_when(should_stop);
  }

  [[nodiscard]] Result<MendedLines> mend() {
    source::SourceOptions options;
    options.line_limit = recipe_.line_limit * longest_spelling + (1U << 20);
    options.look.depth_limit = recipe_.depth_limit;
    std::vector<std::uint64_t> line_of(lines_.from.size());
    GM_RETURN_IF_ERROR(source::for_each_line(storage_, lines_.from, options, should_stop_,
                                             [&](std::uint32_t file, const source::SourceLine& line) -> Status {
                                               ++line_of[file];
                                               if (source::is_blank(line)) return {};
                                               return take(file, line_of[file], line);
                                             }));
    GM_RETURN_IF_ERROR(hold_against_quarantine());
    for (const Dataset dataset : all_datasets) GM_RETURN_IF_ERROR(close(dataset));
    return std::move(mended_);
  }

 private:
  struct Target {
    explicit Target(Storage& storage, const storage::OutputOptions& output)
        : lines(storage, output), places(storage, output) {}
    source::InputFile input;
    storage::OutputFile lines;
    PlacesWriter places;
  };

  [[nodiscard]] Status take(std::uint32_t from, std::uint64_t number, const source::SourceLine& line) {
    const Dataset dataset = lines_.from[from].dataset;
    const auto wrong = [&](const std::string& why) {
      return Error::input("'" + lines_.from[from].path + "' line " + std::to_string(number) + ": " + why,
                          "give lines as they stand in 'quarantine/" + std::string(name_of(dataset)) +
                              ".jsonl', with 'raw' mended")
          .in_file(lines_.from[from].path, number);
    };
    if (line.too_long) return wrong("it is longer than any line of the quarantine");
    const std::string why = validation::read_quarantine_line(line.text, entry_);
    if (!why.empty()) return wrong(why);
    if (!entry_.has_raw) return wrong("it has no 'raw'");
    if (!entry_.dataset.empty() && entry_.dataset != name_of(dataset))
      return wrong("it is of '" + entry_.dataset + "', and was given as one of " + std::string(name_of(dataset)));
    const FileNumbers& numbers = numbers_[static_cast<std::size_t>(dataset)];
    const auto file = numbers.find(entry_.file);
    if (file == numbers.end()) return wrong("no input '" + entry_.file + "' is in the output");
    if (!join_lines(entry_.raw)) return wrong("its 'raw' has a line end within a string");
    GM_ASSIGN(const bool accepted, judge(dataset, lines_.from[from], number));
    std::string key;
    validation::encode_rejected_key({file->second, entry_.offset}, key);
    std::string value;
    shuffle::append_key_number(from, value);
    shuffle::append_key_number(number, value);
    shuffle::append_key_number(accepted ? 1 : 0, value);
    return asked_.add(key, value);
  }

  // Whether it is accepted. Then it is written.
  [[nodiscard]] Result<bool> judge(Dataset dataset, const source::InputFile& from, std::uint64_t number) {
    std::string why;
    const std::size_t size = entry_.raw.size();
    if (entry_.raw.find_first_not_of(" \t\r") == std::string::npos) {
      why = "it is blank";
    } else if (size > recipe_.line_limit) {
      why = std::string(name_of(Reason::line_too_long)) + ": it is " + std::to_string(size) +
            " bytes long, the limit is " + std::to_string(recipe_.line_limit);
    } else {
      entry_.raw.append(json::text_padding, '\0');
      const bool accepted = parser_.parse(dataset, {entry_.raw.data(), size});
      if (parser_.stopped()) return Error::interrupted();
      if (!accepted)
        why = std::string(name_of(parser_.rejection().reason)) + ": " + std::string(parser_.rejection().message);
      entry_.raw.resize(size);
    }
    if (why.empty()) {
      GM_RETURN_IF_ERROR(write(dataset));
      return true;
    }
    if (++mended_.rejected <= most_told) {
      mended_.notes.push_back("'" + from.path + "' line " + std::to_string(number) + " ('" + entry_.file +
                              "', offset " + std::to_string(entry_.offset) + ") is rejected again: " + why);
    }
    return false;
  }

  [[nodiscard]] Status write(Dataset dataset) {
    std::unique_ptr<Target>& target = targets_[static_cast<std::size_t>(dataset)];
    if (!target) {
      target = std::make_unique<Target>(storage_, output_);
      source::InputFile& input = target->input;
      input.dataset = dataset;
      input.replay = lines_.batch;
      char number[16];
      std::snprintf(number, sizeof number, "%06u", lines_.batch);
      input.name = std::string("replay-") + number;
      const FileNumbers& numbers = numbers_[static_cast<std::size_t>(dataset)];
      while (numbers.contains(input.name)) input.name = std::to_string(lines_.batch) + "/" + input.name;
      GM_RETURN_IF_ERROR(target->lines.open(path_of_replay(input)));
      GM_RETURN_IF_ERROR(target->places.open(path_of_replay(input)));
    }
    GM_RETURN_IF_ERROR(target->lines.append(entry_.raw));
    return target->lines.append("\n");
  }

  [[nodiscard]] Status close(Dataset dataset) {
    const std::unique_ptr<Target> target = std::move(targets_[static_cast<std::size_t>(dataset)]);
    if (!target) return {};
    GM_ASSIGN(storage::WrittenFile lines, target->lines.close());
    GM_ASSIGN(mended_.written.emplace_back(), target->places.close(lines.hash.hex()));
    mended_.written.push_back(std::move(lines));
    source::InputFile& input = target->input;
    input.path = output_.root + "/" + path_of_replay(input);
    GM_ASSIGN(const std::optional<FileInfo> there, storage_.stat_file(input.path));
    if (!there) return Error::internal("'" + input.path + "' is not there any more");
    source::set_info(*there, input);
    mended_.inputs.push_back(std::move(input));
    return {};
  }

  // The lines that are asked for, in their order.
  [[nodiscard]] Status hold_against_quarantine() {
    shuffle::SortedFacts asked({&asked_});
    GM_ASSIGN(bool more, asked.next());
    std::string last;
    const auto take_next = [&](const validation::QuarantineEntry& entry) -> Status {
      GM_RETURN_IF_ERROR(replace(asked, entry));
      last.assign(asked.key());
      GM_ASSIGN(more, asked.next());
      if (more && asked.key() == last) return refuse(asked, " is there twice", "leave one of them out");
      return {};
    };
    for (const Dataset dataset : all_datasets) {
      const auto is_here = [&](std::string_view key) {
        return file_of_number(validation::decode_rejected_key(key).file).dataset == dataset;
      };
      if (!more || !is_here(asked.key())) continue;
      std::string key;
      GM_RETURN_IF_ERROR(for_each_entry(quarantine_of(lines_.root, "", dataset), dataset,
                                        [&](Place place, const validation::QuarantineEntry& entry) -> Status {
                                          validation::encode_rejected_key(place, key);
                                          if (!more || asked.key() > key) return {};
                                          if (asked.key() < key) return refuse_unknown(asked);
                                          return take_next(entry);
                                        }));
      if (more && is_here(asked.key())) return refuse_unknown(asked);
    }
    return {};
  }

  // Notes what an accepted line stands for. `entry`: of the quarantine.
  [[nodiscard]] Status replace(const shuffle::SortedFacts& asked, const validation::QuarantineEntry& entry) {
    std::string_view value = asked.value();
    shuffle::take_key_number(value);
    shuffle::take_key_number(value);
    if (shuffle::take_key_number(value) == 0) return {};
    const LedgerEntry& input = lines_.ledger[order_[validation::decode_rejected_key(asked.key()).file]];
    return targets_[static_cast<std::size_t>(input.file.dataset)]->places.add(
        {input.file.name, input.path, input.file.stored_bytes, entry.offset, storage::hash128(entry.raw).hex()});
  }

  // Of a place's number.
  const FileReport& file_of_number(std::uint32_t number) const { return lines_.ledger[order_[number]].file; }

  [[nodiscard]] Status for_each_entry(const std::string& path, Dataset dataset,
                                      const std::function<Status(Place, const validation::QuarantineEntry&)>& use) {
    return tasks::for_each_quarantined(
        storage_, path, numbers_[static_cast<std::size_t>(dataset)], should_stop_,
        [&](Place place, std::string_view, const validation::QuarantineEntry& entry) { return use(place, entry); });
  }

  Error refuse(const shuffle::SortedFacts& asked, const std::string& what, const std::string& advice) {
    const Place place = validation::decode_rejected_key(asked.key());
    std::string_view value = asked.value();
    const std::string& path = lines_.from[shuffle::take_key_number(value)].path;
    const std::uint64_t line = shuffle::take_key_number(value);
    return Error::input("'" + path + "' line " + std::to_string(line) + ": offset " + std::to_string(place.offset) +
                            " of '" + file_of_number(place.file).name + "'" + what,
                        advice)
        .in_file(path, line);
  }

  Error refuse_unknown(const shuffle::SortedFacts& asked) {
    const Place wanted = validation::decode_rejected_key(asked.key());
    const Dataset dataset = file_of_number(wanted.file).dataset;
    bool is_resolved = false;
    const Status looked = for_each_entry(quarantine_of(lines_.root, "resolved/", dataset), dataset,
                                         [&](Place place, const validation::QuarantineEntry&) {
                                           is_resolved |= place == wanted;
                                           return Status();
                                         });
    if (!looked.ok()) return looked.error();
    if (is_resolved) return refuse(asked, " was resolved before", "leave out what was replayed");
    return refuse(asked, " is not in the quarantine",
                  "'file' and 'offset' say which rejected line a mended one stands for; leave them as they were");
  }

  Storage& storage_;
  const Recipe& recipe_;
  const storage::OutputOptions& output_;
  LinesToReplay lines_;
  const std::function<bool()>& should_stop_;
  const record::ParseRules rules_;
  record::LineParser parser_;
  const std::vector<std::size_t> order_;            // input_order() of the ledger
  std::array<FileNumbers, dataset_count> numbers_;  // as files of a ledger are numbered
  shuffle::Sorter asked_;                           // key: of the rejected line; value: file and line that mend it
  validation::QuarantineEntry entry_;
  std::array<std::unique_ptr<Target>, dataset_count> targets_;
  MendedLines mended_;
};

}  // namespace

Result<Recipe> recipe_of_replay(Storage& storage, const Recipe& given) {
  GM_ASSIGN(const std::string root, storage.resolve(given.output));
  GM_ASSIGN(std::optional<State> state, read_state(storage, root));
  if (!state) return no_state(root);
  Recipe recipe = std::move(state->recipe);
  recipe.collections = given.collections;
  recipe.predictions = given.predictions;
  recipe.output = given.output;
  recipe.spill_directory = given.spill_directory;
  recipe.threads = given.threads;
  recipe.memory = given.memory;
  recipe.fsync = given.fsync;
  recipe.publish_anyway = given.publish_anyway;
  recipe.require_new = given.require_new;
  recipe.forget_key_file = given.forget_key_file;
  recipe.compact_above = given.compact_above;
  recipe.layout = Layout::as_published;
  recipe.set_aside.clear();
  return recipe;
}

std::string path_of_replay(const source::InputFile& replay) {
  std::string name = replay.name;
  std::ranges::replace(name, '/', '-');
  return std::string(state_folder)
      .append(replays_folder)
      .append(name_of(replay.dataset))
      .append("-")
      .append(name)
      .append(".jsonl");
}

Result<MendedLines> mend_lines(Storage& storage, const Recipe& recipe, const storage::OutputOptions& output,
                               LinesToReplay lines, const std::function<bool()>& should_stop) {
  return Mender(storage, recipe, output, std::move(lines), should_stop).mend();
}

}  // namespace gristmill::growth
