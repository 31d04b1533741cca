#include "inspect/wrapper_finder.h"

#include <gtest/gtest.h>

#include "json/json_text.h"

namespace gristmill::inspect {
namespace {

std::string wrapper_of(std::string line) {
  static const record::FieldNames names{Recipe{}};
  line.append(json::text_padding, '\0');
  const auto found = find_wrapper(line, names, 128);
  return found ? found->path : "none";
}

TEST(WrapperFinder, FindsTheFieldThatHoldsTheRecord) {
  EXPECT_EQ(wrapper_of(R"({"schema":{},"payload":{"metadata":{},"behaviour":{}}})"), "payload");
  EXPECT_EQ(wrapper_of(R"({"payload":{"op":"c","after":{"prediction":{}}}})"), "payload.after");
  EXPECT_EQ(wrapper_of(R"({"record":{"profile-id":"p","sessionId":"s"}})"), "record");
  EXPECT_EQ(wrapper_of(R"({"envelope":{"meta":{},"events":{}},"kind":"b"})"), "envelope");
}

TEST(WrapperFinder, FindsAStringThatEncodesTheRecord) {
  EXPECT_EQ(wrapper_of(R"({"log":" {\"behaviour\":{}}\n","stream":"stdout"})"), "log");
  EXPECT_EQ(wrapper_of(R"({"Message":"{\"detail\":{\"behaviour\":{}}}"})"), "Message.detail");
  EXPECT_EQ(wrapper_of(R"("{\"prediction\":{}}")"), "\"\"");
}

TEST(WrapperFinder, TakesTheNearest) {
  EXPECT_EQ(wrapper_of(R"({"a":{"b":{"behaviour":{}}},"c":{"behaviour":{}}})"), "c");
}

TEST(WrapperFinder, FindsNoneInARecordOrWhereNoneIs) {
  EXPECT_EQ(wrapper_of(R"({"behaviour":{},"payload":{"behaviour":{}}})"), "none");
  EXPECT_EQ(wrapper_of(R"({"metadata":{},"payload":{"behaviour":{}}})"), "none");
  EXPECT_EQ(wrapper_of(R"({"profile_id":"p","payload":{"x":1}})"), "none");
  EXPECT_EQ(wrapper_of(R"({"a":[{"behaviour":{}}]})"), "none");
  EXPECT_EQ(wrapper_of(R"({"a.b":{"behaviour":{}}})"), "none");  // no setting says it
  EXPECT_EQ(wrapper_of(R"({"a":{"b":{"c":{"d":{"e":{"behaviour":{}}}}}}})"), "none");
  EXPECT_EQ(wrapper_of(R"({"a":"{\"behaviour\":"})"), "none");
  EXPECT_EQ(wrapper_of("[]"), "none");
  EXPECT_EQ(wrapper_of(R"("behaviour")"), "none");
}

}  // namespace
}  // namespace gristmill::inspect
