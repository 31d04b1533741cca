// IAM Identity Center: the token that `aws sso login` left buys the keys of one role of one account.
//
// A token that ends is renewed, where the login was by an [sso-session], and written back as the command line does:
// a refresh token may work only once, and the next program needs the new one. The file is replaced by rename, so
// that nobody reads half of it. Where it cannot be written, the renewed token serves this run. Tested in
// credentials_test.cc.
#include <fcntl.h>
#include <openssl/evp.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "json/json_text.h"
#include "s3/credentials_places.h"
#include "s3/signer.h"

namespace gristmill::s3 {
namespace {

// Renewed when fewer seconds are left.
constexpr std::time_t renew_before = 300;

struct SsoLogin {
  std::string by;  // "profile 'work' (...)"
  std::string region;
  std::string cache_file;
  std::string advice;  // to log in
};

std::string sha1_hex(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex.push_back(digits[digest[i] >> 4U]);
    hex.push_back(digits[digest[i] & 15U]);
  }
  return hex;
}

std::optional<std::string> whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return std::nullopt;
  return text.str();
}

Result<SsoToken> cached_token(const SsoLogin& login, const CredentialSearch& search) {
  const std::optional<std::string> text = whole_file(login.cache_file);
  if (!text) {
    return Error::input("cannot get the AWS credentials of " + login.by +
                            ": there is no login of IAM Identity Center ('" + login.cache_file + "' is not there)",
                        login.advice)
        .in_file(login.cache_file);
  }
  const std::optional<JsonFields> fields = json_fields(*text);
  const std::optional<std::time_t> expires = fields ? time_of(field(*fields, "expiresAt")) : std::nullopt;
  if (!expires || field(*fields, "accessToken").empty()) {
    return Error::input("cannot get the AWS credentials of " + login.by + ": '" + login.cache_file +
                            "' holds no login of IAM Identity Center",
                        login.advice)
        .in_file(login.cache_file);
  }
  SsoToken token{field(*fields, "accessToken"), *expires, "", "", ""};
  const std::optional<std::time_t> registered_until = time_of(field(*fields, "registrationExpiresAt"));
  if (!registered_until || *registered_until > search.hooks.now()) {
    token.refresh_token = field(*fields, "refreshToken");
    token.client_id = field(*fields, "clientId");
    token.client_secret = field(*fields, "clientSecret");
  }
  return token;
}

// The file's own fields stay as they are but for those that are new.
std::string with_new_token(std::string_view old, const SsoToken& token) {
  const std::map<std::string, std::string> renewed = {{"accessToken", token.access_token},
                                                      {"expiresAt", text_of(token.expires)},
                                                      {"refreshToken", token.refresh_token}};
  std::string text = "{";
  const auto add_name = [&](std::string_view name) {
    if (text.size() > 1) text += ", ";
    json::append_json_string(name, text);
    text += ": ";
  };
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(simdjson::padded_string(old)).get(object) == simdjson::SUCCESS) {
    for (const auto& [name, value] : object) {
      if (renewed.contains(std::string(name))) continue;
      add_name(name);
      std::ostringstream value_text;
      value_text << simdjson::minify<simdjson::dom::element>(value);
      text += value_text.str();
    }
  }
  for (const auto& [name, value] : renewed) {
    add_name(name);
    json::append_json_string(value, text);
  }
  return text + "}";
}

// As far as it can be done: without it the token is renewed again next time.
void write_back(const std::string& path, const SsoToken& token) {
  const std::string text = with_new_token(whole_file(path).value_or(""), token);
  const std::string draft = path + "." + std::to_string(getpid()) + ".tmp";
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (file < 0) return;
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t size = write(file, text.data() + written, text.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    written += static_cast<std::size_t>(size);
  }
  const bool whole = written == text.size() && fsync(file) == 0;
  if (close(file) != 0 || !whole || std::rename(draft.c_str(), path.c_str()) != 0) unlink(draft.c_str());
}

