#include "source/glob.h"

#include <gtest/gtest.h>

namespace gristmill::source {
namespace {

// What Python's glob.glob(pattern, recursive=True) says of a file.
bool glob_matches(std::string_view pattern, std::string_view name) { return Glob(pattern).matches(name); }

TEST(GlobMatches, StarDoesNotCrossASlash) {
  EXPECT_TRUE(glob_matches("*", "a"));
  EXPECT_TRUE(glob_matches("*.jsonl", "a.jsonl"));
  EXPECT_TRUE(glob_matches("a*c*", "abcd"));
  EXPECT_TRUE(glob_matches("a*c*", "ac"));
  EXPECT_TRUE(glob_matches("*a*b", "aababab"));
  EXPECT_FALSE(glob_matches("*a*b", "aababa"));
  EXPECT_FALSE(glob_matches("*", "a/b"));
  EXPECT_TRUE(glob_matches("*/b", "a/b"));
  EXPECT_FALSE(glob_matches("a*b", "a/b"));
  EXPECT_FALSE(glob_matches("", "a"));
  EXPECT_FALSE(glob_matches("*", "/a")) << "a key may have empty parts";
  EXPECT_TRUE(glob_matches("/a", "/a"));
  EXPECT_TRUE(glob_matches("*/a", "/a"));
  EXPECT_TRUE(glob_matches("**/a", "//a"));
}

TEST(GlobMatches, DoubleStarIsAnyNumberOfFolders) {
  for (const char* name : {"a", "b/a", "b/c/a"}) EXPECT_TRUE(glob_matches("**/a", name)) << name;
  for (const char* name : {"x/a", "x/b/a", "x/b/c/a"}) EXPECT_TRUE(glob_matches("x/**/a", name)) << name;
  for (const char* name : {"a", "y/a", "xa"}) EXPECT_FALSE(glob_matches("x/**/a", name)) << name;
  EXPECT_TRUE(glob_matches("**", "a"));
  EXPECT_TRUE(glob_matches("**", "a/b/c"));
  EXPECT_TRUE(glob_matches("x/**", "x/b/c"));
  EXPECT_TRUE(glob_matches("**/b/**/d*", "a/b/c/c/de"));
  EXPECT_FALSE(glob_matches("**/b/**/d*", "a/c/c/de"));
  EXPECT_TRUE(glob_matches("**/**/a", "a"));
  // As a part of a component it is a star like any other.
  EXPECT_TRUE(glob_matches("a**", "abc"));
  EXPECT_FALSE(glob_matches("a**", "a/b"));
  EXPECT_FALSE(glob_matches("**a", "b/a"));
}

TEST(GlobMatches, QuestionMarkIsOneCharacter) {
  EXPECT_TRUE(glob_matches("?", "a"));
  EXPECT_TRUE(glob_matches("?", "\xC3\xA9"));
  EXPECT_TRUE(glob_matches("x?y", "x\xF0\x9F\x98\x80y"));
  EXPECT_FALSE(glob_matches("??", "\xC3\xA9"));
  EXPECT_FALSE(glob_matches("?", ""));
  EXPECT_FALSE(glob_matches("?", "ab"));
  EXPECT_FALSE(glob_matches("a?b", "a/b"));
  EXPECT_TRUE(glob_matches("*??", "\xC3\xA9\xC3\xA9"));
  EXPECT_FALSE(glob_matches("*??", "\xC3\xA9"));
  EXPECT_FALSE(glob_matches("*??", "\xE2\x82\xAC"));
}

TEST(GlobMatches, Sets) {
  for (const char* name : {"a", "b"}) EXPECT_TRUE(glob_matches("[ab]", name)) << name;
  EXPECT_FALSE(glob_matches("[ab]", "c"));
  EXPECT_FALSE(glob_matches("[ab]", "ab"));
  EXPECT_TRUE(glob_matches("[!ab]", "c"));
  EXPECT_FALSE(glob_matches("[!ab]", "a"));
  EXPECT_TRUE(glob_matches("[a-c]x", "bx"));
  EXPECT_FALSE(glob_matches("[a-c]x", "dx"));
  EXPECT_FALSE(glob_matches("[b-a]", "a"));
  EXPECT_TRUE(glob_matches("[a-]", "-"));
  EXPECT_TRUE(glob_matches("[-a]", "-"));
  EXPECT_TRUE(glob_matches("[a-c-e]", "-"));
  EXPECT_FALSE(glob_matches("[a-c-e]", "d"));
  EXPECT_TRUE(glob_matches("[]]", "]"));
  EXPECT_TRUE(glob_matches("[]a]", "a"));
  EXPECT_FALSE(glob_matches("[!]a]", "]"));
  EXPECT_TRUE(glob_matches("[!]a]", "b"));
  EXPECT_TRUE(glob_matches("[^a]", "^"));  // no negation
  EXPECT_TRUE(glob_matches("[^a]", "a"));
  EXPECT_FALSE(glob_matches("[^a]", "b"));
  EXPECT_TRUE(glob_matches("[*?[]", "*"));
  EXPECT_FALSE(glob_matches("[*?[]", "x"));
  EXPECT_TRUE(glob_matches("part-[0-9][0-9].json*", "part-07.jsonl.gz"));
}

TEST(GlobMatches, AnOpenBracketAloneIsItself) {
  EXPECT_TRUE(glob_matches("a[*", "a[b"));
  EXPECT_TRUE(glob_matches("[]*", "[]x"));
  EXPECT_TRUE(glob_matches("[!*", "[!x"));
  EXPECT_TRUE(glob_matches("[!]*", "[!]x"));
  EXPECT_FALSE(glob_matches("a[*", "ab"));
}

TEST(GlobMatches, ALeadingDotMustBeSpelledOut) {
  for (const char* pattern : {"*", "?a", "[.]a", "**", "**/.a/*", "*a"})
    EXPECT_FALSE(glob_matches(pattern, ".a")) << pattern;
  for (const char* pattern : {".*", ".a", ".?", "**/.a", ".[a]"}) EXPECT_TRUE(glob_matches(pattern, ".a")) << pattern;
  EXPECT_FALSE(glob_matches("**/b", ".a/b"));
  EXPECT_FALSE(glob_matches("**", "a/.b"));
  EXPECT_FALSE(glob_matches("**", ".a/b"));
  EXPECT_TRUE(glob_matches("**/.a/b", "x/.a/b"));
  EXPECT_TRUE(glob_matches(".*/b", ".a/b"));
  EXPECT_TRUE(glob_matches("*", "a.b"));
  EXPECT_TRUE(glob_matches("*", "_a"));  // only folders skip these
}

TEST(GlobMatches, ManyStarsTakeNoTime) {
  // By going back to the last star only: not exponential.
  EXPECT_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(200, 'a')));
}

