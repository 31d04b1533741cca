// The repairs of single values: an id, the metadata's timestamp, a score, a confidence.
//
// Which rules there are for a kind of value is said in gristmill/repairs.h, and they are tried in the order of that
// table, each on what the ones before it made of the value: "1747299119" is a number in a string, and then it is
// seconds.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "gristmill/repairs.h"
#include "json/json_text.h"
#include "json/number.h"
#include "record/kept_texts.h"
#include "record/record.h"

namespace gristmill::record {

// A value on its way from the line into the record.
class Value {
 public:
  // `value`: its first byte, in a proved text.
  explicit Value(const char* value)
      : type_(json::type_of(value)), token_(value, static_cast<std::size_t>(json::skip_value(value) - value)) {
    const std::size_t quote = type_ == json::JsonType::string ? 1 : 0;
    text_ = {value + quote, token_.size() - 2 * quote};
  }

  // As it stands in the line, a string with its quotes.
  std::string_view token() const { return token_; }

  // What it is, with the repairs so far.
  json::JsonType type() const { return type_; }
  // Of a string, what stands between its quotes, as it is spelled; else the token.
  std::string_view text() const { return text_; }
  // What the string that it is in the line says; a view into the line or into `scratch`.
  std::string_view unescaped(std::string& scratch) const { return json::unescaped(token_, scratch); }
  double as_double() {  // REQUIRES: type() is number
    if (!double_) double_ = json::to_double(text_);
    return *double_;
  }

  // For rules. `text` must live as long as the record.
  void become(json::JsonType type, std::string_view text) {
    type_ = type;
    text_ = text;
    double_.reset();
  }
  // This number, whatever a further rule would make of it.
  void become_settled(std::string_view text, double value) {
    become(json::JsonType::number, text);
    double_ = value;
    settled_ = true;
  }
  bool settled() const { return settled_; }

 private:
  json::JsonType type_;
  std::string_view token_;
  std::string_view text_;
  std::optional<double> double_;
  bool settled_ = false;
};

// Applies the rules for values of a kind, one of identifier, timestamp, score and confidence, and adds the repairs
// that were needed. Texts that rules make are kept in `texts`.
template <RepairedValue kind>
void repair_value(Value& value, KeptTexts& texts, RepairSet& repairs);

}  // namespace gristmill::record
