#include "record/unwrapper.h"

#include <gtest/gtest.h>

#include "json/padded_text_testing.h"

namespace gristmill::record {
namespace {

using gristmill::testing::PaddedText;

// The record, or the reason why there is none; then the siblings.
std::string unwrapped(const std::string& path, std::string_view line, std::uint32_t depth_limit = 128) {
  json::StopCheck stop;
  Unwrapper unwrapper({path, ""}, depth_limit, stop);
  EXPECT_TRUE(unwrapper.is_needed(Dataset::collections));
  EXPECT_FALSE(unwrapper.is_needed(Dataset::predictions));
  const PaddedText text(line);
  if (!unwrapper.unwrap(Dataset::collections, text)) {
    return std::string(name_of(unwrapper.rejection().reason)) + ": " + unwrapper.rejection().message;
  }
  EXPECT_EQ(unwrapper.text().data()[unwrapper.text().size()], '\0');
  std::string told(unwrapper.text());
  unwrapper.for_each_sibling([&](std::string_view name) { told += " " + std::string(name); });
  return told;
}

TEST(UnwrapperTest, ARecordIsAnObjectOrAStringThatEncodesOne) {
  EXPECT_EQ(unwrapped("payload", R"({"payload":{"a":1}})"), R"({"a":1})");
  EXPECT_EQ(unwrapped("payload", R"( {"x":1, "payload" : { "a" : [1] } , "y":2} )"), R"({ "a" : [1] } x y)");
  EXPECT_EQ(unwrapped("payload", R"({"payload":" {\"a\":\"\\u00e9\"} "})"), R"({"a":"\u00e9"})");
  EXPECT_EQ(unwrapped("payload", R"({"\u0070ayload":{}})"), "{}");
  EXPECT_EQ(unwrapped("a.b", R"({"a":{"z":1,"b":{"c":1}},"y":2})"), R"({"c":1} y z)");
  EXPECT_EQ(unwrapped("a.b", R"({"a":"{\"b\":\"{\\\"c\\\":1}\"}"})"), R"({"c":1})");
  EXPECT_EQ(unwrapped("\"\"", R"("{\"a\":1}")"), R"({"a":1})");
}

TEST(UnwrapperTest, WhatIsWrongWithAWrapper) {
  EXPECT_EQ(unwrapped("payload", R"({"Payload":{}})"), "not_wrapped: there is no field 'payload'");
  EXPECT_EQ(unwrapped("payload", R"({"payload":{},"payload":{}})"), "not_wrapped: there are two fields 'payload'");
  for (const char* value : {"1", "null", "[{}]", "true"}) {
    EXPECT_TRUE(
        unwrapped("payload", "{\"payload\":" + std::string(value) + "}").starts_with("not_wrapped: 'payload' is "))
        << value;
  }
  for (const char* value : {R"("x")", R"("[]")", R"("{} {}")", R"("")", R"("{\"a\":\"\ud800\"}")"}) {
    EXPECT_EQ(unwrapped("payload", "{\"payload\":" + std::string(value) + "}"),
              "not_wrapped: 'payload' is a string that encodes no object")
        << value;
  }
  EXPECT_TRUE(unwrapped("\"\"", "{}").starts_with("not_wrapped: the line is an object"));
  EXPECT_TRUE(unwrapped("payload", "\"{}\"").starts_with("not_an_object: "));
}

TEST(UnwrapperTest, WhatIsWrongWithTheLineComesFirst) {
  EXPECT_TRUE(unwrapped("payload", R"({"payload":{}},)").starts_with("invalid_json: "));
  EXPECT_TRUE(unwrapped("payload", "{\"payload\":{},\"x\":\"\xFF\"}").starts_with("invalid_utf8: "));
  EXPECT_TRUE(unwrapped("payload", R"({"payload":{"a":[]}})", 2).starts_with("too_deep: "));
  EXPECT_TRUE(unwrapped("payload", R"({"payload":{},"x":[[]]})", 2).starts_with("too_deep: "));
  EXPECT_EQ(unwrapped("payload", R"({"payload":"{\"a\":[]}"})", 2), R"({"a":[]})") << "a string starts again at 1";
  EXPECT_TRUE(unwrapped("payload", R"({"payload":"{\"a\":[[]]}"})", 2).starts_with("too_deep: "));
}

}  // namespace
}  // namespace gristmill::record
