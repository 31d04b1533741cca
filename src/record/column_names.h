// Gives the fields of one object the names of columns: a field whose name a row has already takes a
// prefix, again and again until its name is free.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace gristmill {

// The columns that every row of a data set has.
inline constexpr std::string_view label_columns[] = {"profile_id",    "session_id", "collection_id",
                                                     "col_timestamp", "platform",   "behaviour_type"};
inline constexpr std::string_view prediction_columns[] = {"profile_id", "session_id", "collection_id", "timestamp",
                                                          "model_name", "score",      "confidence"};
// Those that extra metadata must keep clear of: its row's own but the ids, which it cannot be called.
bool is_column(std::span<const std::string_view> columns, std::string_view name);

class ColumnNamer {
 public:
  // `own` and `more` are the names that are taken; `object` is the first byte of the proved JSON object
  // whose fields are named, nullptr for none. Both name lists must outlive this.
  ColumnNamer(std::span<const std::string_view> own, const std::vector<std::string_view>& more, const char* object,
              std::string_view prefix)
      : own_(own), more_(more), object_(object), prefix_(prefix) {}

  bool is_taken(std::string_view name) const;
  // Appends `,"<name>":` for the field whose unescaped name is `name` and whose token is `token`
  // (verbatim, with quotes). Returns how often the prefix was put before it.
  std::size_t append_name(std::string_view name, std::string_view token, std::string& out);

 private:
  std::size_t prefixes_for(std::string_view name);

  std::span<const std::string_view> own_;
  const std::vector<std::string_view>& more_;
  const char* object_;
  std::string_view prefix_;
  std::unordered_set<std::string> in_object_;
  bool object_read_ = false;
  std::unordered_set<std::string> given_;
};

}  // namespace gristmill
