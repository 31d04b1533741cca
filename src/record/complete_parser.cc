// The complete parser: the one place that knows repairs and the reasons for rejecting a line.
//
// It first proves the whole line (UTF-8, then JSON), then reads it in the order in which reasons take
// precedence: top level, metadata, ids, timestamp, behaviour or prediction. Entries and predictions are
// not kept: they are walked again when rows are written, so a dense line costs no memory beside itself.
// A tree of nodes was not built for that reason. Tested in line_parser_test.cc, by the cases in
// tests/cases, and by tests/programs/test_differential.py against an independent program.
#include <algorithm>

#include "json/number.h"
#include "record/hive_name.h"
#include "record/line_parser.h"

namespace gristmill::record {
namespace {

bool is_blank_byte(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

constexpr Field identity_fields[4] = {Field::profile_id, Field::session_id, Field::collection_id, Field::timestamp};

int identity_index(Field field) {
  for (int i = 0; i < 4; ++i) {
    if (identity_fields[i] == field) return i;
  }
  return -1;
}

// One unit of a string token's inside at `p`: a byte or an escape. Sets whether it is white space.
std::size_t unit_at(const char* p, bool& space) {
  if (*p != '\\') {
    space = *p == ' ';
    return 1;
  }
  if (p[1] != 'u') {
    space = p[1] == 't' || p[1] == 'n' || p[1] == 'r' || p[1] == 'f';
    return 2;
  }
  const auto hex = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  const int code = hex(p[2]) << 12 | hex(p[3]) << 8 | hex(p[4]) << 4 | hex(p[5]);
  space = code == ' ' || (code >= '\t' && code <= '\r');
  return 6;
}

// The inside of a string token, cut at both ends.
std::string_view trimmed_spelling(std::string_view inside) {
  const char* p = inside.data();
  const char* const end = p + inside.size();
  const char* first = nullptr;
  const char* last = p;
  while (p < end) {
    bool space = false;
    const std::size_t length = unit_at(p, space);
    if (!space) {
      if (first == nullptr) first = p;
      last = p + length;
    }
    p += length;
  }
  if (first == nullptr) return inside.substr(0, 0);
  return {first, static_cast<std::size_t>(last - first)};
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

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank_byte(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank_byte(text.back())) text.remove_suffix(1);
  return text;
}

LineParser::LineParser(const ParseRules& rules) : rules_(rules) {
  entry_namer_.stop_with(stop_);
  prediction_namer_.stop_with(stop_);
  if (rules.carry.empty()) return;
  carried_text_ = "{";
  for (const std::string& name : rules.carry) {
    std::string& token = carried_tokens_.emplace_back();
    json::append_json_string(name, token);
    carried_text_.append(carried_text_.size() > 1 ? "," : "").append(token).append(":0");
  }
  carried_text_.append("}").append(json::text_padding, '\0');
  carried_names_.read(carried_text_.data(), stop_);
  for (const std::string& name : rules.carry) {
    const auto times = static_cast<std::size_t>(std::count(rules.carry.begin(), rules.carry.end(), name));
    carried_times_ = std::max(carried_times_, times);
  }
}

bool LineParser::parse(Dataset dataset, std::string_view line) {
  dataset_ = dataset;
  line_ = line;
  record_.repairs = {};
  record_.columns = {};
  record_.column_names = nullptr;
  record_.fields_not_carried = false;
  if (stop_.after(line.size())) return false;
  fast_ = rules_.fast_path && parse_fast(dataset, line);
  if (!fast_ && (!parse_complete(dataset, line) || stop_.stopped())) return false;
  entries_found_ = fast_ || (rules_.fast_path && dataset == Dataset::collections && find_entries());
  return true;
}

void LineParser::free_memory() {
  record_ = {};
  texts_ = {};
  columns_ = {};
  names_of_columns_.free_memory();
  prediction_columns_ = {};
  entry_namer_.free_memory();
  prediction_namer_.free_memory();
  carried_values_ = {};
}

bool LineParser::reject(Reason reason, std::string message) {
  rejection_.reason = reason;
  rejection_.message = std::move(message);
  return false;
}

std::string_view LineParser::keep(std::string text) {
  texts_.push_back(std::move(text));
  return texts_.back();
}

bool LineParser::parse_complete(Dataset dataset, std::string_view line) {
  texts_.clear();
  record_ = Record{};
  metadata_ = payload_ = {};
  std::fill(std::begin(identity_), std::end(identity_), Slot{});
  payload_object_ = payload_list_ = nullptr;
  ids_at_top_level_ = false;

  if (!json::is_utf8(line)) return reject(Reason::invalid_utf8, "at byte " + std::to_string(json::utf8_fault(line)));
  const json::JsonCheck check = json::check_json(line, rules_.depth_limit, &stop_);
  if (check.fault == json::JsonFault::stopped) return false;
  if (check.fault == json::JsonFault::too_deep) {
    return reject(Reason::too_deep,
                  "nested deeper than " + std::to_string(rules_.depth_limit) + " at byte " + std::to_string(check.at));
  }
  if (!check) return reject(Reason::invalid_json, std::string(check.what) + ", at byte " + std::to_string(check.at));
  if (check.nan) record_.repairs.add(Repair::nan_to_null);
  top_level_ = json::skip_space(line.data());
  if (json::type_of(top_level_) != json::JsonType::object) {
    return reject(Reason::not_an_object, "the line is " + std::string(name_of(json::type_of(top_level_))));
  }

  if (!read_top_level(top_level_)) return false;
  if (metadata_.alias || payload_.alias) record_.repairs.add(Repair::alias);
  if (!read_metadata(metadata_.value)) return false;
  for (int i = 0; i < 4; ++i) {
    if (identity_[i].alias) record_.repairs.add(Repair::alias);
  }
  if (!read_identifier(Field::profile_id, identity_[0], record_.profile) ||
      !read_identifier(Field::session_id, identity_[1], record_.session) ||
      !read_identifier(Field::collection_id, identity_[2], record_.collection) || !read_timestamp(identity_[3])) {
    return false;
  }
  if (payload_.value != nullptr && json::type_of(payload_.value) != json::JsonType::null) {
    const bool good =
        dataset == Dataset::collections ? read_behaviour(payload_.value) : read_payload_prediction(payload_.value);
    if (!good) return false;
  }
  if (const std::size_t length = partition_name_length(record_.profile.text); length > partition_name_limit) {
    return reject(Reason::partition_name_too_long, "the partition's folder name would be " + std::to_string(length) +
                                                       " bytes long, the limit is " +
                                                       std::to_string(partition_name_limit));
  }
  if (!rules_.carry.empty()) write_carried_columns();
  if (!rows_surely_fit(line.size()) && !rows_fit()) {
    return reject(Reason::rows_too_large, "its rows would take more than " + std::to_string(rules_.rows_limit) +
                                              " bytes, the limit (limits.rows)");
  }
  if (rules_.strict && !record_.repairs.empty()) {
    const Repair first = record_.repairs.first();
    return reject(reason_of(first), "the line needs the repair " +
                                        std::string(repair_names[static_cast<std::size_t>(first)]) +
                                        ", which strict turns into a rejection");
  }
  return true;
}

// Finds the fields that are read. The ids beside behaviour or prediction are read only where there is
// no metadata, so two of them are no fault elsewhere.
bool LineParser::read_top_level(const char* object) {
  std::string scratch;
  std::optional<Field> twice;
  const Field payload = dataset_ == Dataset::collections ? Field::behaviour : Field::prediction;
  for (json::ObjectWalk walk(object); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return false;
    const std::string_view name = json::unescaped(walk.key, scratch);
    const auto field = rules_.names.find(name);
    if (!field) {
      record_.fields_not_carried = true;
      continue;
    }
    const bool alias = name != name_of(*field);
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
      record_.fields_not_carried = true;
    }
  }
  ids_at_top_level_ = metadata_.value == nullptr || json::type_of(metadata_.value) == json::JsonType::null;
  if (ids_at_top_level_ && twice) {
    return reject(Reason::duplicate_key, "a second " + std::string(name_of(*twice)) + " at the top level");
  }
  return true;
}

bool LineParser::is_read_at_top_level(Field field) const {
  if (field == Field::metadata) return true;
  if (field == (dataset_ == Dataset::collections ? Field::behaviour : Field::prediction)) return true;
  return ids_at_top_level_ && identity_index(field) >= 0;
}

bool LineParser::read_metadata(const char* value) {
  if (ids_at_top_level_) {
    if (std::any_of(std::begin(identity_), std::end(identity_), [](const Slot& s) { return s.value != nullptr; })) {
      record_.repairs.add(Repair::metadata_at_top_level);
    }
    return true;
  }
  for (Slot& slot : identity_) {
    if (slot.value != nullptr) record_.fields_not_carried = true;
    slot = {};
  }
  const json::JsonType type = json::type_of(value);
  if (type == json::JsonType::object) return read_metadata_object(value);
  if (type != json::JsonType::string) {
    return reject(Reason::metadata_not_object, "metadata is " + std::string(name_of(type)));
  }
  json::JsonFault fault{};
  const std::string_view token(value, static_cast<std::size_t>(json::skip_value(value) - value));
  const char* object = decode_object(token, fault);
  if (fault == json::JsonFault::too_deep) return reject(Reason::too_deep, "inside the string that is metadata");
  if (object == nullptr) return reject(Reason::metadata_not_object, "metadata is a string that encodes no object");
  record_.repairs.add(Repair::metadata_from_string);
  return read_metadata_object(object);
}

bool LineParser::read_metadata_object(const char* object) {
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
    identity_[i] = {walk.value, name != name_of(*field)};
  }
  if (extra) write_extra_columns(object);
  return true;
}

bool LineParser::read_identifier(Field field, const Slot& slot, Identifier& id) {
  if (slot.value == nullptr) return true;
  const json::JsonType type = json::type_of(slot.value);
  if (type == json::JsonType::null) return true;
  const std::string_view token(slot.value, static_cast<std::size_t>(json::skip_value(slot.value) - slot.value));
  if (type == json::JsonType::number && json::is_json_integer(token)) {
    record_.repairs.add(Repair::id_from_number);
    id = {token, token, false};
    return check_length(field, token);
  }
  if (type != json::JsonType::string) {
    return reject(Reason::id_not_scalar,
                  std::string(name_of(field)) + " is " +
                      (type == json::JsonType::number ? "a number that is no integer" : std::string(name_of(type))));
  }
  const std::string_view inside = token.substr(1, token.size() - 2);
  const std::string_view spelling = trimmed_spelling(inside);
  std::string_view text = spelling;
  if (spelling.find('\\') != std::string_view::npos) {
    std::string decoded;
    decoded.reserve(spelling.size());
    // The token's neighbours are its quotes or white space: unescape looks at the inside only.
    if (!json::unescape({spelling.data() - 1, spelling.size() + 2}, decoded)) {
      return reject(Reason::invalid_utf8, std::string(name_of(field)) + " holds a lone surrogate");
    }
    text = keep(std::move(decoded));
  }
  if (spelling.size() != inside.size()) record_.repairs.add(Repair::id_trimmed);
  id = {spelling, text, false};
  return check_length(field, text);
}

bool LineParser::check_length(Field field, std::string_view id) {
  if (id.size() <= id_limit) return true;
  return reject(Reason::id_too_long, std::string(name_of(field)) + " is " + std::to_string(id.size()) +
                                         " bytes long, the limit is " + std::to_string(id_limit));
}

bool LineParser::read_timestamp(const Slot& slot) {
  if (slot.value == nullptr) return true;
  const json::JsonType type = json::type_of(slot.value);
  if (type == json::JsonType::null) return true;
  const std::string_view token(slot.value, static_cast<std::size_t>(json::skip_value(slot.value) - slot.value));
  if (type == json::JsonType::number) return read_timestamp_number(token);
  if (type == json::JsonType::string) {
    std::string scratch;
    const std::string_view text = json::unescaped(token, scratch);
    if (text.empty() || text == "NaN" || text == "null") {
      record_.repairs.add(Repair::nan_to_null);
      return true;
    }
    if (json::is_json_number(text)) {
      record_.repairs.add(Repair::timestamp_from_string);
      return read_timestamp_number(keep(std::string(text)));
    }
    if (const auto milliseconds = json::milliseconds_from_iso8601(text)) {
      record_.repairs.add(Repair::timestamp_from_iso8601);
      record_.timestamp = keep(std::to_string(*milliseconds));
      record_.time = static_cast<double>(*milliseconds);
      return true;
    }
  }
  return reject(Reason::timestamp_invalid,
                "the timestamp is neither a number nor an ISO 8601 time: " + shortened(token));
}

bool LineParser::read_timestamp_number(std::string_view number) {
  constexpr double seconds_below = 1e11;
  const double value = json::to_double(number);
  if (value > -seconds_below && value < seconds_below) {
    const std::int64_t milliseconds = json::milliseconds_from_seconds(value);
    record_.repairs.add(Repair::timestamp_from_seconds);
    record_.timestamp = keep(std::to_string(milliseconds));
    record_.time = static_cast<double>(milliseconds);
  } else {
    record_.timestamp = number;
    record_.time = value;
  }
  return true;
}

const char* LineParser::decode_object(std::string_view token, json::JsonFault& fault) {
  fault = json::JsonFault::invalid;
  std::string text;
  text.reserve(token.size() + json::text_padding);
  if (!json::unescape(token, text)) return nullptr;
  const std::size_t size = text.size();
  text.append(json::text_padding, '\0');
  const std::string_view kept = keep(std::move(text)).substr(0, size);
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

bool LineParser::read_behaviour(const char* value) {
  const json::JsonType type = json::type_of(value);
  if (type == json::JsonType::string) {
    json::JsonFault fault{};
    payload_object_ = decode_object({value, static_cast<std::size_t>(json::skip_value(value) - value)}, fault);
    if (fault == json::JsonFault::too_deep) return reject(Reason::too_deep, "inside the string that is behaviour");
    if (payload_object_ == nullptr) {
      return reject(Reason::behaviour_not_object, "behaviour is a string that encodes no object");
    }
    record_.repairs.add(Repair::behaviour_from_string);
  } else if (type == json::JsonType::object) {
    payload_object_ = value;
  } else {
    return reject(Reason::behaviour_not_object, "behaviour is " + std::string(name_of(type)));
  }
  return check_behaviour(payload_object_);
}

bool LineParser::check_behaviour(const char* object) {
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

bool LineParser::is_early(const char* entry) const {
  if (!record_.time || json::type_of(entry) != json::JsonType::object) return false;
  std::string scratch;
  for (json::ObjectWalk walk(entry); walk.next();) {
    if (json::unescaped(walk.key, scratch) != "timestamp") continue;
    return json::type_of(walk.value) == json::JsonType::number && json::to_double(walk.value_text()) < *record_.time;
  }
  return false;
}

void LineParser::walk_behaviour(const std::function<void(const Entry&)>& callback) {
  Entry entry;
  bool any = false;
  std::string scratch;
  const auto emit = [&](std::string_view text) {
    any = true;
    entry.value = text;
    callback(entry);
    return !stop_.after(json::work_of_a_step);
  };
  const auto emit_list = [&](const char* list) {
    json::ArrayWalk walk(list);
    while (walk.next() && emit(walk.value_text())) {
    }
    return walk.after();
  };
  const auto set_type = [&](std::string_view key) {
    entry.type = key;
    entry.type_blank = trimmed(json::unescaped(key, scratch)).empty();
  };
  if (payload_object_ != nullptr) {
    for (json::ObjectWalk platform(payload_object_); platform.next();) {
      if (stop_.after(json::work_of_a_step)) return;
      const json::JsonType type = json::type_of(platform.value);
      if (type == json::JsonType::array) {
        entry.platform = "null";
        set_type(platform.key);
        platform.value_end = emit_list(platform.value);
      } else if (type == json::JsonType::object) {
        entry.platform = platform.key;
        json::ObjectWalk types(platform.value);
        while (types.next()) {
          if (stop_.after(json::work_of_a_step)) return;
          const json::JsonType entries = json::type_of(types.value);
          if (entries == json::JsonType::null) continue;
          set_type(types.key);
          if (entries == json::JsonType::array) {
            types.value_end = emit_list(types.value);
          } else {
            emit(types.value_text());
          }
          if (stop_.stopped()) return;
        }
        platform.value_end = types.after();
      }
      if (stop_.stopped()) return;
    }
  }
  if (!any) {
    entry = {};
    entry.none = true;
    callback(entry);
  }
}

void LineParser::walk_entries(const std::function<void(const Entry&, bool early)>& callback) {
  walk_behaviour([&](const Entry& entry) { callback(entry, !entry.none && is_early(entry.value.data())); });
}

bool LineParser::read_payload_prediction(const char* value) {
  if (json::type_of(value) != json::JsonType::array) return check_prediction_element(value);
  record_.repairs.add(Repair::prediction_list);
  payload_list_ = value;
  for (json::ArrayWalk walk(value); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return false;
    if (json::type_of(walk.value) != json::JsonType::null && !check_prediction_element(walk.value)) return false;
  }
  return true;
}

// An object, or a string that encodes one. Sets payload_object_ to it.
bool LineParser::check_prediction_element(const char* value) {
  const json::JsonType type = json::type_of(value);
  if (type == json::JsonType::string) {
    json::JsonFault fault{};
    payload_object_ = decode_object({value, static_cast<std::size_t>(json::skip_value(value) - value)}, fault);
    if (fault == json::JsonFault::too_deep) return reject(Reason::too_deep, "inside the string that is prediction");
    if (payload_object_ == nullptr) {
      return reject(Reason::prediction_not_object, "prediction is a string that encodes no object");
    }
    record_.repairs.add(Repair::prediction_from_string);
  } else if (type == json::JsonType::object) {
    payload_object_ = value;
  } else {
    return reject(Reason::prediction_not_object, "prediction is " + std::string(name_of(type)));
  }
  Prediction prediction;
  const std::size_t texts = texts_.size();
  const bool good = read_prediction_object(payload_object_, prediction);
  // A list's decoded elements are decoded again when rows are written: only a single one is kept.
  if (payload_list_ != nullptr) {
    texts_.resize(std::min(texts_.size(), type == json::JsonType::string ? texts - 1 : texts));
  }
  return good;
}

bool LineParser::read_prediction_object(const char* object, Prediction& prediction) {
  std::string scratch;
  unsigned seen = 0;
  bool extra = false;
  for (json::ObjectWalk walk(object); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return false;
    const std::string_view name = json::unescaped(walk.key, scratch);
    const auto field = rules_.names.find(name);
    if (!field || (*field != Field::model_name && *field != Field::score && *field != Field::confidence)) {
      extra = true;
      continue;
    }
    if (name != name_of(*field)) record_.repairs.add(Repair::alias);
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
      prediction.model = keep(std::move(text));
      prediction.model_blank = trimmed(prediction.model).empty();
    } else if (*field == Field::score) {
      if (!read_number(*field, walk.value, prediction.score, prediction.score_value)) return false;
    } else {
      if (!read_number(*field, walk.value, prediction.confidence, prediction.confidence_value)) return false;
    }
  }
  prediction.more_fields = extra;
  return true;
}

bool LineParser::read_number(Field field, const char* value, std::string_view& token, std::optional<double>& number) {
  const Reason reason = field == Field::score ? Reason::score_not_number : Reason::confidence_not_number;
  const json::JsonType type = json::type_of(value);
  if (type == json::JsonType::null) return true;
  std::string_view text(value, static_cast<std::size_t>(json::skip_value(value) - value));
  if (type == json::JsonType::string) {
    std::string scratch;
    const std::string_view content = json::unescaped(text, scratch);
    if (content.empty() || content == "NaN" || content == "null") {
      record_.repairs.add(Repair::nan_to_null);
      return true;
    }
    if (!json::is_json_number(content)) {
      return reject(reason, std::string(name_of(field)) + " is " + shortened(text));
    }
    record_.repairs.add(field == Field::score ? Repair::score_from_string : Repair::confidence_from_string);
    text = keep(std::string(content));
  } else if (type != json::JsonType::number) {
    return reject(reason, std::string(name_of(field)) + " is " + std::string(name_of(type)));
  }
  const double parsed = json::to_double(text);
  if (parsed - parsed != 0) {
    return reject(reason, std::string(name_of(field)) + " is beyond the range of a double: " + shortened(text));
  }
  token = text;
  number = parsed;
  return true;
}

void LineParser::for_each_prediction(const std::function<void(const Prediction&)>& callback) {
  if (fast_) {
    callback(fast_prediction_);
    return;
  }
  const std::size_t texts = texts_.size();
  const auto emit = [&](const char* object) {
    Prediction prediction;
    read_prediction_object(object, prediction);
    if (prediction.more_fields) write_prediction_columns(object, prediction);
    callback(prediction);
    texts_.resize(texts);
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

}  // namespace gristmill::record
