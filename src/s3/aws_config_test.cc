#include "s3/aws_config.h"

#include <gtest/gtest.h>

#include "storage/temporary_folder_testing.h"

namespace gristmill::s3 {
namespace {

AwsConfig config_of(const std::string& text, bool credentials_file = false) {
  AwsConfig config;
  const Status status = parse_aws_file(text, "/home/me/.aws/config", credentials_file, config);
  EXPECT_TRUE(status.ok()) << status.error().message;
  return config;
}

std::string value(const AwsConfig& config, const std::string& profile, const std::string& name) {
  const auto found = config.profiles.find(profile);
  if (found == config.profiles.end()) return "no profile";
  const std::string* text = found->second.find(name);
  return text == nullptr ? "nothing" : *text;
}

Error error_of(const std::string& text) {
  AwsConfig config;
  const Status status = parse_aws_file(text, "/home/me/.aws/config", false, config);
  EXPECT_FALSE(status.ok());
  return status.ok() ? Error{} : status.error();
}

TEST(AwsConfigFile, ReadsProfiles) {
  const AwsConfig config = config_of(
      "\xEF\xBB\xBF[default]\n"
      "region=eu-central-1\n"
      "\n"
      "[profile work]\r\n"
      "Region = us-west-2\r\n"
      "[ profile \"two words\" ]\n"
      "output = json\n"
      "[work]\n"
      "region = of a section that is no profile\n"
      "[plugins]\n"
      "cli = x\n");
  EXPECT_EQ(value(config, "default", "region"), "eu-central-1");
  EXPECT_EQ(value(config, "work", "region"), "us-west-2");
  EXPECT_EQ(value(config, "two words", "output"), "json");
  EXPECT_EQ(config.profiles.size(), 3U);
}

TEST(AwsConfigFile, TakesNamesOfTheCredentialsFileAsTheyAre) {
  const AwsConfig config = config_of("[work]\naws_access_key_id = A\n[default]\naws_access_key_id = B\n", true);
  EXPECT_EQ(value(config, "work", "aws_access_key_id"), "A");
  EXPECT_EQ(value(config, "default", "aws_access_key_id"), "B");
  EXPECT_TRUE(config.profiles.at("work").config.empty());
}

TEST(AwsConfigFile, TakesTheCredentialsFilesValueFirst) {
  AwsConfig config = config_of("[profile work]\nregion = of-config\noutput = of-config\n");
  ASSERT_TRUE(parse_aws_file("[work]\nregion = of-credentials\noutput =\n", "c", true, config).ok());
  EXPECT_EQ(value(config, "work", "region"), "of-credentials");
  EXPECT_EQ(value(config, "work", "output"), "of-config");
}

TEST(AwsConfigFile, PrefersProfileDefaultToDefault) {
  for (const char* text : {"[default]\nregion = a\noutput = text\n[profile default]\nregion = b\n",
                           "[profile default]\nregion = b\n[default]\nregion = a\noutput = text\n"}) {
    const AwsConfig config = config_of(text);
    EXPECT_EQ(value(config, "default", "region"), "b");
    EXPECT_EQ(value(config, "default", "output"), "text");
  }
}

TEST(AwsConfigFile, JoinsASectionThatComesTwice) {
  const AwsConfig config = config_of("[profile a]\nx = 1\ny = 1\n[profile b]\n[profile a]\ny = 2\n");
  EXPECT_EQ(value(config, "a", "x"), "1");
  EXPECT_EQ(value(config, "a", "y"), "2");
}

TEST(AwsConfigFile, ReadsNestedSettings) {
  const AwsConfig config = config_of(
      "[default]\n"
      "s3 =\n"
      "  # of a comment\n"
      "  Addressing_Style = path\n"
      "\n"
      "\tmax_queue_size = 10\n"
      "region = eu-west-1\n"
      "[services local]\n"
      "sts =\n"
      "  endpoint_url = http://localhost:9000\n"
      "[sso-session me]\n"
      "sso_region = eu-west-2\n");
  EXPECT_EQ(value(config, "default", "s3.addressing_style"), "path");
  EXPECT_EQ(value(config, "default", "s3.max_queue_size"), "10");
  EXPECT_EQ(value(config, "default", "region"), "eu-west-1");
  EXPECT_EQ(config.services.at("local").at("sts.endpoint_url"), "http://localhost:9000");
  EXPECT_EQ(config.sso_sessions.at("me").at("sso_region"), "eu-west-2");
}

TEST(AwsConfigFile, TakesSettingsThatAreAllIndented) {
  const AwsConfig config = config_of("[default]\n  region = a\n  output = b\n  s3 =\n    x = 1\n  last = c\n");
  EXPECT_EQ(value(config, "default", "region"), "a");
  EXPECT_EQ(value(config, "default", "output"), "b");
  EXPECT_EQ(value(config, "default", "s3.x"), "1");
  EXPECT_EQ(value(config, "default", "last"), "c");
}

TEST(AwsConfigFile, GoesOnWithAValueOnAnIndentedLine) {
  const AwsConfig config = config_of("[default]\ncredential_process = one \\\n  two = three\nregion = a\n");
  EXPECT_EQ(value(config, "default", "credential_process"), "one \\\ntwo = three");
  EXPECT_EQ(value(config, "default", "region"), "a");
}

TEST(AwsConfigFile, PassesOverComments) {
  const AwsConfig config = config_of(
      "# one\n; two\n  # three\n[default] # four\n"
      "region = eu-west-1 # Ireland\noutput = text\t; five\nrole_arn = a#b;c\nempty = # six\n"
      "credential_process = sh -c \"a ; b # c\"\n");
  EXPECT_EQ(value(config, "default", "region"), "eu-west-1");
  EXPECT_EQ(value(config, "default", "output"), "text");
  EXPECT_EQ(value(config, "default", "role_arn"), "a#b;c");
  EXPECT_EQ(value(config, "default", "empty"), "nothing");
  EXPECT_EQ(value(config, "default", "credential_process"), "sh -c \"a ; b # c\"");
}

TEST(AwsConfigFile, KeepsEqualsSignsOfValues) {
  EXPECT_EQ(value(config_of("[a]\naws_session_token = abc==\n", true), "a", "aws_session_token"), "abc==");
}

TEST(AwsConfigFile, NamesTheBrokenLineAndDoesNotShowIt) {
  for (const auto& [text, line] :
       {std::pair("[default]\n\nhunter2\n", "line 3"), std::pair("[default\n", "line 1"), std::pair("[]\n", "line 1"),
        std::pair("hunter2 = 1\n[default]\n", "line 1"), std::pair("[default]\n= hunter2\n", "line 2"),
        std::pair("[default]\ns3 =\n  hunter2\n", "line 3")}) {
    const Error error = error_of(text);
    EXPECT_EQ(error.kind, ErrorKind::input);
    EXPECT_NE(error.message.find("/home/me/.aws/config"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(line), std::string::npos) << error.message;
    EXPECT_EQ((error.message + error.advice).find("hunter2"), std::string::npos) << error.message;
  }
}

// ---- both files

class AwsConfigFiles : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const { testing::write_text(folder_ / name, text); }

  const testing::TemporaryFolder folder_;
  const std::string& home_ = folder_.path();
};

TEST_F(AwsConfigFiles, TakesMissingFilesForEmptyOnes) {
  for (const std::map<std::string, std::string>& environment :
       {std::map<std::string, std::string>{{"HOME", home_}}, {}, {{"AWS_CONFIG_FILE", "/nowhere/config"}}}) {
    const Result<AwsConfig> config = read_aws_config(environment);
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_TRUE(config->profiles.empty());
  }
}

TEST_F(AwsConfigFiles, ReadsBothOfTheHomeFolder) {
  write(".aws/config", "[profile work]\nregion = a\n");
  write(".aws/credentials", "[work]\naws_access_key_id = A\n");
  const Result<AwsConfig> config = read_aws_config({{"HOME", home_}});
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->config_path, home_ + "/.aws/config");
  EXPECT_EQ(config->credentials_path, home_ + "/.aws/credentials");
  EXPECT_EQ(value(*config, "work", "region"), "a");
  EXPECT_EQ(value(*config, "work", "aws_access_key_id"), "A");
}

TEST_F(AwsConfigFiles, ReadsThoseThatVariablesName) {
  write("other", "[profile work]\nregion = a\n");
  write("keys", "[work]\naws_access_key_id = A\n");
  const Result<AwsConfig> config = read_aws_config(
      {{"HOME", home_}, {"AWS_CONFIG_FILE", "~/other"}, {"AWS_SHARED_CREDENTIALS_FILE", home_ + "/keys"}});
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(value(*config, "work", "region"), "a");
  EXPECT_EQ(value(*config, "work", "aws_access_key_id"), "A");
}

TEST_F(AwsConfigFiles, NamesTheFileThatCannotBeRead) {
  const Result<AwsConfig> config = read_aws_config({{"HOME", home_}, {"AWS_CONFIG_FILE", home_}});
  ASSERT_FALSE(config.ok());
  EXPECT_NE(config.error().message.find("'" + home_ + "'"), std::string::npos) << config.error().message;
}

TEST(AwsProfileName, IsTheOneAskedForThenOfTheVariablesThenDefault) {
  EXPECT_EQ(chosen_profile("a", {{"AWS_PROFILE", "b"}}), "a");
  EXPECT_EQ(chosen_profile("", {{"AWS_PROFILE", "b"}, {"AWS_DEFAULT_PROFILE", "c"}}), "b");
  EXPECT_EQ(chosen_profile("", {{"AWS_PROFILE", ""}, {"AWS_DEFAULT_PROFILE", "c"}}), "c");
  EXPECT_EQ(chosen_profile("", {}), "default");
}

}  // namespace
}  // namespace gristmill::s3
