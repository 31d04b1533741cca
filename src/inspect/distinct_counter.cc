// Most fields have a handful of values or one for each line; the first are counted exactly in less room than the
// registers take. Tested in distinct_counter_test.cc.
#include "inspect/distinct_counter.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace gristmill::inspect {
namespace {

constexpr std::size_t least_slots = 8;

double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  for (double previous = -1; previous != z;) {
    x *= x;
    previous = z;
    z += x * y;
    y += y;
  }
  return z;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  for (double previous = -1; previous != z;) {
    x = std::sqrt(x);
    previous = z;
    y /= 2;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

}  // namespace

bool DistinctCounter::add_exactly(std::uint64_t hash) {
  if (hash == 0) hash = 1;
  if (few_.empty()) few_.resize(least_slots);
  const std::size_t mask = few_.size() - 1;
  std::size_t slot = hash & mask;
  for (; few_[slot] != 0; slot = (slot + 1) & mask) {
    if (few_[slot] == hash) return false;
  }
  if (size_ == most_exact) {
    use_registers();
    raise(hash);
    return false;
  }
  few_[slot] = hash;
  if (++size_ * 2 > few_.size()) grow();
  return true;
}

void DistinctCounter::grow() {
  std::vector<std::uint64_t> larger(few_.size() * 2);
  const std::size_t mask = larger.size() - 1;
  for (const std::uint64_t hash : few_) {
    if (hash == 0) continue;
    std::size_t slot = hash & mask;
    while (larger[slot] != 0) slot = (slot + 1) & mask;
    larger[slot] = hash;
  }
  few_ = std::move(larger);
}

void DistinctCounter::use_registers() {
  registers_.resize(std::size_t{1} << register_bits);
  for (const std::uint64_t hash : few_) {
    if (hash != 0) raise(hash);
  }
  few_ = {};
  size_ = 0;
}

void DistinctCounter::merge(const DistinctCounter& other) {
  if (other.exact()) {
    for (const std::uint64_t hash : other.few_) {
      if (hash != 0) add(hash);
    }
    return;
  }
  if (exact()) use_registers();
  for (std::size_t i = 0; i < registers_.size(); ++i) {
    if (other.registers_[i] > registers_[i]) registers_[i] = other.registers_[i];
  }
}

std::uint64_t DistinctCounter::estimate() const {
  if (exact()) return size_;
  constexpr unsigned longest = 64 - register_bits + 1;
  std::uint64_t counts[longest + 1] = {};
  for (const std::uint8_t value : registers_) ++counts[value];
  const auto m = static_cast<double>(registers_.size());
  double z = m * tau(1 - static_cast<double>(counts[longest]) / m);
  for (unsigned k = longest - 1; k >= 1; --k) z = 0.5 * (z + static_cast<double>(counts[k]));
  z += m * sigma(static_cast<double>(counts[0]) / m);
  constexpr double alpha = 0.72134752044448170368;  // 1 / (2 ln 2)
  return static_cast<std::uint64_t>(std::llround(alpha * m * m / z));
}

void DistinctCounter::append_to(std::string& bytes) const {
  const auto size = exact() ? static_cast<std::uint32_t>(size_) : ~std::uint32_t{0};
  bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
  if (!exact()) {
    bytes.append(reinterpret_cast<const char*>(registers_.data()), registers_.size());
    return;
  }
  for (const std::uint64_t hash : few_) {
    if (hash != 0) bytes.append(reinterpret_cast<const char*>(&hash), sizeof hash);
  }
}

void DistinctCounter::read_from(std::string_view& bytes) {
  *this = {};
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof size);
  bytes.remove_prefix(sizeof size);
  if (size == ~std::uint32_t{0}) {
    registers_.resize(std::size_t{1} << register_bits);
    std::memcpy(registers_.data(), bytes.data(), registers_.size());
    bytes.remove_prefix(registers_.size());
    return;
  }
  for (std::uint32_t i = 0; i < size; ++i) {
    std::uint64_t hash = 0;
    std::memcpy(&hash, bytes.data(), sizeof hash);
    bytes.remove_prefix(sizeof hash);
    add_exactly(hash);
  }
}

}  // namespace gristmill::inspect
