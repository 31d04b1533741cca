// It first proves the whole line (UTF-8, then JSON), then reads it in the order in which reasons take
// precedence: top level, metadata, ids, timestamp, behaviour or prediction. Entries and predictions are
// not kept: they are walked again when rows are written, so a dense line costs no memory beside itself.
// A tree of nodes was not built for that reason.
//
// Repairs of a line's structure are steps here; those of single values are rules (value_repairs.cc). What either says
// to people is in the table of all repairs (gristmill/repairs.h). Tested in line_parser_test.cc, by the cases in
// tests/cases, and by tests/programs/test_differential.py against an independent program.
#include "record/complete_parser.h"

#include <algorithm>
#include <cmath>

#include "record/behaviour.h"
#include "record/hive_name.h"
#include "record/proof.h"
#include "record/value_repairs.h"
#include "record/white_space.h"

namespace gristmill::record {
namespace {

// Where CompleteParser::identity_ has a field of the metadata; -1: it is none.
int identity_index(Field field) {
  return is_metadata_field(field) ? static_cast<int>(field) - static_cast<int>(Field::profile_id) : -1;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t limit = 60;
  return text.size() <= limit ? std::string(text) : json::beginning_of(text, limit) + "...";
}

std::string quoted(std::string_view name) {
  std::string text;
  json::append_json_string(shortened(name), text);
  return text;
}

}  // namespace

bool CompleteParser::parse(Dataset dataset, std::string_view line, bool marked) {
  dataset_ = dataset;
  line_ = line;
  texts_.clear();
  record_ = Record{};
  metadata_ = payload_ = {};
  std::fill(std::begin(identity_), std::end(identity_), Slot{});
  payload_object_ = payload_list_ = nullptr;
  ids_at_top_level_ = profile_is_read_ = false;

  if (marked) record_.repairs.add(Repair::byte_order_mark);
  if (!prove() || !read_top_level()) return false;
  if (metadata_.alias || payload_.alias) record_.repairs.add(Repair::alias);
  if (!read_metadata(metadata_.value)) return false;
  for (const Slot& slot : identity_) {
    if (slot.alias) record_.repairs.add(Repair::alias);
  }
  profile_is_read_ = read_identifier(Field::profile_id, identity_[0], record_.profile);
  return profile_is_read_ && read_identifier(Field::session_id, identity_[1], record_.session) &&
         read_identifier(Field::collection_id, identity_[2], record_.collection) && read_timestamp(identity_[3]) &&
         read_payload() && check_limits();
}

void CompleteParser::free_memory() {
  texts_.free_memory();
  columns_.free_memory();
  sizes_.free_memory();
}

// That the line is JSON, and an object: what follows relies on it.
bool CompleteParser::prove() {
  const Proof proof = record::prove(line_, rules_.depth_limit, stop_, rejection_);
  top_level_ = proof.value;
  if (top_level_ == nullptr) return false;
  if (proof.nan) record_.repairs.add(Repair::nan_to_null);
  const json::JsonType type = json::type_of(top_level_);
  if (type == json::JsonType::object) return true;
  rejection_ = no_record(Reason::not_an_object, "the line is " + std::string(name_of(type)), line_);
  return false;
}

// What can be known when all of the line is read.
bool CompleteParser::check_limits() {
  if (const std::size_t length = partition_name_length(record_.profile.text); length > partition_name_limit) {
    return reject(Reason::partition_name_too_long, "the partition's folder name would be " + std::to_string(length) +
                                                       " bytes long, the limit is " +
                                                       std::to_string(partition_name_limit));
  }
  if (!rules_.carry.empty()) {
    columns_.write_carried(
        dataset_, top_level_, line_.size(), [this](Field field) { return is_read_at_top_level(field); }, record_);
  }
  if (!rows_surely_fit(dataset_, record_, line_.size(), rules_.rows_limit) && !rows_fit()) {
    return reject(Reason::rows_too_large, "its rows would take more than " + std::to_string(rules_.rows_limit) +
                                              " bytes, the limit (limits.rows)");
  }
  if (rules_.strict && !record_.repairs.empty()) {
    const Repair first = record_.repairs.first();
    return reject(reason_of(first), "the line needs the repair " + std::string(entry_of(first).name) +
                                        ", which strict turns into a rejection");
  }
  return true;
}

bool CompleteParser::rows_fit() {
  if (dataset_ == Dataset::collections) return sizes_.labels_fit(record_, payload_object_, line_.size());
  std::uint64_t rows = 0;
  if (payload_list_ != nullptr) {
    for (json::ArrayWalk walk(payload_list_); walk.next() && !stop_.after(json::work_of_a_step);) ++rows;
  }
  return sizes_.predictions_fit(
      record_, std::max<std::uint64_t>(rows, 1), line_.size(),
      [this](const RowSizes::PredictionCallback& callback) { for_each_prediction(callback); });
}

bool CompleteParser::reject(Reason reason, std::string message) {
  rejection_ = {reason, std::move(message)};
  return false;
}

// Finds the fields that are read. The ids beside behaviour or prediction are read only where there is
// no metadata, so two of them are no fault elsewhere.
bool CompleteParser::read_top_level() {
  std::string scratch;
  std::optional<Field> twice;
  const Field payload = payload_field();
  for (json::ObjectWalk walk(top_level_); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return false;
    const std::string_view name = json::unescaped(walk.key, scratch);
    const auto field = rules_.names.find(name);
    if (!field) {
      record_.fields_not_carried = true;
      if (record_.dotted_key.empty() && is_path(name) && !columns_.is_carried(name)) record_.dotted_key = walk.key;
      continue;
    }
    const bool alias = rules_.names.is_repaired(name, *field);
    if (*field == Field::metadata || *field == payload) {
      Slot& slot = *field == Field::metadata ? metadata_ : payload_;
      if (slot.value != nullptr) {
        return reject(Reason::duplicate_key, quoted(name) + " is a second " + std::string(name_of(*field)));
      }
      slot = {walk.value, alias};
    } else if (const int i = identity_index(*field); i >= 0) {
      if (identity_[i].value != nullptr && !twice) twice = field;
      identity_[i] = {walk.value, alias};
    } else {
      record_.other_payload = record_.other_payload || *field == Field::behaviour || *field == Field::prediction;
      record_.fields_not_carried = true;
    }
  }
  record_.payload_missing = payload_.value == nullptr;
  ids_at_top_level_ = metadata_.value == nullptr || json::type_of(metadata_.value) == json::JsonType::null;
  if (ids_at_top_level_ && twice) {
    return reject(Reason::duplicate_key, "a second " + std::string(name_of(*twice)) + " at the top level");
  }
  return true;
}

// Is it the path of a field in metadata, behaviour or prediction, as flattened records have it?
bool CompleteParser::is_path(std::string_view name) const {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return false;
  const auto field = rules_.names.find(name.substr(0, dot));
  return field && (*field == Field::metadata || *field == payload_field());
}

bool CompleteParser::is_read_at_top_level(Field field) const {
  if (field == Field::metadata || field == payload_field()) return true;
  return ids_at_top_level_ && identity_index(field) >= 0;
}

bool CompleteParser::read_metadata(const char* value) {
  if (ids_at_top_level_) {
    if (std::any_of(std::begin(identity_), std::end(identity_), [](const Slot& s) { return s.value != nullptr; })) {
      record_.repairs.add(Repair::metadata_at_top_level);
    }
    return true;
  }
  for (unsigned i = 0; i < std::size(identity_); ++i) {
    Slot& slot = identity_[i];
    if (slot.value == nullptr) continue;
    record_.fields_not_carried = true;
    if (i < 3 && json::type_of(slot.value) != json::JsonType::null) record_.ids_beside |= 1U << i;
    slot = {};
  }
  const char* const object =
      object_in(value, Field::metadata, Reason::metadata_not_object, Repair::metadata_from_string);
  return object != nullptr && read_metadata_object(object);
}

bool CompleteParser::read_metadata_object(const char* object) {
  std::string scratch;
  bool extra = false;
  for (json::ObjectWalk walk(object); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return false;
    const std::string_view name = json::unescaped(walk.key, scratch);
    const auto field = rules_.names.find(name);
    const int i = field ? identity_index(*field) : -1;
    if (i < 0) {
      extra = true;
      continue;
    }
    if (identity_[i].value != nullptr) {
      return reject(Reason::duplicate_key,
                    quoted(name) + " is a second " + std::string(name_of(*field)) + " in metadata");
    }
    identity_[i] = {walk.value, rules_.names.is_repaired(name, *field)};
  }
  if (extra) columns_.write_metadata(dataset_, object, record_);
  return true;
}

bool CompleteParser::read_identifier(Field field, const Slot& slot, Identifier& id) {
  if (slot.value == nullptr) return true;
  Value value(slot.value);
  repair_value<RepairedValue::identifier>(value, texts_, record_.repairs);
  if (value.type() == json::JsonType::null) return true;
  if (value.type() != json::JsonType::string) {
    return reject(Reason::id_not_scalar,
                  std::string(name_of(field)) + " is " +
                      (value.type() == json::JsonType::number ? "a number that is no integer"
                                                              : std::string(name_of(value.type()))));
  }
  const std::string_view spelling = value.text();
  std::string_view text = spelling;
  if (spelling.find('\\') != std::string_view::npos) {
    std::string decoded;
    decoded.reserve(spelling.size());
    // The spelling's neighbours are its quotes or white space: unescape looks at the inside only.
    if (!json::unescape({spelling.data() - 1, spelling.size() + 2}, decoded)) {
      return reject(Reason::invalid_utf8, std::string(name_of(field)) + " holds a lone surrogate");
    }
    text = texts_.keep(std::move(decoded));
  }
  id = {spelling, text, false};
  return check_length(field, text);
}

bool CompleteParser::check_length(Field field, std::string_view id) {
  if (id.size() <= id_limit) return true;
  return reject(Reason::id_too_long, std::string(name_of(field)) + " is " + std::to_string(id.size()) +
                                         " bytes long, the limit is " + std::to_string(id_limit));
}

bool CompleteParser::read_timestamp(const Slot& slot) {
  if (slot.value == nullptr) return true;
  Value value(slot.value);
  repair_value<RepairedValue::timestamp>(value, texts_, record_.repairs);
  if (value.type() == json::JsonType::null) return true;
  if (value.type() != json::JsonType::number) {
    return reject(Reason::timestamp_invalid,
                  "the timestamp is neither a number nor an ISO 8601 time: " + shortened(value.token()));
  }
  record_.timestamp = value.text();
  record_.time = value.as_double();
  return true;
}

bool CompleteParser::read_payload() {
  if (payload_.value == nullptr || json::type_of(payload_.value) == json::JsonType::null) return true;
  return dataset_ == Dataset::collections ? read_behaviour(payload_.value) : read_predictions(payload_.value);
}

const char* CompleteParser::decode_object(std::string_view token, json::JsonFault& fault) {
  fault = json::JsonFault::invalid;
  std::string text;
  text.reserve(token.size() + json::text_padding);
  if (!json::unescape(token, text)) return nullptr;
  const std::size_t size = text.size();
  text.append(json::text_padding, '\0');
  const std::string_view kept = texts_.keep(std::move(text)).substr(0, size);
  const json::JsonCheck check = json::check_json(kept, rules_.depth_limit, &stop_);
  fault = check.fault;
  if (!check) return nullptr;
  const char* value = json::skip_space(kept.data());
  if (json::type_of(value) != json::JsonType::object) {
    fault = json::JsonFault::invalid;
    return nullptr;
  }
  if (check.nan) record_.repairs.add(Repair::nan_to_null);
  return value;
}

const char* CompleteParser::object_in(const char* value, Field field, Reason reason, Repair repair) {
  const json::JsonType type = json::type_of(value);
  if (type == json::JsonType::object) return value;
  const std::string name(name_of(field));
  if (type != json::JsonType::string) {
    reject(reason, name + " is " + std::string(name_of(type)));
    return nullptr;
  }
  json::JsonFault fault{};
  const char* const object = decode_object({value, static_cast<std::size_t>(json::skip_value(value) - value)}, fault);
  if (fault == json::JsonFault::too_deep) {
    reject(Reason::too_deep, "inside the string that is " + name);
    return nullptr;
  }
  if (object == nullptr) {
    reject(reason, name + " is a string that encodes no object");
    return nullptr;
  }
  record_.repairs.add(repair);
  return object;
}

bool CompleteParser::read_behaviour(const char* value) {
  payload_object_ = object_in(value, Field::behaviour, Reason::behaviour_not_object, Repair::behaviour_from_string);
  return payload_object_ != nullptr && check_behaviour(payload_object_);
}

bool CompleteParser::check_behaviour(const char* object) {
  std::string scratch;
  for (json::ObjectWalk platform(object); platform.next();) {
    if (stop_.after(json::work_of_a_step)) return false;
    const json::JsonType type = json::type_of(platform.value);
    if (type == json::JsonType::null) continue;
    if (type == json::JsonType::array) {
      record_.repairs.add(Repair::platform_missing);
      continue;
    }
    if (type != json::JsonType::object) {
      return reject(Reason::behaviour_not_object, "the platform " + quoted(json::unescaped(platform.key, scratch)) +
                                                      " is " + std::string(name_of(type)));
    }
    json::ObjectWalk types(platform.value);
    while (types.next()) {
      if (stop_.after(json::work_of_a_step)) return false;
      const json::JsonType entries = json::type_of(types.value);
      if (entries != json::JsonType::array && entries != json::JsonType::null)
        record_.repairs.add(Repair::entry_not_in_list);
    }
    platform.value_end = types.after();
  }
  return true;
}

bool CompleteParser::read_predictions(const char* value) {
  if (json::type_of(value) != json::JsonType::array) return check_prediction(value);
  record_.repairs.add(Repair::prediction_list);
  payload_list_ = value;
  for (json::ArrayWalk walk(value); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return false;
    if (json::type_of(walk.value) != json::JsonType::null && !check_prediction(walk.value)) return false;
  }
  return true;
}

// An object, or a string that encodes one. Sets payload_object_ to it.
bool CompleteParser::check_prediction(const char* value) {
  const std::size_t texts = texts_.size();
  payload_object_ = object_in(value, Field::prediction, Reason::prediction_not_object, Repair::prediction_from_string);
  if (payload_object_ == nullptr) return false;
  Prediction prediction;
  const bool good = read_prediction(payload_object_, prediction);
  // A list's decoded elements are decoded again when rows are written: only a single one is kept.
  if (payload_list_ != nullptr) texts_.cut_back(texts);
  return good;
}

template <RepairedValue kind>
bool CompleteParser::read_number(const char* at, std::string_view& token, std::optional<double>& number) {
  constexpr Field field = kind == RepairedValue::score ? Field::score : Field::confidence;
  constexpr Reason reason = kind == RepairedValue::score ? Reason::score_not_number : Reason::confidence_not_number;
  Value value(at);
  repair_value<kind>(value, texts_, record_.repairs);
  if (value.type() == json::JsonType::null) return true;
  if (value.type() != json::JsonType::number) {
    return reject(reason, std::string(name_of(field)) + " is " +
                              (value.type() == json::JsonType::string ? shortened(value.token())
                                                                      : std::string(name_of(value.type()))));
  }
  const double parsed = value.as_double();
  if (!std::isfinite(parsed)) {
    return reject(reason, std::string(name_of(field)) + " is beyond the range of a double: " + shortened(value.text()));
  }
  token = value.text();
  number = parsed;
  return true;
}

bool CompleteParser::read_prediction(const char* object, Prediction& prediction) {
  std::string scratch;
  unsigned seen = 0;
  bool extra = false;
  for (json::ObjectWalk walk(object); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return false;
    const std::string_view name = json::unescaped(walk.key, scratch);
    const auto field = rules_.names.find(name);
    if (!field || !is_prediction_field(*field)) {
      extra = true;
      continue;
    }
    if (rules_.names.is_repaired(name, *field)) record_.repairs.add(Repair::alias);
    const unsigned bit = 1U << static_cast<unsigned>(*field);
    if ((seen & bit) != 0) {
      return reject(Reason::duplicate_key,
                    quoted(name) + " is a second " + std::string(name_of(*field)) + " in prediction");
    }
    seen |= bit;
    const json::JsonType type = json::type_of(walk.value);
    if (*field == Field::model_name) {
      if (type == json::JsonType::null) continue;
      if (type != json::JsonType::string) {
        return reject(Reason::model_name_not_string, "model_name is " + std::string(name_of(type)));
      }
      prediction.model_name = walk.value_text();
      std::string text;
      text.reserve(prediction.model_name.size());
      json::unescape(prediction.model_name, text);
      prediction.model = texts_.keep(std::move(text));
      prediction.model_blank = trimmed(prediction.model).empty();
    } else if (*field == Field::score) {
      if (!read_number<RepairedValue::score>(walk.value, prediction.score, prediction.score_value)) return false;
    } else {
      if (!read_number<RepairedValue::confidence>(walk.value, prediction.confidence, prediction.confidence_value))
        return false;
    }
  }
  prediction.more_fields = extra;
  return true;
}

void CompleteParser::for_each_entry(const std::function<void(const Entry&, bool early)>& callback) {
  record_.entry_units = {};
  walk_behaviour(payload_object_, stop_, [&](const Entry& entry) {
    const std::optional<double> time = entry.none || !record_.time ? std::nullopt : timestamp_of(entry.value.begin());
    if (time) record_.entry_units.add(*time, *record_.time);
    callback(entry, time && *time < *record_.time);
  });
}

void CompleteParser::for_each_prediction(const std::function<void(const Prediction&)>& callback) {
  const std::size_t texts = texts_.size();
  const auto emit = [&](const char* object) {
    Prediction prediction;
    read_prediction(object, prediction);
    if (prediction.more_fields) columns_.write_prediction(object, record_, prediction);
    callback(prediction);
    texts_.cut_back(texts);
  };
  if (payload_list_ == nullptr) {
    if (payload_object_ == nullptr) {
      callback(Prediction{});
    } else {
      emit(payload_object_);
    }
    return;
  }
  bool any = false;
  for (json::ArrayWalk walk(payload_list_); walk.next();) {
    any = true;
    json::JsonFault fault{};
    const json::JsonType type = json::type_of(walk.value);
    const char* const object = type == json::JsonType::string   ? decode_object(walk.value_text(), fault)
                               : type == json::JsonType::object ? walk.value
                                                                : nullptr;
    if (stop_.after(json::work_of_a_step)) return;
    if (object == nullptr) {
      callback(Prediction{});
    } else {
      emit(object);
    }
  }
  if (!any) callback(Prediction{});
}

void CompleteParser::for_each_field_not_carried(const std::function<void(std::string_view)>& callback) {
  if (!record_.fields_not_carried) return;
  std::string scratch;
  for (json::ObjectWalk walk(top_level_); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return;
    const std::string_view name = json::unescaped(walk.key, scratch);
    const auto field = rules_.names.find(name);
    if (field && is_read_at_top_level(*field)) continue;
    if (!columns_.is_carried(name)) callback(name);
  }
}

}  // namespace gristmill::record
