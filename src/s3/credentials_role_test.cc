// Roles by STS: of a profile, of a chain of profiles, of a web identity. Where STS is by the variables and the files.
#include <gtest/gtest.h>

#include "s3/credentials_testing.h"
#include "s3/signer.h"

namespace gristmill::s3 {
namespace {

const std::string form_type = "application/x-www-form-urlencoded; charset=utf-8";

// An STS that gives keys named for the last part of the role.
class RoleCredentials : public CredentialsTest {
 protected:
  RoleCredentials() { set("AWS_ENDPOINT_URL_STS", sts_.url()); }

  static std::string parameter(const ServedRequest& request, const std::string& name) {
    const std::string body = "&" + request.body + "&";
    const std::size_t at = body.find("&" + name + "=");
    if (at == std::string::npos) return "none";
    const std::size_t begin = at + name.size() + 2;
    return body.substr(begin, body.find('&', begin) - begin);
  }

  HttpServer sts_{[this](const ServedRequest& request) {
    const std::string role = parameter(request, "RoleArn");
    return answer(sts_keys(parameter(request, "Action"), role.substr(role.rfind("%2F") + 3), time_in(3600)));
  }};
};

TEST_F(RoleCredentials, AreAskedForBySignedForm) {
  write_config(
      "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/reader\nsource_profile = base\nexternal_id "
      "= e x\n"
      "role_session_name = me@example.com\nduration_seconds = 1800\nregion = eu-west-3\n");
  write_credentials(
      "[base]\naws_access_key_id = base-key\naws_secret_access_key = base-secret\naws_session_token = "
      "base-token\n");
  set("AWS_PROFILE", "work");
  const Credentials credentials = get();
  EXPECT_EQ(credentials.keys.access_key, "reader-key");
  EXPECT_EQ(credentials.keys.secret_key, "reader-secret");
  EXPECT_EQ(credentials.keys.session_token, "reader-token");
  EXPECT_EQ(credentials.expires, now_ + 3600);
  EXPECT_EQ(credentials.source,
            "role arn:aws:iam::123456789012:role/reader of profile 'work' in " + (home_ / ".aws/config"));

  const ServedRequest request = sts_.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/");
  EXPECT_EQ(request.header("content-type"), form_type);
  EXPECT_EQ(request.body,
            "Action=AssumeRole&DurationSeconds=1800&ExternalId=e%20x&RoleArn=arn%3Aaws%3Aiam%3A%"
            "3A123456789012%3Arole%2Freader&"
            "RoleSessionName=me%40example.com&Version=2011-06-15");
  // Signed as it came.
  RequestToSign as_it_came;
  as_it_came.method = "POST";
  as_it_came.host = request.header("host");
  as_it_came.path = "/";
  as_it_came.headers = {{"content-type", request.header("content-type")}};
  as_it_came.payload_hash = sha256_hex(request.body);
  const auto headers = signed_headers(as_it_came, {"base-key", "base-secret", "base-token"}, "eu-west-3", "sts", now_);
  EXPECT_EQ("authorization: " + request.header("authorization"), headers.back());
  EXPECT_THAT(request.header("authorization"), HasSubstr("Credential=base-key/20261123/eu-west-3/sts/aws4_request"));
  EXPECT_EQ(request.header("x-amz-date"), "20261123T032000Z");
  EXPECT_EQ(request.header("x-amz-security-token"), "base-token");
}

TEST_F(RoleCredentials, HaveASessionNameEvenIfNoneIsGiven) {
  write_config("[default]\nrole_arn = a/r\ncredential_source = Environment\n");
  set("AWS_ACCESS_KEY_ID", "env-key");
  set("AWS_SECRET_ACCESS_KEY", "env-secret");
  options_.profile = "default";
  EXPECT_EQ(get().keys.access_key, "r-key");
  EXPECT_EQ(parameter(sts_.requests().at(0), "RoleSessionName"), "gristmill-" + std::to_string(now_));
  EXPECT_EQ(parameter(sts_.requests().at(0), "ExternalId"), "none");
  // No region is known: that of STS as a whole.
  EXPECT_THAT(sts_.requests().at(0).header("authorization"), HasSubstr("env-key/20261123/us-east-1/sts/"));
}

TEST_F(RoleCredentials, AreAskedForInTheRegionOfTheVariablesProfileOrSetting) {
  write_config(
      "[default]\nrole_arn = a/r\nsource_profile = default\naws_access_key_id = a\naws_secret_access_key = "
      "b\n");
  const auto region = [&] {
    get();
    const std::string credential = sts_.last_request().header("authorization");
    const std::size_t begin = credential.find("/20261123/") + 10;
    return credential.substr(begin, credential.find("/sts/") - begin);
  };
  options_.region = "sa-east-1";
  EXPECT_EQ(region(), "sa-east-1");
  set("AWS_DEFAULT_REGION", "eu-west-1");
  EXPECT_EQ(region(), "eu-west-1");
  set("AWS_REGION", "eu-west-2");
  EXPECT_EQ(region(), "eu-west-2");
  set("AWS_REGION", "evil.example/#");
  EXPECT_THAT(error(), HasSubstr("no region's name"));
}

TEST_F(RoleCredentials, GoFromProfileToProfile) {
  write_config(
      "[profile top]\nrole_arn = a/top\nsource_profile = middle\n"
      "[profile middle]\nrole_arn = a/middle\nsource_profile = base\n"
      "[profile base]\naws_access_key_id = base-key\naws_secret_access_key = base-secret\n");
  set("AWS_PROFILE", "top");
  EXPECT_EQ(get().keys.access_key, "top-key");
  ASSERT_EQ(sts_.requests().size(), 2U);
  EXPECT_THAT(sts_.requests().at(0).header("authorization"), HasSubstr("Credential=base-key/"));
  EXPECT_THAT(sts_.requests().at(1).header("authorization"), HasSubstr("Credential=middle-key/"));
  EXPECT_EQ(sts_.requests().at(1).header("x-amz-security-token"), "middle-token");
}

TEST_F(RoleCredentials, MayHaveTheirOwnProfileAsSource) {
  write_config("[default]\nrole_arn = a/r\nsource_profile = default\n");
  write_credentials("[default]\naws_access_key_id = own-key\naws_secret_access_key = own-secret\n");
  EXPECT_EQ(get().keys.access_key, "r-key");
  EXPECT_THAT(sts_.requests().at(0).header("authorization"), HasSubstr("Credential=own-key/"));
}

TEST_F(RoleCredentials, TakeASourcesOwnKeysRatherThanItsRole) {
  write_config(
      "[default]\nrole_arn = a/r\nsource_profile = base\n[profile base]\nrole_arn = a/base\nsource_profile = "
      "x\n");
  write_credentials("[base]\naws_access_key_id = own-key\naws_secret_access_key = own-secret\n");
  EXPECT_EQ(get().keys.access_key, "r-key");
  ASSERT_EQ(sts_.requests().size(), 1U);
  EXPECT_THAT(sts_.requests().at(0).header("authorization"), HasSubstr("Credential=own-key/"));
}

TEST_F(RoleCredentials, GoInNoCircle) {
  write_config(
      "[profile a]\nrole_arn = x/a\nsource_profile = b\n[profile b]\nrole_arn = x/b\nsource_profile = a\n"
      "[profile self]\nrole_arn = x/s\nsource_profile = self\n");
  set("AWS_PROFILE", "a");
  EXPECT_THAT(error(), HasSubstr("'a' -> 'b' -> 'a'"));
  set("AWS_PROFILE", "self");
  EXPECT_THAT(error(), HasSubstr("'self' -> 'self'"));
  EXPECT_TRUE(sts_.requests().empty());
}

TEST_F(RoleCredentials, TakeTheirSourceFromAProcessOrAWebIdentity) {
  write(".token", "web-token\n");
  write_config(
      "[default]\nrole_arn = a/r\nsource_profile = process\n[profile process]\ncredential_process = echo "
      "'{\"Version\":1,\"AccessKeyId\":\"process-key\",\"SecretAccessKey\":\"s\"}'\n"
      "[profile web]\nrole_arn = a/top\nsource_profile = token\n"
      "[profile token]\nrole_arn = a/web\nweb_identity_token_file = " +
      (home_ / ".token") + "\n");
  EXPECT_EQ(get().keys.access_key, "r-key");
  EXPECT_THAT(sts_.requests().at(0).header("authorization"), HasSubstr("Credential=process-key/"));
  set("AWS_PROFILE", "web");
  EXPECT_EQ(get().keys.access_key, "top-key");
  EXPECT_EQ(parameter(sts_.requests().at(1), "WebIdentityToken"), "web-token");
  EXPECT_THAT(sts_.requests().at(2).header("authorization"), HasSubstr("Credential=web-key/"));
}

TEST_F(RoleCredentials, TakeTheirSourceFromTheContainer) {
  write_config("[default]\nrole_arn = a/r\ncredential_source = EcsContainer\n");
  EXPECT_THAT(error(), AllOf(HasSubstr("role_arn"), HasSubstr("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")));
  HttpServer container([&](const ServedRequest&) { return answer(metadata_keys("container", time_in(3600))); });
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url());
  EXPECT_EQ(get().keys.access_key, "r-key");
  EXPECT_THAT(sts_.requests().at(0).header("authorization"), HasSubstr("Credential=container-key/"));
}

TEST_F(RoleCredentials, SayWhatAProfileIsMissing) {
  write_config(
      "[profile none]\nrole_arn = a/r\naws_access_key_id = a\naws_secret_access_key = b\n"
      "[profile both]\nrole_arn = a/r\nsource_profile = none\ncredential_source = Environment\n"
      "[profile unknown]\nrole_arn = a/r\ncredential_source = Moon\n"
      "[profile absent]\nrole_arn = a/r\nsource_profile = nobody\n"
      "[profile empty]\nrole_arn = a/r\nsource_profile = region-only\n[profile region-only]\nregion = x\n"
      "[profile mfa]\nrole_arn = a/r\nsource_profile = none\nmfa_serial = arn:aws:iam::1:mfa/me\n"
      "[profile long]\nrole_arn = a/r\ncredential_source = Environment\nduration_seconds = 1h\n"
      "[profile token]\nweb_identity_token_file = x\n");
  set("AWS_ACCESS_KEY_ID", "a");
  set("AWS_SECRET_ACCESS_KEY", "b");
  const std::map<std::string, std::string> expected = {
      {"none", "but nothing to assume the role with"},
      {"both", "both source_profile and credential_source"},
      {"unknown", "'Moon'"},
      {"absent", "'nobody'"},
      {"empty", "profile 'region-only'"},
      {"mfa", "aws sts assume-role --token-code"},
      {"long", "duration_seconds"},
      {"token", "no role_arn"},
  };
  for (const auto& [profile, words] : expected) {
    options_.profile = profile;
    EXPECT_THAT(error(), AllOf(HasSubstr("profile '" + profile + "'"), HasSubstr(words)));
  }
  EXPECT_TRUE(sts_.requests().empty());
}

// ---- web identity

class WebIdentityCredentials : public RoleCredentials {
 protected:
  WebIdentityCredentials() {
    write("token", "the.web+token=\n");
    set("AWS_WEB_IDENTITY_TOKEN_FILE", home_ / "token");
    set("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod");
    set("AWS_ROLE_SESSION_NAME", "session");
    set("AWS_REGION", "eu-west-1");
  }
};

TEST_F(WebIdentityCredentials, AreAskedForUnsigned) {
  const Credentials credentials = get();
  EXPECT_EQ(credentials.keys.access_key, "pod-key");
  EXPECT_EQ(credentials.source, "role arn:aws:iam::1:role/pod of the environment");
  const ServedRequest request = sts_.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.header("content-type"), form_type);
  EXPECT_FALSE(request.headers.contains("authorization"));
  EXPECT_EQ(request.body,
            "Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fpod&RoleSessionName=session&"
            "Version=2011-06-15&WebIdentityToken=the.web%2Btoken%3D");
}

