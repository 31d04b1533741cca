// A tree of JSON, for what is small and was written by gristmill: report.json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/json_text.h"

namespace gristmill::json {

class JsonValue {
 public:
  // nullopt if `text` is no JSON.
  static std::optional<JsonValue> parse(std::string_view text);

  JsonType type() const { return type_; }
  bool is_null() const { return type_ == JsonType::null; }
  // A member of an object; null where there is none.
  const JsonValue& operator[](std::string_view name) const;
  const std::vector<std::pair<std::string, JsonValue>>& members() const { return members_; }
  const std::vector<JsonValue>& elements() const { return elements_; }
  // Of a string its text (WTF-8), of a number or truth value its spelling, else empty.
  const std::string& text() const { return text_; }
  std::uint64_t count() const;  // 0 if it is no whole number
  double number() const;        // 0 if it is none
  bool is_true() const { return text_ == "true"; }

 private:
  static JsonValue build(const char* begin, std::string_view spelling);
  JsonType type_ = JsonType::null;
  std::string text_;
  std::vector<std::pair<std::string, JsonValue>> members_;
  std::vector<JsonValue> elements_;
};

}  // namespace gristmill::json
