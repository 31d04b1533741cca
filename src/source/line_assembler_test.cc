// Lines of a stream that comes in pieces. LineSource reads compressed files through it: more of that, and
// the comparison with plain files, is in line_source_test.cc.
#include "source/line_assembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/json_text.h"

namespace gristmill::source {
namespace {

using Lines = std::vector<std::string>;

class LineAssemblerTest : public ::testing::Test {
 protected:
  // "offset#line in chunk:text", "(length)" for a line that is too long; by pieces of `size` bytes.
  Lines lines_of(std::string_view text, std::size_t size, std::uint64_t limit = 100) {
    tally_ = std::make_unique<FileTally>();
    Lines lines;
    const LineCallback callback = [&](const SourceLine& line) -> Status {
      EXPECT_TRUE(line.too_long || line.text.data()[line.text.size()] == '\0');
      unsigned sum = 0;
      for (std::size_t i = 0; i < json::text_padding; ++i)
        sum += static_cast<unsigned char>(line.text.data()[line.text.size() + i]);
      EXPECT_LE(sum, 255U * json::text_padding);
      lines.push_back(std::to_string(line.offset) + "#" + std::to_string(line.line_in_chunk) + ":" +
                      std::string(line.text) + (line.too_long ? "(" + std::to_string(line.length) + ")" : ""));
      EXPECT_TRUE(line.too_long || line.length == line.text.size());
      return {};
    };
    LineAssembler assembler(*tally_, limit, gate_, callback);
    for (std::size_t i = 0; i < text.size(); i += size) EXPECT_TRUE(assembler.feed(text.substr(i, size)).ok());
    EXPECT_TRUE(assembler.finish().ok());
    EXPECT_EQ(tally_->lines, lines.size());
    EXPECT_EQ(tally_->newlines, lines.size());
    EXPECT_EQ(tally_->bytes, text.size());
    return lines;
  }

