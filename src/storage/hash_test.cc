#include "storage/hash.h"

#include <gtest/gtest.h>

#include <random>

namespace gristmill::storage {
namespace {

std::string random_bytes(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST(Hash, IsXxh3) {
  // From the reference implementation.
  EXPECT_EQ(hash64(""), 0x2D06800538D394C2U);
  EXPECT_EQ(hash64("abc"), 0x78AF5F94892F3950U);
  EXPECT_EQ(hash128("").hex(), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(hash128("abc").hex(), "06b05ab6733a618578af5f94892f3950");
}

TEST(Hash, AStreamHasTheHashOfItsBytes) {
  std::mt19937 random(1);
  StreamHash stream;
  for (const std::size_t size :
       {0U, 1U, 3U, 16U, 17U, 128U, 129U, 240U, 241U, 255U, 256U, 257U, 512U, 1024U, 1025U, 5000U, 100000U}) {
    const std::string bytes = random_bytes(size);
    for (const std::size_t piece : {1U, 7U, 64U, 255U, 256U, 1000U, 200000U}) {
      if (size / piece > 10000) continue;
      stream.reset();
      for (std::size_t i = 0; i < size; i += piece) stream.update(std::string_view(bytes).substr(i, piece));
      EXPECT_EQ(stream.digest(), hash128(bytes)) << size << " by " << piece;
      EXPECT_EQ(stream.digest(), hash128(bytes));  // it may be asked again, and go on
    }
  }
}

TEST(Hash, AStreamMayBeAskedOnTheWayAndMoved) {
  StreamHash stream;
  stream.update("one ");
  EXPECT_EQ(stream.digest(), hash128("one "));
  StreamHash moved = std::move(stream);
  moved.update("two");
  EXPECT_EQ(moved.digest(), hash128("one two"));
  moved.reset();
  EXPECT_EQ(moved.digest(), hash128(""));
}

TEST(Hash, HexIsMostSignificantFirst) {
  EXPECT_EQ((Hash128{0x0123456789ABCDEF, 0xFEDCBA9876543210}.hex()), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(Hash128{}.hex(), std::string(32, '0'));
}

TEST(Sha256, OfTheStandardsExamples) {
  // FIPS 180-2, appendix B.
  StreamSha256 stream;
  stream.update("abc");
  EXPECT_EQ(stream.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  stream.reset();
  EXPECT_EQ(stream.hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  stream.reset();
  for (int i = 0; i < 1000; ++i) stream.update(std::string(1000, 'a'));
  EXPECT_EQ(stream.hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
}  // namespace gristmill::storage
