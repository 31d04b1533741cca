// What S3 answered, in words for people: what, where, why, and what to do next. A server may say anything, and quote
// what it was sent: so nothing leaves here without secrets being taken out. Tested in tests/s3/test_errors.py and
// tests/s3/test_hostile_server.py.
#include "s3/s3_client.h"
#include "s3/s3_responses.h"
#include "text/redaction.h"

namespace gristmill::s3 {
namespace {

// What must be allowed, on what; and why it is not, in S3's words.
struct Denial {
  std::string permission;
  std::string resource;
  std::string reason;
};

// What the request needs besides by its headers, where S3 does not say what it misses.
std::string further_permissions(const S3Request& request) {
  std::string further;
  for (const auto& [name, value] : request.headers) {
    if (name == "x-amz-acl") further += ", s3:PutObjectAcl";
    if (name == "x-amz-tagging") further += ", s3:PutObjectTagging";
    if (name == "x-amz-copy-source") further += ", s3:GetObject";
    if (name == "x-amz-server-side-encryption" && value.starts_with("aws:kms"))
      further += ", kms:GenerateDataKey and kms:Decrypt for the key";
  }
  return further;
}

// "User: ... is not authorized to perform: s3:GetObject on resource: "arn:..." because no ..."
Denial denial_of(const S3Response& answer, const S3Request& request, std::string_view permission) {
  const auto said = [&](std::string_view before) -> std::string {
    const std::size_t at = answer.message.find(before);
    if (at == std::string::npos) return {};
    std::string word = answer.message.substr(at + before.size());
    if (word.starts_with('"')) word.erase(0, 1);
    return word;
  };
  const auto first_word = [](const std::string& text) { return text.substr(0, text.find_first_of("\" ")); };
  Denial denial{first_word(said("not authorized to perform: ")), first_word(said("on resource: ")), said(" because ")};
  if (!denial.permission.empty() && !denial.resource.empty()) return denial;
  const bool of_bucket = permission.starts_with("s3:List");
  denial.permission = permission;
  denial.permission += further_permissions(request);
  denial.resource =
      "arn:aws:s3:::" + request.bucket + (of_bucket ? "" : "/" + (request.key.empty() ? "*" : request.key));
  if (of_bucket && !request.key.empty()) denial.resource += " for names that begin with '" + request.key + "'";
  return denial;
}

}  // namespace

Error S3Client::error_of(const S3Response& answer, const S3Request& request, ErrorKind kind, std::string_view action,
                         std::string_view permission) const {
  Error error = error_in_words(answer, request, kind, action, permission);
  const std::vector<std::string> known = secrets();
  error.message = text::without_secrets(error.message, known);
  error.advice = text::without_secrets(error.advice, known);
  error.file = text::without_secrets(error.file, known);
  return error;
}

Error S3Client::error_in_words(const S3Response& answer, const S3Request& request, ErrorKind kind,
                               std::string_view action, std::string_view permission) const {
  if (answer.failure) {
    Error error = *answer.failure;
    if (error.kind == ErrorKind::input) error.kind = kind;
    return error;
  }
  bool in_path = false;
  const std::string host = host_of(request.bucket, in_path);
  const std::string uri = request.key.empty() ? "s3://" + request.bucket : request.uri();
  Error error = Error{kind, "cannot " + std::string(action) + " '" + uri + "': ", {}}.in_file(uri);
  const std::string tries = answer.tries > 1 ? " (after " + std::to_string(answer.tries) + " tries)" : "";
  const std::string keys = "the keys in use are from: " + source_name();
  switch (answer.http.failure) {
    case HttpFailure::none: break;
    case HttpFailure::address:
      error.retryable = true;
      error.message += "the name of the host '" + host + "' is not known" + tries;
      error.advice = "check the endpoint and the region, the network and the proxy variables";
      return error;
    case HttpFailure::unfit: return unfit_response(kind, std::string(action), uri, answer.http.why);
    case HttpFailure::too_slow:
      error.retryable = true;
      error.message += "'" + host + "' is too slow" + tries + ": " + answer.http.why;
      error.advice = "check the S3 endpoint, the network and the proxy variables";
      return error;
    case HttpFailure::connect:
    case HttpFailure::timeout:
      error.retryable = true;
      error.message += "'" + host + "' does not answer" + tries + ": " + answer.http.why;
      error.advice = "check the endpoint, the network and the proxy variables";
      return error;
    case HttpFailure::security:
      error.message += "the connection to '" + host + "' is not secure: " + answer.http.why;
      error.advice = "name the certificates of its authority by --s3-ca-bundle or AWS_CA_BUNDLE";
      return error;
    default:
      error.retryable = true;
      error.message += "the connection to '" + host + "' failed" + tries + ": " + answer.http.why;
      error.advice = "check the network, then run again";
      return error;
  }
  const std::string& code = answer.code;
  if (code == "NoSuchBucket") {
    error.message += "there is no bucket '" + request.bucket + "' at '" + host + "'";
    error.advice = "check its name, and the endpoint and the account that the keys are of; " + keys;
  } else if (code == "InvalidAccessKeyId") {
    error.message += "the access key is not known there";
    error.advice = "check the key, and that it is for '" + host + "'; " + keys;
  } else if (code == "SignatureDoesNotMatch") {
    error.message += "the secret key does not belong to the access key";
    error.advice = "check the secret key; " + keys;
  } else if (is_one_of(code, {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken"})) {
    error.message += code == "InvalidToken" ? "the session token is not valid" : "the session token has expired";
    error.advice = "log in anew; " + keys;
  } else if (code == "RequestTimeTooSkewed") {
    error.message += "this machine's clock differs too much from that of S3";
    error.advice = "set the clock (for example by NTP)";
  } else if (is_one_of(code,
                       {"AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException"}) ||
             answer.http.status == 301) {
    error.message += "the bucket is in another region than '" + region_of(request.bucket) + "'";
    error.advice = "name its region by --s3-region or AWS_REGION";
  } else if (code == "InvalidObjectState") {
    error.message += "it is archived";
    error.advice = "restore it first ('aws s3api restore-object'), or name the other inputs without it";
  } else if (answer.http.status == 403 || answer.http.status == 401) {
    const Denial denial = denial_of(answer, request, permission);
    error.message += "access is denied" + (answer.message.empty() || code.empty() ? "" : " (" + code + ")") +
                     (denial.reason.empty() ? "" : ", because " + denial.reason);
    error.advice = "allow " + denial.permission + " on " + denial.resource + ", or use other keys; " + keys;
  } else if (answer.not_found()) {
    error.message += "it does not exist";
    error.advice = "check the path";
  } else if (answer.http.status == 412) {
    error.retryable = true;
    error.message += "it was changed meanwhile";
    error.advice = "wait until whatever writes it has finished, then run again";
  } else {
    error.message += "S3 answered " + std::to_string(answer.http.status) + (code.empty() ? "" : " " + code) +
                     (answer.message.empty() ? "" : ": " + text::first_line_redacted(answer.message, secrets())) +
                     tries;
    error.retryable = answer.http.status >= 500 || answer.http.status == 429;
    error.advice = error.retryable ? "wait a while, then run again" : "check the S3 settings; " + keys;
  }
  return error;
}

}  // namespace gristmill::s3
