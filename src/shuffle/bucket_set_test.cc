// Buckets alone and merged: nothing is lost, added or put out of order, in memory and spilled.
#include "shuffle/bucket_set.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "json/json_text.h"
#include "shuffle/merged_lines.h"
#include "storage/faulty.h"
#include "storage/forwarding_storage_testing.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::shuffle {
namespace {

using testing::TemporaryFolder;

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
      if (flipped_ >= offset && flipped_ - offset < length) into[flipped_ - offset] ^= 0x10;
      return {};
    }

   private:
    std::unique_ptr<ScratchFile> inner_;
    const std::uint64_t& flipped_;
  };
};

struct Line {
  LineHeader header;
  std::string payload;
};

LineHeader header_of(std::uint32_t file, std::uint64_t offset, std::uint64_t hash, std::size_t length) {
  LineHeader header;
  header.file = file;
  header.offset = offset;
  header.profile_hash = hash;
  header.length = static_cast<std::uint32_t>(length);
  header.line_in_unit = static_cast<std::uint32_t>(offset % 977);
  header.kind = offset % 5 == 0 ? LineKind::too_long : LineKind::whole;
  return header;
}

void expect_same(const RoutedLine& routed, const Line& line) {
  ASSERT_NE(routed.header, nullptr);
  EXPECT_EQ(std::memcmp(routed.header, &line.header, sizeof line.header), 0);
  EXPECT_EQ(routed.payload(), line.payload);
  // A NUL and readable bytes follow, as the scanners want it.
  const char* behind = routed.payload().data() + routed.payload().size();
  EXPECT_EQ(*behind, '\0');
  unsigned sum = 0;
  for (std::size_t i = 0; i < json::text_padding; ++i) sum += static_cast<unsigned char>(behind[i]);
  EXPECT_LT(sum, 256U * json::text_padding);
}

class BucketSetTest : public ::testing::Test {
 protected:
  BucketOptions options(std::uint32_t bits, std::uint64_t quota, std::uint32_t chunk_size = 4U << 10) {
    BucketOptions result;
    result.bits = bits;
    result.quota = quota;
    result.chunk_size = chunk_size;
    result.spill_folder = folder_.path();
    return result;
  }

  // `count` lines of all sizes, in input order; most are short.
  std::vector<Line> random_lines(std::size_t count) {
    std::vector<Line> lines;
    std::uint64_t offset = 0;
    std::uint32_t file = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (random_() % 200 == 0) {
        ++file;
        offset = 0;
      }
      std::size_t length = random_() % 300;
      if (random_() % 50 == 0) length = 3900 + random_() % 400;
      if (random_() % 300 == 0) length = random_() % 100000;
      std::string payload(length, static_cast<char>('a' + i % 26));
      lines.push_back({header_of(file, offset, random_(), length), std::move(payload)});
      offset += length + 1;
    }
    return lines;
  }

  void add_all(BucketSet& set, const std::vector<Line>& lines) {
    for (const Line& line : lines) ASSERT_TRUE(set.add(line.header, line.payload).ok());
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
  std::mt19937_64 random_{11};
};

TEST_F(BucketSetTest, GivesEveryBucketsLinesBackInOrder) {
  const std::vector<Line> lines = random_lines(2000);
  for (const std::uint32_t bits : {0U, 1U, 4U, 8U}) {
    for (const std::uint64_t quota :
         {std::uint64_t{1}, std::uint64_t{10'000}, std::uint64_t{60'000}, std::uint64_t{1} << 30}) {
      for (const std::uint32_t chunk_size : {4U << 10, 16U << 10}) {
        BucketOptions with = options(bits, quota, chunk_size);
        with.shift = 7;
        BucketSet set(*storage_, with);
        add_all(set, lines);
        ASSERT_EQ(set.size(), std::size_t{1} << bits);
        std::uint64_t spilled = 0;
        for (std::size_t bucket = 0; bucket < set.size(); ++bucket) {
          std::vector<const Line*> expected;
          BucketStatistics sums;
          for (const Line& line : lines) {
            if ((line.header.profile_hash >> 7 & (set.size() - 1)) != bucket) continue;
            expected.push_back(&line);
            sums.bytes += routed_size(line.payload.size());
            sums.lowest_hash = std::min(sums.lowest_hash, line.header.profile_hash);
            sums.highest_hash = std::max(sums.highest_hash, line.header.profile_hash);
          }
          const BucketStatistics& statistics = set.statistics(bucket);
          EXPECT_EQ(statistics.lines, expected.size());
          EXPECT_EQ(statistics.bytes, sums.bytes);
          EXPECT_EQ(statistics.lowest_hash, sums.lowest_hash);
          EXPECT_EQ(statistics.highest_hash, sums.highest_hash);
          EXPECT_LE(statistics.spilled_bytes, statistics.bytes);
          spilled += statistics.spilled_bytes;

          BucketCursor cursor(set, bucket);
          for (const Line* line : expected) {
            ASSERT_FALSE(cursor.done());
            EXPECT_EQ(cursor.place(), line->header.place());
            const auto routed = cursor.next();
            ASSERT_TRUE(routed.ok());
            expect_same(*routed, *line);
          }
          EXPECT_TRUE(cursor.done());

          BucketCursor all(set, bucket);
          std::vector<const LineHeader*> headers;
          ASSERT_TRUE(all.load_all(headers).ok());
          EXPECT_TRUE(all.done());
          ASSERT_EQ(headers.size(), expected.size());
          std::sort(headers.begin(), headers.end(),
                    [](const LineHeader* a, const LineHeader* b) { return a->place() < b->place(); });
          for (std::size_t i = 0; i < headers.size(); ++i) expect_same({headers[i]}, *expected[i]);
        }
        EXPECT_EQ(spilled, set.spilled_bytes());
        EXPECT_EQ(spilled > 0, quota < (std::uint64_t{1} << 30)) << quota;
      }
    }
  }
}

