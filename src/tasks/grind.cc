// A bucket that fits is loaded and its lines are sorted by (hash of the profile, place). One that does
// not is split by more bits of the hash, or, if one profile fills it, streamed in order. Two profiles
// with one hash are told apart by their names: the lines of the second wait until the first is done.
// Tested in grind_test.cc and by every whole-program test.
#include "tasks/grind.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "record/hive_name.h"
#include "shuffle/line_order.h"
#include "source/line_source.h"
#include "validate/hint_finder.h"
#include "validate/quarantine.h"

namespace gristmill::tasks {
namespace {

constexpr std::uint32_t split_bits = 6;

// A row costs what all rows of the line share; the parser is asked about stopping after this much.
constexpr std::uint64_t work_between_checks = 1U << 16;
std::uint64_t rows_between_checks(const record::Record& record) {
  const std::uint64_t shared = record.columns.size() + record.profile.spelling.size() + record.session.spelling.size() +
                               record.collection.spelling.size() + record.timestamp.size();
  return shared >= work_between_checks ? 1 : 64;
}

// Lines of a bucket are used in another order than they lie in memory: they are fetched this many lines before.
constexpr std::size_t ahead = 4;

}  // namespace

GroundFacts::GroundFacts(Storage& storage, const GrindOptions& options)
    : aggregates(storage, options.spill_folder, options.sorter_memory),
      ids(storage, options.spill_folder, options.sorter_memory),
      models(storage, options.spill_folder, options.sorter_memory),
      sessions(storage, options.spill_folder, options.sorter_memory),
      repeated(storage, options.spill_folder, options.sorter_memory),
      rejected(storage, options.spill_folder, options.sorter_memory),
      files(storage, options.spill_folder, options.sorter_memory),
      profiles(storage, options.spill_folder, options.sorter_memory) {
  if (options.keeps_state) accounting.keep_spare();
}

Grinder::Grinder(Storage& storage, const Recipe& recipe, const record::ParseRules& rules,
                 const std::vector<source::InputFile>& files, const source::LineNumbers& line_numbers,
                 const GrindOptions& options, source::LongLineGate& gate, GroundFacts& facts)
    : storage_(storage),
      recipe_(recipe),
      files_(files),
      line_numbers_(line_numbers),
      options_(options),
      gate_(gate),
      facts_(facts),
      accounting_(facts.accounting),
      accepted_(options.keeps_state ? profile_counts_.counts : facts.accounting),
      checks_(accepted_),
      checks_of_rejected_(accounting_),
      parser_(rules),
      labels_(storage, options.output),
      predictions_(storage, options.output),
      sessions_(session_columns(recipe), facts.aggregates, facts.ids, facts.models, facts.sessions,
                options.profile_memory, options.keeps_state),
      repeated_(facts.repeated, options.profile_memory, options.keeps_state) {
  accounting_.files.resize(files.size());
  if (options.keeps_state) profile_counts_.counts.keep_spare();
  first_prediction_ = first_prediction_of(files);
  label_rows_.stop_with(parser_.stop_check());
}

Status Grinder::grind(const std::vector<shuffle::BucketSet*>& sets, std::size_t bucket, std::uint32_t shift) {
  shuffle::BucketStatistics statistics;
  shuffle::MergedLines lines;
  for (shuffle::BucketSet* set : sets) {
    statistics.add(set->statistics(bucket));
    lines.add(*set, bucket);
  }
  if (statistics.lines > 0) {
    if (statistics.spilled_bytes == 0 || statistics.bytes <= options_.load_limit) {
      GM_RETURN_IF_ERROR(grind_loaded(lines));
    } else if (statistics.one_hash() || shift >= 64) {
      GM_RETURN_IF_ERROR(grind_stream(lines));
    } else {
      GM_RETURN_IF_ERROR(split(lines, shift));
    }
  }
  for (shuffle::BucketSet* set : sets) set->release(bucket);
  return {};
}

Status Grinder::grind_loaded(shuffle::MergedLines& lines) {
  std::vector<const shuffle::LineHeader*> headers;
  GM_RETURN_IF_ERROR(lines.load_all(headers));
  shuffle::order_by_profile(headers);
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i + ahead < headers.size()) shuffle::prefetch_line(headers[i + ahead]);
    GM_RETURN_IF_ERROR(grind_line({headers[i]}));
    if (i + 1 == headers.size() || headers[i + 1]->profile_hash != headers[i]->profile_hash) {
      GM_RETURN_IF_ERROR(end_profile());
      GM_RETURN_IF_ERROR(grind_deferred());
    }
  }
  return {};
}

