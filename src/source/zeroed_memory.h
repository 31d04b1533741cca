// Memory of the system that is zero before it is touched, and takes room only then: for a vector that is made for the
// whole of a file of which perhaps little comes.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>

namespace gristmill::source {

// An allocator for a T whose default is all zero bytes, and of a vector that never shrinks.
template <typename T>
struct ZeroedMemory {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
  using value_type = T;

  ZeroedMemory() = default;
  template <typename U>
  ZeroedMemory(const ZeroedMemory<U>&) {}  // NOLINT: implicit by design

  T* allocate(std::size_t count) {
    void* const memory = std::calloc(count, sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t) { std::free(memory); }

  template <typename U>
  void construct(U*) {}  // is zero
  template <typename U, typename... Values>
  void construct(U* place, Values&&... values) {
    ::new (static_cast<void*>(place)) U(std::forward<Values>(values)...);
  }

  bool operator==(const ZeroedMemory&) const { return true; }
};

}  // namespace gristmill::source
