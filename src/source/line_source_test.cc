// Lines as they are cut from files: by blocks of any size, by several workers, from compressed files; all
// against one plain function that has the whole text.
#include "source/line_source.h"
#include "storage/newlines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "json/json_text.h"
#include "source/compressed_testing.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::source {
namespace {

using testing::gzip;
using testing::TemporaryFolder;
using testing::write_text;
using testing::zstandard;

struct Line {
  std::uint64_t offset = 0;
  std::uint32_t line_in_chunk = 0;
  std::string text;
  std::uint64_t length = 0;
  bool too_long = false;
  bool operator==(const Line&) const = default;
};

void PrintTo(const Line& line, std::ostream* out) {
  *out << line.offset << "#" << line.line_in_chunk << " '" << line.text.substr(0, 60) << "' " << line.length
       << (line.too_long ? " too long" : "");
}

// What the contract says: section 2.
std::vector<Line> lines_of(std::string_view bytes, std::uint64_t limit) {
  std::vector<Line> lines;
  std::uint64_t begin = bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  std::map<std::uint64_t, std::uint32_t> in_chunk;
  while (begin < bytes.size()) {
    const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string_view text = bytes.substr(begin, end - begin);
    if (text.ends_with('\r')) text.remove_suffix(1);
    Line line;
    line.offset = begin;
    line.line_in_chunk = in_chunk[begin / chunk_size]++;
    line.length = text.size();
    line.too_long = text.size() > limit;
    line.text = line.too_long ? text.substr(0, long_line_head) : text;
    lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

std::size_t resident_bytes() {
  std::size_t all = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

class LineSourceTest : public ::testing::Test {
 protected:
  // Writes a file and lists it as an input.
  InputFile& add_file(const std::string& name, const std::string& stored) {
    write_text(folder_ / name, stored);
    InputFile file;
    file.path = folder_ / name;
    file.name = name;
    file.size = stored.size();
    EXPECT_TRUE(look_into(*storage_, file, {}).ok());
    files_.push_back(file);
    return files_.back();
  }
  void clear() {
    files_.clear();
    tallies_.clear();
  }

  std::vector<InputRange> ranges() {
    tallies_ = std::vector<FileTally>(files_.size());
    std::vector<InputRange> all;
    const InputRanges made = make_input_ranges(files_, tallies_);
    for (std::size_t i = 0; i < made.size(); ++i) all.push_back(made[i]);
    return all;
  }

  static LineCallback collect(std::vector<Line>& lines) {
    return [&lines](const SourceLine& line) -> Status {
      const char* behind = line.text.data() + line.text.size();
      EXPECT_TRUE(line.too_long || *behind == '\0');
      unsigned sum = 0;
      for (std::size_t i = 0; i < json::text_padding; ++i) sum += static_cast<unsigned char>(behind[i]);  // readable
      EXPECT_LE(sum, 255U * json::text_padding);
      lines.push_back({line.offset, line.line_in_chunk, std::string(line.text), line.length, line.too_long});
      return {};
    };
  }

  // All lines of all files, read by one worker.
  std::vector<Line> read(SourceOptions options) {
    std::vector<Line> lines;
    LineSource source(*storage_, files_, tallies_, options, gate_);
    const LineCallback callback = collect(lines);
    for (const InputRange& range : ranges()) {
      const Status status = source.read(range, callback);
      EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
    }
    return lines;
  }

  // The counts of a file, from the text that it holds.
  void expect_tally(const FileTally& tally, const std::string& text, const std::string& stored, std::uint64_t limit) {
    const std::vector<Line> lines = lines_of(text, limit);
    EXPECT_EQ(tally.lines, lines.size());
    EXPECT_EQ(tally.newlines, lines.size());
    EXPECT_EQ(tally.bytes, text.size());
    std::vector<std::uint32_t> by_chunk(tally.lines_of_chunk.size());
    for (const Line& line : lines) {
      ASSERT_LT(line.offset / chunk_size, by_chunk.size());
      ++by_chunk[line.offset / chunk_size];
    }
    EXPECT_THAT(tally.lines_of_chunk, ::testing::ElementsAreArray(by_chunk));
    ASSERT_EQ(tally.hash_of_chunk.size(), (stored.size() + chunk_size - 1) / chunk_size);
    for (std::size_t i = 0; i < tally.hash_of_chunk.size(); ++i) {
      EXPECT_EQ(tally.hash_of_chunk[i], storage::hash128(std::string_view(stored).substr(i * chunk_size, chunk_size)));
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
  std::vector<InputFile> files_;
  std::vector<FileTally> tallies_;
  LongLineGate gate_;
};

const char* const small_texts[] = {"",
                                   "\n",
                                   "a",
                                   "a\n",
                                   "\n\n",
                                   "a\nb",
                                   "a\r\nb\r\n",
                                   "\r\n\r\n",
                                   "\r",
                                   "a\r",
                                   "\ra\r\r\n\r\r",
                                   "one\ntwo\n\nfour is longer\r\n \t\nlast",
                                   "a\rb\nc\r\r\nd",
                                   "\xEF\xBB\xBF",
                                   "\xEF\xBB\xBF\n",
                                   "\xEF\xBB\xBF\r\n",
                                   "\xEF\xBB\xBF"
                                   "a\nb\n",
                                   "\xEF\xBB\xBF\xEF\xBB\xBF\n\xEF\xBB\xBF",
                                   "\xEF\xBB",
                                   "\xEF",
                                   "\xEF\xBB\n",
                                   "{}\n",
                                   "\xEF\n\xBB\xBF",
                                   "\xEF\xBB\n1",
                                   "a\n\xEF\xBB\xBF"
                                   "b",
                                   "\n\xEF\xBB\xBF",
                                   "x\v\f\x85\xE2\x80\xA8y\nz"};

TEST_F(LineSourceTest, BlocksOfAnySizeGiveTheSameLines) {
  for (const char* text : small_texts) {
    clear();
    add_file("f", text);
    for (const std::uint64_t limit : {0U, 1U, 3U, 100U}) {
      for (std::uint64_t block_size = 1; block_size <= 40; ++block_size) {
        ASSERT_EQ(read({limit, block_size}), lines_of(text, limit))
            << ::testing::PrintToString(text) << " " << limit << " " << block_size;
        expect_tally(tallies_[0], text, text, limit);
      }
    }
  }
}

TEST_F(LineSourceTest, ANulIsAByteLikeAnyOther) {
  const std::string text("a\0b\n\0\n\0", 7);
  add_file("f", text);
  for (std::uint64_t block_size = 1; block_size < 9; ++block_size)
    EXPECT_EQ(read({100, block_size}), lines_of(text, 100));
}

TEST_F(LineSourceTest, CompressedFilesGiveTheSameLines) {
  for (const char* text : small_texts) {
    for (const bool zst : {false, true}) {
      clear();
      const std::string stored = zst ? zstandard(text) : gzip(text);
      add_file(zst ? "f.zst" : "f.gz", stored);
      ASSERT_EQ(read({100, chunk_size}), lines_of(text, 100)) << ::testing::PrintToString(text);
      expect_tally(tallies_[0], text, stored, 100);
    }
  }
}

// Lines of all lengths, some of them very long, over several chunks.
std::string large_text(unsigned seed, std::size_t size) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) {
    std::size_t length = random() % 3000;
    if (random() % 20 == 0) length = random() % 50'000;
    if (random() % 200 == 0) length = random() % 1'500'000;
    text.append(length, static_cast<char>('a' + random() % 26));
    if (random() % 4 == 0) text.push_back('\r');
    text.push_back('\n');
  }
  if (seed % 2 == 0) text.append("the last line");
  return text;
}

TEST_F(LineSourceTest, LargeFilesGiveTheSameLinesInEveryForm) {
  for (const unsigned seed : {1U, 2U}) {
    const std::string text = large_text(seed, 3'500'000);
    for (const std::uint64_t limit : {std::uint64_t{5000}, std::uint64_t{100'000}, std::uint64_t{64} << 20}) {
      const std::vector<Line> expected = lines_of(text, limit);
      clear();
      add_file("f", text);
      for (const std::uint64_t block_size : {std::uint64_t{1000}, std::uint64_t{65'537}, chunk_size}) {
        ASSERT_TRUE(read({limit, block_size}) == expected) << seed << " " << limit << " " << block_size;
        expect_tally(tallies_[0], text, text, limit);
      }
      clear();
      const std::string gz = gzip(text);
      const std::string zst = zstandard(text);
      add_file("f.gz", gz);
      ASSERT_TRUE(read({limit, chunk_size}) == expected) << seed << " " << limit;
      expect_tally(tallies_[0], text, gz, limit);
      clear();
      add_file("f.zst", zst);
      ASSERT_TRUE(read({limit, chunk_size}) == expected) << seed << " " << limit;
      expect_tally(tallies_[0], text, zst, limit);
    }
  }
}

TEST_F(LineSourceTest, LinesAroundTheBoundaryOfAChunk) {
  for (int shift = -3; shift <= 3; ++shift) {
    for (const char* rest : {"", "x", "\n", "\r\n", "xy\nz"}) {
      std::string text(static_cast<std::size_t>(static_cast<int>(chunk_size) + shift) - 1, 'a');
      text[500] = '\n';
      text.append("\n").append(rest);
      clear();
      add_file("f", text);
      ASSERT_TRUE(read({64U << 20, chunk_size}) == lines_of(text, 64U << 20)) << shift << rest;
      expect_tally(tallies_[0], text, text, 64U << 20);
    }
  }
}

TEST_F(LineSourceTest, LinesAroundTheLimit) {
  for (const std::uint64_t limit : {10U, 20'000U, 40'000U}) {
    for (std::uint64_t length = limit - 3; length <= limit + 3; ++length) {
      for (const char* end : {"", "\n", "\r\n", "\r", "\r\r\n"}) {
        const std::string text =
            "before\n" + std::string(length, 'x') + end + (*end == '\0' || end[1] == '\0' ? "" : "after");
        clear();
        add_file("f", text);
        for (const std::uint64_t block_size : {std::uint64_t{9}, std::uint64_t{4096}, chunk_size}) {
          ASSERT_TRUE(read({limit, block_size}) == lines_of(text, limit))
              << limit << " " << length << ::testing::PrintToString(end);
        }
        if (limit < long_line_head) continue;
        clear();
        add_file("f.gz", gzip(text));
        ASSERT_TRUE(read({limit, chunk_size}) == lines_of(text, limit))
            << limit << " " << length << ::testing::PrintToString(end);
      }
    }
  }
}

TEST_F(LineSourceTest, RangesAndTalliesOfAHugeFileTakeNoRoom) {
  InputFile huge;
  huge.size = 50ULL << 40;
  InputFile empty;
  InputFile small;
  small.size = 5;
  files_ = {empty, huge, empty, small, empty};
  tallies_ = std::vector<FileTally>(files_.size());
  const std::size_t before = resident_bytes();
  const InputRanges made = make_input_ranges(files_, tallies_);
  EXPECT_EQ(made.size(), (50ULL << 20) + 1);
  EXPECT_EQ(made.bytes(), huge.size + 5);
  const InputRange last_of_huge = made[made.size() - 2];
  EXPECT_EQ(last_of_huge.file, 1U);
  EXPECT_EQ(last_of_huge.end, huge.size);
  EXPECT_EQ(made[made.size() - 1].file, 3U);
  EXPECT_EQ(made[made.size() - 1].end, 5U);
  EXPECT_EQ(tallies_[1].lines_of_chunk[12345], 0U);
  EXPECT_LT(resident_bytes(), before + (32U << 20));
}

TEST_F(LineSourceTest, SeveralWorkersShareAFile) {
  const std::string text = large_text(3, 5'000'000);
  add_file("a", text);
  add_file("b", "x\ny");
  add_file("c.gz", gzip(large_text(4, 300'000)));
  const std::vector<InputRange> all = ranges();
  ASSERT_EQ(all.size(), (text.size() + chunk_size - 1) / chunk_size + 2);
  std::atomic<std::size_t> next{0};
  std::vector<std::vector<Line>> of_range(all.size());
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        LineSource source(*storage_, files_, tallies_, {100'000, 65'536}, gate_);
        for (std::size_t k = next++; k < all.size(); k = next++)
          EXPECT_TRUE(source.read(all[k], collect(of_range[k])).ok());
      });
    }
  }
  std::vector<Line> lines;
  for (std::size_t k = 0; k + 2 < all.size(); ++k) {
    // Each range has the lines that begin in it.
    for (const Line& line : of_range[k]) EXPECT_TRUE(line.offset >= all[k].begin && line.offset < all[k].end);
    lines.insert(lines.end(), of_range[k].begin(), of_range[k].end());
  }
  EXPECT_TRUE(lines == lines_of(text, 100'000));
  EXPECT_EQ(of_range[all.size() - 2].size(), 2U);
  EXPECT_TRUE(of_range.back() == lines_of(large_text(4, 300'000), 100'000));
  expect_tally(tallies_[0], text, text, 100'000);
}

TEST_F(LineSourceTest, RangesAreChunksOrWholeCompressedFiles) {
  add_file("empty", "");
  add_file("small", "x");
  add_file("exact", std::string(chunk_size, 'x'));
  add_file("more", std::string(2 * chunk_size + 1, 'x'));
  add_file("z.gz", gzip(std::string(2 * chunk_size + 1, 'x')));
  add_file("empty.gz", "");
  std::string text;
  for (const InputRange& range : ranges()) {
    text += std::to_string(range.file) + ":" + std::to_string(range.begin) + "-" + std::to_string(range.end) + " ";
  }
  const std::string stored = std::to_string(files_[4].size);
  EXPECT_EQ(text, "1:0-1 2:0-1048576 3:0-1048576 3:1048576-2097152 3:2097152-2097153 4:0-" + stored + " ");
  EXPECT_EQ(read({64U << 20, chunk_size}).size(), 4U);
}

TEST_F(LineSourceTest, ALongLineIsHandedOutBehindTheGate) {
  const std::string text = "short\n" + std::string(long_line + 100'000, 'x') + "\nshort\n";
  for (const bool compressed : {false, true}) {
    clear();
    add_file(compressed ? "f.gz" : "f", compressed ? gzip(text) : text);
    const std::vector<InputRange> all = ranges();
    LineSource source(*storage_, files_, tallies_, {}, gate_);
    std::vector<bool> held;
    for (const InputRange& range : all) {
      ASSERT_TRUE(source
                      .read(range,
                            [&](const SourceLine&) -> Status {
                              bool free = false;
                              std::thread([&] { free = gate_.is_free(); }).join();
                              held.push_back(!free);
                              return {};
                            })
                      .ok());
    }
    // A short line that comes with the long one's end may find the gate still held.
    ASSERT_EQ(held.size(), 3U);
    EXPECT_FALSE(held[0]);
    EXPECT_TRUE(held[1]);
    EXPECT_TRUE(gate_.is_free());
  }
}

TEST_F(LineSourceTest, AnErrorOfTheReceiverEndsReading) {
  for (const std::string name : {"f", "f.gz"}) {
    clear();
    const std::string text = "a\nb\n" + std::string(300, 'x') + "\n";
    add_file(name, name == "f" ? text : gzip(text));
    for (const int stop : {1, 2, 3}) {
      const std::vector<InputRange> all = ranges();
      LineSource source(*storage_, files_, tallies_, {100, 1}, gate_);
      int lines = 0;
      const Status status = source.read(
          all[0], [&](const SourceLine&) { return ++lines == stop ? Status(Error::interrupted()) : Status(); });
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.error().kind, ErrorKind::interrupted);
      EXPECT_EQ(lines, stop);
    }
  }
}

TEST_F(LineSourceTest, AFileThatChangedIsAnError) {
  const auto status_of = [&] {
    const std::vector<InputRange> all = ranges();
    LineSource source(*storage_, files_, tallies_, {}, gate_);
    return source.read(all.back(), [](const SourceLine&) { return Status(); });
  };
  for (const std::string name : {"f", "f.gz"}) {
    clear();
    add_file(name, gzip("a\nb\n"));
    for (const std::uint64_t size : {files_[0].size - 1, files_[0].size + 1}) {
      files_[0].size = size;
      const Status status = status_of();
      ASSERT_FALSE(status.ok());
      EXPECT_EQ(status.error().kind, ErrorKind::input);
      EXPECT_NE(status.error().message.find(name + "' changed"), std::string::npos) << status.error().message;
    }
  }
  std::filesystem::remove(folder_ / "f.gz");
  EXPECT_EQ(status_of().error().kind, ErrorKind::input);
}

TEST_F(LineSourceTest, ABrokenCompressedFileNamesFileAndOffset) {
  const std::string text = large_text(5, 400'000);
  for (const bool zst : {false, true}) {
    const std::string stored = zst ? zstandard(text) : gzip(text);
    clear();
    add_file(zst ? "f.zst" : "f.gz", stored.substr(0, stored.size() / 2));
    const std::vector<InputRange> all = ranges();
    LineSource source(*storage_, files_, tallies_, {}, gate_);
    const Status status = source.read(all[0], [](const SourceLine&) { return Status(); });
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, ErrorKind::input);
    EXPECT_NE(status.error().message.find(files_[0].path + "' at byte " + std::to_string(stored.size() / 2)),
              std::string::npos)
        << status.error().message;
  }
}

// What a file holds is told by its bytes, however few are read at once.
TEST_F(LineSourceTest, ContentsAreKnownByTheirFirstBytes) {
  const std::string values = "[{\"a\":1},\n{\"b\":2}]";
  for (const std::uint64_t block : {std::uint64_t{1}, std::uint64_t{7}, chunk_size}) {
    SourceOptions options;
    options.block_size = block;
    clear();
    add_file("array.jsonl", values);
    add_file("array.json.zst", gzip(values));
    add_file("lines.jsonl.gz", "{}\n{}\n");
    const std::vector<Line> lines = read(options);
    ASSERT_EQ(lines.size(), 6U) << block;
    EXPECT_EQ(lines[1].text, "{\"b\":2}");
    EXPECT_EQ(lines[1].offset, 10U);
    EXPECT_EQ(lines[3].text, "{\"b\":2}");
    EXPECT_EQ(lines[5].text, "{}");
    EXPECT_EQ(tallies_[0].contents, (Contents{Compression::none, Framing::values}));
    EXPECT_EQ(tallies_[1].contents, (Contents{Compression::gzip, Framing::values}));
    EXPECT_EQ(tallies_[2].contents, Contents{});
    EXPECT_EQ(tallies_[0].covered, values.size());
  }
}

TEST_F(LineSourceTest, AFramingThatIsGivenIsNotGuessed) {
  SourceOptions options;
  options.look.framing[0] = Framing::lines;
  add_file("array.jsonl", "[{}]\n");
  EXPECT_EQ(read(options).at(0).text, "[{}]");
  clear();
  options.look.framing[0] = Framing::values;
  add_file("lines.jsonl", "{}\n{}");
  EXPECT_EQ(read(options).size(), 2U);
  EXPECT_EQ(tallies_[0].contents->framing, Framing::values);
}

TEST_F(LineSourceTest, WhatIsNotReadIsNamed) {
  const auto error_of = [this](const std::string& stored) {
    clear();
    add_file("x.jsonl", stored);
    LineSource source(*storage_, files_, tallies_, {}, gate_);
    const Status status = source.read(ranges().at(0), [](const SourceLine&) { return Status(); });
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(status.ok() ? "" : status.error().file, folder_ / "x.jsonl");
    return status.ok() ? "" : status.error().message.substr(status.error().message.find(": ") + 2);
  };
  EXPECT_EQ(error_of("PAR1\x15\x04"), "it is a Parquet file");
  EXPECT_EQ(error_of(gzip("BZh91AY")), "its decompressed content is compressed with bzip2");
  EXPECT_EQ(error_of(gzip(zstandard("{}\n"))), "it is compressed twice, with gzip around zstd");
}

}  // namespace
}  // namespace gristmill::source
