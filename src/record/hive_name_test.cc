#include "record/hive_name.h"

#include <gtest/gtest.h>

#include <set>

namespace gristmill::record {
namespace {

TEST(HiveName, OrdinaryIdsStay) {
  EXPECT_EQ(partition_name("p1"), "profile-id=p1");
  EXPECT_EQ(partition_name("a b.c-d_e~!@$&()+,;<>`|}"), "profile-id=a b.c-d_e~!@$&()+,;<>`|}");
  EXPECT_EQ(partition_name("\xC3\xA9\xF0\x9F\x98\x80"), "profile-id=\xC3\xA9\xF0\x9F\x98\x80");
}

TEST(HiveName, EscapesTheBytesThatHiveEscapes) {
  for (int c = 0; c < 256; ++c) {
    const std::string id = std::string("x") + static_cast<char>(c) + "y";
    const bool special = std::string_view("\"#%'*/:=?\\{[]^").find(static_cast<char>(c)) != std::string_view::npos;
    char escape[4] = {};
    std::snprintf(escape, sizeof escape, "%%%02X", static_cast<unsigned>(c));
    const std::string expected = c < 0x20 || c == 0x7F || special ? "x" + std::string(escape) + "y" : id;
    EXPECT_EQ(partition_name(id), "profile-id=" + expected) << c;
  }
}

TEST(HiveName, AnyIdIsOneFolderBelowTheRoot) {
  EXPECT_EQ(partition_name("../../etc/passwd"), "profile-id=..%2F..%2Fetc%2Fpasswd");
  EXPECT_EQ(partition_name("."), "profile-id=.");
  EXPECT_EQ(partition_name(".."), "profile-id=..");
  EXPECT_EQ(partition_name("/"), "profile-id=%2F");
  EXPECT_EQ(partition_name("a\nb"), "profile-id=a%0Ab");
  EXPECT_EQ(partition_name(std::string_view("\0", 1)), "profile-id=%00");
  EXPECT_EQ(partition_name("%41"), "profile-id=%2541");
}

TEST(HiveName, AMissingProfileHasHivesName) { EXPECT_EQ(partition_name(""), "profile-id=__HIVE_DEFAULT_PARTITION__"); }

TEST(HiveName, NoRealProfileLooksMissing) {
  EXPECT_EQ(partition_name("__HIVE_DEFAULT_PARTITION__"), "profile-id=%5F_HIVE_DEFAULT_PARTITION__");
  EXPECT_EQ(partition_name("__HIVE_DEFAULT_PARTITION__x"), "profile-id=__HIVE_DEFAULT_PARTITION__x");
  EXPECT_EQ(partition_name("__hive_default_partition__"), "profile-id=__hive_default_partition__");
  EXPECT_EQ(partition_name("%5F_HIVE_DEFAULT_PARTITION__"), "profile-id=%255F_HIVE_DEFAULT_PARTITION__");
}

TEST(HiveName, NoSpellingOfNullIsTakenForOne) {
  for (unsigned cases = 0; cases < 16; ++cases) {
    std::string word = "null";
    for (std::size_t i = 0; i < 4; ++i) {
      if ((cases >> i & 1U) != 0) word[i] = static_cast<char>(word[i] - 0x20);
    }
    EXPECT_EQ(partition_name(word), std::string("profile-id=%") + (word[0] == 'n' ? "6E" : "4E") + word.substr(1));
  }
  for (const char* word : {"nul", "nulls", " null", "null ", "n\xC3\xBCll", "NONE", "nu11", "N\x55L,", "\x4e\x15LL"}) {
    EXPECT_EQ(partition_name(word).find("%6E"), std::string::npos) << word;
    EXPECT_EQ(partition_name(word).find("%4E"), std::string::npos) << word;
  }
}

TEST(HiveName, LengthIsThatOfTheName) {
  for (const char* id : {"", "p", "a/b", "null", "NULLx", "__HIVE_DEFAULT_PARTITION__", "\xC3\xA9=%", "\x01\x7F"}) {
    EXPECT_EQ(partition_name_length(id), partition_name(id).size()) << id;
  }
  EXPECT_EQ(partition_name_length(std::string(244, 'x')), partition_name_limit);
}

TEST(HiveName, IsUndoneByUnescaping) {
  std::set<std::string> names;
  std::size_t ids = 0;
  const auto check = [&](const std::string& id) {
    const std::string name = partition_name(id);
    std::string back;
    for (std::size_t i = 11; i < name.size(); ++i) {
      if (name[i] == '%') {
        back.push_back(static_cast<char>(std::stoi(name.substr(i + 1, 2), nullptr, 16)));
        i += 2;
      } else {
        back.push_back(name[i]);
      }
    }
    EXPECT_EQ(back, id);
    EXPECT_EQ(name.find('/'), std::string::npos);
    EXPECT_EQ(name.find('\0'), std::string::npos);
    names.insert(name);
    ++ids;
  };
  for (int a = 0; a < 256; ++a) {
    check({static_cast<char>(a)});
    for (int b = 0; b < 256; b += 3) check({static_cast<char>(a), static_cast<char>(b)});
  }
  EXPECT_EQ(names.size(), ids);
}

}  // namespace
}  // namespace gristmill::record
