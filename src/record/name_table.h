// The distinct names of an object's fields, found in constant time and with a number for each, in memory that is
// bounded by the object's size: nothing is copied, and a name takes 12 bytes beside the text that it stands in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/stop_check.h"

namespace gristmill::record {

class NameTable {
 public:
  static constexpr std::size_t none = ~std::size_t{0};

  // Takes the names of the proved object whose first byte is at `object`; all numbers are 0. The text must outlive
  // the table's use. Returns the object's end. Where `stop` says so it gives up, with some of the names.
  const char* read(const char* object, json::StopCheck& stop);
  void clear();        // no names
  void free_memory();  // the same

  // The place of an unescaped name; none if the object has no such field.
  std::size_t find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != none; }
  std::size_t places() const { return slots_.size(); }  // find() gives a smaller one
  std::uint32_t number(std::size_t place) const { return numbers_.empty() ? 0 : numbers_[place]; }
  void set_number(std::size_t place, std::uint32_t number);
  void forget_numbers() { numbers_.clear(); }

 private:
  // The place of the name, or the free one where it belongs.
  std::size_t place_of(std::string_view name, std::uint64_t hash) const;

  // 0: free; else a part of the hash, whether the name is escaped, and where it begins in the text.
  std::vector<std::uint64_t> slots_;
  std::vector<std::uint32_t> numbers_;
  const char* text_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace gristmill::record
