// What containers and EC2 instances hand out.
#include "s3/credentials_testing.h"

namespace gristmill::s3 {
namespace {

class ContainerCredentials : public CredentialsTest {
 protected:
  std::mutex mutex_;
  std::vector<ServedResponse> answers_ = {answer(metadata_keys("container", time_in(3600)))};  // the last one stays
  HttpServer agent_{[this](const ServedRequest&) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const ServedResponse response = answers_.front();
    if (answers_.size() > 1) answers_.erase(answers_.begin());
    return response;
  }};
};

TEST_F(ContainerCredentials, AreAtARelativeUri) {
  set("GRISTMILL_TEST_CONTAINER_ENDPOINT", agent_.url());
  set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1?x=2");
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/");
  const Credentials credentials = get();
  EXPECT_EQ(credentials.keys.access_key, "container-key");
  EXPECT_EQ(credentials.keys.secret_key, "container-secret");
  EXPECT_EQ(credentials.keys.session_token, "container-token");
  EXPECT_EQ(credentials.expires, now_ + 3600);
  EXPECT_EQ(credentials.source, "role of the container (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)");
  EXPECT_EQ(agent_.requests().at(0).target, "/v2/credentials/1?x=2");
  EXPECT_FALSE(agent_.requests().at(0).headers.contains("authorization"));
}

TEST_F(ContainerCredentials, AreAtAFullUriOfThisMachine) {
  for (const std::string& host : {agent_.host(), "localhost:" + std::to_string(agent_.port())}) {
    for (const std::string path : {"", "/", "/a/b/", "/a?b=c"}) {
      set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://" + host + path);
      EXPECT_EQ(get().keys.access_key, "container-key") << path;
      EXPECT_EQ(agent_.last_request().target, path.empty() ? "/" : path);
    }
  }
}

TEST_F(ContainerCredentials, AreNotAskedForElsewhereByPlainHttp) {
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2");
  for (const char* url : {"http://192.0.2.1/", "http://example.invalid/", "http://127.0.0.1.example.invalid/",
                          "http://127.0.0.1@192.0.2.1/", "http://[2001:db8::1]/", "http://169.254.170.3/",
                          "http://192.0.2.1#@127.0.0.1/", "ftp://127.0.0.1/", "127.0.0.1", "/path"}) {
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    EXPECT_THAT(error(), AllOf(HasSubstr("AWS_CONTAINER_CREDENTIALS_FULL_URI"), HasSubstr("cannot be used"),
                               Not(HasSubstr("hunter2"))))
        << url;
  }
  for (const char* path : {"no-slash", "@example.invalid/", "/a b"}) {
    set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", path);
    EXPECT_THAT(error(), HasSubstr("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path")) << path;
  }
}

TEST_F(ContainerCredentials, AreAskedForWithTheToken) {
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent_.url());
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc");
  ASSERT_EQ(get().keys.access_key, "container-key");
  EXPECT_EQ(agent_.last_request().header("authorization"), "Basic abc");

  set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", home_ / "token");
  write("token", "of-file-1\n");
  const auto from = source();
  ASSERT_TRUE(from->get().ok());
  EXPECT_EQ(agent_.last_request().header("authorization"), "of-file-1");
  write("token", "of-file-2");  // read anew
  from->expire();
  ASSERT_TRUE(from->get().ok());
  EXPECT_EQ(agent_.last_request().header("authorization"), "of-file-2");

  write("token", "hunter2\r\nx-more: y");
  EXPECT_THAT(error(), AllOf(HasSubstr(home_ / "token"), HasSubstr("several lines"), Not(HasSubstr("hunter2"))));
  unset("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2\r\nx-more: y");
  EXPECT_THAT(error(), AllOf(HasSubstr("several lines"), Not(HasSubstr("hunter2"))));
}

TEST_F(ContainerCredentials, AreAskedForPastTheProxy) {
  HttpServer proxy([](const ServedRequest&) { return answer("", 500); });
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent_.url());
  set("HTTP_PROXY", proxy.url());
  EXPECT_EQ(get().keys.access_key, "container-key");
  EXPECT_TRUE(proxy.requests().empty());
}

TEST_F(ContainerCredentials, AreAskedForAgainOrRefused) {
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent_.url());
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2");
  answers_ = {answer("", 500), answer("", 429), answers_.front()};
  EXPECT_EQ(get().keys.access_key, "container-key");
  const std::size_t before = agent_.requests().size();
  answers_ = {answer("{\"code\": \"AccessDenied\", \"message\": \"not for hunter2\\nmore\"}", 403)};
  EXPECT_THAT(error(), AllOf(HasSubstr(agent_.host()), HasSubstr("it answered 403 AccessDenied: not for ***"),
                             Not(HasSubstr("hunter2")), Not(HasSubstr("{"))));
  EXPECT_EQ(agent_.requests().size() - before, 1U);
  answers_ = {answer("<html>")};
  EXPECT_THAT(error(), HasSubstr("no JSON object"));
  answers_ = {answer("{\"AccessKeyId\": \"secret-key\", \"SecretAccessKey\": 1.5}")};
  EXPECT_THAT(error(), AllOf(HasSubstr("no 'SecretAccessKey'"), Not(HasSubstr("secret-key"))));
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:" + std::to_string(testing::silent_port()));
  EXPECT_THAT(error(), HasSubstr("nobody answers"));
}

// ---- EC2

