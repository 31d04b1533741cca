// Facts of a profile are known by their keys, which begin with it but for those of sessions and lines. Tested by
// tests/programs/test_forget.py, against runs that leave the same people out.
#include "growth/forgetting.h"

#include <algorithm>
#include <future>
#include <utility>

#include "growth/replay.h"
#include "growth/replay_places.h"
#include "json/json_text.h"
#include "session/session_facts.h"
#include "shuffle/fact_file.h"
#include "source/all_lines.h"
#include "source/line_source.h"
#include "storage/exceptions.h"
#include "storage/hash.h"
#include "validate/all_checks.h"
#include "validate/repetition_finder.h"

namespace gristmill::growth {
namespace {

constexpr std::uint64_t facts_between_questions = 4096;
constexpr std::uint64_t memory_of_keys = 16U << 20;  // bytes

Owner owner_of(const std::string& profile) {
  const storage::Hash128 hash = storage::hash128(profile);
  return {hash.high, hash.low};
}

bool less(const Owner& a, const Owner& b) { return a.high != b.high ? a.high < b.high : a.low < b.low; }

std::vector<Owner> owners_of(const ProfileIds& profiles) {
  std::vector<Owner> owners;
  for (const std::string& profile : profiles) owners.push_back(owner_of(profile));
  std::sort(owners.begin(), owners.end(), less);
  return owners;
}

class RunFilter {
 public:
  RunFilter(Storage& storage, const std::string& root, const storage::OutputOptions& output,
            const std::string& spill_folder, const ProfileIds& profiles, TakenOut& taken,
            const std::function<bool()>& should_stop)
      : storage_(storage),
        root_(root),
        output_(output),
        profiles_(profiles),
        owners_(owners_of(profiles)),
        taken_(taken),
        should_stop_(should_stop),
        sessions_(storage, spill_folder, memory_of_keys),
        lines_(storage, spill_folder, memory_of_keys) {}

  [[nodiscard]] Status filter(StateRun& run, std::vector<storage::WrittenFile>& written) {
    if (run.size == 0) return {};
    shuffle::SortedFacts facts({}, storage_, {{root_ + "/" + path_of(run), run.size, run.index_size}});
    storage::OutputFile file(storage_, output_);
    GM_RETURN_IF_ERROR(file.open(path_of(run)));
    shuffle::FactFrames frames([&](std::string_view frame) { return file.append(frame); }, frame_size_of(run.kind));
    const StateRun before = run;
    bool has_any = false;
    for (std::uint64_t number = 0;; ++number) {
      if (number % facts_between_questions == 0 && should_stop_()) return Error::interrupted();
      GM_ASSIGN(const bool more, facts.next());
      if (!more) break;
      GM_ASSIGN(const bool goes, is_taken(run.kind, facts.key(), facts.value()));
      if (goes) continue;
      has_any = true;
      GM_RETURN_IF_ERROR(frames.add(facts.key(), facts.value()));
    }
    GM_RETURN_IF_ERROR(frames.finish());
    run.index_size = 0;
    if (before.index_size > 0) {
      GM_ASSIGN(run.index_size, frames.write_index());
    }
    GM_ASSIGN(storage::WrittenFile made, file.close());
    if (!has_any) {
      run.size = run.index_size = 0;
      return storage_.remove(output_.root + "/" + path_of(run));
    }
    run.size = made.size - run.index_size;
    written.push_back(std::move(made));
    return {};
  }

  // Once all runs are filtered.
  [[nodiscard]] Status count() {
    GM_RETURN_IF_ERROR(for_each_once(sessions_, [this](std::string_view) { ++taken_.sessions; }));
    return for_each_once(lines_, [this](std::string_view key) {
      ++taken_.distinct_lines[static_cast<std::size_t>(validation::dataset_of_line(key))];
    });
  }

 private:
  [[nodiscard]] static Status for_each_once(shuffle::Sorter& sorter, const std::function<void(std::string_view)>& use) {
    shuffle::SortedFacts sorted({&sorter});
    std::optional<std::string> last;
    for (;;) {
      GM_ASSIGN(const bool more, sorted.next());
      if (!more) return {};
      if (last && *last == sorted.key()) continue;
      last = std::string(sorted.key());
      use(sorted.key());
    }
  }

  Result<bool> is_taken(RunKind kind, std::string_view key, std::string_view value) {
    switch (kind) {
      case RunKind::lines: return is_line_taken(key);
      case RunKind::sessions: {
        session_key_.decode(key);
        return is_profile_taken(session_key_.profile);
      }
      case RunKind::profiles: return is_count_taken(key, value);
      case RunKind::aggregates: {
        const std::string_view whole = key;
        const bool goes = is_profile_taken(shuffle::take_key_text(key, scratch_));
        // Sessions of several runs are told apart by their keys.
        if (goes) GM_RETURN_IF_ERROR(sessions_.add(whole, {}));
        return goes;
      }
      case RunKind::ids:
      case RunKind::models: break;
    }
    return is_profile_taken(shuffle::take_key_text(key, scratch_));
  }

