#include "shuffle/line_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gristmill::shuffle {
namespace {

TEST(LineOrder, IsThatOfProfilesAndTheirPlaces) {
  std::mt19937_64 random(3);
  for (const std::size_t count : {0U, 1U, 2U, 100U, 3000U}) {
    for (const std::uint64_t profiles : {1U, 2U, 40U, 5000U}) {
      for (const std::size_t runs : {1U, 2U, 7U, 3000U}) {  // the last: in no order
        std::vector<std::uint64_t> hashes(profiles);
        for (std::uint64_t& hash : hashes) hash = random() << 8;
        std::vector<LineHeader> headers(count);
        for (std::size_t i = 0; i < count; ++i) {
          headers[i].profile_hash = hashes[random() % profiles];
          headers[i].file = static_cast<std::uint32_t>(i / 700);
          headers[i].offset = i * 10;
        }
        std::vector<const LineHeader*> lines;
        for (std::size_t run = 0; run < runs; ++run) {
          for (std::size_t i = run; i < count; i += runs) lines.push_back(&headers[i]);
        }
        std::vector<const LineHeader*> expected = lines;
        std::sort(expected.begin(), expected.end(), [](const LineHeader* a, const LineHeader* b) {
          return a->profile_hash != b->profile_hash ? a->profile_hash < b->profile_hash : a->place() < b->place();
        });
        order_by_profile(lines);
        ASSERT_EQ(lines, expected) << count << ' ' << profiles << ' ' << runs;
      }
    }
  }
}

}  // namespace
}  // namespace gristmill::shuffle
