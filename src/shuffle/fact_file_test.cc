#include "shuffle/fact_file.h"

#include <gtest/gtest.h>

#include <random>

#include "storage/temporary_folder_testing.h"

namespace gristmill::shuffle {
namespace {

using testing::read_text;
using testing::TemporaryFolder;
using testing::write_text;

using AllFacts = std::vector<std::pair<std::string, std::string>>;

AllFacts facts_of(Sorter& sorter) {
  AllFacts all;
  SortedFacts facts({&sorter});
  for (;;) {
    const auto more = facts.next();
    EXPECT_TRUE(more.ok());
    if (!more.ok() || !*more) return all;
    all.emplace_back(facts.key(), facts.value());
  }
}

class FactFileTest : public ::testing::Test {
 protected:
  std::unique_ptr<Storage> storage_ = make_local_storage();
  TemporaryFolder folder_;
};

TEST_F(FactFileTest, HoldsTheFactsInOrder) {
  Sorter sorter(*storage_, folder_.path(), 50'000);
  std::mt19937 random(2);
  AllFacts expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string key = std::to_string(random());
    // Some are so long that a sorter keeps them apart.
    const std::string value(i % 1000 == 0 ? 300'000 : random() % 200, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(sorter.add(key, value).ok());
    expected.emplace_back(key, value);
  }
  std::sort(expected.begin(), expected.end());
  const auto size = write_facts(*storage_, sorter, folder_ / "facts");
  ASSERT_TRUE(size.ok());
  EXPECT_EQ(*size, read_text(folder_ / "facts").size());
  Sorter again(*storage_, folder_.path(), 50'000);
  ASSERT_TRUE(read_facts(*storage_, folder_ / "facts", *size, again).ok());
  EXPECT_EQ(facts_of(again), expected);
}

TEST_F(FactFileTest, NoFactsAreNoFile) {
  Sorter sorter(*storage_, folder_.path(), 1000);
  const auto size = write_facts(*storage_, sorter, folder_ / "facts");
  ASSERT_TRUE(size.ok());
  EXPECT_EQ(*size, 0U);
  EXPECT_FALSE(storage_->stat(folder_ / "facts").value().has_value());
}

TEST_F(FactFileTest, ADamagedOneIsAnError) {
  Sorter sorter(*storage_, folder_.path(), 1000);
  ASSERT_TRUE(sorter.add("key", "value").ok());
  const auto size = write_facts(*storage_, sorter, folder_ / "facts");
  ASSERT_TRUE(size.ok());
  const std::string good = read_text(folder_ / "facts");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    write_text(folder_ / "bad", bad);
    Sorter again(*storage_, folder_.path(), 1000);
    EXPECT_FALSE(read_facts(*storage_, folder_ / "bad", bad.size(), again).ok()) << i;
  }
  write_text(folder_ / "short", good.substr(0, good.size() - 1));
  Sorter again(*storage_, folder_.path(), 1000);
  EXPECT_FALSE(read_facts(*storage_, folder_ / "short", *size, again).ok());
}

}  // namespace
}  // namespace gristmill::shuffle
