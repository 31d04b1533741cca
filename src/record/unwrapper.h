// Takes a record out of what a transport put around it: `unwrap: payload.after` in the recipe.
//
// At each step the value of the named field is an object, or a string that encodes one. The record is handed out as a
// text of its own, so that all that follows sees a line that was never wrapped.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/data.h"
#include "gristmill/recipe.h"
#include "json/stop_check.h"
#include "record/kept_texts.h"
#include "record/record.h"

namespace gristmill::record {

// Where the record stands in a line; no names: the line is it.
struct WrapperPath {
  std::vector<std::string> names;
  bool is_string = false;  // the line itself is a string that encodes the record
  bool wraps() const { return is_string || !names.empty(); }

  // `text`: names with '.' between them, `""`, or empty.
  static WrapperPath of(std::string_view text);
};

class Unwrapper {
 public:
  explicit Unwrapper(const std::array<std::string, dataset_count>& paths, std::uint32_t depth_limit,
                     json::StopCheck& stop)
      : paths_{WrapperPath::of(paths[0]), WrapperPath::of(paths[1])}, depth_limit_(depth_limit), stop_(stop) {}

  bool is_needed(Dataset dataset) const { return paths_[static_cast<std::size_t>(dataset)].wraps(); }

  // REQUIRES: is_needed(dataset). False: rejected, or stopped; see rejection(). `line` as LineParser::parse has it.
  bool unwrap(Dataset dataset, std::string_view line);
  // The record's text, followed by a NUL and `text_padding` readable bytes. Good until the next call.
  std::string_view text() const { return {text_.data(), size_}; }
  const Rejection& rejection() const { return rejection_; }

  // The unescaped names of the fields beside the wrapper's, at each step. The line must still be there.
  void for_each_sibling(const std::function<void(std::string_view)>& callback) const;

  void free_memory();

 private:
  struct Step {
    const char* object;
    std::string_view name;  // of its field that leads on
  };

  // The object that is `value`, or that its string encodes; nullptr: rejected or stopped.
  const char* object_in(const char* value, const std::string& what);
  const char* value_of(const char* object, std::string_view name);
  std::nullptr_t reject(Reason reason, std::string message);

  std::array<WrapperPath, dataset_count> paths_;
  std::uint32_t depth_limit_;
  json::StopCheck& stop_;
  Rejection rejection_;
  KeptTexts decoded_;
  std::vector<Step> steps_;
  std::string text_;
  std::size_t size_ = 0;
};

}  // namespace gristmill::record