// nullopt: it cannot be renewed; `why` says so. An error: the endpoint makes no sense.
Result<std::optional<SsoToken>> renewed_token(const CredentialSearch& search, const SsoLogin& login,
                                              const SsoToken& old, std::string& why) {
  const std::string usual = "https://oidc." + login.region + "." + std::string(dns_suffix(login.region));
  GM_ASSIGN(const Endpoint endpoint, service_endpoint(search, "sso_oidc", usual));
  std::string body = "{\"grantType\": \"refresh_token\"";
  for (const auto& [name, value] :
       {std::pair("clientId", &old.client_id), std::pair("clientSecret", &old.client_secret),
        std::pair("refreshToken", &old.refresh_token)}) {
    body.append(", \"").append(name).append("\": ");
    json::append_json_string(*value, body);
  }
  body += "}";
  HttpRequest request;
  request.method = "POST";
  request.url = endpoint.url + "/token";
  request.headers = {"content-type: application/json"};
  request.body = body;
  const std::time_t asked = search.hooks.now();
  const HttpResponse response = ask(search, request, of_service);
  const std::optional<JsonFields> fields = json_fields(response.body);
  if (response.status != 200) {
    why = endpoint.host + ": " + what_came(response);
    const std::vector<std::string> secrets = {old.access_token, old.refresh_token, old.client_secret};
    const std::string words =
        fields ? text::first_line_redacted(field(*fields, "error") + " " + field(*fields, "error_description"), secrets)
               : "";
    if (!words.empty()) why += " " + words;
    return std::optional<SsoToken>();
  }
  SsoToken token = old;
  if (fields) token.access_token = field(*fields, "accessToken");
  const std::string& seconds = fields ? field(*fields, "expiresIn") : token.access_token;
  if (!fields || token.access_token.empty() || seconds.empty() || seconds.size() > 9 ||
      seconds.find_first_not_of("0123456789") != std::string::npos) {
    why = endpoint.host + ": the answer has no token";
    return std::optional<SsoToken>();
  }
  token.expires = asked + std::stol(seconds);
  if (!field(*fields, "refreshToken").empty()) token.refresh_token = field(*fields, "refreshToken");
  return std::optional<SsoToken>(std::move(token));
}

Result<SsoToken> good_token(const CredentialSearch& search, const SsoLogin& login) {
  Result<SsoToken> cached = cached_token(login, search);
  const auto renewed = search.sso_tokens.find(login.cache_file);
  if (renewed != search.sso_tokens.end() && (!cached.ok() || cached->expires < renewed->second.expires)) {
    cached = renewed->second;
  }
  if (!cached.ok()) return cached;
  const std::time_t now = search.hooks.now();
  const bool good = cached->expires > now;
  if (good && cached->expires - now >= renew_before) return cached;
  std::string why = "it cannot be renewed";
  if (!cached->refresh_token.empty() && !cached->client_id.empty() && !cached->client_secret.empty()) {
    GM_ASSIGN(const std::optional<SsoToken> token, renewed_token(search, login, *cached, why));
    if (token) {
      search.sso_tokens[login.cache_file] = *token;
      write_back(login.cache_file, *token);
      return *token;
    }
    why = "renewing it failed at " + why;
  }
  if (good) return cached;
  return Error::input("cannot get the AWS credentials of " + login.by + ": the login of IAM Identity Center ended at " +
                          text_of(cached->expires) + "; " + why,
                      login.advice);
}

}  // namespace

