// What a function returns that can fail, in a library that never throws, prints or exits.
//
// An Error says what went wrong and where, why, and what to do next; file, line and setting that its message names are
// members too, so that no program has to take the message apart. Its kind is the process's exit code
// (docs/guide/exit-codes.md). `Result<T>` holds a T or an Error, `Status` success
// or an Error. Both must be looked at: they are [[nodiscard]].
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace gristmill {

// The numbers are the exit codes of the command.
enum class ErrorKind : std::uint8_t {
  internal = 1,    // a promise of this program is broken; nothing is published
  usage = 2,       // arguments, settings
  input = 3,       // an input cannot be read
  output = 4,      // the output cannot be written
  validation = 5,  // a check failed; the output stays staged
  no_input = 6,    // an argument matches no input
  interrupted = 130,
};

struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;  // what, where and why: "cannot read '/data/a.gz' at byte 1024: truncated gzip stream"
  std::string advice;   // what to do next; may be empty
  // Of what the message names, as it stands there; empty and 0 where it names none.
  std::string file = {};   // the path or URI that could not be read, written or used
  std::uint64_t line = 0;  // of that file, from 1
  std::string key = {};    // of the setting: "limits.line"
  // The same again may do, without anybody changing anything: the network failed, or another run was there.
  bool retryable = false;

  // The same error, that says what it is about: Error::input("cannot read '" + path + "'").in_file(path).
  Error in_file(std::string path, std::uint64_t line_of_it = 0) && {
    file = std::move(path);
    line = line_of_it;
    return std::move(*this);
  }
  Error to_be_retried() && {
    retryable = true;
    return std::move(*this);
  }
  Error of_key(std::string setting) && {
    key = std::move(setting);
    return std::move(*this);
  }

  static Error internal(std::string message, std::string advice = {}) {
    return {ErrorKind::internal, std::move(message), std::move(advice)};
  }
  static Error usage(std::string message, std::string advice = {}) {
    return {ErrorKind::usage, std::move(message), std::move(advice)};
  }
  static Error input(std::string message, std::string advice = {}) {
    return {ErrorKind::input, std::move(message), std::move(advice)};
  }
  static Error output(std::string message, std::string advice = {}) {
    return {ErrorKind::output, std::move(message), std::move(advice)};
  }
  static Error validation(std::string message, std::string advice = {}) {
    return {ErrorKind::validation, std::move(message), std::move(advice)};
  }
  static Error no_input(std::string message, std::string advice = {}) {
    return {ErrorKind::no_input, std::move(message), std::move(advice)};
  }
  static Error interrupted() { return {ErrorKind::interrupted, "interrupted: nothing was published", {}}; }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  // REQUIRES: ok()
  T& value() { return std::get<0>(state_); }
  const T& value() const { return std::get<0>(state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  // REQUIRES: !ok()
  Error& error() { return std::get<1>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

// Success costs a null pointer: a Status is returned for every row.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::make_unique<Error>(std::move(error))) {}  // NOLINT: implicit by design
  Status(const Status& other) : error_(other.ok() ? nullptr : std::make_unique<Error>(other.error())) {}
  Status(Status&&) noexcept = default;
  Status& operator=(Status other) noexcept {
    error_.swap(other.error_);
    return *this;
  }

  bool ok() const { return error_ == nullptr; }
  explicit operator bool() const { return ok(); }
  // REQUIRES: !ok()
  Error& error() { return *error_; }
  const Error& error() const { return *error_; }

 private:
  std::unique_ptr<Error> error_;
};

}  // namespace gristmill

// Returns the error of `expression` (a Status or Result) from the calling function, if it has one.
#define GM_RETURN_IF_ERROR(expression) GM_RETURN_IF_ERROR_(GM_CONCATENATE(gm_status_, __COUNTER__), expression)
#define GM_RETURN_IF_ERROR_(temporary, expression)        \
  do {                                                    \
    if (auto temporary = (expression); !temporary.ok()) { \
      return std::move(temporary.error());                \
    }                                                     \
  } while (false)

#define GM_CONCATENATE_(a, b) a##b
#define GM_CONCATENATE(a, b) GM_CONCATENATE_(a, b)
// Declares or assigns `target` from the Result `expression`, or returns its error.
#define GM_ASSIGN(target, expression) GM_ASSIGN_(GM_CONCATENATE(gm_result_, __LINE__), target, expression)
#define GM_ASSIGN_(temporary, target, expression)           \
  auto temporary = (expression);                            \
  if (!temporary.ok()) return std::move(temporary.error()); \
  target = std::move(temporary.value())
