#include "recipe/dotenv.h"

#include <gtest/gtest.h>

namespace gristmill::recipe {
namespace {

// "NAME=value@line" of every entry, and "skipped@line", for comparing at a glance.
std::vector<std::string> entries_of(std::string_view text) {
  const Result<Dotenv> result = parse_dotenv(text, ".env");
  if (!result) return {"error: " + result.error().message};
  std::vector<std::string> found;
  for (const DotenvEntry& entry : result->entries) {
    found.push_back(entry.name + "=" + entry.value + "@" + std::to_string(entry.line));
  }
  for (const std::size_t line : result->skipped_lines) found.push_back("skipped@" + std::to_string(line));
  return found;
}

using Lines = std::vector<std::string>;

TEST(Dotenv, ReadsPlainLines) {
  EXPECT_EQ(entries_of(""), Lines{});
  EXPECT_EQ(entries_of("A=1\n\n# comment\n  B = two words  \nexport C=3"), (Lines{"A=1@1", "B=two words@4", "C=3@5"}));
  EXPECT_EQ(entries_of("A=\nB= # comment\nC=x # comment\nD=x#y\nE=#x\n"),
            (Lines{"A=@1", "B=@2", "C=x@3", "D=x#y@4", "E=#x@5"}));
  EXPECT_EQ(entries_of("export=1\nA=a=b\nB=it's\nC=a\\nb\nD=$HOME ${X}\n"),
            (Lines{"export=1@1", "A=a=b@2", "B=it's@3", "C=a\\nb@4", "D=$HOME ${X}@5"}));
}

TEST(Dotenv, ReadsQuotes) {
  EXPECT_EQ(entries_of(R"(A='a # b' # c)"), (Lines{"A=a # b@1"}));
  EXPECT_EQ(entries_of(R"(A='it\'s \\ \n')"), (Lines{R"(A=it's \ \n@1)"}));
  EXPECT_EQ(entries_of(R"(A="a\tb\n\"c\" \\ \$x \q 'd'")"), (Lines{"A=a\tb\n\"c\" \\ $x \\q 'd'@1"}));
  EXPECT_EQ(entries_of("A=\"one\r\ntwo\"\r\nB=3\n"), (Lines{"A=one\ntwo@1", "B=3@3"}));
  EXPECT_EQ(entries_of("A=''"), (Lines{"A=@1"}));
}

TEST(Dotenv, AcceptsByteOrderMarkAndCrlf) {
  EXPECT_EQ(entries_of("\xEF\xBB\xBF"
                       "A=1\r\nB='2'\r\n\r\nC=3 # x\r"),
            (Lines{"A=1@1", "B=2@2", "C=3@4"}));
}

TEST(Dotenv, SkipsWhatItCannotReadOfOthers) {
  EXPECT_EQ(entries_of("set -a\nA=1\n=x\nB='open\nC=2\nD=\"x\"y\nLONE\nexport LONE\n"),
            (Lines{"A=1@2", "C=2@5", "skipped@1", "skipped@3", "skipped@4", "skipped@6"}));
}

TEST(Dotenv, AStrayQuoteDoesNotSwallowOurLines) {
  EXPECT_EQ(entries_of("NAME='tis\nGRISTMILL_OUTPUT=out\n"), (Lines{"GRISTMILL_OUTPUT=out@2", "skipped@1"}));
  EXPECT_EQ(entries_of("NAME='tis\nGRISTMILL_OUTPUT='out'\n"), (Lines{"GRISTMILL_OUTPUT=out@2", "skipped@1"}));
}

TEST(Dotenv, RefusesWhatItCannotReadOfOurs) {
  EXPECT_EQ(entries_of("A=1\nGRISTMILL_OUTPUT\n"), (Lines{"error: .env line 2: there is no '=' after the name"}));
  EXPECT_EQ(entries_of("GRISTMILL_OUTPUT: secret\n"), (Lines{"error: .env line 1: there is no '=' after the name"}));
  EXPECT_EQ(entries_of("\nGRISTMILL_OUTPUT='secret\n\n"),
            (Lines{"error: .env line 2: the quote that begins here is not closed"}));
  EXPECT_EQ(entries_of("GRISTMILL_OUTPUT='a'b\n"),
            (Lines{"error: .env line 1: there is something after the closing quote"}));
  EXPECT_EQ(entries_of("1GRISTMILL_OUTPUT=a\n"), (Lines{"error: .env line 1: there is no name here"}));
  EXPECT_EQ(entries_of(std::string_view("GRISTMILL_OUTPUT=a\0b\n", 21)),
            (Lines{"error: .env line 1: there is a NUL byte in the value"}));
}

TEST(Dotenv, KeepsLineNumbersAfterAFailedMultiLineQuote) {
  EXPECT_EQ(entries_of("A='1\nx y\n3' x\nB=4\n"), (Lines{"B=4@4", "skipped@1", "skipped@2", "skipped@3"}));
}

}  // namespace
}  // namespace gristmill::recipe