TEST_F(WebIdentityCredentials, ReadTheTokenAnew) {
  const auto from = source();
  ASSERT_TRUE(from->get().ok());
  write("token", "another");
  now_ += 3500;
  ASSERT_TRUE(from->get().ok());
  EXPECT_EQ(parameter(sts_.requests().at(1), "WebIdentityToken"), "another");
}

TEST_F(WebIdentityCredentials, ComeAfterKeysOfTheEnvironmentAndBeforeAProfile) {
  write_credentials("[default]\naws_access_key_id = a\naws_secret_access_key = b\n");
  EXPECT_EQ(get().keys.access_key, "pod-key");
  options_.profile = "default";
  EXPECT_EQ(get().keys.access_key, "a");
  options_.profile = "";
  set("AWS_ACCESS_KEY_ID", "env-key");
  set("AWS_SECRET_ACCESS_KEY", "env-secret");
  EXPECT_EQ(get().keys.access_key, "env-key");
}

TEST_F(WebIdentityCredentials, NeedTheTokenAndTheRole) {
  set("AWS_WEB_IDENTITY_TOKEN_FILE", home_ / "nowhere");
  EXPECT_THAT(error(), AllOf(HasSubstr(home_ / "nowhere"), HasSubstr("No such file")));
  write("empty", "\n");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", home_ / "empty");
  EXPECT_THAT(error(), HasSubstr("it is empty"));
  unset("AWS_ROLE_ARN");
  EXPECT_THAT(error(), HasSubstr("AWS_ROLE_ARN is not"));
}

