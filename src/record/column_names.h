// Gives the fields of one object the names of columns: a field whose name a row has already takes a prefix, and where
// that name is not free, a number behind it: entry_profile_id, entry_profile_id_2, entry_profile_id_3, ...
//
// A name is free if it is none of the row's columns, none of a field of the same object, and not given before. All of
// it takes time in proportion to the text of the names, whatever they are.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/stop_check.h"
#include "record/name_table.h"

namespace gristmill::record {

// The columns that every row of a data set has.
inline constexpr std::string_view label_columns[] = {"profile_id",    "session_id", "collection_id",
                                                     "col_timestamp", "platform",   "behaviour_type"};
inline constexpr std::string_view prediction_columns[] = {"profile_id", "session_id", "collection_id", "timestamp",
                                                          "model_name", "score",      "confidence"};
bool is_column(std::span<const std::string_view> columns, std::string_view name);

// The names of the columns that a record adds to those: metadata and carried fields.
class ColumnNames {
 public:
  static constexpr std::size_t most_listed = 64;

  // `columns`: `{"name":value,...}`, proved, unless there are none; must outlive this, or clear() it.
  void read(const char* columns, json::StopCheck& stop);
  void clear();
  void free_memory();
  bool contains(std::string_view name) const { return listed_ ? is_column(list_, name) : table_.contains(name); }
  // Where there are few, they are listed, unescaped.
  bool are_listed() const { return listed_; }
  const std::vector<std::string_view>& list() const { return list_; }  // REQUIRES: are_listed()

 private:
  bool listed_ = true;
  std::vector<std::string_view> list_;
  std::deque<std::string> unescaped_;
  NameTable table_;
};

class ColumnNamer {
 public:
  // `own`: columns of every row; must outlive this.
  ColumnNamer(std::span<const std::string_view> own, std::string_view prefix) : own_(own), prefix_(prefix) {}
  ColumnNamer(const ColumnNamer&) = delete;
  ColumnNamer& operator=(const ColumnNamer&) = delete;

  // What follows is named for rows that have these columns too; nullptr: no others. Must outlive the naming.
  void begin_row(const ColumnNames* more) { more_ = more; }
  // The fields that are named next are those of the proved object at `object`; nullptr: of none.
  void begin_object(const char* object);
  // The same, but the names given are those of `carried`, whatever fields `object` has. What is named becomes a
  // column at once if it has another name than its field, else when add_column() says so.
  void begin_carried(const char* object, NameTable& carried);
  void add_column(std::string_view carried_name);

  bool is_taken(std::string_view name) const;

  // Appends `,"<name>":` for the field whose unescaped name is `name` and whose token is `token` (verbatim, with
  // quotes). Returns the number: 0: the name is free, 1: it got the prefix, n: and _n. `out`: append(text) is all that
  // is asked of it.
  template <typename Out>
  std::uint32_t append_name(std::string_view name, std::string_view token, Out& out) {
    const std::uint32_t number = number_of(name);
    out.append(std::string_view(",\""));
    if (number == 0) {
      out.append(token.substr(1));
    } else {
      out.append(prefix_);
      out.append(token.substr(1, token.size() - 2));
      out.append(suffix_of(number));
      out.append(std::string_view("\""));
    }
    out.append(std::string_view(":"));
    return number;
  }

  // Long objects are gone through under this.
  void stop_with(json::StopCheck& stop) { stop_ = &stop; }
  void free_memory();

 private:
  std::uint32_t number_of(std::string_view name);
  bool is_free(std::string_view name, std::uint32_t number) const;  // candidate_, made of these
  std::string_view suffix_of(std::uint32_t number);

  std::span<const std::string_view> own_;
  std::string_view prefix_;
  const ColumnNames* more_ = nullptr;
  const char* object_ = nullptr;
  bool object_read_ = false;
  NameTable in_object_;
  NameTable* counted_ = &in_object_;     // a name's number is the next to be tried for it; 0: none was
  std::vector<bool> is_carried_column_;  // by the place in counted_
  std::string candidate_;
  std::string suffix_;
  json::StopCheck never_;
  json::StopCheck* stop_ = &never_;
};

}  // namespace gristmill::record
