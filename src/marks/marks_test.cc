#include "marks/marks.h"

#include <gtest/gtest.h>

#include <string>

namespace gristmill::marks {
namespace {

using namespace std::string_literals;

std::string utf16(std::string_view text, bool big, std::size_t width = 2) {
  std::string wide;
  for (const char c : text) {
    std::string unit(width, '\0');
    unit[big ? width - 1 : 0] = c;
    wide += unit;
  }
  return wide;
}

std::string_view file(const std::string& text) { return likeness_of_file(text).name; }
std::string_view line(const std::string& text) {
  const Likeness* look = likeness_of_line(text);
  return look == nullptr ? "" : look->name;
}

TEST(MarksTest, FilesByWhatTheirKindAlwaysHas) {
  const std::string record = R"({"metadata":{"profile_id":"p1"},"behaviour":{}})";
  for (const bool big : {false, true}) {
    EXPECT_EQ(file(utf16(record, big)), "UTF-16 or UTF-32");
    EXPECT_EQ(file(utf16(record, big, 4)), "UTF-16 or UTF-32");
  }
  EXPECT_EQ(file("\xFF\xFE" + utf16("{}", false)), "UTF-16 or UTF-32");
  EXPECT_EQ(file(std::string(5000, '\0') + record), "a long run of NULs");
  EXPECT_EQ(file("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 9\n"), "a Git LFS pointer");
  EXPECT_EQ(file("\n<!DOCTYPE html>"), "HTML or XML");
  EXPECT_EQ(file("<?xml version=\"1.0\"?><Error/>"), "HTML or XML");
  EXPECT_EQ(file(" [" + record), "a JSON array");
  EXPECT_EQ(file("{\n \"a\": 1\n}\n"), "values over several lines");
  EXPECT_EQ(file("{\n \"a\": 1,\n}\n"), "values over several lines");
  EXPECT_EQ(file(record + "\r" + record + "\r"), "carriage returns alone");
  EXPECT_EQ(file(record + " " + record + "\n"), "several values on a line");
  EXPECT_EQ(file("\"{\\\"a\\\":1}\"\n"), "JSON encoded twice");
  EXPECT_EQ(file("{'a': 1, 'b': None}\n"), "Python literals");
  EXPECT_EQ(file("2025-05-15 INFO " + record + "\n"), "a text before the JSON");
  EXPECT_EQ(file("profile_id\tsession_id\np\ts\n"), "CSV");
  EXPECT_EQ(file("profile_id,session_id\np,s\n"), "CSV");
}

TEST(MarksTest, WhatIsDoubtfulIsNotKnown) {
  for (const char* text :
       {"", "{\"a\":1}\n", "hello\nworld\n", "7\n8\n", "{\"a\":", "a,b\n", "\"text\"\n", "{\"a\":1,}\n"}) {
    EXPECT_EQ(file(text), "not known") << text;
  }
  EXPECT_EQ(file("\x5D\0\0\x80\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), "not known") << "LZMA, and no UTF-16";
}

TEST(MarksTest, Lines) {
  EXPECT_EQ(line("{"), "values over several lines");
  EXPECT_EQ(line("    \"profile_id\": \"p\","), "values over several lines");
  EXPECT_EQ(line("  },\r"), "values over several lines");
  EXPECT_EQ(line("[{},{}]"), "a JSON array");
  EXPECT_EQ(line("{}{}"), "several values on a line");
  EXPECT_EQ(line("\"{\\\"a\\\":1}\""), "JSON encoded twice");
  EXPECT_EQ(line("x {\"a\":1}"), "a text before the JSON");
  EXPECT_EQ(line("<html>"), "HTML or XML");
  EXPECT_EQ(line(utf16("{\"a\":1}", false)), "UTF-16 or UTF-32");
  for (const char* text : {"{\"a\":1", "{\"a\":1,}", "7", "a,b", "\"text\"", "}{"}) EXPECT_EQ(line(text), "") << text;
}

}  // namespace
}  // namespace gristmill::marks
