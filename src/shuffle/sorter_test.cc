#include "shuffle/sorter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "storage/faulty.h"
#include "storage/forwarding_storage_testing.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::shuffle {
namespace {

using testing::TemporaryFolder;
using Facts = std::vector<std::pair<std::string, std::string>>;

// A storage whose scratch file gives one byte, at `flipped`, back wrong.
class RottenStorage : public testing::ForwardingStorage {
 public:
  using ForwardingStorage::ForwardingStorage;
  Result<std::unique_ptr<ScratchFile>> scratch(const std::string& folder) override {
    GM_ASSIGN(auto inner, ForwardingStorage::scratch(folder));
    return std::unique_ptr<ScratchFile>(std::make_unique<File>(std::move(inner), flipped));
  }
  std::uint64_t flipped = ~std::uint64_t{0};

 private:
  class File : public ScratchFile {
   public:
    File(std::unique_ptr<ScratchFile> inner, const std::uint64_t& flipped)
        : inner_(std::move(inner)), flipped_(flipped) {}
    Status write_at(std::uint64_t offset, std::string_view bytes) override { return inner_->write_at(offset, bytes); }
    Status read_at(std::uint64_t offset, char* into, std::size_t length) override {
      GM_RETURN_IF_ERROR(inner_->read_at(offset, into, length));
      if (flipped_ >= offset && flipped_ - offset < length) into[flipped_ - offset] ^= 0x01;
      return {};
    }

   private:
    std::unique_ptr<ScratchFile> inner_;
    const std::uint64_t& flipped_;
  };
};

class SorterTest : public ::testing::Test {
 protected:
  // The facts of `sorters`, in the order in which they come; an error ends them.
  static Facts read(std::vector<Sorter*> sorters, Status* status = nullptr) {
    SortedFacts sorted(std::move(sorters));
    Facts facts;
    for (;;) {
      auto more = sorted.next();
      if (!more.ok()) {
        EXPECT_NE(status, nullptr) << more.error().message;
        if (status != nullptr) *status = std::move(more.error());
        return facts;
      }
      if (!*more) break;
      facts.emplace_back(sorted.key(), sorted.value());
    }
    auto again = sorted.next();
    EXPECT_TRUE(again.ok() && !*again);  // the end stays the end
    return facts;
  }

