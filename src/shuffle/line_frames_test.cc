#include "shuffle/line_frames.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "storage/hash.h"

namespace gristmill::shuffle {
namespace {

struct FramedLine {
  LineHeader header;
  std::string payload;
  auto told() const {
    return std::tuple(header.profile_hash, header.file, header.offset, header.length, header.line_in_unit, header.kind,
                      header.mark, payload);
  }
};

class Lines final : public LineSink {
 public:
  Status add(const LineHeader& header, std::string_view payload) override {
    all.push_back({header, std::string(payload)});
    return {};
  }
  std::vector<FramedLine> all;
};

FramedLine a_line(std::uint32_t number, std::size_t length) {
  FramedLine line;
  line.payload.assign(length, static_cast<char>('a' + number % 26));
  line.header.profile_hash = storage::hash64("profile " + std::to_string(number % 50));
  line.header.file = number / 100;
  line.header.offset = number * 1000ULL;
  line.header.line_in_unit = number;
  line.header.length = static_cast<std::uint32_t>(length);
  line.header.mark = static_cast<json::MarkBefore>(number % 3);
  return line;
}

std::map<std::uint32_t, Lines> by_partition(const std::vector<LineFrame>& frames) {
  std::map<std::uint32_t, Lines> lines;
  for (const LineFrame& frame : frames) {
    Lines& of_partition = lines[frame.partition];
    const std::size_t before = of_partition.all.size();
    const Status unpacked = unpack_frame(frame.bytes, of_partition);
    EXPECT_TRUE(unpacked.ok()) << unpacked.error().message;
    EXPECT_EQ(of_partition.all.at(before).header.place(), frame.first);
  }
  return lines;
}

TEST(LineFrames, KeepEveryLineInItsPartitionAndOrder) {
  for (const std::uint64_t memory : {std::uint64_t{0}, std::uint64_t{20'000}, std::uint64_t{64} << 20}) {
    LineFrames frames(7, memory);
    std::vector<LineFrame> ended;
    std::map<std::uint32_t, std::vector<FramedLine>> expected;
    std::mt19937 random(1);
    for (std::uint32_t i = 0; i < 2000; ++i) {
      const FramedLine line = a_line(i, random() % 700);
      ASSERT_TRUE(frames.add(line.header, line.payload).ok());
      expected[partition_of(line.header.profile_hash, 7)].push_back(line);
      for (LineFrame& frame : frames.take()) ended.push_back(std::move(frame));
    }
    ASSERT_TRUE(frames.flush().ok());
    for (LineFrame& frame : frames.take()) ended.push_back(std::move(frame));
    EXPECT_TRUE(frames.take().empty());
    auto found = by_partition(ended);
    ASSERT_EQ(found.size(), expected.size());
    for (const auto& [partition, lines] : expected) {
      ASSERT_EQ(found[partition].all.size(), lines.size());
      for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(found[partition].all[i].told(), lines[i].told());
    }
    if (memory == 0) {
      EXPECT_EQ(ended.size(), 2000U);
    } else if (memory > 1 << 20) {
      EXPECT_EQ(ended.size(), 7U);
    }
  }
}

TEST(LineFrames, OfLinesOfEveryKind) {
  LineFrames frames(1, 1 << 20);
  std::vector<FramedLine> lines = {a_line(0, 0), a_line(1, 3'000'000), a_line(2, 12), a_line(3, 5)};
  lines[2].header.kind = LineKind::too_long;
  for (const FramedLine& line : lines) ASSERT_TRUE(frames.add(line.header, line.payload).ok());
  ASSERT_TRUE(frames.flush().ok());
  Lines found;
  for (const LineFrame& frame : frames.take()) ASSERT_TRUE(unpack_frame(frame.bytes, found).ok());
  ASSERT_EQ(found.all.size(), lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(found.all[i].told(), lines[i].told());
}

TEST(LineFrames, ADamagedOneIsAnError) {
  LineFrames frames(1, 1 << 20);
  const FramedLine line = a_line(5, 300);
  ASSERT_TRUE(frames.add(line.header, line.payload).ok());
  ASSERT_TRUE(frames.flush().ok());
  const std::string good = frames.take().at(0).bytes;
  Lines found;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x20);
    // A size of gigabytes would only take long.
    if (i == 3) continue;
    EXPECT_FALSE(unpack_frame(bad, found).ok()) << i;
    EXPECT_FALSE(unpack_frame(good.substr(0, i), found).ok()) << i;
  }
  EXPECT_TRUE(found.all.empty());
}

TEST(LineFrames, PartitionsAreEven) {
  std::map<std::uint32_t, int> counts;
  for (int i = 0; i < 30'000; ++i) ++counts[partition_of(storage::hash64(std::to_string(i)), 3)];
  ASSERT_EQ(counts.size(), 3U);
  for (const auto& [partition, count] : counts) EXPECT_NEAR(count, 10'000, 400);
}

}  // namespace
}  // namespace gristmill::shuffle
