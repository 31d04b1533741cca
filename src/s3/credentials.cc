// The places in their order, and the keeping of what was found. The files are read at each look, so that a new
// login or new keys in them are seen where the old ones were refused. Who waits for keys waits for one look, which
// all then share. Tested in credentials_test.cc.
#include "s3/credentials.h"

#include <algorithm>

#include "s3/credentials_places.h"

namespace gristmill::s3 {
namespace {

// Seconds. Keys with fewer left are fetched anew; those that never had as many, shortly before their end.
constexpr std::time_t refresh_before = 300;
constexpr std::time_t refresh_short_lived_before = 30;
// After a refresh that failed, while the old ones are good.
constexpr std::time_t try_again_after = 60;
// Between the first and the last of the requests that were under way with keys that had ended.
constexpr std::time_t refused_together = 10;
// Of a run of days whose keys live an hour.
constexpr std::size_t most_secrets = 100;

class Chain final : public CredentialSource {
 public:
  Chain(CredentialOptions options, CredentialHooks hooks) : options_(std::move(options)), hooks_(std::move(hooks)) {
    if (options_.keys) remember(*options_.keys);
    for (const char* name : {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"}) {
      const auto found = options_.environment.find(name);
      if (found != options_.environment.end()) remember({"", found->second, ""});
    }
  }

  Result<Credentials> get() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (held_ && (!held_->expires || hooks_.now() < fetch_at_)) return *held_;
    Result<Credentials> fresh = fetch();
    if (!fresh.ok() && options_.given_up && options_.given_up()) return Error::interrupted();
    if (fresh.ok()) remember(fresh->keys);
    const std::time_t now = hooks_.now();
    if (!fresh.ok()) {
      if (!held_ || *held_->expires <= now) return fresh;
      fetch_at_ = std::min(now + try_again_after, *held_->expires);
      return *held_;
    }
    if (fresh->expires && *fresh->expires <= now) {
      return Error::input("the " + fresh->source + " gave AWS credentials that ended at " + text_of(*fresh->expires),
                          "renew them, and check this computer's clock");
    }
    held_ = *fresh;
    if (refused_) renewed_at_ = now;
    refused_ = false;
    if (held_->expires) {
      const bool long_enough = *held_->expires - now > refresh_before;
      fetch_at_ = *held_->expires - (long_enough ? refresh_before : refresh_short_lived_before);
    }
    return fresh;
  }

  std::vector<std::string> secrets() const override {
    const std::lock_guard<std::mutex> lock(secrets_mutex_);
    return secrets_;
  }

  void expire() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    // Many requests are refused at once; those that were sent with the old keys say nothing about the new ones.
    if (held_ && renewed_at_ && hooks_.now() - *renewed_at_ < refused_together) return;
    refused_ = true;
    held_.reset();
  }

 private:
  void remember(const AccessKeys& keys) {
    const std::lock_guard<std::mutex> lock(secrets_mutex_);
    for (const std::string* secret : {&keys.secret_key, &keys.session_token}) {
      if (secret->empty() || std::find(secrets_.begin(), secrets_.end(), *secret) != secrets_.end()) continue;
      if (secrets_.size() == most_secrets) secrets_.erase(secrets_.begin());
      secrets_.push_back(*secret);
    }
  }

  Result<Credentials> fetch() {
    if (options_.anonymous) return Credentials{true, {}, {}, "anonymous access"};
    if (options_.keys) return Credentials{false, *options_.keys, {}, "the keys handed over"};
    CredentialSearch search{options_, hooks_, sso_tokens_, {}, {}, false};
    search.profile = chosen_profile(options_.profile, options_.environment);
    search.profile_named = !options_.profile.empty() || search.variable("AWS_PROFILE") != nullptr ||
                           search.variable("AWS_DEFAULT_PROFILE") != nullptr;
    std::string lacks;
    const auto lacking = [&lacks](const FoundCredentials& found) { lacks += (lacks.empty() ? "" : "; ") + found.lack; };
    if (options_.profile.empty()) {
      GM_ASSIGN(FoundCredentials keys, environment_credentials(search));
      if (keys.credentials) return std::move(*keys.credentials);
      lacking(keys);
    }
    GM_ASSIGN(search.config, read_aws_config(options_.environment));
    for (const auto place :
         {environment_web_identity, profile_credentials, container_credentials, instance_credentials}) {
      if (place == environment_web_identity && !options_.profile.empty()) continue;
      GM_ASSIGN(FoundCredentials found, place(search));
      if (found.credentials) return std::move(*found.credentials);
      lacking(found);
    }
    return Error::input("there are no AWS credentials: " + lacks,
                        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile (AWS_PROFILE), or log in "
                        "by `aws sso login`; a public bucket can be read anonymously");
  }

