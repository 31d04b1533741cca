// The quarantine is written front to back. Where lines came back mended, both it and they are in the order of the
// inputs: one pass takes them out, and counts those that are left, of earlier runs too. Tested by
// tests/programs/test_replay.py.
#include <map>
#include <utility>

#include "json/json_text.h"
#include "storage/hash.h"
#include "tasks/quarantine_lines.h"
#include "tasks/settle.h"
#include "validate/quarantine.h"

namespace gristmill::tasks {
namespace {

std::string quarantine_path(Dataset dataset) { return "quarantine/" + std::string(name_of(dataset)) + ".jsonl"; }

std::string resolved_path(Dataset dataset) { return "quarantine/resolved/" + std::string(name_of(dataset)) + ".jsonl"; }

class QuarantineWriter {
 public:
  QuarantineWriter(Storage& storage, const GrindOptions& options, const std::vector<source::InputFile>& files,
                   const FactsToSettle& facts, std::string beginning)
      : storage_(storage),
        options_(options),
        files_(files),
        earlier_root_(facts.earlier.root),
        fate_(facts.fate),
        recounts_(facts.resolved != nullptr || facts.fate),
        beginning_(std::move(beginning)),
        resolved_(facts.resolved != nullptr ? std::vector{facts.resolved} : std::vector<shuffle::Sorter*>()),
        resolved_lines_(storage, options.spill_folder, options.sorter_memory),
        output_(storage, options.output) {}

  [[nodiscard]] Result<Settled> write(shuffle::SortedFacts& rejected) {
    merges_ = static_cast<bool>(fate_);
    if (recounts_) {
      settled_.left.emplace();
      settled_.left_of_new.emplace();
      if (options_.keeps_state) settled_.left->keep_spare();
      GM_RETURN_IF_ERROR(next_resolved());
    }
    GM_ASSIGN(bool more, rejected.next());
    for (const Dataset dataset : all_datasets) {
      const auto is_next = [&] {
        return more && files_[validation::decode_rejected_key(rejected.key()).file].dataset == dataset;
      };
      const bool resolves_here = to_resolve_ && files_[place_.file].dataset == dataset;
      GM_RETURN_IF_ERROR(begin(dataset, resolves_here || is_next() || fate_));
      for (; is_next();) {
        GM_RETURN_IF_ERROR(add(dataset, validation::decode_rejected_key(rejected.key()), rejected.value(), nullptr));
        GM_ASSIGN(more, rejected.next());
      }
      if (to_resolve_ && files_[place_.file].dataset == dataset) return cannot_resolve("is not rejected any more");
      if (output_.is_open()) {
        GM_ASSIGN(settled_.written.emplace_back(), output_.close());
      }
    }
    GM_RETURN_IF_ERROR(write_resolved());
    return std::move(settled_);
  }

 private:
  // The lines of earlier runs: as they are, but where some of them are resolved or all are counted again. `changes`:
  // whether the file is written anew.
  [[nodiscard]] Status begin(Dataset dataset, bool changes) {
    writes_ = changes && !options_.output.root.empty();
    if (earlier_root_.empty()) return {};
    const std::string path = earlier_root_ + "/" + quarantine_path(dataset);
    if (!recounts_) {
      if (!writes_) return {};
      GM_RETURN_IF_ERROR(output_.open(quarantine_path(dataset)));
      GM_ASSIGN([[maybe_unused]] const storage::Hash128 hash, output_.append_file(path));
      return {};
    }
    return for_each_quarantined(
        storage_, path, numbers_of(dataset), [] { return false; },
        [&](Place place, std::string_view line, const validation::QuarantineEntry& entry) -> Status {
          const Fate fate = fate_ ? fate_(dataset, entry) : Fate::stays;
          if (fate == Fate::goes) {
            LinesGone& gone = settled_.gone[place.file];
            ++gone.rejected;
            ++gone.reasons[entry.reason];
            return {};
          }
          if (fate == Fate::stays) return add(dataset, place, std::string(line.substr(1)).append("\n"), &entry);
          const validation::QuarantineEntry withheld = without_text(entry);
          return add(dataset, place, line_of(place, withheld), &withheld);
        });
  }

  static validation::QuarantineEntry without_text(const validation::QuarantineEntry& entry) {
    validation::QuarantineEntry withheld = entry;
    withheld.raw.clear();
    withheld.has_raw = withheld.is_truncated = false;
    withheld.is_withheld = true;
    return withheld;
  }

