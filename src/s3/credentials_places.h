// Of credentials*.cc only: the places credentials come from, and what they are asked with.
#pragma once

#include <chrono>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "s3/aws_config.h"
#include "s3/credentials.h"
#include "s3/http.h"
#include "s3/http_headers.h"
#include "s3/s3_responses.h"
#include "text/redaction.h"

namespace gristmill::s3 {

// What tests put in place of the real thing.
struct CredentialHooks {
  std::function<std::time_t()> now = [] { return std::time(nullptr); };
  std::chrono::milliseconds process_limit{60000};
};
std::unique_ptr<CredentialSource> make_credential_source(CredentialOptions options, CredentialHooks hooks);

// What `aws sso login` left, or what it was renewed to.
struct SsoToken {
  std::string access_token;
  std::time_t expires = 0;
  std::string refresh_token;  // empty: cannot be renewed
  std::string client_id;
  std::string client_secret;
};

// One look at the places. Not safe to use from several threads.
struct CredentialSearch {
  const CredentialOptions& options;
  const CredentialHooks& hooks;
  std::map<std::string, SsoToken>& sso_tokens;  // renewed ones, by the path of their file
  AwsConfig config;
  std::string profile;
  bool profile_named = false;  // by the setting or a variable

  bool is_given_up() const { return options.given_up && options.given_up(); }
  // nullptr where it is not set, or empty.
  const std::string* variable(const std::string& name) const;
  // Of the chosen profile; nullptr likewise.
  const std::string* setting(const std::string& name) const;
  // "profile 'work' (/home/me/.aws/config)"
  std::string name_of_profile(const std::string& name) const;
};

// A place without credentials says what it lacks; one that has some but cannot give them is an error.
struct FoundCredentials {
  std::optional<Credentials> credentials;
  std::string lack;
};

// The places. `Result<Credentials>`: of those that are only asked once it is known that they have some.
Result<FoundCredentials> environment_credentials(const CredentialSearch& search);
Result<FoundCredentials> environment_web_identity(const CredentialSearch& search);
Result<FoundCredentials> profile_credentials(const CredentialSearch& search);
Result<FoundCredentials> container_credentials(const CredentialSearch& search);
Result<FoundCredentials> instance_credentials(const CredentialSearch& search);
// `profile` is that of the name.
Result<Credentials> sso_credentials(const CredentialSearch& search, const std::string& name, const AwsProfile& profile);
Result<Credentials> process_credentials(const CredentialSearch& search, const std::string& name,
                                        const std::string& command);

struct Role {
  std::string arn;
  std::string session_name;  // empty: one is made up
  std::string external_id;
  std::string duration_seconds;
  std::string region;    // of the profile that names the role; may be empty
  std::string asked_by;  // "profile 'work' (...)": for messages
};
Result<Credentials> assume_role(const CredentialSearch& search, const Role& role, const Credentials& by);
Result<Credentials> assume_role_with_web_identity(const CredentialSearch& search, const Role& role,
                                                  const std::string& token_file);

// ---- asking: credentials_endpoint.cc

struct Endpoint {
  std::string url;   // without a slash at its end
  std::string host;  // as in the Host header
  std::string path;  // of the URL, without a slash at its end; mostly empty
};
// An error says what is wrong with `url`, which `origin` gave.
Result<Endpoint> endpoint_of(const std::string& url, const std::string& origin);
// Where `service` ("sts", "sso", "sso_oidc") is: by the variables and the profile, else `usual`.
// docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
Result<Endpoint> service_endpoint(const CredentialSearch& search, const std::string& service, const std::string& usual);
// "true", in whatever case; false for nullptr.
bool is_true(const std::string* text);
// The end of AWS's host names in a region.
std::string_view dns_suffix(std::string_view region);
struct AskLimits {
  bool proxy;
  std::chrono::milliseconds connect;
  std::chrono::milliseconds one;  // a try
  std::chrono::milliseconds all;  // of up to three, with the pauses between them
  bool again_unanswered;          // also where nobody listens or no answer comes
};
inline constexpr AskLimits of_service{true, std::chrono::seconds(5), std::chrono::seconds(8), std::chrono::seconds(8),
                                      true};
inline constexpr AskLimits of_metadata{false, std::chrono::seconds(1), std::chrono::seconds(2), std::chrono::seconds(5),
                                       false};

inline constexpr std::size_t longest_credentials = 1U << 20;  // bytes of an answer, or of what a program prints

// Fails at once where the search is given up.
HttpResponse ask(const CredentialSearch& search, HttpRequest request, const AskLimits& limits,
                 const std::function<bool(const HttpResponse&)>& again = is_temporary);

// ---- answers: credentials_response.cc

// "2026-11-23T03:30:00Z", with a fraction, "UTC" or an offset in place of Z.
std::optional<std::time_t> time_of(std::string_view text);
std::string text_of(std::time_t time);

// The strings and numbers of a JSON object, those of an object in it as "outer.inner"; nullopt if it is none.
using JsonFields = std::map<std::string, std::string>;
std::optional<JsonFields> json_fields(std::string_view text);
// Of an answer of STS: the keys, or code and message of a refusal; nullopt if it is no XML.
std::optional<JsonFields> sts_fields(std::string_view text);
// Empty if it is not there.
const std::string& field(const JsonFields& fields, const std::string& name);

struct KeyFieldNames {
  std::string access_key;
  std::string secret_key;
  std::string session_token;
  std::string expires;
};
// `place`, for the message of an error, is also the source.
Result<Credentials> credentials_in(const JsonFields& fields, const KeyFieldNames& names, const std::string& place);

// The first line of a file that holds a token, without white space around it.
Result<std::string> read_token_file(const std::string& path, const std::string& origin);

}  // namespace gristmill::s3