  bool is_profile_taken(std::string_view profile) {
    if (profile != profile_ || !has_profile_) {
      profile_.assign(profile);
      has_profile_ = true;
      goes_ = profiles_.contains(profile);
      if (goes_) taken_.found.insert(profile_);
    }
    return goes_;
  }

  Result<bool> is_line_taken(std::string_view key) {
    const std::string_view whole = key;
    Owner owner;
    owner.high = shuffle::take_key_number(key);
    owner.low = shuffle::take_key_number(key);
    if (!std::binary_search(owners_.begin(), owners_.end(), owner, less)) return false;
    GM_RETURN_IF_ERROR(lines_.add(whole, {}));
    return true;
  }

  Result<bool> is_count_taken(std::string_view key, std::string_view value) {
    const bool goes = is_profile_taken(shuffle::take_key_text(key, scratch_));
    const auto batch = static_cast<std::uint32_t>(shuffle::take_key_number(key));
    GM_ASSIGN(const tasks::ProfileCounts counts, tasks::decode_profile_counts(value));
    (goes ? taken_.by_batch : taken_.left_by_batch)[batch].merge(counts);
    return goes;
  }

  Storage& storage_;
  const std::string& root_;
  const storage::OutputOptions& output_;
  const ProfileIds& profiles_;
  const std::vector<Owner> owners_;
  TakenOut& taken_;
  const std::function<bool()>& should_stop_;
  session::SessionKey session_key_;
  std::string scratch_;
  std::string profile_;  // of the last fact, and whether it goes
  bool has_profile_ = false;
  bool goes_ = false;
  // Several runs may have the same ones.
  shuffle::Sorter sessions_;
  shuffle::Sorter lines_;
};

// Whoever gets the data must not get the key with it.
Status check_place_of_key(Storage& storage, const Recipe& recipe) {
  GM_ASSIGN(const std::string key, storage.resolve(recipe.forget_key_file));
  std::vector<std::string> places = {recipe.output};
  for (const auto* inputs : {&recipe.collections, &recipe.predictions})
    places.insert(places.end(), inputs->begin(), inputs->end());
  for (const std::string& place : places) {
    if (place.empty()) continue;
    GM_ASSIGN(const std::string folder, storage.resolve(place));
    if (!key.starts_with(folder) || (key.size() > folder.size() && key[folder.size()] != '/')) continue;
    return Error::usage("the key '" + recipe.forget_key_file + "' lies in '" + place + "'",
                        "move it to a place apart from inputs and output")
        .in_file(recipe.forget_key_file)
        .of_key("forget.key_file");
  }
  return {};
}

}  // namespace

Status unlock(Storage& storage, privacy::ForgottenList& list, const Recipe& recipe) {
  if (recipe.forget_key_file.empty()) {
    return Error::usage("people were forgotten here, and without their key nobody can tell whose lines to leave out",
                        "name the key by which they were forgotten with --forget-key-file")
        .of_key("forget.key_file");
  }
  GM_RETURN_IF_ERROR(check_place_of_key(storage, recipe));
  GM_ASSIGN(privacy::SecretKey key, privacy::SecretKey::read(recipe.forget_key_file, "forget.key_file"));
  return list.unlock(std::move(key), recipe.forget_key_file);
}

Result<std::optional<privacy::ForgottenList>> list_to_obey(Storage& storage, const Recipe& recipe,
                                                           const std::string& root) {
  std::optional<privacy::ForgottenList> list;
  if (!root.empty()) {
    GM_ASSIGN(list, privacy::ForgottenList::read(storage, root + "/" + std::string(privacy::forgotten_name)));
    if (list) GM_RETURN_IF_ERROR(unlock(storage, *list, recipe));
  }
  if (recipe.forgotten.empty()) return list;
  GM_ASSIGN(std::optional<privacy::ForgottenList> named, privacy::ForgottenList::read(storage, recipe.forgotten));
  if (!named) {
    return Error::usage("'" + recipe.forgotten + "' is not there",
                        "name the '" + std::string(privacy::forgotten_name) + "' of an output")
        .in_file(recipe.forgotten)
        .of_key("forgotten");
  }
  GM_RETURN_IF_ERROR(unlock(storage, *named, recipe));
  if (!list) return named;
  list->merge(*named);
  return list;
}

Result<TakenOut> take_out_of_runs(Storage& storage, const std::string& root, const storage::OutputOptions& output,
                                  const std::string& spill_folder, const ProfileIds& profiles,
                                  std::vector<StateRun>& runs, std::vector<storage::WrittenFile>& written,
                                  const std::function<bool()>& should_stop) {
  // What profiles came to takes as long as all else.
  TakenOut counts;
  TakenOut others;
  std::vector<storage::WrittenFile> written_counts;
  const auto filter_runs = [&](bool of_profiles, TakenOut& taken, std::vector<storage::WrittenFile>& files) -> Status {
    RunFilter filter(storage, root, output, spill_folder, profiles, taken, should_stop);
    for (StateRun& run : runs) {
      if ((run.kind == RunKind::profiles) == of_profiles) GM_RETURN_IF_ERROR(filter.filter(run, files));
    }
    return filter.count();
  };
  std::future<Status> beside = std::async(std::launch::async, [&] {
    return storage::without_exceptions([&] { return filter_runs(true, counts, written_counts); });
  });
  Status filtered = storage::without_exceptions([&] { return filter_runs(false, others, written); });
  Status counted = beside.get();
  GM_RETURN_IF_ERROR(std::move(filtered));
  GM_RETURN_IF_ERROR(std::move(counted));
  for (storage::WrittenFile& file : written_counts) written.push_back(std::move(file));
  counts.found.merge(others.found);
  counts.distinct_lines = others.distinct_lines;
  counts.sessions = others.sessions;
  for (const auto& [batch, gone] : counts.by_batch) counts.counts.merge(gone);
  for (const auto& [batch, left] : counts.left_by_batch) counts.left.merge(left);
  return counts;
}

FindingsGone take_out_of_counts(const TakenOut& taken, const ProfileIds& profiles, Accounting& accounting) {
  using validation::checks::RejectedLines;
  using validation::checks::RepeatedLines;
  const Accounting& left = taken.left.counts;
  for (const Dataset dataset : all_datasets) {
    DatasetAccount& account = accounting.of(dataset);
    const DatasetAccount& others = left.of(dataset);
    accounting.newlines_written -= account.rows - others.rows;
    account.rows = others.rows;
    account.repairs = others.repairs;
    account.repaired_lines = others.repaired_lines;
    account.lines_without_session = others.lines_without_session;
    account.rows_without_session = others.rows_without_session;
    account.fields_not_carried = others.fields_not_carried;
    account.carried = others.carried;
    account.newest = others.newest;
  }
  std::array<std::uint64_t, dataset_count> accepted{};
  for (const auto& [file, lines] : taken.counts.lines)
    accepted[static_cast<std::size_t>(tasks::dataset_of_kept(file))] += lines;
  for (std::size_t check = 0; check < accounting.checks.size(); ++check) {
    const auto id = static_cast<Check>(check);
    auto& counts = accounting.checks[check].counts;
    const auto before = counts;
    counts = left.checks[check].counts;
    for (const Dataset dataset : all_datasets) {
      const auto i = static_cast<std::size_t>(dataset);
      if (id == RejectedLines::id) counts[i][RejectedLines::bytes] = before[i][RejectedLines::bytes];
      if (id == RepeatedLines::id)
        counts[i][RepeatedLines::lines] = before[i][RepeatedLines::lines] - (accepted[i] - taken.distinct_lines[i]);
    }
  }
  for (std::size_t hint = 0; hint < hint_count; ++hint) accounting.hints[hint].counts = left.hints[hint].counts;
  accounting.models = left.models;
  const std::vector<Owner> owners = owners_of(profiles);
  FindingsGone gone;
  accounting.for_each_list([&](Culprits& culprits) {
    const bool was_full = culprits.is_full();
    culprits.drop_if([&](const Culprit& culprit) {
      const bool goes = std::binary_search(owners.begin(), owners.end(), culprit.owner, less);
      gone.findings += goes ? 1 : 0;
      return goes;
    });
    gone.short_lists += was_full && culprits.is_short() ? 1 : 0;
  });
  return gone;
}

std::optional<std::string> LineJudge::profile_of_line(Dataset dataset, std::string_view line, json::MarkBefore mark) {
  text_.assign(line);
  text_.append(json::text_padding, '\0');
  const bool accepted = parser_.parse(dataset, {text_.data(), line.size()}, mark);
  if (!accepted && !parser_.profile_is_read()) return std::nullopt;
  return std::string(parser_.record().profile.text);
}

std::optional<std::string> LineJudge::profile_of(Dataset dataset, const validation::QuarantineEntry& entry) {
  if (entry.is_withheld || entry.is_truncated) return std::nullopt;
  // As source::mark_before has it.
  const bool begins_file = entry.line == 1 && entry.offset <= json::byte_order_mark.size();
  return profile_of_line(dataset, entry.raw, begins_file ? json::MarkBefore::no : json::MarkBefore::possible);
}

tasks::Fate LineJudge::judge(Dataset dataset, const validation::QuarantineEntry& entry) {
  if (entry.is_withheld) return tasks::Fate::stays;
  const std::optional<std::string> profile = profile_of(dataset, entry);
  if (!profile) return tasks::Fate::is_withheld;
  return !profile->empty() && forgotten_->contains(*profile) ? tasks::Fate::goes : tasks::Fate::stays;
}

bool LineJudge::is_of_forgotten(Dataset dataset, std::string_view line) {
  const std::optional<std::string> profile = profile_of_line(dataset, line);
  return profile && !profile->empty() && forgotten_->contains(*profile);
}

Status for_each_line_of(Storage& storage, const std::string& output, const std::vector<std::string>& ids,
                        const std::function<bool()>& should_stop, const UseInputLine& use) {
  GM_ASSIGN(const std::string root, storage.resolve(output));
  GM_ASSIGN(const std::optional<State> state, read_state(storage, root));
  if (!state) return no_state(root);
  GM_ASSIGN(const std::vector<LedgerEntry> ledger, read_ledger(storage, root + "/" + std::string(ledger_name)));
  const ProfileIds profiles(ids.begin(), ids.end());
  LineJudge judge(state->recipe, nullptr);
  source::SourceOptions options;
  options.line_limit = state->recipe.line_limit;
  options.look = source::look_options_of(state->recipe, 64U << 20);
  for (const LedgerEntry& entry : ledger) {
    if (is_left_out(entry.file)) continue;
    std::vector<source::InputFile> one{file_of(entry)};
    GM_ASSIGN(const std::optional<FileInfo> there, storage.stat_file(entry.path));
    if (!there || there->size != entry.file.stored_bytes) continue;
    source::set_info(*there, one.front());
    one.front().named = source::named_compression(entry.file.name);
    std::uint64_t number = 0;
    GM_RETURN_IF_ERROR(source::for_each_line(
        storage, one, options, should_stop, [&](std::uint32_t, const source::SourceLine& line) -> Status {
          ++number;
          if (source::is_blank(line) || line.too_long) return {};
          const auto profile = judge.profile_of_line(entry.file.dataset, line.text, source::mark_before(line));
          if (profile && profiles.contains(*profile)) use(entry.path, number, line.offset);
          return {};
        }));
  }
  return {};
}

Status take_out_of_replays(Storage& storage, const storage::OutputOptions& output, LineJudge& judge,
                           std::vector<LedgerEntry>& ledger, std::vector<storage::WrittenFile>& written,
                           const std::function<bool()>& should_stop) {
  for (LedgerEntry& entry : ledger) {
    if (entry.replay == 0) continue;
    source::InputFile replay = file_of(entry);
    std::string text;
    std::uint64_t gone = 0;
    GM_ASSIGN(std::optional<source::InputFile> file, source::own_file(storage, replay.path));
    if (!file) continue;
    std::vector<source::InputFile> one{std::move(*file)};
    GM_RETURN_IF_ERROR(source::for_each_line(
        storage, one, source::options_of_own_lines(), should_stop,
        [&](std::uint32_t, const source::SourceLine& line) -> Status {
          const bool goes = !source::is_blank(line) && judge.is_of_forgotten(replay.dataset, line.text);
          gone += goes ? 1 : 0;
          text.append(goes ? std::string(line.text.size(), ' ') : std::string(line.text));
          text.push_back('\n');
          return {};
        }));
    if (gone == 0) continue;
    const std::string path = path_of_replay(replay);
    storage::OutputFile lines(storage, output);
    GM_RETURN_IF_ERROR(lines.open(path));
    GM_RETURN_IF_ERROR(lines.append(text));
    GM_ASSIGN(storage::WrittenFile made, lines.close());
    GM_ASSIGN(written.emplace_back(), copy_places_as_they_are(storage, output, replay, made.hash.hex(), should_stop));
    written.push_back(std::move(made));
    source::InputFile staged = replay;
    staged.path = output.root + "/" + path;
    GM_ASSIGN(const std::optional<FileInfo> there, storage.stat_file(staged.path));
    if (!there) return Error::internal("'" + staged.path + "' is not there any more");
    source::set_info(*there, staged);
    GM_ASSIGN(entry.tree_hash, source::tree_hash_of(storage, staged, should_stop));
  }
  return {};
}

}  // namespace gristmill::growth
