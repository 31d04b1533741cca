#include "inspect/shape_counts.h"

#include <gtest/gtest.h>

#include "storage/temporary_folder_testing.h"

namespace gristmill::inspect {
namespace {

class ShapeCountsTest : public ::testing::Test {
 protected:
  // One line of a shape that goes by its name.
  static void add(ShapeCounts& counts, std::uint8_t group, const std::string& name, std::uint64_t offset) {
    if (counts.add(group, storage::hash128(name), {0, offset}, static_cast<std::uint32_t>(offset))) {
      ASSERT_TRUE(counts.describe(name, "line " + std::to_string(offset)).ok());
    }
  }
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

TEST_F(ShapeCountsTest, AddsUpWhatWorkersCounted) {
  for (const std::size_t quota : {1U, 1U << 20}) {
    shuffle::Sorter first(*storage_, "/tmp", quota);
    shuffle::Sorter second(*storage_, "/tmp", 64U << 10);
    ShapeCounts one(first, quota);
    ShapeCounts other(second, quota);
    for (std::uint64_t i = 0; i < 300; ++i)
      add(i % 2 == 0 ? one : other, 0, i % 3 == 0 ? "rare" : "usual", 1000 - 300 + i);
    add(one, 1, "usual", 5000);
    for (std::uint64_t i = 0; i < 50; ++i) add(other, 0, "single " + std::to_string(i), 6000 + i);
    ASSERT_TRUE(one.flush().ok());
    ASSERT_TRUE(other.flush().ok());
    const auto groups = most_frequent_shapes({&first, &second}, 3, [] { return false; });
    ASSERT_TRUE(groups.ok());
    const ShapesOfGroup& shapes = (*groups)[0];
    EXPECT_EQ(shapes.shapes, 52U);
    EXPECT_EQ(shapes.lines, 350U);
    ASSERT_EQ(shapes.first.size(), 3U);
    EXPECT_EQ(shapes.first[0].text, "usual");
    EXPECT_EQ(shapes.first[0].lines, 200U);
    EXPECT_EQ(shapes.first[0].first.offset, 701U);
    EXPECT_EQ(shapes.first[0].example, "line 701");
    EXPECT_EQ(shapes.first[1].text, "rare");
    EXPECT_EQ(shapes.first[1].example, "line 700");
    EXPECT_EQ(shapes.first[2].text, "single 0");
    EXPECT_EQ((*groups)[1].lines, 1U);
    EXPECT_EQ((*groups)[2].shapes, 0U);
  }
}

TEST_F(ShapeCountsTest, StopsWhenAsked) {
  shuffle::Sorter facts(*storage_, "/tmp", 1U << 20);
  EXPECT_FALSE(most_frequent_shapes({&facts}, 3, [] { return true; }).ok());
}

}  // namespace
}  // namespace gristmill::inspect