// A long line is loaded, used and freed under the gate: only one is in memory at a time.
Status Grinder::for_each_line(shuffle::MergedLines& lines,
                              const std::function<Status(const shuffle::RoutedLine&)>& use) {
  for (;;) {
    const source::LongLineGate::Hold alone(gate_, lines.bytes_to_load());
    GM_ASSIGN(const shuffle::RoutedLine line, lines.next());
    if (line.header == nullptr) return {};
    GM_RETURN_IF_ERROR(use(line));
    if (alone.held()) lines.drop_read_frames();
  }
}

Status Grinder::grind_stream(shuffle::MergedLines& lines) {
  GM_RETURN_IF_ERROR(for_each_line(lines, [this](const shuffle::RoutedLine& line) { return grind_line(line); }));
  GM_RETURN_IF_ERROR(end_profile());
  return grind_deferred();
}

Status Grinder::split(shuffle::MergedLines& lines, std::uint32_t shift) {
  shuffle::BucketOptions options;
  options.bits = split_bits;
  options.shift = shift;
  options.quota = options_.load_limit;
  options.spill_folder = options_.spill_folder;
  shuffle::BucketSet parts(storage_, options);
  GM_RETURN_IF_ERROR(
      for_each_line(lines, [&](const shuffle::RoutedLine& line) { return parts.add(*line.header, line.payload()); }));
  for (std::size_t part = 0; part < parts.size(); ++part) {
    GM_RETURN_IF_ERROR(grind({&parts}, part, shift + split_bits));
  }
  accounting_.spilled_bytes += parts.spilled_bytes();
  return {};
}

Status Grinder::defer(const shuffle::LineHeader& header, std::string_view text) {
  if (!deferred_) {
    shuffle::BucketOptions options;
    options.bits = 0;
    options.quota = options_.load_limit;
    options.spill_folder = options_.spill_folder;
    deferred_ = std::make_unique<shuffle::BucketSet>(storage_, options);
  }
  return deferred_->add(header, text);
}

Status Grinder::grind_deferred() {
  while (deferred_) {
    const std::unique_ptr<shuffle::BucketSet> set = std::move(deferred_);
    shuffle::MergedLines lines;
    lines.add(*set, 0);
    GM_RETURN_IF_ERROR(for_each_line(lines, [this](const shuffle::RoutedLine& line) { return grind_line(line); }));
    GM_RETURN_IF_ERROR(end_profile());
  }
  return {};
}

Status Grinder::grind_line(const shuffle::RoutedLine& line) {
  const shuffle::LineHeader& header = *line.header;
  // A line of a new profile makes files, which takes as long as some thousand bytes.
  if (parser_.stop_check().after(header.length + 4096)) return Error::interrupted();
  std::string_view text = line.payload();
  if (header.kind == shuffle::LineKind::too_long) {
    std::uint64_t length = 0;
    std::memcpy(&length, text.data(), sizeof length);
    text.remove_prefix(sizeof length);
    accounting_.bytes_ground += shuffle::routed_size(header.length);
    return reject(
        line, Reason::line_too_long,
        "the line is " + std::to_string(length) + " bytes long, the limit is " + std::to_string(recipe_.line_limit),
        text, length);
  }
  const source::LongLineGate::Hold alone(gate_, header.length);
  if (header.kind == shuffle::LineKind::in_input) {
    GM_ASSIGN(text, read_line(line));
  }
  const bool accepted = parser_.parse(files_[header.file].dataset, text, header.mark);
  if (parser_.stopped()) return Error::interrupted();
  if (accepted && in_profile_ && parser_.record().profile.text != profile_) {
    GM_RETURN_IF_ERROR(defer(header, line.payload()));
  } else {
    accounting_.bytes_ground += shuffle::routed_size(header.length);
    if (!accepted && is_of_forgotten()) {
      ++accounting_.files[header.file].forgotten;
    } else if (!accepted) {
      const record::Rejection& rejection = parser_.rejection();
      GM_RETURN_IF_ERROR(reject(line, rejection.reason, rejection.message, text, text.size()));
    } else {
      GM_RETURN_IF_ERROR(accept(header, text));
    }
  }
  if (alone.held()) {
    parser_.free_memory();
    label_rows_.free_memory();
    prediction_rows_.free_memory();
    line_.reset();
    line_capacity_ = 0;
  }
  return {};
}

Result<std::string_view> Grinder::read_line(const shuffle::RoutedLine& line) {
  const shuffle::LineHeader& header = *line.header;
  if (line_capacity_ < header.length) {
    line_capacity_ = std::max<std::size_t>(header.length, 64U << 10);
    line_ = std::make_unique_for_overwrite<char[]>(line_capacity_ + json::text_padding);
  }
  std::uint64_t low = 0;
  std::memcpy(&low, line.payload().data(), sizeof low);
  GM_ASSIGN(line_hash_, options_.inputs->read(header.file, header.offset, low, line_.get(), header.length));
  line_[header.length] = '\0';
  return std::string_view(line_.get(), header.length);
}

