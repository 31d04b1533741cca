// Where a thread writes its lines: a block that grows to what is asked for and is used again and again.
// Not a std::string, which would fill with zeros what is about to be written.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

namespace gristmill::generate {

class LineBuffer {
 public:
  // The place for the next `bytes` bytes, which are there to be written.
  char* room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) grow(bytes);
    return bytes_.get() + size_;
  }
  void end_at(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }
  std::string_view text() const { return {bytes_.get(), size_}; }
  void clear() { size_ = 0; }

 private:
  void grow(std::size_t bytes) {
    capacity_ = std::max(capacity_ * 2, size_ + bytes);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
    if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace gristmill::generate