TEST(GlobMatches, ManyDoubleStarsTakeNoTime) {
  std::string pattern;
  std::string name;
  for (int i = 0; i < 20; ++i) pattern += "**/a/";
  for (int i = 0; i < 60; ++i) name += "a/";
  EXPECT_FALSE(glob_matches(pattern + "b", name + "c"));
  EXPECT_TRUE(glob_matches(pattern + "b", name + "b"));
  EXPECT_FALSE(glob_matches(pattern + "b", name + ".d/" + name + "b"));
  EXPECT_TRUE(glob_matches(pattern + ".d/" + pattern + "b", name + ".d/" + name + "b"));
}

TEST(GlobMatches, AFinalDoubleStarTakesAtLeastOneComponent) {
  EXPECT_FALSE(glob_matches("a/**", "a"));
  EXPECT_FALSE(glob_matches("*/**", "a"));
  EXPECT_TRUE(glob_matches("*/**", "a/b"));
  EXPECT_TRUE(glob_matches("**", "a"));
  EXPECT_TRUE(glob_matches("**/**", "a"));
}

TEST(GlobMatches, ATrailingSlashIsForFolders) {
  EXPECT_FALSE(glob_matches("*/", "a"));
  EXPECT_FALSE(glob_matches("**/", "a"));
  EXPECT_FALSE(glob_matches("a*/", "ab"));
}

TEST(GlobMatches, SetsAreOfCharacters) {
  EXPECT_TRUE(glob_matches("[\xC3\xA9]", "\xC3\xA9"));
  EXPECT_FALSE(glob_matches("[\xC3\xA9]", "\xC3\xA8"));
  EXPECT_TRUE(glob_matches("x[!a]y", "x\xC3\xA9y"));
  EXPECT_TRUE(glob_matches("[!a][!a]", "\xC3\xA9\xC3\xA9"));
  EXPECT_FALSE(glob_matches("[!a][!a]", "\xC3\xA9"));
  EXPECT_TRUE(glob_matches("[\xC3\xA0-\xC3\xBF]", "\xC3\xA9"));
}

TEST(GlobMatches, OnDiskSeveralSlashesAreOne) {
  EXPECT_TRUE(Glob("a//*", false).matches("a/b"));
  EXPECT_FALSE(Glob("a//*", true).matches("a/b"));
  EXPECT_TRUE(Glob("a//*", true).matches("a//b"));
}

}  // namespace
}  // namespace gristmill::source