  const CredentialOptions options_;
  const CredentialHooks hooks_;
  std::mutex mutex_;  // guards what follows; held during a look
  std::optional<Credentials> held_;
  std::time_t fetch_at_ = 0;
  bool refused_ = false;                   // since the last fetch
  std::optional<std::time_t> renewed_at_;  // the last fetch because of that
  std::map<std::string, SsoToken> sso_tokens_;
  mutable std::mutex secrets_mutex_;  // guards what follows
  std::vector<std::string> secrets_;
};

}  // namespace

const std::string* CredentialSearch::variable(const std::string& name) const {
  const auto found = options.environment.find(name);
  return found == options.environment.end() || found->second.empty() ? nullptr : &found->second;
}

const std::string* CredentialSearch::setting(const std::string& name) const {
  const auto found = config.profiles.find(profile);
  return found == config.profiles.end() ? nullptr : found->second.find(name);
}

std::string CredentialSearch::name_of_profile(const std::string& name) const {
  const auto found = config.profiles.find(name);
  const bool in_config = found == config.profiles.end() || !found->second.config.empty();
  return "profile '" + name + "' in " + (in_config ? config.config_path : config.credentials_path);
}

Result<FoundCredentials> environment_credentials(const CredentialSearch& search) {
  const std::string* access_key = search.variable("AWS_ACCESS_KEY_ID");
  const std::string* secret_key = search.variable("AWS_SECRET_ACCESS_KEY");
  if (access_key == nullptr) {
    return FoundCredentials{{},
                            std::string("environment: AWS_ACCESS_KEY_ID is not set") +
                                (secret_key != nullptr ? ", though AWS_SECRET_ACCESS_KEY is" : "")};
  }
  if (secret_key == nullptr) {
    return Error::input("AWS_ACCESS_KEY_ID is set in the environment, but AWS_SECRET_ACCESS_KEY is not",
                        "set both, or neither");
  }
  const std::string* token = search.variable("AWS_SESSION_TOKEN");
  const JsonFields fields = {{"AWS_ACCESS_KEY_ID", *access_key},
                             {"AWS_SECRET_ACCESS_KEY", *secret_key},
                             {"AWS_SESSION_TOKEN", token == nullptr ? "" : *token}};
  GM_ASSIGN(Credentials credentials,
            credentials_in(fields, {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", ""},
                           "environment variables"));
  return FoundCredentials{std::move(credentials), ""};
}

Result<FoundCredentials> environment_web_identity(const CredentialSearch& search) {
  const std::string* token_file = search.variable("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (token_file == nullptr) return FoundCredentials{{}, "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set"};
  const std::string* role = search.variable("AWS_ROLE_ARN");
  if (role == nullptr) {
    return Error::input("AWS_WEB_IDENTITY_TOKEN_FILE is set in the environment, but AWS_ROLE_ARN is not",
                        "set both, or neither");
  }
  const std::string* session = search.variable("AWS_ROLE_SESSION_NAME");
  GM_ASSIGN(Credentials credentials,
            assume_role_with_web_identity(
                search, {*role, session == nullptr ? "" : *session, "", "", "", "the environment"}, *token_file));
  return FoundCredentials{std::move(credentials), ""};
}

std::unique_ptr<CredentialSource> make_credential_source(CredentialOptions options, CredentialHooks hooks) {
  return std::make_unique<Chain>(std::move(options), std::move(hooks));
}

std::unique_ptr<CredentialSource> make_credential_source(CredentialOptions options) {
  return make_credential_source(std::move(options), CredentialHooks{});
}

}  // namespace gristmill::s3
