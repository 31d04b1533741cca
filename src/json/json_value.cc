// A tree of values, for small documents: report.json, the recipe in a manifest. Lines are never read into one. Tested
// in json_value_test.cc.
#include "json/json_value.h"

#include "json/number.h"

namespace gristmill::json {
namespace {

constexpr std::uint32_t depth_limit = 64;

}  // namespace

std::optional<JsonValue> JsonValue::parse(std::string_view text) {
  std::string padded(text);
  padded.append(text_padding, '\0');
  const std::string_view whole(padded.data(), text.size());
  if (!check_json(whole, depth_limit)) return std::nullopt;
  const char* begin = skip_space(whole.data());
  return build(begin, {begin, static_cast<std::size_t>(skip_value(begin) - begin)});
}

JsonValue JsonValue::build(const char* begin, std::string_view spelling) {
  JsonValue value;
  value.type_ = type_of(begin);
  switch (value.type_) {
    case JsonType::object:
      for (ObjectWalk walk(begin); walk.next();) {
        std::string name;
        unescape(walk.key, name);
        value.members_.emplace_back(std::move(name), build(walk.value, walk.value_text()));
      }
      break;
    case JsonType::array:
      for (ArrayWalk walk(begin); walk.next();) value.elements_.push_back(build(walk.value, walk.value_text()));
      break;
    case JsonType::string: unescape(spelling, value.text_); break;
    case JsonType::number:
    case JsonType::boolean: value.text_ = spelling; break;
    case JsonType::null: break;
  }
  return value;
}

const JsonValue& JsonValue::operator[](std::string_view name) const {
  static const JsonValue none;
  for (const auto& [key, value] : members_) {
    if (key == name) return value;
  }
  return none;
}

std::uint64_t JsonValue::count() const { return type_ == JsonType::number ? whole_number(text_).value_or(0) : 0; }

double JsonValue::number() const { return type_ == JsonType::number ? to_double(text_) : 0; }

}  // namespace gristmill::json
