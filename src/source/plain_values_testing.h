// A cutter of values that has the whole text before it, after the contract: what ValueAssembler is compared with.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "json/json_text.h"

namespace gristmill::source {

struct PlainValue {
  std::size_t offset;
  std::string_view text;
  bool marked;  // a byte-order mark stands directly before it
};

inline bool is_token(std::string_view text) {
  for (const std::string_view word : {"true", "false", "null", "NaN", "Infinity", "-Infinity"}) {
    if (text == word) return true;
  }
  std::string padded(text);
  padded.append(json::text_padding, '\0');
  return json::is_json_number(std::string_view(padded).substr(0, text.size()));
}

// Behind the bracket that closes the one at `begin`, or the end of the text.
inline std::size_t end_of_brackets(std::string_view text, std::size_t begin) {
  const char opening = text[begin];
  const char closing = opening == '{' ? '}' : ']';
  bool in_string = false;
  std::size_t depth = 0;
  for (std::size_t at = begin; at < text.size(); ++at) {
    if (in_string && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      in_string = !in_string;
    } else if (!in_string && text[at] == opening) {
      ++depth;
    } else if (!in_string && text[at] == closing && --depth == 0) {
      return at + 1;
    }
  }
  return text.size();
}

// Behind the quote that ends the string at `begin` on its line, npos where none does.
inline std::size_t end_of_string(std::string_view text, std::size_t begin) {
  const std::size_t line_end = std::min(text.find('\n', begin), text.size());
  for (std::size_t at = begin + 1; at < line_end; ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

inline std::vector<PlainValue> plainly_cut(std::string_view text) {
  constexpr std::string_view mark = json::byte_order_mark;
  std::vector<PlainValue> values;
  std::size_t at = text.starts_with(mark) ? mark.size() : 0;
  bool in_array = false;
  while ((at = text.find_first_not_of(" \t\r\n,\x1E", at)) != std::string_view::npos) {
    const std::size_t begin = at;
    const bool marked = text.substr(at).starts_with(mark);
    if (marked) at += mark.size();
    const char first = at < text.size() ? text[at] : '\0';
    if (first == '[' && !in_array) {
      in_array = true;
      ++at;
      continue;
    }
    if (first == ']' && !marked) {
      ++at;
      if (!in_array) values.push_back({begin, text.substr(begin, 1), false});
      in_array = false;
      continue;
    }
    std::size_t end = std::string_view::npos;
    if (first == '{' || first == '[') {
      end = end_of_brackets(text, at);
    } else if (first == '"') {
      end = end_of_string(text, at);
    } else {
      const std::size_t token_end = std::min(text.find_first_of(" \t\r\n,\x1E[]{}\"", at), text.size());
      if (is_token(text.substr(at, token_end - at))) end = token_end;
    }
    if (end != std::string_view::npos) {
      values.push_back({at, text.substr(at, end - at), marked});
      at = end;
    } else {
      at = std::min(text.find('\n', at), text.size());
      std::string_view garbage = text.substr(begin, at - begin);
      if (garbage.ends_with('\r')) garbage.remove_suffix(1);
      values.push_back({begin, garbage, false});
    }
  }
  if (in_array) values.push_back({text.size(), {}, false});
  return values;
}

}  // namespace gristmill::source