// ---- what STS says

class StsResponses : public CredentialsTest {
 protected:
  StsResponses() {
    set("AWS_ENDPOINT_URL_STS", sts_.url());
    write_config("[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n");
    write_credentials(
        "[base]\naws_access_key_id = base-key\naws_secret_access_key = base-secret\naws_session_token = "
        "base-token\n");
  }

  std::mutex mutex_;
  std::vector<ServedResponse> answers_;  // one after the other; the last one stays
  HttpServer sts_{[this](const ServedRequest&) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const ServedResponse response = answers_.front();
    if (answers_.size() > 1) answers_.erase(answers_.begin());
    return response;
  }};
};

TEST_F(StsResponses, AreShownAsCodeAndMessage) {
  answers_ = {answer(sts_error("AccessDenied", "User: arn:aws:iam::1:user/me is not authorized"), 403)};
  const std::string text = error();
  EXPECT_THAT(text,
              AllOf(HasSubstr("role arn:aws:iam::1:role/r"), HasSubstr("profile 'default' in"), HasSubstr(sts_.host()),
                    HasSubstr("it answered 403 AccessDenied: User: arn:aws:iam::1:user/me is not authorized"),
                    HasSubstr("sts:AssumeRole"), HasSubstr("profile 'base'"), Not(HasSubstr("<"))));
  EXPECT_EQ(sts_.requests().size(), 1U);
}