  std::unique_ptr<FileTally> tally_;
  LongLineGate gate_;
};

TEST_F(LineAssemblerTest, PiecesOfAnySizeGiveTheSameLines) {
  for (std::size_t size = 1; size < 30; ++size) {
    EXPECT_EQ(lines_of("", size), Lines{});
    EXPECT_EQ(lines_of("a", size), Lines{"0#0:a"});
    EXPECT_EQ(lines_of("\n", size), Lines{"0#0:"});
    EXPECT_EQ(lines_of("\r", size), Lines{"0#0:"});
    EXPECT_EQ(lines_of("ab\ncd\r\n\r\n\ne\rf\r\r\nlast\r", size),
              (Lines{"0#0:ab", "3#1:cd", "7#2:", "9#3:", "10#4:e\rf\r", "16#5:last"}));
  }
}

TEST_F(LineAssemblerTest, AByteOrderMarkAtTheStartIsSkipped) {
  for (std::size_t size = 1; size < 10; ++size) {
    EXPECT_EQ(lines_of("\xEF\xBB\xBF", size), Lines{});
    EXPECT_EQ(lines_of("\xEF\xBB\xBF\n", size), Lines{"3#0:"});
    EXPECT_EQ(lines_of("\xEF\xBB\xBFx\n\xEF\xBB\xBFy", size), (Lines{"3#0:x", "5#1:\xEF\xBB\xBFy"}));
    EXPECT_EQ(lines_of("\xEF\xBB", size), Lines{"0#0:\xEF\xBB"});
    EXPECT_EQ(lines_of("\xEF\n", size), Lines{"0#0:\xEF"});
    EXPECT_EQ(lines_of("\n\xEF\xBB\xBF", size), (Lines{"0#0:", "1#1:\xEF\xBB\xBF"}));
  }
}

TEST_F(LineAssemblerTest, ThreeBytesThatAreNoMark) {
  for (std::size_t size = 1; size < 5; ++size) {
    EXPECT_EQ(lines_of("{}\n", size), Lines{"0#0:{}"});
    EXPECT_EQ(lines_of("\n\n\n", size), (Lines{"0#0:", "1#1:", "2#2:"}));
    EXPECT_EQ(lines_of("\xEF\xBB\n", size), Lines{"0#0:\xEF\xBB"});
  }
}

TEST_F(LineAssemblerTest, LongLinesKeepTheirBeginningAndTellTheirLength) {
  const std::string start(long_line_head, 'x');
  for (const std::size_t size : {1U, 7U, 1000U, 4095U, 4096U, 4097U, 100'000U}) {
    const std::string text = "a\n" + start + std::string(6000, 'y') + "\r\nb\n" + start + std::string(5000, 'z') + "\r";
    EXPECT_EQ(lines_of(text, size, 5000),
              (Lines{"0#0:a", "2#1:" + start + "(10096)", "10100#2:b", "10102#3:" + start + "(9096)"}))
        << size;
    // A carriage return that is not the last byte counts.
    EXPECT_EQ(lines_of(start + "\r" + std::string(2000, 'y') + "\n", size, 5000), Lines{"0#0:" + start + "(6097)"})
        << size;
  }
}

TEST_F(LineAssemblerTest, TheLimitIsWithoutTheLineEnd) {
  for (std::size_t size = 1; size < 20; ++size) {
    for (const char* end : {"", "\n", "\r\n", "\r"}) {
      EXPECT_EQ(lines_of("0123456789" + std::string(end), size, 10), Lines{"0#0:0123456789"}) << size;
    }
  }
}

TEST_F(LineAssemblerTest, CountsLinesByTheChunkThatTheyBeginIn) {
  const std::string text = "a\nb\n" + std::string(chunk_size, 'x') + "\nc\n" + std::string(2 * chunk_size, 'y') + "\nd";
  const Lines lines = lines_of(text, 50'000, 64U << 20);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[3], "1048581#0:c");
  EXPECT_EQ(lines[5], "3145736#0:d");
  EXPECT_THAT(tally_->lines_of_chunk, ::testing::ElementsAre(3, 2, 0, 1));
}

TEST_F(LineAssemblerTest, ErrorsOfTheReceiverComeOut) {
  FileTally tally;
  const LineCallback callback = [](const SourceLine&) -> Status { return Error::interrupted(); };
  LineAssembler fails(tally, 10, gate_, callback);
  EXPECT_FALSE(fails.feed("line\n").ok());
  LineAssembler at_the_end(tally, 10, gate_, callback);
  EXPECT_TRUE(at_the_end.feed("line").ok());
  EXPECT_FALSE(at_the_end.finish().ok());
  LineAssembler long_line(tally, 10, gate_, callback);
  EXPECT_TRUE(long_line.feed(std::string(50, 'x')).ok());
  EXPECT_FALSE(long_line.feed("\n").ok());
}

TEST_F(LineAssemblerTest, TheHeadDoesNotDependOnThePieces) {
  for (std::size_t size = 1; size < 40; ++size) {
    EXPECT_EQ(lines_of("0123456789abc\r\nx", size, 5), (Lines{"0#0:0123456789abc(13)", "15#1:x"})) << size;
    EXPECT_EQ(lines_of("0123456\r", size, 5), Lines{"0#0:0123456(7)"}) << size;
    EXPECT_EQ(lines_of("a\r", size, 0), Lines{"0#0:a(1)"}) << size;
  }
  const std::string text = std::string(long_line_head + 50, 'x') + "\n";
  for (const std::size_t size : {1U, 100U, 4000U, 100'000U}) {
    EXPECT_EQ(lines_of(text, size, 10), Lines{"0#0:" + std::string(long_line_head, 'x') + "(4146)"}) << size;
  }
  // The carriage return is the 4096th byte, or the one behind.
  for (const std::size_t length : {long_line_head - 1, long_line_head}) {
    const std::string line(length, 'x');
    for (const std::size_t size : {1U, 7U, 4096U, 100'000U}) {
      EXPECT_EQ(lines_of(line + "\r\n", size, 10), Lines{"0#0:" + line + "(" + std::to_string(length) + ")"}) << size;
    }
  }
}

}  // namespace
}  // namespace gristmill::source