TEST_F(BucketSetTest, RecordsTakeMultiplesOf8Bytes) {
  EXPECT_EQ(routed_size(0), 40U);
  EXPECT_EQ(routed_size(7), 40U);
  EXPECT_EQ(routed_size(8), 48U);
  EXPECT_EQ(routed_size(15), 48U);
  for (std::uint64_t length = 0; length < 100; ++length) {
    EXPECT_EQ(routed_size(length) % 8, 0U);
    EXPECT_GT(routed_size(length), sizeof(LineHeader) + length);  // room for the NUL
  }
}

TEST_F(BucketSetTest, RecordsThatJustFitAChunk) {
  for (std::size_t length = 4096 - 48; length < 4096 + 16; ++length) {
    BucketSet set(*storage_, options(0, 20'000));
    std::vector<Line> lines;
    for (std::uint64_t i = 0; i < 20; ++i)
      lines.push_back({header_of(0, i * 5000, i, length), std::string(length, static_cast<char>('a' + i))});
    add_all(set, lines);
    BucketCursor cursor(set, 0);
    for (const Line& line : lines) {
      const auto routed = cursor.next();
      ASSERT_TRUE(routed.ok());
      expect_same(*routed, line);
    }
    EXPECT_TRUE(cursor.done());
  }
}

TEST_F(BucketSetTest, ALineBeyondTheQuotaPassesThrough) {
  BucketSet set(*storage_, options(1, 8000));
  std::vector<Line> lines;
  for (std::uint64_t i = 0; i < 12; ++i) {
    const std::size_t length = i % 3 == 1 ? 3'000'000 : 100;
    lines.push_back({header_of(0, i * 4'000'000, i, length), std::string(length, static_cast<char>('a' + i))});
  }
  add_all(set, lines);
  for (std::size_t bucket = 0; bucket < 2; ++bucket) {
    BucketCursor cursor(set, bucket);
    for (std::size_t i = bucket; i < lines.size(); i += 2) {
      const auto routed = cursor.next();
      ASSERT_TRUE(routed.ok());
      expect_same(*routed, lines[i]);
      cursor.drop_read_frame();  // may be asked at any time
    }
    EXPECT_TRUE(cursor.done());
  }
}

TEST_F(BucketSetTest, BlocksAreSpilledAndGivenBack) {
  BucketSet set(*storage_, options(1, 64U << 20, 64U << 10));
  const std::string payload(1U << 20, 'x');
  const auto length_of = [](std::uint64_t i) { return i % 400 < 350 ? 10'000U : 500'000U; };
  constexpr std::uint64_t count = 2000;  // 140 MB
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint32_t length = length_of(i);
    ASSERT_TRUE(set.add(header_of(0, i << 20, i % 2, length), {payload.data(), length}).ok());
  }
  EXPECT_GT(set.spilled_bytes(), 0U);
  for (std::uint64_t bucket = 0; bucket < 2; ++bucket) {
    BucketCursor cursor(set, bucket);
    for (std::uint64_t i = bucket; i < count; i += 2) {
      ASSERT_FALSE(cursor.done());
      const auto routed = cursor.next();
      ASSERT_TRUE(routed.ok());
      ASSERT_EQ(routed->header->offset, i << 20);
      ASSERT_EQ(routed->payload(), std::string_view(payload).substr(0, length_of(i)));
    }
    EXPECT_TRUE(cursor.done());
  }
}

TEST_F(BucketSetTest, AnEmptyBucketIsDone) {
  BucketSet set(*storage_, options(2, 1000));
  BucketCursor cursor(set, 3);
  EXPECT_TRUE(cursor.done());
  EXPECT_EQ(set.statistics(3).lines, 0U);
  std::vector<const LineHeader*> headers;
  EXPECT_TRUE(cursor.load_all(headers).ok());
  EXPECT_TRUE(headers.empty());
  MergedLines lines;
  lines.add(set, 3);
  const auto routed = lines.next();
  ASSERT_TRUE(routed.ok());
  EXPECT_EQ(routed->header, nullptr);
}

TEST_F(BucketSetTest, StatisticsTellWhetherOneHashFillsABucket) {
  BucketSet set(*storage_, options(1, 1U << 20));
  ASSERT_TRUE(set.add(header_of(0, 0, 2, 1), "x").ok());
  ASSERT_TRUE(set.add(header_of(0, 2, 2, 1), "x").ok());
  EXPECT_TRUE(set.statistics(0).one_hash());
  ASSERT_TRUE(set.add(header_of(0, 4, 4, 1), "x").ok());
  EXPECT_FALSE(set.statistics(0).one_hash());
  BucketStatistics sum;
  sum.add(set.statistics(1));
  sum.add(set.statistics(0));
  EXPECT_EQ(sum.lines, 3U);
  EXPECT_EQ(sum.lowest_hash, 2U);
  EXPECT_EQ(sum.highest_hash, 4U);
}

TEST_F(BucketSetTest, ReleasingOneBucketLeavesTheOthers) {
  const std::vector<Line> lines = random_lines(300);
  BucketSet set(*storage_, options(2, 20'000));
  add_all(set, lines);
  set.release(1);
  EXPECT_TRUE(BucketCursor(set, 1).done());
  for (const std::size_t bucket : {0U, 2U, 3U}) {
    BucketCursor cursor(set, bucket);
    for (const Line& line : lines) {
      if ((line.header.profile_hash & 3) != bucket) continue;
      const auto routed = cursor.next();
      ASSERT_TRUE(routed.ok());
      expect_same(*routed, line);
    }
  }
}

TEST_F(BucketSetTest, SeveralThreadsMayReadDifferentBuckets) {
  const std::vector<Line> lines = random_lines(1500);
  BucketSet set(*storage_, options(4, 20'000));
  add_all(set, lines);
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> read{0};
  std::atomic<int> failures{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        for (std::size_t bucket = next++; bucket < set.size(); bucket = next++) {
          BucketCursor cursor(set, bucket);
          while (!cursor.done()) {
            const auto routed = cursor.next();
            if (!routed.ok() || (routed->header->profile_hash & 15) != bucket) ++failures;
            ++read;
          }
          set.release(bucket);
        }
      });
    }
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(read, lines.size());
}

// --- Faults ---

TEST_F(BucketSetTest, EveryFlippedByteOfTheSpillFileIsFound) {
  std::vector<Line> lines;
  for (std::uint64_t i = 0; i < 40; ++i) lines.push_back({header_of(0, i * 100, i, 90), std::string(90, 'x')});
  RottenStorage rotten(*storage_);
  BucketSet set(rotten, options(0, 1));
  add_all(set, lines);
  ASSERT_GT(set.spilled_bytes(), 3000U);
  for (std::uint64_t at = 0; at < set.spilled_bytes(); at += 13) {
    rotten.flipped = at;
    BucketCursor cursor(set, 0);
    std::optional<Error> error;
    while (!cursor.done() && !error) {
      auto routed = cursor.next();
      if (!routed.ok()) error = routed.error();
    }
    ASSERT_TRUE(error) << at;
    EXPECT_EQ(error->kind, ErrorKind::internal);
    EXPECT_NE(error->message.find("checksum"), std::string::npos);
    EXPECT_NE(error->advice.find("--spill-directory"), std::string::npos);
    BucketCursor all(set, 0);
    std::vector<const LineHeader*> headers;
    EXPECT_FALSE(all.load_all(headers).ok()) << at;
  }
  rotten.flipped = ~std::uint64_t{0};
  BucketCursor cursor(set, 0);
  std::vector<const LineHeader*> headers;
  EXPECT_TRUE(cursor.load_all(headers).ok());
  EXPECT_EQ(headers.size(), lines.size());
}

TEST_F(BucketSetTest, AFullDiskComesOut) {
  for (std::uint64_t at = 1; at <= 3; ++at) {  // making the scratch file, then writing it
    storage::FaultPlan plan;
    plan.action = storage::FaultPlan::Action::error;
    plan.at = at;
    plan.error_number = ENOSPC;
    const auto faulty = storage::make_faulty_storage(*storage_, plan);
    BucketSet set(*faulty, options(0, 5000));
    Status status;
    for (std::uint64_t i = 0; i < 1000 && status.ok(); ++i)
      status = set.add(header_of(0, i * 100, i, 90), std::string(90, 'x'));
    ASSERT_FALSE(status.ok()) << at;
    EXPECT_NE(status.error().message.find("No space left"), std::string::npos) << status.error().message;
  }
}

TEST_F(BucketSetTest, ASpillFolderThatIsNotThereComesOut) {
  BucketOptions with = options(0, 1);
  with.spill_folder = folder_ / "missing";
  BucketSet set(*storage_, with);
  Status status;
  for (std::uint64_t i = 0; i < 3 && status.ok(); ++i)
    status = set.add(header_of(0, i * 5000, i, 4500), std::string(4500, 'x'));
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("missing"), std::string::npos) << status.error().message;
}

// --- Several sets ---

TEST_F(BucketSetTest, SeveralSetsMergeIntoInputOrder) {
  const std::vector<Line> lines = random_lines(2000);
  for (const std::size_t workers : {1U, 2U, 5U}) {
    for (const std::uint64_t quota : {std::uint64_t{1}, std::uint64_t{30'000}, std::uint64_t{1} << 30}) {
      std::vector<std::unique_ptr<BucketSet>> sets;
      for (std::size_t i = 0; i < workers; ++i)
        sets.push_back(std::make_unique<BucketSet>(*storage_, options(2, quota)));
      // Runs of lines go to one worker or another, as claims do.
      std::size_t worker = 0;
      for (const Line& line : lines) {
        if (random_() % 20 == 0) worker = random_() % workers;
        ASSERT_TRUE(sets[worker]->add(line.header, line.payload).ok());
      }
      for (std::size_t bucket = 0; bucket < 4; ++bucket) {
        MergedLines merged;
        MergedLines loaded;
        for (const auto& set : sets) {
          merged.add(*set, bucket);
          loaded.add(*set, bucket);
        }
        std::size_t expected = 0;
        for (const Line& line : lines) {
          if ((line.header.profile_hash & 3) != bucket) continue;
          ++expected;
          const auto routed = merged.next();
          ASSERT_TRUE(routed.ok());
          expect_same(*routed, line);
        }
        const auto end = merged.next();
        ASSERT_TRUE(end.ok());
        EXPECT_EQ(end->header, nullptr);
        std::vector<const LineHeader*> headers;
        ASSERT_TRUE(loaded.load_all(headers).ok());
        EXPECT_EQ(headers.size(), expected);
      }
    }
  }
}

TEST_F(BucketSetTest, LongLinesMergeToo) {
  // Frames of more than 1 MiB are dropped when another set's line comes.
  BucketSet sets[] = {{*storage_, options(0, 5000)}, {*storage_, options(0, 5000)}};
  std::vector<Line> lines;
  for (std::uint64_t i = 0; i < 10; ++i) {
    const std::size_t length = i % 2 == 0 ? 1'200'000 : 50;
    lines.push_back({header_of(0, i * 2'000'000, 1, length), std::string(length, static_cast<char>('a' + i))});
    ASSERT_TRUE(sets[i / 2 % 2].add(lines.back().header, lines.back().payload).ok());
  }
  MergedLines merged;
  for (BucketSet& set : sets) merged.add(set, 0);
  for (const Line& line : lines) {
    const auto routed = merged.next();
    ASSERT_TRUE(routed.ok());
    expect_same(*routed, line);
  }
}

TEST_F(BucketSetTest, AFaultOfOneSetIsAFaultOfTheMerge) {
  RottenStorage rotten(*storage_);
  BucketSet good(*storage_, options(0, 1));
  BucketSet bad(rotten, options(0, 1));
  for (std::uint64_t i = 0; i < 200; ++i) {
    ASSERT_TRUE((i % 2 == 0 ? good : bad).add(header_of(0, i * 100, 1, 90), std::string(90, 'x')).ok());
  }
  rotten.flipped = 5000;
  MergedLines merged;
  merged.add(good, 0);
  merged.add(bad, 0);
  bool failed = false;
  for (int i = 0; i < 201 && !failed; ++i) {
    const auto routed = merged.next();
    failed = !routed.ok();
    ASSERT_TRUE(failed || routed->header != nullptr);
  }
  EXPECT_TRUE(failed);
  MergedLines loaded;
  loaded.add(good, 0);
  loaded.add(bad, 0);
  std::vector<const LineHeader*> headers;
  EXPECT_FALSE(loaded.load_all(headers).ok());
}

}  // namespace
}  // namespace gristmill::shuffle