  // Of a withheld line, without its beginning.
  std::string line_of(Place place, const validation::QuarantineEntry& entry) const {
    validation::QuarantineLine line;
    line.dataset = files_[place.file].dataset;
    line.file = files_[place.file].name;
    line.line = entry.line;
    line.offset = entry.offset;
    line.reason = entry.reason;
    line.message = entry.message;
    line.is_withheld = true;
    line.length = entry.length;
    std::string text;
    validation::append_quarantine_line(line, text);
    return text;
  }

  FileNumbers numbers_of(Dataset dataset) const {
    FileNumbers numbers;
    for (std::uint32_t i = 0; i < files_.size(); ++i) {
      if (files_[i].dataset == dataset) numbers.emplace(validation::name_in_quarantine(files_[i].name), i);
    }
    return numbers;
  }

  // `rest`: the line without its beginning; `entry`: what it holds, nullptr if nobody has read that yet.
  [[nodiscard]] Status add(Dataset dataset, Place place, std::string_view rest,
                           const validation::QuarantineEntry* entry) {
    if (to_resolve_ && place_ < place) return cannot_resolve("is not rejected any more");
    if (recounts_ && entry == nullptr) {
      GM_RETURN_IF_ERROR(read(rest));
      entry = &entry_;
    }
    if (to_resolve_ && place_ == place) {
      if (!entry->is_withheld && storage::hash128(entry->raw).hex() != how_.raw_hash)
        return cannot_resolve("is another one now");
      ++settled_.left->of(dataset).resolved;
      if (!files_[place.file].is_known) ++settled_.left_of_new->of(dataset).resolved;
      merges_ |= files_[how_.replay].is_known;
      GM_RETURN_IF_ERROR(add_resolved(
          how_.replay, place, beginning_ + "\"batch\":" + std::to_string(how_.batch) + "," + std::string(rest)));
      return next_resolved();
    }
    if (recounts_) {
      const auto see = [&](Accounting& accounting) {
        return validation::see_rejected_again(*entry, dataset, place.file, accounting);
      };
      if (!see(*settled_.left) || (!files_[place.file].is_known && !see(*settled_.left_of_new)))
        return Error::internal("a line of the quarantine cannot be read back");
    }
    if (!writes_) return {};
    if (!output_.is_open()) GM_RETURN_IF_ERROR(output_.open(quarantine_path(dataset)));
    GM_RETURN_IF_ERROR(output_.append(beginning_));
    return output_.append(rest);
  }

  // Into entry_.
  [[nodiscard]] Status read(std::string_view rest) {
    text_.assign("{").append(rest);
    const std::size_t size = text_.size();
    text_.append(json::text_padding, '\0');
    const std::string wrong = validation::read_quarantine_line({text_.data(), size}, entry_);
    return wrong.empty() ? Status() : Error::internal("a line of the quarantine cannot be read back: " + wrong);
  }

  [[nodiscard]] Status add_resolved(std::uint32_t replay, Place place, const std::string& line) {
    std::string key;
    shuffle::append_key_number(replay, key);
    shuffle::append_key_number(place.file, key);
    shuffle::append_key_number(place.offset, key);
    return resolved_lines_.add(key, line);
  }

  [[nodiscard]] Status next_resolved() {
    GM_ASSIGN(to_resolve_, resolved_.next());
    if (!to_resolve_) return {};
    place_ = validation::decode_rejected_key(resolved_.key());
    how_ = decode_resolved_place(resolved_.value());
    return {};
  }

  Error cannot_resolve(const std::string& why) const {
    const std::string& replay = files_[how_.replay].name;
    return Error::input("the line at offset " + std::to_string(place_.offset) + " of '" + files_[place_.file].name +
                            "' " + why + ", and '" + replay + "' has it mended",
                        "both would count; make the output anew in another folder, without what was replayed")
        .in_file(files_[place_.file].path);
  }

  [[nodiscard]] Status write_resolved() {
    if (options_.output.root.empty()) return {};
    if (merges_) GM_RETURN_IF_ERROR(take_earlier_resolved());
    shuffle::SortedFacts lines({&resolved_lines_});
    std::optional<Dataset> open;
    for (;;) {
      GM_ASSIGN(const bool more, lines.next());
      std::string_view key = lines.key();
      const Dataset dataset = more ? files_[shuffle::take_key_number(key)].dataset : Dataset::collections;
      if (open && (!more || *open != dataset)) {
        GM_ASSIGN(settled_.written.emplace_back(), output_.close());
        open.reset();
      }
      if (!more) return {};
      if (!open) {
        open = dataset;
        GM_RETURN_IF_ERROR(output_.open(resolved_path(dataset)));
        if (!earlier_root_.empty() && !merges_) {
          GM_ASSIGN([[maybe_unused]] const storage::Hash128 hash,
                    output_.append_file(earlier_root_ + "/" + resolved_path(dataset)));
        }
      }
      GM_RETURN_IF_ERROR(output_.append(lines.value()));
    }
  }

