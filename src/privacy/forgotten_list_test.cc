// The digests are those of RFC 4231; the list is what it was after it was written and read.
#include "privacy/forgotten_list.h"

#include <gtest/gtest.h>

namespace gristmill::privacy {
namespace {

TEST(SecretKeyTest, IsTheHmacOfTheStandard) {
  EXPECT_EQ(hex_of(SecretKey::of(std::string(20, '\x0b')).hmac("Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex_of(SecretKey::of("Jefe").hmac("what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(ForgottenListTest, IsWhatItWasAfterItWasRead) {
  ForgottenList list;
  ASSERT_TRUE(list.unlock(SecretKey::of(std::string(32, 'k')), "key").ok());
  EXPECT_TRUE(list.empty());
  list.add("ann");
  list.add("bob");
  std::optional<ForgottenList> read = ForgottenList::of(list.text());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->text(), list.text());
  ASSERT_TRUE(read->unlock(SecretKey::of(std::string(32, 'k')), "key").ok());
  EXPECT_TRUE(read->contains("ann"));
  EXPECT_FALSE(read->contains("cy"));
  EXPECT_EQ(list.text().find("ann"), std::string::npos);
}

TEST(ForgottenListTest, AnotherKeyIsNoticed) {
  ForgottenList list;
  ASSERT_TRUE(list.unlock(SecretKey::of(std::string(32, 'k')), "key").ok());
  std::optional<ForgottenList> read = ForgottenList::of(list.text());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->unlock(SecretKey::of(std::string(32, 'x')), "other").error().kind, ErrorKind::usage);
}

TEST(ForgottenListTest, WhatIsNoListIsRefused) {
  ForgottenList list;
  ASSERT_TRUE(list.unlock(SecretKey::of(std::string(32, 'k')), "key").ok());
  list.add("ann");
  const std::string whole = list.text();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto part = ForgottenList::of(whole.substr(0, size));
    EXPECT_TRUE(!part || part->empty()) << size;
  }
  EXPECT_FALSE(ForgottenList::of("{}\n").has_value());
}

}  // namespace
}  // namespace gristmill::privacy
