#include "source/inflate.h"

#include <gtest/gtest.h>

#include <random>

#include "source/compressed_testing.h"

namespace gristmill::source {
namespace {

using testing::gzip;
using testing::zstandard;

std::string random_text(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() % 3 == 0 ? random() % 256 : 'a');
  return text;
}

class InflateTest : public ::testing::TestWithParam<Compression> {
 protected:
  std::string compress(std::string_view text) const {
    return GetParam() == Compression::gzip ? gzip(text) : zstandard(text);
  }
  // Other forms: stored; without a checksum behind the last block.
  std::string compress_otherwise(std::string_view text) const {
    return GetParam() == Compression::gzip ? gzip(text, 0) : zstandard(text, 0);
  }

  // What comes of the stored bytes, fed `piece` at a time; nullopt with error_ set if they are at fault.
  std::optional<std::string> inflate(std::string_view stored, std::size_t piece = 1U << 20) {
    InputFile file;
    file.path = "/data/file";
    const auto inflater = make_inflater(file, GetParam(), 128U << 20);
    std::string text;
    Status status;
    for (std::size_t i = 0; i < stored.size() && status.ok(); i += piece) {
      status = inflater->feed(stored.substr(i, piece), [&](std::string_view bytes) {
        EXPECT_FALSE(bytes.empty());
        text.append(bytes);
        return Status();
      });
    }
    if (status.ok()) status = inflater->finish([&](std::string_view) { return Status(); });
    if (status.ok()) return text;
    error_ = status.error();
    return std::nullopt;
  }

  Error error_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, InflateTest, ::testing::Values(Compression::gzip, Compression::zstandard),
                         [](const auto& kind) { return kind.param == Compression::gzip ? "gzip" : "zstandard"; });

TEST_P(InflateTest, GivesTheTextBackInPiecesOfAnySize) {
  for (const std::size_t size : {0U, 1U, 100U, 5000U}) {
    const std::string text = random_text(size);
    const std::string stored = compress(text);
    for (const std::size_t piece : {1U, 2U, 3U, 10U, 1000U})
      EXPECT_EQ(inflate(stored, piece), text) << size << " by " << piece;
  }
}

TEST_P(InflateTest, TextsThatFillWhatTheInflaterHandsOutAtOnce) {
  for (const std::size_t size : {65'535U, 65'536U, 65'537U, 131'072U, 262'143U, 262'144U, 262'145U, 800'000U}) {
    for (const std::string& text : {random_text(size), std::string(size, 'x')}) {
      for (const std::string& stored : {compress(text), compress_otherwise(text)}) {
        EXPECT_TRUE(inflate(stored) == text) << size;
        EXPECT_TRUE(inflate(stored, 1000) == text) << size;
      }
      const std::string stored = compress(text);
      EXPECT_TRUE(inflate(stored + compress("more"), 4096) == text + "more") << size;
    }
  }
}

TEST_P(InflateTest, ConcatenatedMembersAreOneText) {
  const std::string stored = compress("one\n") + compress("") + compress("two\n") + compress(random_text(3000));
  for (const std::size_t piece : {1U, 7U, 100'000U})
    EXPECT_EQ(inflate(stored, piece), "one\ntwo\n" + random_text(3000));
}

TEST_P(InflateTest, AnEmptyFileIsAnEmptyText) { EXPECT_EQ(inflate(""), ""); }

TEST_P(InflateTest, EveryTruncationIsFound) {
  const std::string stored = compress(random_text(600));
  for (std::size_t size = 1; size < stored.size(); ++size) {
    for (const std::size_t piece : {1U, 100'000U}) {
      ASSERT_EQ(inflate(stored.substr(0, size), piece), std::nullopt) << size;
      EXPECT_EQ(error_.kind, ErrorKind::input);
      EXPECT_NE(error_.message.find("'/data/file'"), std::string::npos) << error_.message;
      EXPECT_NE(error_.message.find("at byte " + std::to_string(size) + ":"), std::string::npos) << error_.message;
      EXPECT_NE(error_.message.find("truncated"), std::string::npos) << error_.message;
    }
  }
  // Of the second member too.
  EXPECT_EQ(inflate(compress("one") + stored.substr(0, stored.size() - 1)), std::nullopt);
}

TEST_P(InflateTest, NoFlippedByteGivesAnotherText) {
  const std::string text = random_text(400);
  const std::string stored = compress(text);
  std::size_t found = 0;
  for (std::size_t at = 0; at < stored.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string broken = stored;
      broken[at] = static_cast<char>(broken[at] ^ flip);
      const auto got = inflate(broken);
      if (!got) {
        ++found;
        EXPECT_EQ(error_.kind, ErrorKind::input);
        EXPECT_NE(error_.message.find("'/data/file' at byte "), std::string::npos) << error_.message;
      } else {
        ASSERT_EQ(*got, text) << at;  // a byte without meaning, such as gzip's time
      }
    }
  }
  EXPECT_GT(found, stored.size() * 2);
}

TEST_P(InflateTest, TrailingBytesAreAFault) {
  const std::string stored = compress("text\n");
  for (const char* rest : {"x", "\n", "garbage that is long enough to be a header of something"}) {
    EXPECT_EQ(inflate(stored + rest), std::nullopt) << rest;
    EXPECT_EQ(error_.kind, ErrorKind::input);
  }
  EXPECT_EQ(inflate("not compressed at all, by its name only"), std::nullopt);
}

// libzstd alone takes this for good when it comes in pieces, and for faulty when it comes whole.
TEST_P(InflateTest, AZstandardFrameMustBeAsLongAsItSays) {
  if (GetParam() != Compression::zstandard) return;
  const std::string one_byte_missing("\x28\xB5\x2F\xFD\x20\x01\x01\x00\x00", 9);
  for (std::size_t piece = 1; piece <= one_byte_missing.size(); ++piece) {
    EXPECT_EQ(inflate(one_byte_missing, piece), std::nullopt) << piece;
    EXPECT_EQ(inflate(zstandard("before") + one_byte_missing + zstandard("after"), piece), std::nullopt) << piece;
  }
  EXPECT_NE(error_.message.find("not as long as it says"), std::string::npos) << error_.message;
  const std::string empty("\x28\xB5\x2F\xFD\x20\x00\x01\x00\x00", 9);
  EXPECT_EQ(inflate(empty), "");
}

TEST_P(InflateTest, AnErrorOfTheReceiverComesOut) {
  InputFile file;
  file.path = "/data/file";
  const auto inflater = make_inflater(file, GetParam(), 128U << 20);
  const Status status =
      inflater->feed(compress("text"), [](std::string_view) -> Status { return Error::interrupted(); });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::interrupted);
}

}  // namespace
}  // namespace gristmill::source