class InstanceCredentials : public CredentialsTest {
 protected:
  InstanceCredentials() {
    unset("AWS_EC2_METADATA_DISABLED");
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata_.url() + "/");
  }
  ServedResponse at(const ServedRequest& request) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = answers_.find(request.target);
    return found == answers_.end() ? answer("<html>404</html>", 404) : found->second;
  }
  void set_answer(const std::string& target, const ServedResponse& response) {
    const std::lock_guard<std::mutex> lock(mutex_);
    answers_[target] = response;
  }

  const std::string token_ = "/latest/api/token";
  const std::string roles_ = "/latest/meta-data/iam/security-credentials/";
  std::mutex mutex_;
  std::map<std::string, ServedResponse> answers_ = {{token_, answer("imds-token")},
                                                    {roles_, answer("my-role\n")},
                                                    {roles_ + "my-role", answer(metadata_keys("ec2", time_in(3600)))}};
  HttpServer metadata_{[this](const ServedRequest& request) { return at(request); }};
};

TEST_F(InstanceCredentials, AreAskedForWithAToken) {
  const Credentials credentials = get();
  EXPECT_EQ(credentials.keys.access_key, "ec2-key");
  EXPECT_EQ(credentials.keys.secret_key, "ec2-secret");
  EXPECT_EQ(credentials.keys.session_token, "ec2-token");
  EXPECT_EQ(credentials.expires, now_ + 3600);
  EXPECT_EQ(credentials.source, "role of the EC2 instance (my-role)");
  const auto requests = metadata_.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].method, "PUT");
  EXPECT_EQ(requests[0].target, token_);
  EXPECT_EQ(requests[0].header("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(requests[0].header("content-length"), "0");
  EXPECT_EQ(requests[1].method, "GET");
  EXPECT_EQ(requests[1].target, roles_);
  EXPECT_EQ(requests[1].header("x-aws-ec2-metadata-token"), "imds-token");
  EXPECT_EQ(requests[2].target, roles_ + "my-role");
  EXPECT_EQ(requests[2].header("x-aws-ec2-metadata-token"), "imds-token");
}

TEST_F(InstanceCredentials, AreTheLastPlace) {
  write_credentials("[default]\naws_access_key_id = a\naws_secret_access_key = b\n");
  EXPECT_EQ(get().keys.access_key, "a");
  EXPECT_TRUE(metadata_.requests().empty());
}

TEST_F(InstanceCredentials, AreAskedForWhereTheProfileSays) {
  unset("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  write_config("[default]\nec2_metadata_service_endpoint = " + metadata_.url() + "\n");
  EXPECT_EQ(get().keys.access_key, "ec2-key");
}

TEST_F(InstanceCredentials, AreNotAskedForWhereTheyAreTurnedOff) {
  set("AWS_EC2_METADATA_DISABLED", "true");
  EXPECT_THAT(error(), HasSubstr("AWS_EC2_METADATA_DISABLED"));
  EXPECT_TRUE(metadata_.requests().empty());
}

TEST_F(InstanceCredentials, MayBeASourceOfARole) {
  HttpServer sts([&](const ServedRequest&) { return answer(sts_keys("AssumeRole", "role", time_in(3600))); });
  set("AWS_ENDPOINT_URL_STS", sts.url());
  write_config("[default]\nrole_arn = a/r\ncredential_source = Ec2InstanceMetadata\n");
  EXPECT_EQ(get().keys.access_key, "role-key");
  EXPECT_THAT(sts.requests().at(0).header("authorization"), HasSubstr("Credential=ec2-key/"));
}

TEST_F(InstanceCredentials, AreMissingWhereNobodyAnswers) {
  set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:" + std::to_string(testing::silent_port()));
  EXPECT_THAT(error(), AllOf(HasSubstr("there are no AWS credentials"), HasSubstr("EC2 instance: at http://127.0.0.1"),
                             HasSubstr("nobody answers")));
}

TEST_F(InstanceCredentials, AreMissingWhereThereIsNoTokenOrRole) {
  set_answer(roles_, answer("", 404));
  EXPECT_THAT(error(), AllOf(HasSubstr("there are no AWS credentials"), HasSubstr("it has no role")));
  const std::size_t before = metadata_.requests().size();
  for (const int status : {400, 403, 404, 405}) {
    set_answer(token_, answer("", status));
    EXPECT_THAT(error(), AllOf(HasSubstr("there are no AWS credentials"), HasSubstr("gives no token")));
  }
  // One request each: the first version of the service is not fallen back on.
  EXPECT_EQ(metadata_.requests().size() - before, 4U);
}

TEST_F(InstanceCredentials, SayWhatWentWrong) {
  set_answer(roles_ + "my-role",
             answer("{\"Code\": \"AssumeRoleUnauthorizedAccess\", \"Message\": \"EC2 cannot assume it\"}"));
  EXPECT_THAT(error(), AllOf(HasSubstr("role my-role: AssumeRoleUnauthorizedAccess: EC2 cannot assume it"),
                             Not(HasSubstr("{"))));
  set_answer(roles_ + "my-role", answer("", 404));
  EXPECT_THAT(error(), HasSubstr("keys of role my-role it answered 404"));
  const std::size_t before = metadata_.requests().size();
  set_answer(token_, answer("", 503));
  EXPECT_THAT(error(), HasSubstr("it answered 503"));
  EXPECT_EQ(metadata_.requests().size() - before, 3U);  // tries
}

TEST_F(InstanceCredentials, AreUsedOnWhereIamHasTrouble) {
  set_answer(roles_ + "my-role", answer(metadata_keys("ec2", time_in(-100))));
  EXPECT_EQ(get().keys.access_key, "ec2-key");
  EXPECT_EQ(get().expires, now_ + 900);
}

}  // namespace
}  // namespace gristmill::s3
