// Errors of the library on their way to Python, where they become exceptions of gristmill.errors (module.cc).
#pragma once

#include <exception>
#include <utility>

#include "gristmill/result.h"

namespace gristmill::python {

struct Raised : std::exception {
  explicit Raised(Error raised) : error(std::move(raised)) {}
  Error error;
};

template <typename T>
T value_or_raise(Result<T> result) {
  if (!result.ok()) throw Raised{std::move(result.error())};
  return std::move(*result);
}

inline void raise_if_error(Status status) {
  if (!status.ok()) throw Raised{std::move(status.error())};
}

}  // namespace gristmill::python