Status Grinder::reject(const shuffle::RoutedLine& line, Reason reason, std::string_view message, std::string_view raw,
                       std::uint64_t length) {
  const shuffle::LineHeader& header = *line.header;
  const source::InputFile& file = files_[header.file];
  const std::uint64_t number = line_numbers_.number_of(header.place(), header.line_in_unit);
  const bool is_too_long = header.kind == shuffle::LineKind::too_long;
  const bool is_withheld = options_.forgotten != nullptr && (is_too_long || !parser_.profile_is_read());
  if (is_withheld) raw = {};
  ++accounting_.files[header.file].rejected;
  checks_of_rejected_.see(
      validation::RejectedLine{{file.dataset, header.place(), number}, reason, message, raw, length});

  validation::QuarantineLine quarantined;
  quarantined.dataset = file.dataset;
  quarantined.file = file.name;
  quarantined.line = number;
  quarantined.offset = header.offset;
  quarantined.reason = name_of(reason);
  quarantined.message = message;
  quarantined.raw = raw;
  quarantined.truncated = is_too_long;
  quarantined.is_withheld = is_withheld;
  quarantined.length = length;
  value_.clear();
  validation::append_quarantine_line(quarantined, value_);
  validation::encode_rejected_key(header.place(), key_);
  GM_RETURN_IF_ERROR(facts_.rejected.add(key_, value_));
  if (value_.capacity() > source::long_line) value_ = {};
  return {};
}

Status Grinder::accept(const shuffle::LineHeader& header, std::string_view text) {
  if (!in_profile_) GM_RETURN_IF_ERROR(begin_profile());
  if (is_forgotten_) {
    ++accounting_.files[header.file].forgotten;
    return {};
  }
  const std::uint64_t line = line_numbers_.number_of(header.place(), header.line_in_unit);
  const Dataset dataset = files_[header.file].dataset;
  const validation::LineOrigin origin{dataset, header.place(), line};
  account_line(header, origin, text);
  sessions_.see_line(dataset, origin.place, origin.line);
  const storage::Hash128 hash = header.kind == shuffle::LineKind::in_input ? line_hash_ : storage::hash128(text);
  const std::uint64_t session = options_.keeps_state ? storage::hash64(parser_.record().session.text) : 0;
  GM_ASSIGN(const bool repeated, repeated_.add({session, dataset, hash}, origin.place, line));
  if (repeated) checks_.see(validation::RepeatedLine{origin});
  GM_RETURN_IF_ERROR(dataset == Dataset::collections ? accept_collection(origin) : accept_predictions(origin));
  validation::find_hints(origin, parser_.record(), accepted_);
  return {};
}

// Of a line that was rejected just now.
bool Grinder::is_of_forgotten() const {
  if (options_.forgotten == nullptr || !parser_.profile_is_read()) return false;
  const record::Identifier& profile = parser_.record().profile;
  return !profile.missing() && options_.forgotten->contains(profile.text);
}

// What is judged of a line as a whole.
void Grinder::account_line(const shuffle::LineHeader& header, const validation::LineOrigin& origin,
                           std::string_view text) {
  const record::Record& record = parser_.record();
  DatasetAccount& account = accepted_.of(origin.dataset);
  ++accounting_.files[header.file].accepted;
  accounting_.files[header.file].repaired += record.repairs.empty() ? 0 : 1;
  if (options_.keeps_state) {
    const std::uint32_t file = kept_place(origin.place, first_prediction_).file;
    ++profile_counts_.lines[file];
    if (!record.repairs.empty()) ++profile_counts_.repaired[file];
  }
  checks_.see(validation::AcceptedLine{origin, record, text});
  if (!record.in_session()) ++account.lines_without_session;
  if (account.carried.size() < record.carried_here.size()) account.carried.resize(record.carried_here.size());
  for (std::size_t i = 0; i < record.carried_here.size(); ++i) account.carried[i] |= record.carried_here[i];
  parser_.for_each_field_not_carried([&](std::string_view name) { account.fields_not_carried.add(name); });
}

