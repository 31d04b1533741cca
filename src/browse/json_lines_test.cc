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
