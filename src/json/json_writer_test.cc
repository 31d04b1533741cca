#include "json/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace gristmill::json {
namespace {

TEST(JsonWriter, SpreadsOverLinesOrKeepsToOne) {
  std::string text;
  JsonWriter json(text);
  json.open_object();
  json.number("a", 18446744073709551615U);
  json.open_array("b");
  json.open_object(JsonLayout::one_line);
  json.flag("c", true);
  json.open_array("d");
  json.null();
  json.number(1);
  json.close();
  json.close();
  json.text("e");
  json.close();
  json.open_object("empty");
  json.close();
  json.open_array("none", JsonLayout::one_line);
  json.close();
  json.name("raw");
  json.json("[1]");
  json.close();
  EXPECT_EQ(text,
            "{\n"
            "  \"a\": 18446744073709551615,\n"
            "  \"b\": [\n"
            "    {\"c\": true, \"d\": [null, 1]},\n"
            "    \"e\"\n"
            "  ],\n"
            "  \"empty\": {},\n"
            "  \"none\": [],\n"
            "  \"raw\": [1]\n"
            "}");
}

TEST(JsonWriter, NumbersThatJsonHasNotAreNull) {
  std::string text;
  JsonWriter json(text);
  json.open_array(JsonLayout::one_line);
  json.real(0.5);
  json.real(std::numeric_limits<double>::infinity());
  json.real(std::numeric_limits<double>::quiet_NaN());
  json.close();
  EXPECT_EQ(text, "[0.5, null, null]");
}

TEST(JsonWriter, TextsAreEscapedAndAlwaysUtf8) {
  std::string text;
  JsonWriter json(text);
  json.open_object(JsonLayout::one_line);
  json.text("a\"\x01", "\\ \xff \xc3\xa9");
  json.close();
  EXPECT_EQ(text, "{\"a\\\"\\u0001\": \"\\\\ \xef\xbf\xbd \xc3\xa9\"}");
}

}  // namespace
}  // namespace gristmill::json
