#include "recipe/value.h"

#include <gtest/gtest.h>

namespace gristmill::recipe {
namespace {

// The value as shown after it was assigned; of an error its message.
std::string assigned(const std::string& key, const std::vector<std::string>& values) {
  Settings settings;
  const Setting* setting = find_setting(key);
  const Status status = assign_setting(*setting, values, settings);
  return status ? show_setting(*setting, settings) : "error: " + status.error().message;
}

TEST(Value, Booleans) {
  for (const char* text : {"true", "Yes", "ON", "1"}) EXPECT_EQ(assigned("strict", {text}), "true");
  for (const char* text : {"false", "No", "OFF", "0"}) EXPECT_EQ(assigned("strict", {text}), "false");
  EXPECT_EQ(assigned("strict", {}), "true");
  EXPECT_EQ(assigned("strict", {"maybe"}), "error: 'maybe' is neither true nor false");
  EXPECT_EQ(assigned("strict", {""}), "error: the value is empty");
}

TEST(Value, Numbers) {
  EXPECT_EQ(assigned("threads", {"8"}), "8");
  EXPECT_EQ(assigned("threads", {"auto"}), "auto");
  EXPECT_EQ(assigned("threads", {"0"}), "error: '0' is too small");
  EXPECT_EQ(assigned("threads", {"4097"}), "error: 4097 is too large");
  EXPECT_EQ(assigned("threads", {"4294967297"}), "error: 4294967297 is too large");
  EXPECT_EQ(assigned("threads", {"99999999999999999999"}), "error: '99999999999999999999' is too large a number");
  EXPECT_EQ(assigned("threads", {"-1"}), "error: '-1' is not a whole number");
  EXPECT_EQ(assigned("threads", {"2.5"}), "error: '2.5' is not a whole number");
  EXPECT_EQ(assigned("threads", {"1", "2"}), "error: more than one value is given");
  EXPECT_EQ(assigned("limits.depth", {"auto"}), "error: 'auto' is not a whole number");
  EXPECT_EQ(assigned("limits.depth", {"0"}), "error: 0 is too small");
  EXPECT_EQ(assigned("limits.depth", {"1024"}), "1024");
}

TEST(Value, Sizes) {
  EXPECT_EQ(assigned("memory", {"1GiB"}), "1GiB");
  EXPECT_EQ(assigned("memory", {"0"}), "error: '0' is not a size");
  EXPECT_EQ(assigned("memory", {"auto"}), "auto");
  EXPECT_EQ(assigned("memory", {"0GiB"}), "error: '0GiB' is not a size");
  EXPECT_EQ(assigned("memory", {"4"}), "error: 4 is too small");
  EXPECT_EQ(assigned("limits.line", {"1000"}), "1000");
  EXPECT_EQ(assigned("limits.line", {"3GiB"}), "error: 3GiB is too large");
  EXPECT_EQ(assigned("limits.line", {"lots"}), "error: 'lots' is not a size");
}

TEST(Value, Choices) {
  EXPECT_EQ(assigned("sessions", {"all"}), "all");
  EXPECT_EQ(assigned("log.format", {"json"}), "json");
  EXPECT_EQ(assigned("checks.range.severity", {"ignore"}), "ignore");
  EXPECT_EQ(assigned("checks.range.severity", {"fial"}), "error: 'fial' is not one of ignore, warn, fail");
  Settings settings;
  const Status status = assign_setting(*find_setting("checks.range.severity"), {"fial"}, settings);
  EXPECT_EQ(status.error().advice, "did you mean 'fail'?");
}

TEST(Value, Thresholds) {
  EXPECT_EQ(assigned("checks.range.fail_above", {"5%"}), "5%");
  EXPECT_EQ(assigned("checks.range.fail_above", {"0.1 %"}), "0.1%");
  EXPECT_EQ(assigned("checks.range.fail_above", {"0"}), "0");
  EXPECT_EQ(assigned("checks.range.fail_above", {"1000000000000"}), "1000000000000");
  EXPECT_EQ(assigned("checks.range.fail_above", {"100.5%"}), "error: the threshold is more than 100%");
  EXPECT_EQ(assigned("checks.range.fail_above", {"0.5"}), "error: the threshold is not a whole number of findings");
  for (const char* text : {"%", "-1", "5%%", "1e3", "nan", "inf", ".5%", "5.%", "x", "0x10"}) {
    EXPECT_EQ(assigned("checks.range.fail_above", {text}), "error: '" + std::string(text) + "' is not a threshold");
  }
}

TEST(Value, Paths) {
  EXPECT_EQ(assigned("output", {"a b,c"}), "a b,c");
  EXPECT_EQ(assigned("output", {"s3://bucket/key@2"}), "s3://bucket/key@2");
  EXPECT_EQ(assigned("output", {"./a://b"}), "./a://b");
  EXPECT_EQ(assigned("collections", {"a", "b"}), "a, b");
  EXPECT_EQ(assigned("collections", {"a", ""}), "error: there is an empty value");
  EXPECT_EQ(assigned("output", {""}), "error: the value is empty");
  EXPECT_EQ(assigned("output", {"~/out"}), "error: '~/out' begins with '~', which is not filled in here");
  EXPECT_EQ(assigned("output", {"~out"}), "~out");
  EXPECT_EQ(assigned("output", {"gs://bucket/key"}), "error: 'gs://' is not known");
  EXPECT_EQ(assigned("output", {"s3a://bucket/key"}), "s3://bucket/key");
  EXPECT_EQ(assigned("collections", {"s3a://bucket/a", "b"}), "s3://bucket/a, b");
  EXPECT_EQ(assigned("output", {"s3:/bucket/key"}), "error: an s3:// URI has two '/' after the colon");
  EXPECT_EQ(assigned("output", {"s3:///key"}), "error: the s3:// URI names no bucket");
  EXPECT_EQ(assigned("output", {std::string("a\0b", 3)}), "error: 'a?b' holds a NUL byte, which no path can");
  EXPECT_EQ(assigned("spill_directory", {"s3://bucket"}), "error: an s3:// URI cannot be used here");
}

TEST(Value, CredentialsInUrisAreNeitherTakenNorShown) {
  for (const char* uri : {"s3://KEY:hunter2@bucket/x", "https://me:hunter2@host/x?sig=hunter2", "s3a://K:hunter2@b"}) {
    Settings settings;
    const Status status = assign_setting(*find_setting("collections"), {uri}, settings);
    ASSERT_FALSE(status.ok()) << uri;
    EXPECT_EQ((status.error().message + status.error().advice).find("hunter2"), std::string::npos) << uri;
  }
}

TEST(Value, Names) {
  EXPECT_EQ(assigned("carry", {"a", "b c"}), "a, b c");
  EXPECT_EQ(assigned("carry", {}), "");
  EXPECT_EQ(assigned("models.swipe", {" "}), "error: there is a blank name in the list");
  EXPECT_EQ(assigned("models.swipe", {"\xff"}), "error: '?' is not UTF-8");
  EXPECT_EQ(assigned("aliases.profile_id", {"_-"}),
            "error: '_-' is nothing but '_' and '-', which do not count in a name");
}

TEST(Value, MeasuresOfDrift) {
  for (const char* name :
       {"sessions", "models", "models.a.b", "collections", "predictions.fields", "collections.rejected.invalid_json"})
    EXPECT_EQ(assigned("drift.ignore", {name}), name);
  for (const char* name : {"session", "model.a", "colections.lines", "collections.", "collections.linse", "."})
    EXPECT_EQ(assigned("drift.ignore", {name}), "error: '" + std::string(name) + "' is no measure");
}

TEST(Value, Lineage) {
  for (const char* to : {"events.jsonl", "a folder/events", "http://host:5000", "https://host/path"})
    EXPECT_EQ(assigned("lineage", {to}), to);
  for (const char* to : {"s3://bucket/x", "http://", "http:///x", "http://:80", "http://a b/c"})
    EXPECT_EQ(assigned("lineage", {to}), "error: the value is no URL") << to;
  EXPECT_EQ(assigned("lineage", {"https://host/a@b"}), "https://host/a@b");
  EXPECT_EQ(assigned("lineage", {"-"}), "error: '-' is no file here");
  EXPECT_EQ(assigned("lineage", {"http://me:hunter2@host"}), "error: the URL holds credentials before '@'");
}

TEST(Value, AliasesThatAreTheSameStandOnce) {
  EXPECT_EQ(assigned("aliases.behaviour", {"verhalten"}), "verhalten");
  EXPECT_EQ(assigned("aliases.behaviour", {"Behavior", "x", "X"}), "Behavior, x");
  EXPECT_EQ(assigned("aliases.behaviour", {}), "");
  Settings settings;  // a second assignment takes the place of the first
  const Setting& setting = *find_setting("aliases.behaviour");
  EXPECT_TRUE(assign_setting(setting, {"a"}, settings).ok());
  EXPECT_TRUE(assign_setting(setting, {"b"}, settings).ok());
  EXPECT_EQ(show_setting(setting, settings), "b");
}

TEST(Value, ByDataSet) {
  EXPECT_EQ(assigned("framing", {"values"}), "values");
  EXPECT_EQ(assigned("framing", {"predictions=values"}), "collections=auto, predictions=values");
  EXPECT_EQ(assigned("framing", {"collections=lines", "predictions=lines"}), "lines");
  EXPECT_EQ(assigned("framing", {"lines", "collections=values"}),
            "error: more than one value is given for the collections");
  EXPECT_EQ(assigned("framing", {"value"}), "error: 'value' is not one of auto, lines, values");
  EXPECT_EQ(assigned("framing", {"labels=values"}), "error: 'labels=values' is not one of auto, lines, values");
  EXPECT_EQ(assigned("unwrap", {"a.b"}), "a.b");
  EXPECT_EQ(assigned("unwrap", {"collections=a"}), "collections=a");
  EXPECT_EQ(assigned("unwrap", {"a=b"}), "a=b");
  EXPECT_EQ(assigned("unwrap", {"\"\""}), "\"\"");
  EXPECT_EQ(assigned("unwrap", {"a..b"}), "error: 'a..b' holds an empty name");
}

TEST(Value, SplitsLists) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(split_list("a, b ,c"), (Names{"a", "b", "c"}));
  EXPECT_EQ(split_list("a\r\nb c\n\n"), (Names{"a", "b c"}));
  EXPECT_EQ(split_list(R"(a\,b,c\d,e\)"), (Names{"a,b", R"(c\d)", R"(e\)"}));
  EXPECT_EQ(split_list(" , "), Names{});
}

TEST(Value, QuotesForMessages) {
  EXPECT_EQ(in_quotes("a\nb\x7f"), "'a?b?'");
  EXPECT_EQ(in_quotes(std::string(81, 'x')), "'" + std::string(80, 'x') + "...'");
  EXPECT_EQ(in_quotes(std::string(79, 'x') + "äx"), "'" + std::string(79, 'x') + "...'");  // no half a letter
}

}  // namespace
}  // namespace gristmill::recipe
