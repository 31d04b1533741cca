// Collisions are rare: the names of the object are gathered only when one is met. Then each name has the number that
// is to be tried next for it. Given names need not be kept: prefix x _n is given if x has a number above n, and the
// same text can only come of one other name, x_n with the prefix alone. So a name that is met again costs one look-up
// for each that is in its way, and those are in the text.
//
// Before, given names were kept as text and a name took its prefix again and again: n equal names came to n * n
// prefixes. Tested in column_names_test.cc.
#include "record/column_names.h"

#include <algorithm>
#include <charconv>

#include "json/json_text.h"

namespace gristmill::record {
namespace {

// If `name` ends as a name with a number does (_2, _3, ...): that number, and `stem` is what is before it; else 0.
std::uint32_t number_at_end(std::string_view name, std::string_view& stem) {
  const std::size_t line = name.rfind('_');
  if (line == std::string_view::npos || line + 1 == name.size() || name[line + 1] == '0') return 0;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data() + line + 1, name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number < 2) return 0;
  stem = name.substr(0, line);
  return number;
}

}  // namespace

bool is_column(std::span<const std::string_view> columns, std::string_view name) {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

void ColumnNames::clear() {
  listed_ = true;
  list_.clear();
  unescaped_.clear();
  table_.clear();
}

void ColumnNames::free_memory() {
  clear();
  table_.free_memory();
}

void ColumnNames::read(const char* columns, json::StopCheck& stop) {
  clear();
  std::string scratch;
  for (json::ObjectWalk walk(columns); walk.next();) {
    if (stop.after(json::work_of_a_step)) return;
    const std::string_view name = json::unescaped(walk.key, scratch);
    if (is_column(list_, name)) continue;
    if (list_.size() == most_listed) {
      listed_ = false;
      table_.read(columns, stop);
      return;
    }
    list_.push_back(name.data() == scratch.data() ? unescaped_.emplace_back(name) : name);
  }
}

void ColumnNamer::begin_object(const char* object) {
  object_ = object;
  object_read_ = false;
  counted_ = &in_object_;
  is_carried_column_.clear();
}

void ColumnNamer::begin_carried(const char* object, NameTable& carried) {
  begin_object(object);
  counted_ = &carried;
  carried.forget_numbers();
  is_carried_column_.assign(carried.places(), false);
}

void ColumnNamer::add_column(std::string_view carried_name) {
  const std::size_t place = counted_->find(carried_name);
  if (place != NameTable::none) is_carried_column_[place] = true;
}

bool ColumnNamer::is_taken(std::string_view name) const {
  if (is_column(own_, name) || (more_ != nullptr && more_->contains(name))) return true;
  if (is_carried_column_.empty()) return false;
  const std::size_t place = counted_->find(name);
  return place != NameTable::none && is_carried_column_[place];
}

bool ColumnNamer::is_free(std::string_view name, std::uint32_t number) const {
  if (is_taken(candidate_) || in_object_.contains(candidate_)) return false;
  std::string_view other = std::string_view(candidate_).substr(prefix_.size());
  std::uint32_t number_of_other = 1;
  if (number == 1) {
    number_of_other = number_at_end(name, other);
    if (number_of_other == 0) return true;
  }
  const std::size_t place = counted_->find(other);
  return place == NameTable::none || counted_->number(place) <= number_of_other;
}

std::string_view ColumnNamer::suffix_of(std::uint32_t number) {
  suffix_.clear();
  if (number > 1) suffix_.append("_").append(std::to_string(number));
  return suffix_;
}

std::uint32_t ColumnNamer::number_of(std::string_view name) {
  if (!is_taken(name)) return 0;
  if (!object_read_) {
    if (object_ == nullptr) {
      in_object_.clear();
    } else {
      in_object_.read(object_, *stop_);
    }
    object_read_ = true;
  }
  const std::size_t place = counted_->find(name);
  std::uint32_t number = place == NameTable::none ? 0 : counted_->number(place);
  number = std::max<std::uint32_t>(number, 1);
  candidate_.assign(prefix_).append(name);
  const std::size_t stem = candidate_.size();
  for (;; ++number) {
    candidate_.resize(stem);
    candidate_.append(suffix_of(number));
    if (is_free(name, number) || stop_->after(json::work_of_a_step)) break;
  }
  if (place != NameTable::none) counted_->set_number(place, number + 1);
  if (!is_carried_column_.empty()) add_column(candidate_);
  return number;
}

void ColumnNamer::free_memory() {
  in_object_.free_memory();
  is_carried_column_ = {};
  candidate_ = {};
}

}  // namespace gristmill::record