Result<Credentials> sso_credentials(const CredentialSearch& search, const std::string& name,
                                    const AwsProfile& profile) {
  SsoLogin login{search.name_of_profile(name), "", "", "run `aws sso login --profile " + name + "`"};
  const auto setting = [&profile](const char* of) {
    const std::string* value = profile.find(of);
    return value == nullptr ? std::string() : *value;
  };
  const std::string session = setting("sso_session");
  std::string start_url = setting("sso_start_url");
  std::string region = setting("sso_region");
  if (!session.empty()) {
    const auto section = search.config.sso_sessions.find(session);
    if (section == search.config.sso_sessions.end()) {
      return Error::input(login.by + " names the section [sso-session " + session + "], which is not there",
                          "write it by `aws configure sso-session`");
    }
    const auto of_session = [&section](const char* of) {
      const auto found = section->second.find(of);
      return found == section->second.end() ? std::string() : found->second;
    };
    start_url = of_session("sso_start_url");
    region = of_session("sso_region");
  }
  const std::string account = setting("sso_account_id");
  const std::string role = setting("sso_role_name");
  const auto no_setting = [&](const std::string& where, const char* of) {
    return Error::input(where + " has no " + of, "write it by `aws configure sso --profile " + name + "`");
  };
  const std::string of_login =
      session.empty() ? login.by : "[sso-session " + session + "] in " + search.config.config_path;
  if (account.empty()) return no_setting(login.by, "sso_account_id");
  if (role.empty()) return no_setting(login.by, "sso_role_name");
  if (region.empty()) return no_setting(of_login, "sso_region");
  if (start_url.empty()) return no_setting(of_login, "sso_start_url");
  login.region = region;
  if (!is_region(region)) {
    return Error::input("sso_region of " + login.by + " is no region's name", "write one such as eu-central-1");
  }
  const std::string* home = search.variable("HOME");
  if (home == nullptr) {
    return Error::input("cannot find the login of IAM Identity Center for " + login.by + ": HOME is not set",
                        "set HOME");
  }
  login.cache_file = *home + "/.aws/sso/cache/" + sha1_hex(session.empty() ? start_url : session) + ".json";
  GM_ASSIGN(const SsoToken token, good_token(search, login));
  if (!is_header_text(token.access_token)) {
    return Error::input("'" + login.cache_file + "' holds no login of IAM Identity Center", login.advice)
        .in_file(login.cache_file);
  }

  const std::string usual = "https://portal.sso." + region + "." + std::string(dns_suffix(region));
  GM_ASSIGN(const Endpoint endpoint, service_endpoint(search, "sso", usual));
  HttpRequest request;
  request.url =
      endpoint.url + "/federation/credentials?" + canonical_query({{"role_name", role}, {"account_id", account}});
  request.headers = {"x-amz-sso_bearer_token: " + token.access_token, "accept: application/json"};
  const HttpResponse response = ask(search, request, of_service);
  const std::optional<JsonFields> fields = json_fields(response.body);
  const std::string what =
      "cannot get the AWS credentials of " + login.by + " by IAM Identity Center at " + endpoint.host + ": ";
  if (response.failure != HttpFailure::none) {
    return Error::input(what + what_came(response), "check the network and the proxy");
  }
  if (response.status != 200) {
    const std::string words = fields ? text::first_line_redacted(field(*fields, "message"), {token.access_token}) : "";
    const bool refused = response.status == 401;
    return Error::input(what + what_came(response) + (words.empty() ? "" : ": " + words),
                        refused ? login.advice : "check sso_account_id and sso_role_name, and that the role is yours");
  }
  if (!fields) return Error::input(what + "the answer is no JSON", "check what answers there");
  JsonFields keys = *fields;
  // In milliseconds since 1970, where everybody else writes a date.
  const std::string& milliseconds = field(keys, "roleCredentials.expiration");
  if (milliseconds.size() > 3 && milliseconds.size() < 17 &&
      milliseconds.find_first_not_of("0123456789") == std::string::npos) {
    keys["roleCredentials.expiration"] = text_of(std::stoll(milliseconds) / 1000);
  }
  return credentials_in(keys,
                        {"roleCredentials.accessKeyId", "roleCredentials.secretAccessKey",
                         "roleCredentials.sessionToken", "roleCredentials.expiration"},
                        "role " + role + " of account " + account + " by IAM Identity Center, " + login.by);
}

}  // namespace gristmill::s3
