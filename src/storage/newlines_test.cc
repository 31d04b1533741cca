#include "storage/newlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace gristmill::storage {
namespace {

TEST(CountNewlines, CountsEveryOne) {
  EXPECT_EQ(count_newlines(""), 0U);
  std::mt19937 random(6);
  for (const std::size_t size : {1U, 15U, 16U, 63U, 64U, 65U, 127U, 128U, 1000U, 100'000U}) {
    for (const unsigned one_in : {1U, 2U, 10U, 1000U}) {
      std::string text(size + 3, 'x');
      for (char& c : text) c = random() % one_in == 0 ? '\n' : static_cast<char>(random() % 3 == 0 ? 0x0B : 0x8A);
      for (std::size_t skip = 0; skip < 3; ++skip) {
        const std::string_view part = std::string_view(text).substr(skip, size);
        EXPECT_EQ(count_newlines(part), static_cast<std::uint64_t>(std::count(part.begin(), part.end(), '\n')));
      }
    }
  }
  EXPECT_EQ(count_newlines(std::string(1'000'000, '\n')), 1'000'000U);
}

}  // namespace
}  // namespace gristmill::storage
