// Entries are not kept: whoever needs them walks over the behaviour, so that a dense line costs no memory beside
// itself. Tested in line_parser_test.cc.
#include "record/behaviour.h"

#include <cstring>
#include <string>

#include "json/json_text.h"
#include "json/number.h"
#include "record/white_space.h"

namespace gristmill::record {

void walk_behaviour(const char* behaviour, json::StopCheck& stop, const EntryCallback& callback) {
  Entry entry;
  bool any = false;
  std::string scratch;
  const auto emit = [&](std::string_view text) {
    any = true;
    entry.value = text;
    callback(entry);
    return !stop.after(json::work_of_a_step);
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
  if (behaviour != nullptr) {
    for (json::ObjectWalk platform(behaviour); platform.next();) {
      if (stop.after(json::work_of_a_step)) return;
      const json::JsonType type = json::type_of(platform.value);
      if (type == json::JsonType::array) {
        entry.platform = "null";
        set_type(platform.key);
        platform.value_end = emit_list(platform.value);
      } else if (type == json::JsonType::object) {
        entry.platform = platform.key;
        json::ObjectWalk types(platform.value);
        while (types.next()) {
          if (stop.after(json::work_of_a_step)) return;
          const json::JsonType entries = json::type_of(types.value);
          if (entries == json::JsonType::null) continue;
          set_type(types.key);
          if (entries == json::JsonType::array) {
            types.value_end = emit_list(types.value);
          } else {
            emit(types.value_text());
          }
          if (stop.stopped()) return;
        }
        platform.value_end = types.after();
      }
      if (stop.stopped()) return;
    }
  }
  if (!any) {
    entry = {};
    entry.none = true;
    callback(entry);
  }
}

std::optional<double> timestamp_of(const char* entry) {
  if (json::type_of(entry) != json::JsonType::object) return std::nullopt;
  // As most are: the first field, of 13 digits.
  constexpr std::string_view first = "{\"timestamp\":";
  if (std::memcmp(entry, first.data(), first.size()) == 0) {
    const char* const value = entry + first.size();
    if (json::are_8_digits(value) && json::are_8_digits(value + 5) && (value[13] == ',' || value[13] == '}')) {
      return static_cast<double>(json::number_of_8_digits(value) * 100'000 +
                                 json::number_of_8_digits(value + 5) % 100'000);
    }
    if (json::is_digit(*value) || *value == '-') {
      double time = 0;
      bool whole = false;
      json::read_number(value, time, whole);
      return time;
    }
  }
  std::string scratch;
  for (json::ObjectWalk walk(entry); walk.next();) {
    if (json::unescaped(walk.key, scratch) != "timestamp") continue;
    if (json::type_of(walk.value) != json::JsonType::number) return std::nullopt;
    return json::to_double(walk.value_text());
  }
  return std::nullopt;
}

}  // namespace gristmill::record
