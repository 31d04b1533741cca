// Roles, from the Security Token Service: docs.aws.amazon.com/STS/latest/APIReference/
//
// AssumeRole is signed with other credentials; AssumeRoleWithWebIdentity is not signed, its token is what it is
// believed for. Both are forms that are posted, so that neither stands in a URL. Tested in credentials_test.cc.
#include <algorithm>

#include "s3/credentials_places.h"
#include "s3/signer.h"

namespace gristmill::s3 {
namespace {

using Form = std::vector<std::pair<std::string, std::string>>;

// Empty: STS in no region in particular.
std::string sts_region(const CredentialSearch& search, const Role& role) {
  for (const std::string* region : {search.variable("AWS_REGION"), search.variable("AWS_DEFAULT_REGION"),
                                    search.setting("region"), &role.region, &search.options.region}) {
    if (region != nullptr && !region->empty()) return *region == "aws-global" ? "" : *region;
  }
  return "";
}

Result<Form> form_of(const CredentialSearch& search, const Role& role, const std::string& action) {
  const bool number = std::all_of(role.duration_seconds.begin(), role.duration_seconds.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  if (!number) {
    return Error::input("duration_seconds of " + role.asked_by + " is no whole number", "write it in seconds, as 3600");
  }
  Form form = {{"Action", action}, {"Version", "2011-06-15"}, {"RoleArn", role.arn}};
  form.emplace_back("RoleSessionName",
                    role.session_name.empty() ? "gristmill-" + std::to_string(search.hooks.now()) : role.session_name);
  if (!role.external_id.empty()) form.emplace_back("ExternalId", role.external_id);
  if (!role.duration_seconds.empty()) form.emplace_back("DurationSeconds", role.duration_seconds);
  return form;
}

std::string advice_for(const std::string& code, const Credentials* by) {
  if (code == "AccessDenied") {
    return by != nullptr ? "allow sts:AssumeRole on the role to these keys (" + by->source +
                               "), and these keys in the role's trust policy"
                         : "allow the identity provider and the token's subject in the role's trust policy";
  }
  if (code == "ExpiredToken" || code == "ExpiredTokenException") {
    return by != nullptr ? "renew the keys of " + by->source : "renew the web identity token";
  }
  if (code == "InvalidClientTokenId" || code == "SignatureDoesNotMatch") {
    return "check the keys of " + (by != nullptr ? by->source : "the profile") + ", and this computer's clock";
  }
  if (code == "RegionDisabledException") return "set AWS_REGION to a region that the account has turned on";
  return "check role_arn and what the profile says of it";
}

Result<Credentials> ask_sts(const CredentialSearch& search, const Role& role, const Form& form, const Credentials* by,
                            const std::vector<std::string>& secrets) {
  const std::string region = sts_region(search, role);
  if (!region.empty() && !is_region(region)) {
    return Error::input(
        "cannot assume the role " + role.arn + " of " + role.asked_by + ": the region is no region's name",
        "set AWS_REGION to one such as eu-central-1");
  }
  const std::string usual =
      region.empty() ? "https://sts.amazonaws.com" : "https://sts." + region + "." + std::string(dns_suffix(region));
  GM_ASSIGN(const Endpoint endpoint, service_endpoint(search, "sts", usual));
  const std::string body = canonical_query(form);
  HttpRequest request;
  request.method = "POST";
  request.url = endpoint.url + "/";
  request.body = body;
  const std::string type = "application/x-www-form-urlencoded; charset=utf-8";
  if (by == nullptr) {
    request.headers = {"content-type: " + type};
  } else {
    RequestToSign to_sign;
    to_sign.method = "POST";
    to_sign.host = endpoint.host;
    to_sign.path = endpoint.path + "/";
    to_sign.headers = {{"content-type", type}};
    to_sign.payload_hash = sha256_hex(body);
    request.headers =
        signed_headers(to_sign, by->keys, region.empty() ? "us-east-1" : region, "sts", search.hooks.now());
  }
  const HttpResponse response = ask(search, request, of_service, [](const HttpResponse& came) {
    const auto refusal = came.status == 400 ? sts_fields(came.body) : std::nullopt;
    // IDPCommunicationError, which is a 400, is STS's own trouble with the provider of the token.
    const std::string code = refusal ? field(*refusal, "Code") : "";
    return is_temporary(came) || code == "IDPCommunicationError" || code.starts_with("Throttling");
  });
  const std::string what =
      "cannot assume the role " + role.arn + " of " + role.asked_by + " by STS at " + endpoint.host + ": ";
  if (response.failure != HttpFailure::none) {
    return Error::input(what + what_came(response), "check the network and the proxy, or set AWS_ENDPOINT_URL_STS");
  }
  const std::optional<JsonFields> fields = sts_fields(response.body);
  if (response.status != 200) {
    const std::string code = fields ? text::first_line_redacted(field(*fields, "Code"), secrets) : "";
    const std::string words = fields ? text::first_line_redacted(field(*fields, "Message"), secrets) : "";
    return Error::input(
        what + what_came(response) + (code.empty() ? "" : " " + code) + (words.empty() ? "" : ": " + words),
        advice_for(code, by));
  }
  if (!fields) return Error::input(what + "the answer is no XML", "check AWS_ENDPOINT_URL_STS and what answers there");
  return credentials_in(*fields, {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"},
                        "role " + role.arn + " of " + role.asked_by);
}

}  // namespace

Result<Credentials> assume_role(const CredentialSearch& search, const Role& role, const Credentials& by) {
  GM_ASSIGN(const Form form, form_of(search, role, "AssumeRole"));
  return ask_sts(search, role, form, &by, {by.keys.secret_key, by.keys.session_token});
}

Result<Credentials> assume_role_with_web_identity(const CredentialSearch& search, const Role& role,
                                                  const std::string& token_file) {
  GM_ASSIGN(const std::string token, read_token_file(token_file, role.asked_by));
  GM_ASSIGN(Form form, form_of(search, role, "AssumeRoleWithWebIdentity"));
  form.emplace_back("WebIdentityToken", token);
  return ask_sts(search, role, form, nullptr, {token});
}

}  // namespace gristmill::s3
