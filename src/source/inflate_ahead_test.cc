#include "source/inflate_ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <regex>
#include <thread>
#include <vector>

#include "source/compressed_testing.h"

namespace gristmill::source {
namespace {

using testing::gzip;
using testing::zstandard;

constexpr std::uint64_t longest_window = 128U << 20;

struct Outcome {
  std::string text;
  std::string error;  // empty if there is none
  bool operator==(const Outcome&) const = default;
};

Outcome feed_all(Inflater& inflater, std::string_view stored, std::size_t piece) {
  Outcome outcome;
  const auto take = [&](std::string_view bytes) -> Status {
    EXPECT_FALSE(bytes.empty());
    outcome.text.append(bytes);
    return {};
  };
  Status status;
  for (std::size_t i = 0; i < stored.size() && status.ok(); i += piece)
    status = inflater.feed(stored.substr(i, piece), take);
  if (status.ok()) status = inflater.finish(take);
  // Where in the pieces that are fed a fault shows differs by the piece.
  if (!status.ok())
    outcome = {{}, std::regex_replace(status.error().message, std::regex("at byte [0-9]+"), "at a byte")};
  return outcome;
}

class InflateAheadTest : public ::testing::TestWithParam<Compression> {
 protected:
  InflateAheadTest() { file_.path = "/data/file"; }

  std::string compress(std::string_view text) const {
    return GetParam() == Compression::gzip ? gzip(text) : zstandard(text);
  }
  // Without compression, so that the text's own bytes stand in the file.
  std::string store(std::string_view text) const {
    return GetParam() == Compression::gzip ? gzip(text, 0) : zstandard(text, 0);
  }
  std::string beginning() const {
    return GetParam() == Compression::gzip ? std::string("\x1F\x8B\x08\x00", 4) : "\x28\xB5\x2F\xFD";
  }

  Outcome by_one(std::string_view stored, std::size_t piece) const {
    return feed_all(*make_inflater(file_, GetParam(), longest_window), stored, piece);
  }

  // By a reader and two helpers, which are there from the start or come later.
  Outcome by_many(std::string_view stored, std::size_t piece, const AheadLimits& limits) const {
    InflatePool pool(limits);
    Outcome outcome;
    std::atomic<bool> reads{false};
    std::vector<std::jthread> helpers;
    for (int i = 0; i < 2; ++i) {
      helpers.emplace_back([&] {
        while (!reads) std::this_thread::yield();
        InflatePool::Worker worker(pool);
        worker.help();
      });
    }
    {
      InflatePool::Worker worker(pool);
      reads = true;
      const auto inflater = make_inflater_ahead(file_, GetParam(), longest_window, pool);
      outcome = feed_all(*inflater, stored, piece);
    }
    return outcome;
  }

  InputFile file_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, InflateAheadTest, ::testing::Values(Compression::gzip, Compression::zstandard),
                         [](const auto& kind) { return kind.param == Compression::gzip ? "gzip" : "zstandard"; });

constexpr AheadLimits small{.sections = 3, .shortest = 50, .longest = 400, .longest_text = 1000};

// Members of many sizes, some beyond each limit, some that hold what looks like a beginning, and broken ones.
TEST_P(InflateAheadTest, TextAndErrorsAreThoseOfOneThread) {
  std::mt19937 random(7);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
  std::size_t faults = 0;
  for (int round = 0; round < 400; ++round) {
    std::string stored;
    for (std::size_t members = below(60); members > 0; --members) {
      std::string text(below(8) == 0 ? below(3000) : below(120), '\0');
      for (char& c : text) c = static_cast<char>(below(3) == 0 ? below(256) : 'a');
      if (below(4) == 0) text.insert(below(text.size() + 1), beginning());
      stored += below(2) == 0 ? store(text) : compress(text);
      if (GetParam() == Compression::zstandard && below(10) == 0)
        stored += std::string("\x50\x2A\x4D\x18\x02\x00\x00\x00xy", 10);
    }
    if (below(4) == 0 && !stored.empty()) stored[below(stored.size())] = static_cast<char>(below(256));
    if (below(6) == 0) stored.resize(below(stored.size() + 1));
    if (below(8) == 0) stored.append(below(70), '\0');
    if (below(12) == 0) stored += "rest";
    const std::size_t piece = 1 + below(below(2) == 0 ? 40 : 5000);
    const Outcome expected = by_one(stored, piece);
    ASSERT_EQ(by_many(stored, piece, small), expected) << "round " << round;
    faults += expected.error.empty() ? 0 : 1;
  }
  EXPECT_GT(faults, 50U);
  EXPECT_LT(faults, 250U);
}

// A busy machine may give the helper no time before the reader takes its sections back: then another round.
TEST_P(InflateAheadTest, HelpersTakeSections) {
  std::string stored;
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += "line " + std::to_string(i) + '\n';
    stored += compress("line " + std::to_string(i) + '\n');
  }
  InflatePool pool(small);
  InflatePool::Worker reader(pool);
  std::jthread helper([&] { InflatePool::Worker(pool).help(); });
  while (!pool.has_helpers()) std::this_thread::yield();
  std::size_t largest = 0;
  constexpr std::size_t largest_of_a_stream = 9;  // "line 299" and its end: it hands out each member by itself
  for (int round = 0; round < 200 && largest <= largest_of_a_stream; ++round) {
    std::string got;
    const auto take = [&](std::string_view piece) -> Status {
      largest = std::max(largest, piece.size());
      got += piece;
      return {};
    };
    const auto inflater = make_inflater_ahead(file_, GetParam(), longest_window, pool);
    constexpr std::size_t piece = 150;
    for (std::size_t i = 0; i < stored.size(); i += piece) {
      ASSERT_TRUE(inflater->feed(std::string_view(stored).substr(i, piece), take).ok());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(inflater->finish(take).ok());
    ASSERT_EQ(got, text);
  }
  EXPECT_GT(largest, largest_of_a_stream) << "a section hands out several members at once";
  reader.help();
}

TEST_P(InflateAheadTest, AnErrorOfTheReceiverEndsAll) {
  std::string stored;
  for (int i = 0; i < 200; ++i) stored += compress("a line of some length\n");
  InflatePool pool(small);
  std::jthread helper;
  {
    InflatePool::Worker reader(pool);
    helper = std::jthread([&] { InflatePool::Worker(pool).help(); });
    while (!pool.has_helpers()) std::this_thread::yield();
    const auto inflater = make_inflater_ahead(file_, GetParam(), longest_window, pool);
    const Status status = inflater->feed(stored, [](std::string_view) -> Status { return Error::interrupted(); });
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, ErrorKind::interrupted);
  }
  helper.join();
}

TEST(AheadLimits, KeepWithinTheBudget) {
  for (const std::uint32_t workers : {2U, 3U, 16U, 64U}) {
    for (const std::uint64_t budget : {1ULL << 20, 16ULL << 20, 100ULL << 20, 256ULL << 20, 4ULL << 30}) {
      const AheadLimits limits = ahead_limits(budget, workers);
      EXPECT_LE(limits.sections * (limits.longest + limits.longest_text), budget);
      EXPECT_LE(limits.shortest * 4, limits.longest);
    }
  }
  EXPECT_EQ(ahead_limits(256U << 20, 1).sections, 0U);
  EXPECT_EQ(ahead_limits(256U << 20, 2).sections, 4U);
  EXPECT_EQ(ahead_limits(1U << 20, 2).sections, 0U);
}

}  // namespace
}  // namespace gristmill::source
