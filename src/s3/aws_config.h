// The files ~/.aws/config and ~/.aws/credentials: docs.aws.amazon.com/sdkref/latest/guide/file-format.html
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gristmill/result.h"

namespace gristmill::s3 {

// Name to value; a nested one ("s3 =" with indented lines) as "s3.addressing_style". Names in lower case.
using AwsSection = std::map<std::string, std::string>;

struct AwsProfile {
  AwsSection config;       // [profile NAME] or [default] of the config file
  AwsSection credentials;  // [NAME] of the credentials file

  // The credentials file's value before the config file's; nullptr if neither has it or it is empty.
  const std::string* find(const std::string& name) const;
};

struct AwsConfig {
  std::string config_path;  // as looked for; files that are not there are empty ones
  std::string credentials_path;
  std::map<std::string, AwsProfile> profiles;
  std::map<std::string, AwsSection> sso_sessions;
  std::map<std::string, AwsSection> services;
};

// The text of one file into `config`. An input error names file and line of what is no section, no
// `name = value` and no comment.
[[nodiscard]] Status parse_aws_file(std::string_view text, const std::string& path, bool credentials_file,
                                    AwsConfig& config);

// Both files, from where the environment says (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, HOME).
[[nodiscard]] Result<AwsConfig> read_aws_config(const std::map<std::string, std::string>& environment);

// The profile that holds: the one asked for, AWS_PROFILE, AWS_DEFAULT_PROFILE, "default".
std::string chosen_profile(const std::string& asked, const std::map<std::string, std::string>& environment);

}  // namespace gristmill::s3
