// Plain structs as bytes and back: between the driver and the tasks of one cluster, and in the state of an output that
// grows. Both ends know the form (Plan::check, state_format), so that it needs no description of itself.
//
// A struct has one function `fields(archive, value)` for both directions, which hands each member to the archive. Whole
// numbers of 32 bits and more that have no sign are varints (unsigned LEB128): most of what is counted is small. Other
// numbers are as the machine has them.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gristmill/result.h"

namespace gristmill::wire {

template <typename T>
inline constexpr bool is_varint = std::is_integral_v<T> && std::is_unsigned_v<T> && sizeof(T) >= 4;

class WireWriter {
 public:
  static constexpr bool reads = false;
  std::string bytes;

  template <typename... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }

 private:
  template <typename T>
  void put(const T& value) {
    if constexpr (is_varint<T>) {
      std::uint64_t rest = value;
      for (; rest >= 0x80; rest >>= 7) bytes.push_back(static_cast<char>(rest | 0x80));
      bytes.push_back(static_cast<char>(rest));
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    } else {
      fields(*this, const_cast<T&>(value));
    }
  }
  void put(const std::string& text) {
    put(std::uint64_t{text.size()});
    bytes.append(text);
  }
  template <typename T>
  void put(const std::vector<T>& values) {
    put(static_cast<std::uint64_t>(values.size()));
    for (const T& value : values) put(value);
  }
  template <typename T, std::size_t n>
  void put(const std::array<T, n>& values) {
    for (const T& value : values) put(value);
  }
  template <typename T, std::size_t n>
  void put(const T (&values)[n]) {
    for (const T& value : values) put(value);
  }
  template <typename T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <typename K, typename V, typename C>
  void put(const std::map<K, V, C>& values) {
    put(static_cast<std::uint64_t>(values.size()));
    for (const auto& [key, value] : values) {
      put(key);
      put(value);
    }
  }
  template <typename A, typename B>
  void put(const std::pair<A, B>& values) {
    put(values.first);
    put(values.second);
  }
};

// Bytes that end too early leave what is missing empty; ask whole() at the end.
class WireReader {
 public:
  static constexpr bool reads = true;
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  template <typename... T>
  void operator()(T&... values) {
    (take(values), ...);
  }
  bool whole() const { return good_ && rest_.empty(); }
  // What was read cannot be.
  void refuse() { good_ = false; }

 private:
  template <typename T>
  void take(T& value) {
    if constexpr (is_varint<T>) {
      std::uint64_t number = 0;
      for (unsigned shift = 0;; shift += 7) {
        const std::string_view byte = take_bytes(1);
        if (!good_) return;
        const auto bits = static_cast<std::uint64_t>(byte[0] & 0x7F);
        if (shift > 63 || bits << shift >> shift != bits) {
          good_ = false;
          return;
        }
        number |= bits << shift;
        if ((byte[0] & 0x80) == 0) break;
      }
      good_ = number <= std::numeric_limits<T>::max();
      value = static_cast<T>(number);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      const std::string_view bytes = take_bytes(sizeof value);
      if (good_) std::memcpy(&value, bytes.data(), sizeof value);
    } else {
      fields(*this, value);
    }
  }
  void take(bool& value) {
    const std::string_view byte = take_bytes(1);
    good_ = good_ && static_cast<unsigned char>(byte[0]) <= 1;
    value = good_ && byte[0] != 0;
  }
  void take(std::string& text) { text = take_bytes(take_count()); }
  template <typename T>
  void take(std::vector<T>& values) {
    values.clear();
    for (std::uint64_t left = take_count(); left > 0 && good_; --left) take(values.emplace_back());
  }
  template <typename T, std::size_t n>
  void take(std::array<T, n>& values) {
    for (T& value : values) take(value);
  }
  template <typename T, std::size_t n>
  void take(T (&values)[n]) {
    for (T& value : values) take(value);
  }
  template <typename T>
  void take(std::optional<T>& value) {
    bool there = false;
    take(there);
    value.reset();
    if (there) take(value.emplace());
  }
  template <typename K, typename V, typename C>
  void take(std::map<K, V, C>& values) {
    values.clear();
    for (std::uint64_t left = take_count(); left > 0 && good_; --left) {
      K key{};
      take(key);
      take(values[std::move(key)]);
    }
  }
  template <typename A, typename B>
  void take(std::pair<A, B>& values) {
    take(values.first);
    take(values.second);
  }

  std::uint64_t take_count() {
    std::uint64_t count = 0;
    take(count);
    return count;
  }
  std::string_view take_bytes(std::uint64_t size) {
    if (!good_ || size > rest_.size()) {
      good_ = false;
      return {};
    }
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  std::string_view rest_;
  bool good_ = true;
};

template <typename T>
std::string to_wire(const T& value) {
  WireWriter writer;
  writer(value);
  return std::move(writer.bytes);
}

// What to say of bytes that come from another part of a run.
Error damaged_message();

// An internal error if the bytes are no T.
template <typename T>
Result<T> from_wire(std::string_view bytes) {
  T value = T();
  WireReader reader(bytes);
  reader(value);
  if (!reader.whole()) return damaged_message();
  return value;
}

}  // namespace gristmill::wire
