#include "json/json_value.h"

#include <gtest/gtest.h>

namespace gristmill::json {
namespace {

TEST(JsonValue, IsATreeOfTheText) {
  const auto value =
      JsonValue::parse(R"( {"a":[1,{"b":"x\u00e9\n"}],"c":null,"d":true,"e":-1.5,"f":18446744073709551615} )");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ((*value)["a"].elements().size(), 2U);
  EXPECT_EQ((*value)["a"].elements()[0].count(), 1U);
  EXPECT_EQ((*value)["a"].elements()[1]["b"].text(), "x\xC3\xA9\n");
  EXPECT_TRUE((*value)["c"].is_null());
  EXPECT_TRUE((*value)["d"].is_true());
  EXPECT_EQ((*value)["e"].number(), -1.5);
  EXPECT_EQ((*value)["e"].count(), 0U);
  EXPECT_EQ((*value)["f"].count(), 18446744073709551615ULL);
  EXPECT_EQ(value->members().size(), 5U);
  EXPECT_TRUE((*value)["g"]["h"].is_null());
}

TEST(JsonValue, OfWhatIsNoJsonThereIsNone) {
  for (const char* text : {"", "{", "{} x", "nul", "[1,]"}) EXPECT_FALSE(JsonValue::parse(text).has_value()) << text;
}

}  // namespace
}  // namespace gristmill::json
