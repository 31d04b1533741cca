// For tests: a text as the JSON functions want it, a NUL and readable bytes behind it (json_text.h).
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>

#include "json/json_text.h"

namespace gristmill::testing {

// Owns a copy of the text, with exactly `text_padding` bytes behind it, so that a sanitizer sees every
// byte read too far. What follows the NUL looks like JSON: it must not matter.
class PaddedText {
 public:
  explicit PaddedText(std::string_view text)
      : size_(text.size()), bytes_(std::make_unique<char[]>(text.size() + json::text_padding)) {
    static constexpr std::string_view junk = R"("}]:7,0 \u0020{"a":[12345678)";
    std::copy(text.begin(), text.end(), bytes_.get());
    char* const padding = bytes_.get() + size_;
    padding[0] = '\0';
    for (std::size_t i = 1; i < json::text_padding; ++i) padding[i] = junk[(i - 1) % junk.size()];
  }

  std::string_view view() const { return {bytes_.get(), size_}; }
  const char* data() const { return bytes_.get(); }
  operator std::string_view() const { return view(); }  // NOLINT: implicit by design

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

}  // namespace gristmill::testing