  // Keys in order, and nothing lost or added.
  static void expect_sorted(Facts got, Facts expected) {
    EXPECT_TRUE(std::is_sorted(got.begin(), got.end(), [](const auto& a, const auto& b) { return a.first < b.first; }));
    std::sort(got.begin(), got.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(got.size(), expected.size());
    EXPECT_TRUE(got == expected);
  }

  Facts random_facts(std::size_t count) {
    Facts facts;
    for (std::size_t i = 0; i < count; ++i) {
      // Keys that share beginnings, hold any byte and repeat.
      std::string key(std::string_view("the same beginning").substr(0, random_() % 12));
      const std::size_t length = random_() % 10;
      for (std::size_t k = 0; k < length; ++k)
        key.push_back(static_cast<char>(random_() % 3 == 0 ? random_() % 256 : random_() % 2));
      facts.emplace_back(key, std::string(random_() % 30, static_cast<char>('a' + i % 26)));
    }
    return facts;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
  std::mt19937 random_{17};
};

TEST_F(SorterTest, SortsInMemory) {
  Sorter sorter(*storage_, folder_.path(), 1U << 20);
  const Facts facts = {{"b", "2"}, {"a", "1"}, {"", "0"}, {"ab", ""}, {"\xFF", "5"}, {std::string("a\0", 2), "x"},
                       {"b", "3"}};
  for (const auto& [key, value] : facts) ASSERT_TRUE(sorter.add(key, value).ok());
  EXPECT_EQ(sorter.spilled_bytes(), 0U);
  const Facts got = read({&sorter});
  expect_sorted(got, facts);
  EXPECT_EQ(got[1].first, "a");
  EXPECT_EQ(got[2].first, std::string("a\0", 2));
  EXPECT_EQ(got[3].first, "ab");
  EXPECT_EQ(got[6].first, "\xFF");
}

TEST_F(SorterTest, NothingIsNothing) {
  EXPECT_EQ(read({}), Facts{});
  Sorter empty(*storage_, folder_.path(), 100);
  Sorter other(*storage_, folder_.path(), 100);
  EXPECT_EQ(read({&empty}), Facts{});
  EXPECT_EQ(read({&empty, &other}), Facts{});
  ASSERT_TRUE(other.add("", "").ok());
  EXPECT_EQ(read({&empty, &other}), (Facts{{"", ""}}));
}

TEST_F(SorterTest, SortsAnyNumberWithAnyQuota) {
  const Facts facts = random_facts(3000);
  // One byte: every fact is a run, of which 32 become one of the next level, and 32 of these again.
  for (const std::uint64_t quota : {1U, 100U, 3000U, 50'000U, 10'000'000U}) {
    Sorter sorter(*storage_, folder_.path(), quota);
    for (const auto& [key, value] : facts) ASSERT_TRUE(sorter.add(key, value).ok());
    EXPECT_EQ(sorter.spilled_bytes() > 0, quota < 10'000'000U);
    expect_sorted(read({&sorter}), facts);
  }
}

TEST_F(SorterTest, AFactIsRewrittenOnceALevel) {
  Sorter one(*storage_, folder_.path(), 1);
  ASSERT_TRUE(one.add("key00000", "value").ok());
  ASSERT_TRUE(one.add("key00001", "value").ok());
  const std::uint64_t run_of_one_fact = one.spilled_bytes();
  Sorter sorter(*storage_, folder_.path(), 1);
  constexpr std::uint64_t count = 4000;  // 32 * 32 and more: two levels above the runs from memory
  for (std::uint64_t i = 0; i < count; ++i)
    ASSERT_TRUE(sorter.add("key" + std::to_string(10'000 + i * 7919 % count), "value").ok());
  EXPECT_LT(sorter.spilled_bytes(), 3 * count * run_of_one_fact);
  EXPECT_EQ(read({&sorter}).size(), count);
}

TEST_F(SorterTest, NumbersOfRunsAroundALevel) {
  for (const std::size_t count :
       {1U, 2U, 31U, 32U, 33U, 34U, 63U, 64U, 65U, 1023U, 1024U, 1025U, 1026U, 1057U, 1058U}) {
    const Facts facts = random_facts(count);
    Sorter sorter(*storage_, folder_.path(), 1);
    for (const auto& [key, value] : facts) ASSERT_TRUE(sorter.add(key, value).ok());
    expect_sorted(read({&sorter}), facts);
  }
}

TEST_F(SorterTest, SeveralSortersAreOneStream) {
  const Facts facts = random_facts(2000);
  for (const std::size_t count : {2U, 5U}) {
    std::vector<std::unique_ptr<Sorter>> sorters;
    std::vector<Sorter*> pointers;
    for (std::size_t i = 0; i < count; ++i) {
      sorters.push_back(std::make_unique<Sorter>(*storage_, folder_.path(), i == 0 ? 1U << 20 : 2000 * i));
      pointers.push_back(sorters.back().get());
    }
    for (const auto& [key, value] : facts) ASSERT_TRUE(sorters[random_() % count]->add(key, value).ok());
    expect_sorted(read(pointers), facts);
  }
}

TEST_F(SorterTest, EqualKeysStandTogether) {
  Facts facts;
  for (int i = 0; i < 500; ++i)
    facts.emplace_back(i % 3 == 0 ? "equal keys longer than 8 bytes" : "equal keys longer than 8 bytez",
                       std::to_string(i));
  for (const std::uint64_t quota : {1U, 2000U, 1U << 20}) {
    Sorter sorter(*storage_, folder_.path(), quota);
    for (const auto& [key, value] : facts) ASSERT_TRUE(sorter.add(key, value).ok());
    expect_sorted(read({&sorter}), facts);
  }
}

TEST_F(SorterTest, LongKeysAndValues) {
  Facts facts;
  std::size_t n = 0;
  for (const std::size_t size : {0U, 1U, 65535U, 65536U, 65537U, 200'000U, 3U}) {
    for (const std::size_t key_size : {0U, 5U, 70'000U}) {
      std::string value(size, '\0');
      for (char& c : value) c = static_cast<char>(random_());
      facts.emplace_back(std::string(key_size, 'k') + static_cast<char>('z' - n % 20), std::move(value));
      ++n;
    }
  }
  for (const std::uint64_t quota : {1U, 100'000U, 100'000'000U}) {
    Sorter one(*storage_, folder_.path(), quota);
    Sorter two(*storage_, folder_.path(), quota);
    for (std::size_t i = 0; i < facts.size(); ++i)
      ASSERT_TRUE((i % 2 == 0 ? one : two).add(facts[i].first, facts[i].second).ok());
    expect_sorted(read({&one, &two}), facts);
  }
}

TEST_F(SorterTest, LongValuesSurviveMerges) {
  Facts facts;
  for (int i = 0; i < 40; ++i)
    facts.emplace_back(std::to_string(i * 7919 % 100),
                       std::string(65'537 + static_cast<std::size_t>(i), static_cast<char>('A' + i)));
  Sorter sorter(*storage_, folder_.path(), 1);
  for (const auto& [key, value] : facts) ASSERT_TRUE(sorter.add(key, value).ok());
  expect_sorted(read({&sorter}), facts);
}

// --- Keys ---

TEST(SorterKeys, OrderIsThatOfTheParts) {
  std::mt19937 random(5);
  const auto text = [&] {
    static constexpr char alphabet[] = {'\0', '\1', '\2', 'a', 'b', '\xFE', '\xFF'};
    std::string result(random() % 4, 'x');
    for (char& c : result) c = alphabet[random() % sizeof alphabet];
    return result;
  };
  const auto bytewise = [](const std::string& a, const std::string& b) { return std::string_view(a).compare(b); };
  for (int i = 0; i < 50'000; ++i) {
    const std::string parts[2][2] = {{text(), text()}, {text(), text()}};
    const std::uint64_t numbers[2] = {random() % 3 == 0 ? random() : random() % 3, random() % 3};
    std::string keys[2];
    for (std::size_t k = 0; k < 2; ++k) {
      append_key_text(parts[k][0], keys[k]);
      append_key_text(parts[k][1], keys[k]);
      append_key_number(numbers[k], keys[k]);
    }
    int expected = bytewise(parts[0][0], parts[1][0]);
    if (expected == 0) expected = bytewise(parts[0][1], parts[1][1]);
    if (expected == 0) expected = numbers[0] < numbers[1] ? -1 : numbers[0] > numbers[1] ? 1 : 0;
    const int got = bytewise(keys[0], keys[1]);
    ASSERT_EQ(got < 0, expected < 0) << ::testing::PrintToString(parts);
    ASSERT_EQ(got > 0, expected > 0) << ::testing::PrintToString(parts);
  }
}

TEST(SorterKeys, PartsComeOffAgain) {
  const std::string texts[] = {
      "", "plain", std::string("\0", 1), std::string("a\0b\0\0c", 6), std::string("\0\xFF\0\1", 4), "\xFF\xFE\1"};
  for (const std::string& one : texts) {
    for (const std::string& two : texts) {
      std::string key;
      append_key_text(one, key);
      append_key_number(0x0102030405060708, key);
      append_key_text(two, key);
      append_key_number(~std::uint64_t{0}, key);
      key.append("rest");
      std::string_view rest = key;
      std::string scratch;
      std::string other_scratch;
      const std::string_view first = take_key_text(rest, scratch);
      EXPECT_EQ(take_key_number(rest), 0x0102030405060708U);
      EXPECT_EQ(take_key_text(rest, other_scratch), two);
      EXPECT_EQ(first, one);
      EXPECT_EQ(take_key_number(rest), ~std::uint64_t{0});
      EXPECT_EQ(rest, "rest");
    }
  }
}

// --- Faults ---

TEST_F(SorterTest, EveryFlippedByteOfARunIsFound) {
  RottenStorage rotten(*storage_);
  Sorter sorter(rotten, folder_.path(), 600);
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(sorter.add("key" + std::to_string(i * 37 % 100), "value" + std::to_string(i)).ok());
  const std::uint64_t size = sorter.spilled_bytes();
  ASSERT_GT(size, 1000U);
  EXPECT_EQ(read({&sorter}).size(), 100U);
  for (std::uint64_t at = 0; at < size; ++at) {
    rotten.flipped = at;
    Status status;
    read({&sorter}, &status);
    ASSERT_FALSE(status.ok()) << at;
    EXPECT_EQ(status.error().kind, ErrorKind::internal);
    EXPECT_NE(status.error().message.find("checksum"), std::string::npos) << status.error().message;
  }
}

TEST_F(SorterTest, AFlippedByteIsFoundWhileRunsAreMerged) {
  RottenStorage rotten(*storage_);
  rotten.flipped = 20;
  Sorter sorter(rotten, folder_.path(), 1);
  Status status;
  for (int i = 0; i < 100 && status.ok(); ++i) status = sorter.add("key" + std::to_string(i), "value");
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("checksum"), std::string::npos);
}

TEST_F(SorterTest, AFlippedByteOfALongValueIsFound) {
  RottenStorage rotten(*storage_);
  Sorter sorter(rotten, folder_.path(), 1U << 20);
  ASSERT_TRUE(sorter.add("key", std::string(100'000, 'x')).ok());
  EXPECT_EQ(read({&sorter}).size(), 1U);
  for (const std::uint64_t at : {0U, 1U, 50'000U, 99'999U}) {
    rotten.flipped = at;
    Status status;
    read({&sorter}, &status);
    EXPECT_FALSE(status.ok()) << at;
  }
}

TEST_F(SorterTest, AFullDiskComesOut) {
  for (std::uint64_t at = 1; at <= 40; ++at) {  // making the file, writing runs, reading and writing the first merge
    storage::FaultPlan plan;
    plan.action = storage::FaultPlan::Action::error;
    plan.at = at;
    plan.error_number = ENOSPC;
    const auto faulty = storage::make_faulty_storage(*storage_, plan);
    Sorter sorter(*faulty, folder_.path(), 1);
    Status status;
    for (int i = 0; i < 100 && status.ok(); ++i) status = sorter.add(std::to_string(i), "value");
    EXPECT_FALSE(status.ok()) << at;
  }
}

}  // namespace
}  // namespace gristmill::shuffle