Status Grinder::accept_collection(const validation::LineOrigin& origin) {
  const record::Record& record = parser_.record();
  DatasetAccount& account = accepted_.of(Dataset::collections);
  const bool write = !options_.output.root.empty();
  if (write) {
    if (!labels_.is_open()) GM_RETURN_IF_ERROR(open_partition(labels_, Dataset::collections));
    label_rows_.begin(record);
  }
  if (!record.session.missing()) {
    sessions_.begin_line(Dataset::collections, record, origin.place, origin.line);
  }
  const bool aggregate = record.in_session() && sessions_.sees_labels();
  std::uint64_t rows = 0;
  Status status;
  const std::uint64_t rows_between = rows_between_checks(record);
  parser_.for_each_entry([&](const record::Entry& entry, bool early) {
    ++rows;
    checks_.see(validation::LabelRow{origin, entry, early});
    if (aggregate) sessions_.add_label(record, entry);
    if (!write || !status.ok()) return;
    if (rows % rows_between == 0 && parser_.stop_check().after(work_between_checks)) return;
    status = label_rows_.write(record, entry, labels_);
  });
  GM_RETURN_IF_ERROR(std::move(status));
  if (parser_.stopped()) return Error::interrupted();
  account.rows += rows;
  checks_.see(validation::EndOfLine{origin});
  if (!record.in_session()) account.rows_without_session += rows;
  if (record.session.missing()) return {};
  return sessions_.end_line(Dataset::collections, record, rows);
}

Status Grinder::accept_predictions(const validation::LineOrigin& origin) {
  const record::Record& record = parser_.record();
  DatasetAccount& account = accepted_.of(Dataset::predictions);
  const bool write = !options_.output.root.empty();
  if (write) {
    if (!predictions_.is_open()) GM_RETURN_IF_ERROR(open_partition(predictions_, Dataset::predictions));
    prediction_rows_.begin(record);
  }
  const bool in_session = record.in_session();
  if (!record.session.missing()) {
    sessions_.begin_line(Dataset::predictions, record, origin.place, origin.line);
  }
  std::uint64_t rows = 0;
  Status status;
  const std::uint64_t rows_between = rows_between_checks(record);
  parser_.for_each_prediction([&](const record::Prediction& prediction) {
    ++rows;
    checks_.see(validation::PredictionRow{origin, prediction});
    accepted_.models.add(prediction.model, record.time, prediction.score_value, prediction.confidence_value);
    if (!status.ok()) return;
    if (in_session) status = sessions_.add_prediction(record, prediction);
    if (!write || !status.ok()) return;
    if (rows % rows_between == 0 && parser_.stop_check().after(work_between_checks)) return;
    status = prediction_rows_.write(record, prediction, predictions_);
  });
  GM_RETURN_IF_ERROR(std::move(status));
  if (parser_.stopped()) return Error::interrupted();
  checks_.see(validation::EndOfLine{origin});
  account.rows += rows;
  if (!in_session) account.rows_without_session += rows;
  return record.session.missing() ? Status() : sessions_.end_line(Dataset::predictions, record, rows);
}

Status Grinder::begin_profile() {
  in_profile_ = true;
  profile_.assign(parser_.record().profile.text);
  is_forgotten_ = options_.forgotten != nullptr && !profile_.empty() && options_.forgotten->contains(profile_);
  if (is_forgotten_) return {};
  sessions_.begin_profile(profile_);
  profile_hash_ = storage::hash128(profile_);
  repeated_.begin_profile(profile_hash_);
  return {};
}

Status Grinder::open_partition(storage::OutputFile& file, Dataset dataset) {
  const std::string_view base = dataset == Dataset::collections ? "labels/" : "predictions/";
  std::string path = std::string(base).append(record::partition_name(profile_)).append("/").append(name_of(dataset));
  if (options_.part != 0) {
    char number[16];
    std::snprintf(number, sizeof number, "-%06u", options_.part);
    path.append(number);
  }
  return file.open(path.append(".jsonl"));
}

Status Grinder::close_partition(storage::OutputFile& file, Dataset dataset) {
  if (!file.is_open()) return {};
  GM_ASSIGN(const storage::WrittenFile written, file.close());
  accounting_.newlines_written += written.newlines;
  accounting_.bytes_written += written.size;
  ++accounting_.of(dataset).partitions;
  accounting_.of(dataset).partition_sizes.add(written.path, written.size);
  storage::encode(written, key_, value_);
  return facts_.files.add(key_, value_);
}

Status Grinder::end_profile() {
  if (!in_profile_) return {};
  in_profile_ = false;
  if (is_forgotten_) return {};
  GM_RETURN_IF_ERROR(close_partition(labels_, Dataset::collections));
  GM_RETURN_IF_ERROR(close_partition(predictions_, Dataset::predictions));
  if (options_.keeps_state) GM_RETURN_IF_ERROR(keep_counts());
  return sessions_.end_profile();
}

Status Grinder::keep_counts() {
  Accounting& counts = profile_counts_.counts;
  counts.for_each_list([&](Culprits& culprits) { culprits.own({profile_hash_.high, profile_hash_.low}); });
  accounting_.merge(counts);
  key_.clear();
  append_profile_key(profile_, key_);
  GM_RETURN_IF_ERROR(facts_.profiles.add(key_, encode(profile_counts_)));
  profile_counts_ = {};
  counts.keep_spare();
  return {};
}

}  // namespace gristmill::tasks
