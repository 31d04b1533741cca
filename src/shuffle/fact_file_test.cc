#include "shuffle/fact_file.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

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

// A file of facts with an index, in frames of some 200 bytes.
class IndexedFactsTest : public FactFileTest {
 protected:
  void write(const std::string& name, const std::set<std::string>& keys) {
    std::string bytes;
    FactFrames frames(
        [&](std::string_view frame) -> Status {
          starts_.push_back(bytes.size());
          bytes.append(frame);
          return {};
        },
        200);
    for (const std::string& key : keys) ASSERT_TRUE(frames.add(key, "value").ok());
    ASSERT_TRUE(frames.finish().ok());
    const auto index_size = frames.write_index();
    ASSERT_TRUE(index_size.ok());
    write_text(folder_ / name, bytes);
    if (!keys.empty()) stored_.push_back({folder_ / name, bytes.size() - *index_size, *index_size});
  }

  std::vector<std::size_t> starts_;  // of all frames, that of the index is the last
  std::vector<StoredFacts> stored_;
};

TEST_F(IndexedFactsTest, EveryKeyIsFoundAndNoOther) {
  std::mt19937 random(3);
  const auto some_key = [&] {
    std::string key(random() % 6, '\0');
    for (char& c : key) c = "\0ab\xFF"[random() % 4];
    return key;
  };
  for (int round = 0; round < 60; ++round) {
    stored_.clear();
    std::set<std::string> all;
    for (int file = 0; file < 3; ++file) {
      std::set<std::string> keys;
      for (std::size_t i = random() % 400; i > 0; --i) keys.insert(some_key());
      write("facts-" + std::to_string(file), keys);
      all.insert(keys.begin(), keys.end());
    }
    std::multiset<std::string> asked;
    for (int i = 0; i < 300; ++i) asked.insert(some_key());
    FactLookup lookup(*storage_, stored_);
    for (const std::string& key : asked) {
      const auto found = lookup.has(key);
      ASSERT_TRUE(found.ok()) << found.error().message;
      ASSERT_EQ(*found, all.contains(key));
    }
    // All of them as one sequence, the index left aside.
    SortedFacts sorted({}, *storage_, stored_);
    std::set<std::string> read;
    for (auto more = sorted.next(); more.ok() && *more; more = sorted.next()) read.emplace(sorted.key());
    EXPECT_EQ(read, all);
  }
}

TEST_F(IndexedFactsTest, OnlyTheFrameThatCanHoldAKeyIsRead) {
  std::set<std::string> keys;
  for (int i = 1000; i < 2000; ++i) keys.insert(std::to_string(i) + "x");
  write("facts", keys);
  const std::string good = read_text(folder_ / "facts");
  // All frames but the index and those of the first and the last key are damaged.
  std::string bad = good;
  for (std::size_t i = 1; i + 2 < starts_.size(); ++i) bad[starts_[i] + 20] ^= 1;
  write_text(folder_ / "facts", bad);
  FactLookup lookup(*storage_, stored_);
  for (const auto& [key, expected] :
       {std::pair("0", false), {"1000x", true}, {"1000y", false}, {"1999x", true}, {"2", false}}) {
    const auto found = lookup.has(key);
    ASSERT_TRUE(found.ok()) << key;
    EXPECT_EQ(*found, expected) << key;
  }
  FactLookup damaged(*storage_, stored_);
  const auto found = damaged.has("1500x");
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().message.find("is not as it was written"), std::string::npos) << found.error().message;
}

TEST_F(IndexedFactsTest, ADamagedIndexIsAnError) {
  write("facts", {"a", "b"});
  const std::string good = read_text(folder_ / "facts");
  for (std::size_t i = stored_[0].size; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 1;
    write_text(folder_ / "facts", bad);
    EXPECT_FALSE(FactLookup(*storage_, stored_).has("a").ok()) << i;
  }
}

}  // namespace
}  // namespace gristmill::shuffle
