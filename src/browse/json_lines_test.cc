#include "browse/json_lines.h"

#include <gtest/gtest.h>

#include "storage/temporary_folder_testing.h"

namespace gristmill::browse {
namespace {

class JsonLinesTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    testing::write_text(folder_ / name, text);
    return folder_ / name;
  }
  // The lines of the files, and the message of the error that ended them, if one did.
  std::vector<std::string> read(const std::vector<std::string>& paths) {
    JsonLines lines(*storage_, paths);
    std::vector<std::string> found;
    for (;;) {
      const auto next = lines.next();
      if (!next.ok()) {
        EXPECT_EQ(next.error().kind, ErrorKind::output);
        found.push_back("error: " + next.error().message);
        return found;
      }
      if (!*next) return found;
      found.emplace_back(lines.line());
    }
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

TEST_F(JsonLinesTest, ReadsFilesOneAfterTheOther) {
  const std::vector<std::string> paths = {write("a", "{\"n\":1}\n{\"n\":2}\n"), write("b", ""), write("c", "{}\n")};
  EXPECT_EQ(read(paths), (std::vector<std::string>{"{\"n\":1}", "{\"n\":2}", "{}"}));
}

TEST_F(JsonLinesTest, ReadsLinesLongerThanABlock) {
  const std::string longest = "{\"raw\":\"" + std::string(3U << 20, 'x') + "\"}";
  std::string text;
  std::vector<std::string> wanted;
  for (int i = 0; i < 3; ++i) {
    wanted.push_back("{\"n\":" + std::to_string(i) + "}");
    wanted.push_back(longest);
  }
  for (const std::string& line : wanted) text += line + "\n";
  EXPECT_EQ(read({write("long", text)}), wanted);
}

TEST_F(JsonLinesTest, RefusesWhatIsNoLineOfOurs) {
  for (const char* text : {"{\"n\":1", "[1]\n", "{\"n\":}\n", "\n", "{} {}\n"}) {
    const std::vector<std::string> found = read({write("bad", text)});
    ASSERT_EQ(found.size(), 1U) << text;
    EXPECT_NE(found[0].find("/bad' is not as gristmill writes it"), std::string::npos) << found[0];
  }
  EXPECT_NE(read({write("second", "{}\n{\n")}).back().find("line 2"), std::string::npos);
}

TEST_F(JsonLinesTest, ReadsOnWhereALongLineLay) {
  std::string text;
  std::vector<std::string> wanted;
  for (const std::size_t length : {30U << 20, 5U, 2U << 20, 7U}) {
    wanted.push_back("{\"raw\":\"" + std::string(length, 'x') + "\"}");
    text += wanted.back() + "\n";
  }
  EXPECT_EQ(read({write("long", text), write("more", text)}),
            (std::vector<std::string>{wanted[0], wanted[1], wanted[2], wanted[3], wanted[0], wanted[1], wanted[2],
                                      wanted[3]}));
}

TEST_F(JsonLinesTest, TellsWhichLineIsWrong) {
  JsonLines lines(*storage_, {write("w", "{}\n{\"a\":1}\n")});
  ASSERT_TRUE(lines.next().ok());
  ASSERT_TRUE(lines.next().ok());
  EXPECT_EQ(lines.wrong("it is odd").message,
            "'" + folder_ / "w" + "' is not as gristmill writes it: line 2: it is odd");
}

// Texts of one, two, three and four bytes, as they are and escaped.
constexpr std::string_view mixed = "\"a\u00e4ä\u20ac€\\ud83d\\ude00😀\\\\\\n\\u0000\\ud83d\\ud83d\\ude00x\"";

TEST(PlainBeginning, IsTheBeginningOfTheText) {
  std::string value;
  for (int i = 0; i < 50; ++i) value += mixed.substr(1, mixed.size() - 2);
  value = "\"" + value + "\"";
  std::string padded = value + std::string(json::text_padding, '\0');
  const std::string_view spelled(padded.data(), value.size());
  const std::string whole = plain_text(spelled);
  for (std::size_t most = 0; most < 200; ++most) {
    EXPECT_EQ(plain_beginning(spelled, most), json::beginning_of(whole, most)) << most;
  }
  EXPECT_EQ(plain_beginning(spelled, whole.size()), whole);
}

TEST(PlainPieces, AreTheText) {
  std::string value;
  while (value.size() < (300U << 10)) value += mixed.substr(1, mixed.size() - 2);
  for (const char* before : {"", "x", "xy", "xyz", "\\n"}) {
    const std::string spelled = "\"" + std::string(before) + value + "\"" + std::string(json::text_padding, '\0');
    const std::string_view token(spelled.data(), spelled.size() - json::text_padding);
    std::string text;
    int pieces = 0;
    const auto read = for_each_plain_piece(token, [&](std::string_view piece) {
      text += piece;
      ++pieces;
      return Result<bool>(true);
    });
    EXPECT_TRUE(read.ok() && *read);
    EXPECT_EQ(text, plain_text(token));
    EXPECT_GT(pieces, 3);
    EXPECT_LT(pieces, 8);
  }
}

TEST(MemberFault, TellsTheFirst) {
  const std::vector<MemberRule> rules = {{"a", json::JsonType::string},
                                         {"b", json::JsonType::number, MemberPresence::or_null},
                                         {"c", json::JsonType::number, MemberPresence::optional}};
  const auto fault = [&](std::string text) {
    text.append(json::text_padding, '\0');
    return member_fault(text, rules);
  };
  EXPECT_EQ(fault(R"({"a":"x","b":null,"z":[]})"), "");
  EXPECT_EQ(fault(R"({"a":"x","b":1,"c":2})"), "");
  EXPECT_EQ(fault(R"({"a":5,"b":1})"), "its 'a' is a number");
  EXPECT_EQ(fault(R"({"a":"x","b":1,"c":null})"), "its 'c' is null");
  EXPECT_EQ(fault(R"({"a":"x"})"), "it has no 'b'");
  EXPECT_EQ(fault(R"({})"), "it has no 'a'");
}

TEST_F(JsonLinesTest, FindsMembers) {
  JsonLines lines(*storage_, {write("m", "{\"a\":\"x\\u0041\\n\",\"b\":null,\"c\":1.50,\"d\":{\"a\":2}}\n")});
  ASSERT_TRUE(lines.next().ok());
  EXPECT_EQ(plain_text(member(lines.line(), "a")), "xA\n");
  EXPECT_TRUE(is_null(member(lines.line(), "b")));
  EXPECT_TRUE(is_null(member(lines.line(), "e")));
  EXPECT_EQ(plain_text(member(lines.line(), "c")), "1.50");
  EXPECT_EQ(plain_text(member(member(lines.line(), "d"), "a")), "2");
}

}  // namespace
}  // namespace gristmill::browse