  [[nodiscard]] Status keep_resolved(Dataset dataset, std::uint32_t replay, Place place, std::string_view line,
                                     const validation::QuarantineEntry& entry) {
    const Fate fate = fate_ ? fate_(dataset, entry) : Fate::stays;
    if (fate == Fate::goes) {
      LinesGone& gone = settled_.gone[place.file];
      ++gone.rejected;
      ++gone.resolved;
      ++gone.reasons[entry.reason];
      return {};
    }
    settled_.has_resolved[static_cast<std::size_t>(dataset)] = true;
    if (fate == Fate::stays) return add_resolved(replay, place, std::string(line) + "\n");
    return add_resolved(
        replay, place,
        beginning_ + "\"batch\":" + std::to_string(entry.batch) + "," + line_of(place, without_text(entry)));
  }

  // A replay of an earlier run resolves more lines now, or lines go: then all are written anew.
  [[nodiscard]] Status take_earlier_resolved() {
    for (const Dataset dataset : all_datasets) {
      std::map<std::uint64_t, std::uint32_t> replays;  // numbers by batch
      for (std::uint32_t i = 0; i < files_.size(); ++i) {
        if (files_[i].dataset == dataset && files_[i].replay > 0) replays.emplace(files_[i].replay, i);
      }
      const std::string path = earlier_root_ + "/" + resolved_path(dataset);
      GM_RETURN_IF_ERROR(for_each_quarantined(
          storage_, path, numbers_of(dataset), [] { return false; },
          [&](Place place, std::string_view line, const validation::QuarantineEntry& entry) -> Status {
            const auto replay = replays.find(entry.batch);
            if (replay != replays.end()) return keep_resolved(dataset, replay->second, place, line, entry);
            return Error::output("'" + path + "' is not as it was written", "restore it").in_file(path);
          }));
    }
    return {};
  }

  Storage& storage_;
  const GrindOptions& options_;
  const std::vector<source::InputFile>& files_;
  const std::string earlier_root_;
  const FateOfLine& fate_;
  const bool recounts_;
  const std::string beginning_;  // of each line
  shuffle::SortedFacts resolved_;
  bool to_resolve_ = false;  // whether there is a next one: its place, and how
  Place place_;
  ResolvedPlace how_;
  shuffle::Sorter resolved_lines_;  // by replay and place
  storage::OutputFile output_;
  bool merges_ = false;  // whether all resolved lines are written anew
  bool writes_ = false;
  std::string text_;
  validation::QuarantineEntry entry_;
  Settled settled_;
};

}  // namespace

std::string encode(const ResolvedPlace& resolved) {
  std::string value;
  shuffle::append_key_number(resolved.replay, value);
  shuffle::append_key_number(resolved.batch, value);
  return value.append(resolved.raw_hash);
}

ResolvedPlace decode_resolved_place(std::string_view value) {
  ResolvedPlace resolved;
  resolved.replay = static_cast<std::uint32_t>(shuffle::take_key_number(value));
  resolved.batch = static_cast<std::uint32_t>(shuffle::take_key_number(value));
  resolved.raw_hash = value;
  return resolved;
}

Result<Settled> settle_quarantine(Storage& storage, const GrindOptions& options,
                                  const std::vector<source::InputFile>& files, const std::string& inputs_id,
                                  const FactsToSettle& facts) {
  if (options.output.root.empty() && facts.resolved == nullptr) return Settled{};
  std::vector<shuffle::Sorter*> sorters;
  for (GroundFacts* worker : facts.workers) sorters.push_back(&worker->rejected);
  shuffle::SortedFacts rejected(std::move(sorters));
  // The id of an output that grows is another one after each run.
  std::string beginning = options.keeps_state ? "{" : validation::beginning_of_quarantine_lines(inputs_id);
  return QuarantineWriter(storage, options, files, facts, std::move(beginning)).write(rejected);
}

}  // namespace gristmill::tasks
