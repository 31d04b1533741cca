// What a container or an EC2 instance hands out to whatever runs in it, at addresses only it can reach. Neither
// proxy nor DNS has a part in it, and where no such machine is, nobody answers: so limits are short and an address
// that keeps silent is not asked twice.
//
// A container's full URI gets the authorization token sent, and a variable names it: so plain http goes to this
// machine and the two known agents only. Of EC2 only IMDSv2 is spoken: a token first, then the role, then its keys.
// Tested in credentials_test.cc.
#include <arpa/inet.h>

#include <algorithm>

#include "s3/credentials_places.h"
#include "s3/signer.h"

namespace gristmill::s3 {
namespace {

const KeyFieldNames field_names = {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"};

// "host:port" or "[host]:port"
std::string host_alone(const std::string& host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.rfind(':'));
}

bool is_local(const std::string& host) {
  if (host == "localhost") return true;
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) {
    const std::uint32_t address = ntohl(four.s_addr);
    return address >> 24U == 127 || address == 0xA9FEAA02U || address == 0xA9FEAA17U;  // 169.254.170.2, .23
  }
  in6_addr six{};
  in6_addr pod_agent{};
  inet_pton(AF_INET6, "fd00:ec2::23", &pod_agent);
  if (inet_pton(AF_INET6, host.c_str(), &six) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&six) || IN6_ARE_ADDR_EQUAL(&six, &pod_agent);
}

// Empty: none is asked for. Read anew each time, as the file is replaced while the container runs.
Result<std::string> container_token(const CredentialSearch& search) {
  if (const std::string* file = search.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    return read_token_file(*file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  }
  const std::string* token = search.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (token == nullptr) return std::string();
  if (!is_header_text(*token)) {
    return Error::input("AWS_CONTAINER_AUTHORIZATION_TOKEN holds no token: it has several lines", "set it anew");
  }
  return *token;
}

struct ContainerPlace {
  std::string url;
  std::string host;
  std::string variable;
};

Result<std::optional<ContainerPlace>> container_place(const CredentialSearch& search) {
  if (const std::string* relative = search.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
    const std::string variable = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    if (!relative->starts_with('/') || !is_header_text(*relative) || relative->find(' ') != std::string::npos) {
      return Error::input(variable + " is no path", "it begins with '/', and the container's service sets it");
    }
    const std::string* of_test = search.variable("GRISTMILL_TEST_CONTAINER_ENDPOINT");
    GM_ASSIGN(const Endpoint endpoint, endpoint_of(of_test != nullptr ? *of_test : "http://169.254.170.2", variable));
    return std::optional<ContainerPlace>({endpoint.url + *relative, endpoint.host, variable});
  }
  const std::string* full = search.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (full == nullptr) return std::optional<ContainerPlace>();
  const std::string variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  const std::string without_query = full->substr(0, full->find('?'));
  GM_ASSIGN(const Endpoint endpoint, endpoint_of(without_query, variable));
  const bool allowed = endpoint.url.starts_with("https://") || is_local(host_alone(endpoint.host));
  if (!allowed) {
    return Error::input("the URL that " + variable + " gives cannot be used: plain http may go to this machine, " +
                            "169.254.170.2 and 169.254.170.23 only, not to " + endpoint.host,
                        "use https://, or let the container's service set the variable");
  }
  // The scheme and the host as they were checked; the rest as it was given, for a slash at its end may matter.
  const std::size_t path = without_query.find('/', without_query.find("://") + 3);
  const std::string origin = endpoint.url.substr(0, endpoint.url.size() - endpoint.path.size());
  const std::string rest = path == std::string::npos ? "/" + full->substr(without_query.size()) : full->substr(path);
  return std::optional<ContainerPlace>({origin + rest, endpoint.host, variable});
}

// Code and message of a refusal, whose names are written in small letters or with a capital.
std::string words_in(const std::string& body, const std::vector<std::string>& secrets) {
  const std::optional<JsonFields> fields = json_fields(body);
  if (!fields) return "";
  std::string words;
  for (const char* name : {"code", "Code", "message", "Message"}) {
    const std::string part = text::first_line_redacted(field(*fields, name), secrets);
    if (!part.empty()) words.append(words.empty() ? " " : ": ").append(part);
  }
  return words;
}

Result<std::string> instance_endpoint(const CredentialSearch& search) {
  for (const auto& [value, origin] :
       {std::pair(search.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT"),
                  std::string("AWS_EC2_METADATA_SERVICE_ENDPOINT")),
        std::pair(search.setting("ec2_metadata_service_endpoint"),
                  "ec2_metadata_service_endpoint of " + search.name_of_profile(search.profile))}) {
    if (value == nullptr) continue;
    GM_ASSIGN(const Endpoint endpoint, endpoint_of(*value, origin));
    return endpoint.url;
  }
  const std::string* mode = search.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
  if (mode == nullptr) mode = search.setting("ec2_metadata_service_endpoint_mode");
  const bool six = mode != nullptr && (*mode == "IPv6" || *mode == "ipv6" || *mode == "IPV6");
  return std::string(six ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
}

}  // namespace

Result<FoundCredentials> container_credentials(const CredentialSearch& search) {
  GM_ASSIGN(const std::optional<ContainerPlace> place, container_place(search));
  if (!place) {
    return FoundCredentials{{},
                            "container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
                            "AWS_CONTAINER_CREDENTIALS_FULL_URI is set"};
  }
  GM_ASSIGN(const std::string token, container_token(search));
  HttpRequest request;
  request.url = place->url;
  request.headers = {"accept: application/json"};
  if (!token.empty()) request.headers.push_back("authorization: " + token);
  const HttpResponse response = ask(search, request, of_metadata);
  const std::string what =
      "cannot get AWS credentials of the container at " + place->host + " (" + place->variable + "): ";
  const std::string advice = "check the container's role, and that the variable is its own";
  if (response.status != 200)
    return Error::input(what + what_came(response) + words_in(response.body, {token}), advice);
  const std::optional<JsonFields> fields = json_fields(response.body);
  if (!fields) return Error::input(what + "the answer is no JSON object", advice);
  GM_ASSIGN(Credentials credentials,
            credentials_in(*fields, field_names, "role of the container (" + place->variable + ")"));
  return FoundCredentials{std::move(credentials), ""};
}

Result<FoundCredentials> instance_credentials(const CredentialSearch& search) {
  if (is_true(search.variable("AWS_EC2_METADATA_DISABLED"))) {
    return FoundCredentials{{}, "EC2 instance: AWS_EC2_METADATA_DISABLED is true"};
  }
  GM_ASSIGN(const std::string endpoint, instance_endpoint(search));
  const std::string what = "cannot get AWS credentials of the EC2 instance at " + endpoint + ": ";
  const std::string advice =
      "check the instance's role and its metadata options, or set AWS_EC2_METADATA_DISABLED=true";

  HttpRequest request;
  request.method = "PUT";
  request.url = endpoint + "/latest/api/token";
  request.headers = {"x-aws-ec2-metadata-token-ttl-seconds: 21600", "content-type:"};
  const HttpResponse token = ask(search, request, of_metadata);
  if (token.failure != HttpFailure::none) {
    return FoundCredentials{{}, "EC2 instance: at " + endpoint + " " + what_came(token)};
  }
  if (token.status >= 400 && token.status < 500 && token.status != 429) {
    return FoundCredentials{
        {}, "EC2 instance: " + endpoint + " gives no token (it answered " + std::to_string(token.status) + ")"};
  }
  if (token.status != 200 || token.body.empty() || !is_header_text(token.body)) {
    return Error::input(what + (token.status == 200 ? "its token is none" : what_came(token)), advice);
  }

  request.method = "GET";
  request.headers = {"x-aws-ec2-metadata-token: " + token.body};
  const std::string folder = endpoint + "/latest/meta-data/iam/security-credentials/";
  request.url = folder;
  const HttpResponse roles = ask(search, request, of_metadata);
  if (roles.status == 404) return FoundCredentials{{}, "EC2 instance: it has no role"};
  if (roles.status != 200) return Error::input(what + "of its role " + what_came(roles), advice);
  const std::string role = text::first_line_redacted(roles.body, {});
  if (role.empty()) return FoundCredentials{{}, "EC2 instance: it has no role"};

  request.url = folder + uri_encoded(role);
  const HttpResponse response = ask(search, request, of_metadata);
  const std::optional<JsonFields> fields = json_fields(response.body);
  if (response.status != 200) {
    return Error::input(
        what + "of the keys of role " + role + " " + what_came(response) + words_in(response.body, {token.body}),
        advice);
  }
  if (!fields) return Error::input(what + "the answer for role " + role + " is no JSON object", advice);
  const std::string& code = field(*fields, "Code");
  if (!code.empty() && code != "Success") {
    return Error::input(what + "role " + role + ":" + words_in(response.body, {token.body}), advice);
  }
  GM_ASSIGN(Credentials credentials, credentials_in(*fields, field_names, "role of the EC2 instance (" + role + ")"));
  // When IAM has trouble, an instance hands out keys that have ended, and S3 takes them. All SDKs use them and look
  // again later ("static stability").
  constexpr std::time_t extension = 900;
  const std::time_t now = search.hooks.now();
  if (credentials.expires && *credentials.expires <= now) credentials.expires = now + extension;
  return FoundCredentials{std::move(credentials), ""};
}

}  // namespace gristmill::s3
