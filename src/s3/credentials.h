// Where the keys come from: the same places, in the same order, as for every AWS tool.
//
//   1. anonymous, where that is asked for
//   2. keys handed over by a program that embeds gristmill
//   3. environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; passed over where a profile is
//      named by a flag or setting
//   4. AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN (and AWS_ROLE_SESSION_NAME); passed over likewise
//   5. the profile (the setting, AWS_PROFILE, AWS_DEFAULT_PROFILE, "default") of the files config and credentials
//      (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, ~/.aws/): keys; role_arn with source_profile or
//      credential_source (with external_id, role_session_name, duration_seconds) or web_identity_token_file;
//      sso_session or sso_start_url (with the token that `aws sso login` left, renewed where it can be);
//      credential_process
//   6. the container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN or
//      _TOKEN_FILE (ECS, EKS Pod Identity)
//   7. the EC2 instance's role (IMDSv2), unless AWS_EC2_METADATA_DISABLED is true;
//      AWS_EC2_METADATA_SERVICE_ENDPOINT
//
// A place that has credentials but cannot give them is an error, not a reason to try the next.
#pragma once

#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gristmill/result.h"
#include "s3/aws_config.h"
#include "s3/signer.h"

namespace gristmill::s3 {

struct Credentials {
  bool anonymous = false;
  AccessKeys keys;
  std::optional<std::time_t> expires;  // nullopt: never
  std::string source;  // "environment variables", "profile 'work' in /home/me/.aws/credentials", "role of the EC2
                       // instance (my-role)", ...: never a secret
};

struct CredentialOptions {
  std::map<std::string, std::string> environment;  // all variables, with those of a .env file
  std::string profile;                             // of the setting; empty: by the environment
  bool anonymous = false;
  std::optional<AccessKeys> keys;  // handed over
  std::string region;              // for STS, where the profile and the environment name none; may be empty
  std::string ca_bundle;
  std::function<bool()> given_up;  // true: nobody waits for keys any more; may be empty
};

// Safe to use from several threads.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  // Good for five more minutes at least, where the place can give such; fetched anew when they are not. Waits
  // for the network; ten seconds at most where nobody answers. An input error where there are none: it names the
  // places looked in and what each lacked. The error of an interruption once they are given up.
  [[nodiscard]] virtual Result<Credentials> get() = 0;
  // What must stand in no message: secret keys and tokens that were handed out, old ones too, and those of the
  // environment. Does not wait.
  virtual std::vector<std::string> secrets() const = 0;
  // The next get() fetches anew: the ones in use were refused as expired. Of requests that were refused together
  // only the first counts: for ten seconds after such a fetch this does nothing.
  virtual void expire() = 0;
};

std::unique_ptr<CredentialSource> make_credential_source(CredentialOptions options);

}  // namespace gristmill::s3