TEST_F(StsResponses, AreShownWithoutTheSignedRequest) {
  answers_ = {answer(
      sts_error("SignatureDoesNotMatch", "It does not match (base-secret).\n\nPOST\nx-amz-security-token:base-token"),
      403)};
  EXPECT_THAT(error(), AllOf(HasSubstr("It does not match"), HasSubstr("clock"), Not(HasSubstr("base-secret")),
                             Not(HasSubstr("base-token"))));
}

TEST_F(StsResponses, AreAskedForAgainWhereThatMayHelp) {
  const std::string good = sts_keys("AssumeRole", "r", time_in(3600));
  for (const ServedResponse& bad :
       {answer("", 503), answer("", 429), answer(sts_error("IDPCommunicationError", "x"), 400),
        answer(sts_error("Throttling", "x"), 400), [] {
          ServedResponse silent;
          silent.silent = true;
          return silent;
        }()}) {
    answers_ = {bad, answer(good)};
    EXPECT_EQ(get().keys.access_key, "r-key");
  }
  const std::size_t before = sts_.requests().size();
  answers_ = {answer("<html>no</html>", 500)};
  EXPECT_THAT(error(), AllOf(HasSubstr("it answered 500"), Not(HasSubstr("html"))));
  EXPECT_EQ(sts_.requests().size() - before, 3U);
}

TEST_F(StsResponses, MustHoldKeys) {
  answers_ = {answer("{}")};
  EXPECT_THAT(error(), HasSubstr("no XML"));
  answers_ = {answer("<a><AccessKeyId>secret-key</AccessKeyId></a>")};
  EXPECT_THAT(error(), AllOf(HasSubstr("no 'SecretAccessKey'"), Not(HasSubstr("secret-key"))));
  answers_ = {answer(sts_keys("AssumeRole", "r", "soon"))};
  EXPECT_THAT(error(), AllOf(HasSubstr("'Expiration' is no time"), Not(HasSubstr("r-secret"))));
}

