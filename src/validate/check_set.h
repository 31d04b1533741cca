// All checks at once, for one worker: tells each fact to those that want it.
//
// Which checks there are is in no list: all_checks.h includes every file of validate/checks/ and is made by the build
// (src/CMakeLists.txt).
#pragma once

#include <tuple>

#include "validate/all_checks.h"

namespace gristmill::validation {

class CheckSet {
 public:
  // `accounting` must outlive this.
  explicit CheckSet(Accounting& accounting) : accounting_(accounting) {}

  void see(const auto& fact) {
    std::apply([&](auto&... each) { (see_one(each, fact), ...); }, checks_);
  }

 private:
  void see_one(auto& check, const auto& fact) {
    if constexpr (requires { check.see(fact, accounting_); }) check.see(fact, accounting_);
  }

  Accounting& accounting_;
  AllChecks checks_;
};

}  // namespace gristmill::validation
