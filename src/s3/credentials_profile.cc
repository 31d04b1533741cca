// What a profile of the files config and credentials says about where its keys come from; a role's may come from
// another profile, and so on: docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
//
// A profile with a role gives the role's keys, even if it has keys of its own. Where it is another role's source
// its own keys are what is meant; that is how a profile can be its own source. Tested in credentials_test.cc.
#include <algorithm>

#include "s3/credentials_places.h"
#include "text/nearest.h"

namespace gristmill::s3 {
namespace {

class ProfileChain {
 public:
  explicit ProfileChain(const CredentialSearch& search) : search_(search) {}

  // REQUIRES: the profile is there
  Result<FoundCredentials> resolve(const std::string& name, bool as_source) {
    const AwsProfile& profile = search_.config.profiles.at(name);
    if (as_source) {
      GM_ASSIGN(const std::optional<Credentials> keys, keys_of(name, profile));
      if (keys) return FoundCredentials{keys, ""};
      if (std::find(visited_.begin(), visited_.end(), name) != visited_.end()) return loop_to(name);
    }
    visited_.push_back(name);
    const std::string* web_identity = profile.find("web_identity_token_file");
    if (profile.find("role_arn") != nullptr) return role_of(name, profile, web_identity);
    if (web_identity != nullptr) {
      return Error::input(search_.name_of_profile(name) + " has web_identity_token_file but no role_arn",
                          "write the role that the token is for");
    }
    GM_ASSIGN(const std::optional<Credentials> keys, keys_of(name, profile));
    if (keys) return FoundCredentials{keys, ""};
    const bool sso = profile.find("sso_session") != nullptr || profile.find("sso_start_url") != nullptr;
    // A login without account and role is one for tokens only.
    if (sso && (profile.find("sso_account_id") != nullptr || profile.find("sso_role_name") != nullptr)) {
      GM_ASSIGN(Credentials credentials, sso_credentials(search_, name, profile));
      return FoundCredentials{std::move(credentials), ""};
    }
    if (const std::string* command = profile.find("credential_process")) {
      GM_ASSIGN(Credentials credentials, process_credentials(search_, name, *command));
      return FoundCredentials{std::move(credentials), ""};
    }
    return FoundCredentials{
        {}, search_.name_of_profile(name) + ": it has neither keys nor role_arn, sso_session or credential_process"};
  }

 private:
  // Both of one file, as every tool reads them.
  Result<std::optional<Credentials>> keys_of(const std::string& name, const AwsProfile& profile) const {
    for (const bool credentials_file : {true, false}) {
      const AwsSection& section = credentials_file ? profile.credentials : profile.config;
      const std::string& path = credentials_file ? search_.config.credentials_path : search_.config.config_path;
      const auto value = [&section](const char* of) {
        const auto found = section.find(of);
        return found == section.end() ? std::string() : found->second;
      };
      const std::string place = "profile '" + name + "' in " + path;
      if (value("aws_access_key_id").empty()) continue;
      if (value("aws_secret_access_key").empty()) {
        return Error::input(place + " has aws_access_key_id but no aws_secret_access_key",
                            "write both, by `aws configure --profile " + name + "`");
      }
      GM_ASSIGN(
          Credentials credentials,
          credentials_in(section, {"aws_access_key_id", "aws_secret_access_key", "aws_session_token", ""}, place));
      return std::optional<Credentials>(std::move(credentials));
    }
    return std::optional<Credentials>();
  }

  Error loop_to(const std::string& name) const {
    std::string way;
    for (const std::string& visited : visited_) way += "'" + visited + "' -> ";
    return Error::input(
        "the profiles go in a circle by source_profile: " + way + "'" + name + "' (" + search_.config.config_path + ")",
        "let the last source_profile name a profile that has keys");
  }

  Result<FoundCredentials> role_of(const std::string& name, const AwsProfile& profile,
                                   const std::string* web_identity) {
    const auto setting = [&profile](const char* of) {
      const std::string* value = profile.find(of);
      return value == nullptr ? std::string() : *value;
    };
    const std::string place = search_.name_of_profile(name);
    const Role role = {setting("role_arn"),    setting("role_session_name"),
                       setting("external_id"), setting("duration_seconds"),
                       setting("region"),      place};
    if (web_identity != nullptr) {
      GM_ASSIGN(Credentials credentials, assume_role_with_web_identity(search_, role, *web_identity));
      return FoundCredentials{std::move(credentials), ""};
    }
    if (profile.find("mfa_serial") != nullptr) {
      return Error::input(place + " asks for a code of an MFA device (mfa_serial), and gristmill cannot ask for one",
                          "get a session yourself, by `aws sts assume-role --token-code ...`, and give its keys in "
                          "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; or use credential_process");
    }
    const std::string* source = profile.find("source_profile");
    const std::string* kind = profile.find("credential_source");
    if ((source != nullptr) == (kind != nullptr)) {
      return Error::input(place + " has role_arn " +
                              (source != nullptr ? "with both source_profile and credential_source"
                                                 : "but nothing to assume the role with"),
                          source != nullptr ? "take one of them out"
                                            : "write source_profile, credential_source or web_identity_token_file; a "
                                              "profile with keys of its own may name itself as source_profile");
    }
    GM_ASSIGN(const FoundCredentials by, source != nullptr ? of_profile(place, *source) : of_kind(place, *kind));
    if (!by.credentials) {
      return Error::input(place + " has role_arn, but there are no credentials to assume the role with: " + by.lack,
                          "check source_profile or credential_source");
    }
    GM_ASSIGN(Credentials credentials, assume_role(search_, role, *by.credentials));
    return FoundCredentials{std::move(credentials), ""};
  }

  Result<FoundCredentials> of_profile(const std::string& place, const std::string& source) {
    if (!search_.config.profiles.contains(source)) {
      return Error::input(place + " names '" + source + "' as source_profile, which is in neither " +
                              search_.config.config_path + " nor " + search_.config.credentials_path,
                          "write that profile, or name another");
    }
    return resolve(source, true);
  }

  Result<FoundCredentials> of_kind(const std::string& place, const std::string& kind) const {
    if (kind == "Environment") return environment_credentials(search_);
    if (kind == "EcsContainer") return container_credentials(search_);
    if (kind == "Ec2InstanceMetadata") return instance_credentials(search_);
    return Error::input(
        place + " has a credential_source that is not known: '" + text::first_line_redacted(kind, {}) + "'",
        "write Environment, Ec2InstanceMetadata or EcsContainer");
  }

  const CredentialSearch& search_;
  std::vector<std::string> visited_;
};

Error no_such_profile(const CredentialSearch& search) {
  std::vector<std::string> names;
  for (const auto& [name, profile] : search.config.profiles) names.push_back(name);
  const std::optional<std::string> meant = text::nearest_match(search.profile, names);
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  return Error::input("there is no profile '" + search.profile + "' in " + search.config.config_path + " or " +
                          search.config.credentials_path,
                      meant           ? "did you mean '" + *meant + "'?"
                      : known.empty() ? "write it by `aws configure --profile " + search.profile + "`"
                                      : "the profiles there are: " + known);
}

}  // namespace

Result<FoundCredentials> profile_credentials(const CredentialSearch& search) {
  if (!search.config.profiles.contains(search.profile)) {
    if (search.profile_named) return no_such_profile(search);
    return FoundCredentials{{},
                            "profile '" + search.profile + "': it is in neither " + search.config.config_path +
                                " nor " + search.config.credentials_path};
  }
  return ProfileChain(search).resolve(search.profile, false);
}

}  // namespace gristmill::s3