TEST_F(StsResponses, MayNotCome) {
  answers_ = {answer("")};
  set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:" + std::to_string(testing::silent_port()));
  EXPECT_THAT(error(), AllOf(HasSubstr("nobody answers"), HasSubstr("127.0.0.1")));
}

// ---- where STS is

class StsEndpoint : public StsResponses {
 protected:
  StsEndpoint() {
    unset("AWS_ENDPOINT_URL_STS");
    answers_ = {answer(sts_keys("AssumeRole", "r", time_in(3600)))};
  }
  std::string profile(const std::string& more) const {
    return "[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n" + more;
  }
};

TEST_F(StsEndpoint, IsByVariablesAndFilesInThisOrder) {
  HttpServer wrong([](const ServedRequest&) { return answer(sts_error("Wrong", "wrong server"), 400); });
  write_config(profile("endpoint_url = " + sts_.url() + "/all/\n"));
  EXPECT_EQ(get().keys.access_key, "r-key");
  EXPECT_EQ(sts_.last_request().target, "/all/");

  write_config(profile("endpoint_url = " + wrong.url() +
                       "\nservices = mine\n[services mine]\nsts =\n  endpoint_url = " + sts_.url() + "/section\n"));
  EXPECT_EQ(get().keys.access_key, "r-key");
  EXPECT_EQ(sts_.last_request().target, "/section/");

  write_config(profile("services = mine\n[services mine]\nsts =\n  endpoint_url = " + wrong.url() + "\n"));
  set("AWS_ENDPOINT_URL", sts_.url() + "/variable");
  EXPECT_EQ(get().keys.access_key, "r-key");
  EXPECT_EQ(sts_.last_request().target, "/variable/");

  set("AWS_ENDPOINT_URL", wrong.url());
  set("AWS_ENDPOINT_URL_STS", sts_.url() + "/of-sts");
  EXPECT_EQ(get().keys.access_key, "r-key");
  EXPECT_EQ(sts_.last_request().target, "/of-sts/");
  EXPECT_TRUE(wrong.requests().empty());
}

// By a proxy that is asked for a way to it, and refuses.
TEST_F(StsEndpoint, IsThatOfTheRegionElse) {
  ServedResponse refused;
  refused.status = 403;
  HttpServer proxy([&](const ServedRequest&) { return refused; });
  set("HTTPS_PROXY", proxy.url());
  const auto asked = [&] {
    EXPECT_THAT(error(), HasSubstr("sts."));
    return proxy.last_request().target;
  };
  EXPECT_EQ(asked(), "sts.amazonaws.com:443");
  set("AWS_REGION", "aws-global");
  EXPECT_EQ(asked(), "sts.amazonaws.com:443");
  set("AWS_REGION", "eu-west-1");
  EXPECT_EQ(asked(), "sts.eu-west-1.amazonaws.com:443");
  set("AWS_REGION", "cn-north-1");
  EXPECT_EQ(asked(), "sts.cn-north-1.amazonaws.com.cn:443");
  set("AWS_ENDPOINT_URL", sts_.url());
  set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True");
  EXPECT_EQ(asked(), "sts.cn-north-1.amazonaws.com.cn:443");
  unset("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  unset("AWS_ENDPOINT_URL");
  write_config(profile("endpoint_url = " + sts_.url() + "\nignore_configured_endpoint_urls = true\n"));
  EXPECT_EQ(asked(), "sts.cn-north-1.amazonaws.com.cn:443");
  EXPECT_TRUE(sts_.requests().empty());
}

TEST_F(StsEndpoint, MustBeAUrl) {
  for (const char* url : {"ftp://x", "http://", "http://me:hunter2@x", "http://x/?a=hunter2", "not a url"}) {
    set("AWS_ENDPOINT_URL_STS", url);
    EXPECT_THAT(error(), AllOf(HasSubstr("AWS_ENDPOINT_URL_STS"), Not(HasSubstr("hunter2")))) << url;
  }
  unset("AWS_ENDPOINT_URL_STS");
  write_config(profile("services = mine\n"));
  EXPECT_THAT(error(), HasSubstr("[services mine]"));
}

}  // namespace
}  // namespace gristmill::s3
