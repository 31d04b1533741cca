// Profiles that log in: IAM Identity Center, and programs that print keys.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "s3/credentials_testing.h"

namespace gristmill::s3 {
namespace {

// SHA-1 of "corporate" and of "https://corp.awsapps.com/start", by `printf | sha1sum`.
const std::string session_file = ".aws/sso/cache/e276d18d65653fa285155bfd3e11ab029306830c.json";
const std::string start_url_file = ".aws/sso/cache/a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json";

class SsoCredentials : public CredentialsTest {
 protected:
  SsoCredentials() {
    set("AWS_ENDPOINT_URL_SSO", portal_.url());
    set("AWS_ENDPOINT_URL_SSO_OIDC", oidc_.url());
    set("AWS_PROFILE", "work");
    write_config(
        "[profile work]\nsso_session = corporate\nsso_account_id = 123456789012\nsso_role_name = Read Only\n"
        "[sso-session corporate]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n");
  }
  void write_token(const std::string& expires, const std::string& more = "") const {
    write(session_file,
          "{\"startUrl\": \"https://corp.awsapps.com/start\", \"region\": \"eu-west-1\", \"accessToken\": "
          "\"first-access\", \"expiresAt\": \"" +
              expires + "\"" + more + "}");
  }
  void write_token_to_refresh(std::time_t seconds, std::time_t registered_seconds = 100000) const {
    write_token(time_in(seconds),
                ", \"refreshToken\": \"first-refresh\", \"clientId\": \"client\", \"clientSecret\": "
                "\"client\\\"secret\", \"scopes\": [\"a\", \"b\"], \"registrationExpiresAt\": \"" +
                    time_in(registered_seconds) + "\"");
  }

  HttpServer portal_{[this](const ServedRequest& request) {
    if (request.header("x-amz-sso_bearer_token").find("access") == std::string::npos) {
      return answer("{\"message\": \"Session token not found or invalid\", \"__type\": \"UnauthorizedException\"}",
                    401);
    }
    return answer(
        "{\"roleCredentials\": {\"accessKeyId\": \"sso-key\", \"secretAccessKey\": \"sso-secret\", "
        "\"sessionToken\": \"sso-token\", \"expiration\": " +
        std::to_string(now_ + 3600) + "000}}");
  }};
  std::atomic<int> oidc_status_{200};
  HttpServer oidc_{[this](const ServedRequest&) {
    if (oidc_status_ != 200) {
      return answer("{\"error\": \"invalid_grant\", \"error_description\": \"bad first-refresh\"}", oidc_status_);
    }
    return answer(
        "{\"accessToken\": \"second-access\", \"tokenType\": \"Bearer\", \"expiresIn\": 28800, "
        "\"refreshToken\": \"second-refresh\"}");
  }};
};

TEST_F(SsoCredentials, AreBoughtWithTheTokenOfTheLogin) {
  write_token(time_in(3600));
  const Credentials credentials = get();
  EXPECT_EQ(credentials.keys.access_key, "sso-key");
  EXPECT_EQ(credentials.keys.secret_key, "sso-secret");
  EXPECT_EQ(credentials.keys.session_token, "sso-token");
  EXPECT_EQ(credentials.expires, now_ + 3600);
  EXPECT_THAT(credentials.source,
              AllOf(HasSubstr("role Read Only of account 123456789012"), HasSubstr("profile 'work'")));
  const ServedRequest request = portal_.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/federation/credentials?account_id=123456789012&role_name=Read%20Only");
  EXPECT_EQ(request.header("x-amz-sso_bearer_token"), "first-access");
  EXPECT_TRUE(oidc_.requests().empty());
}

TEST_F(SsoCredentials, MayBeOfAProfileWithoutASession) {
  write_config(
      "[profile work]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
      "sso_account_id = 123456789012\nsso_role_name = r\n");
  write(start_url_file, "{\"accessToken\": \"old-access\", \"expiresAt\": \"2026-11-23T04:20:00UTC\"}");
  EXPECT_EQ(get().keys.access_key, "sso-key");
  EXPECT_EQ(portal_.requests().at(0).header("x-amz-sso_bearer_token"), "old-access");
}

TEST_F(SsoCredentials, RenewTheToken) {
  write_token_to_refresh(-10);
  const auto from = source();
  ASSERT_TRUE(from->get().ok());
  ASSERT_EQ(oidc_.requests().size(), 1U);
  const ServedRequest request = oidc_.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/token");
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(json_fields(request.body), (JsonFields{{"grantType", "refresh_token"},
                                                   {"clientId", "client"},
                                                   {"clientSecret", "client\"secret"},
                                                   {"refreshToken", "first-refresh"}}));
  EXPECT_EQ(portal_.requests().at(0).header("x-amz-sso_bearer_token"), "second-access");

  // The file has the new token and all it had besides, and nobody else may read it.
  const std::string text = testing::read_text(home_ / session_file);
  const JsonFields fields = json_fields(text).value_or(JsonFields{});
  EXPECT_EQ(field(fields, "accessToken"), "second-access");
  EXPECT_EQ(field(fields, "refreshToken"), "second-refresh");
  EXPECT_EQ(field(fields, "expiresAt"), time_in(28800));
  EXPECT_EQ(field(fields, "clientSecret"), "client\"secret");
  EXPECT_EQ(field(fields, "startUrl"), "https://corp.awsapps.com/start");
  EXPECT_THAT(text, HasSubstr("\"scopes\": [\"a\",\"b\"]"));
  struct stat info{};
  ASSERT_EQ(stat((home_ / session_file).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const std::filesystem::directory_iterator files(home_ / ".aws/sso/cache");
  EXPECT_EQ(std::distance(files, std::filesystem::directory_iterator()), 1);

  // Another run uses it.
  ASSERT_TRUE(source()->get().ok());
  EXPECT_EQ(portal_.last_request().header("x-amz-sso_bearer_token"), "second-access");
  EXPECT_EQ(oidc_.requests().size(), 1U);
}

TEST_F(SsoCredentials, KeepTheRenewedTokenWhereItCannotBeWritten) {
  write_token_to_refresh(-10);
  const auto from = source();
  ASSERT_TRUE(from->get().ok());
  write_token_to_refresh(-10);  // as if it had not been written
  now_ += 3500;
  ASSERT_TRUE(from->get().ok());
  EXPECT_EQ(oidc_.requests().size(), 1U);
  EXPECT_EQ(portal_.requests().at(1).header("x-amz-sso_bearer_token"), "second-access");
}

TEST_F(SsoCredentials, UseATokenThatCannotBeRenewedUntilItEnds) {
  oidc_status_ = 400;
  write_token_to_refresh(100);
  EXPECT_EQ(get().keys.access_key, "sso-key");
  EXPECT_EQ(oidc_.requests().size(), 1U);
  write_token_to_refresh(0);
  EXPECT_THAT(error(), AllOf(HasSubstr("invalid_grant bad ***"), HasSubstr("aws sso login --profile work"),
                             Not(HasSubstr("first-")), Not(HasSubstr("secret"))));
}

TEST_F(SsoCredentials, AskForALogin) {
  EXPECT_THAT(error(), AllOf(HasSubstr(home_ / session_file), HasSubstr("aws sso login --profile work")));
  write_token(time_in(-10));
  EXPECT_THAT(error(), AllOf(HasSubstr("ended at 2026-11-23T03:19:50Z"), HasSubstr("aws sso login --profile work")));
  write_token_to_refresh(-10, -5);  // nor is the client known any longer
  EXPECT_THAT(error(), HasSubstr("aws sso login --profile work"));
  write(session_file, "{\"accessToken\": 1}");
  EXPECT_THAT(error(), AllOf(HasSubstr("holds no login"), HasSubstr("aws sso login --profile work")));
  write(session_file, "{\"accessToken\": \"refused\", \"expiresAt\": \"" + time_in(1000) + "\"}");
  EXPECT_THAT(error(), AllOf(HasSubstr("it answered 401: Session token not found or invalid"),
                             HasSubstr("aws sso login --profile work"), Not(HasSubstr("refused"))));
  EXPECT_TRUE(oidc_.requests().empty());
}

TEST_F(SsoCredentials, SayWhatAProfileIsMissing) {
  const std::string session = "[sso-session corporate]\nsso_region = eu-west-1\nsso_start_url = u\n";
  const std::map<std::string, std::string> expected = {
      {"[profile work]\nsso_session = other\nsso_account_id = 1\nsso_role_name = r\n", "[sso-session other]"},
      {"[profile work]\nsso_session = corporate\nsso_role_name = r\n" + session, "sso_account_id"},
      {"[profile work]\nsso_session = corporate\nsso_account_id = 1\n" + session, "sso_role_name"},
      {"[profile work]\nsso_start_url = u\nsso_account_id = 1\nsso_role_name = r\n", "profile 'work'"},
      {"[profile work]\nsso_session = c\nsso_account_id = 1\nsso_role_name = r\n[sso-session "
       "c]\nsso_start_url = u\n",
       "[sso-session c]"},
      {"[profile work]\nsso_start_url = u\nsso_region = a.b/\nsso_account_id = 1\nsso_role_name = r\n", "sso_region"},
  };
  for (const auto& [text, words] : expected) {
    write_config(text);
    EXPECT_THAT(error(), HasSubstr(words)) << text;
  }
  // Of a login for tokens only there are no keys, which is no error.
  write_config("[profile work]\nsso_session = corporate\n" + session);
  EXPECT_THAT(error(), HasSubstr("there are no AWS credentials"));
}

// ---- credential_process

class ProcessCredentials : public CredentialsTest {
 protected:
  void set_process(const std::string& command) const {
    write_config("[default]\ncredential_process = " + command + "\n");
  }
  // A file rather than quotes within quotes.
  void set_script(const std::string& script) const {
    write("script", script);
    set_process("sh " + (home_ / "script"));
  }
};

TEST_F(ProcessCredentials, AreWhatItPrints) {
  set("MINE", "mine");
  set_script(
      "cat <<END\n{\"Version\": 1, \"AccessKeyId\": \"$MINE-key\", \"SecretAccessKey\": \"s\", "
      "\"SessionToken\": \"t\", "
      "\"Expiration\": \"" +
      time_in(900) + "\"}\nEND\necho a word about it >&2");
  const Credentials credentials = get();
  EXPECT_EQ(credentials.keys.access_key, "mine-key");
  EXPECT_EQ(credentials.keys.secret_key, "s");
  EXPECT_EQ(credentials.keys.session_token, "t");
  EXPECT_EQ(credentials.expires, now_ + 900);
  EXPECT_EQ(credentials.source, "credential_process of profile 'default' in " + (home_ / ".aws/config"));
}

TEST_F(ProcessCredentials, MayNeverEnd) {
  set_process("echo '{\"Version\":1,\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"s\"}' # a comment of the shell's");
  EXPECT_FALSE(get().expires);
  EXPECT_EQ(get().keys.session_token, "");
}

TEST_F(ProcessCredentials, SayHowItFailed) {
  set_script("echo '{\"SecretAccessKey\": \"hidden\"}'; echo first >&2; echo 'last: no VPN' >&2; echo >&2; exit 3");
  EXPECT_THAT(error(), AllOf(HasSubstr("credential_process of profile 'default' in " + (home_ / ".aws/config")),
                             HasSubstr("exit status is 3; its last words: last: no VPN"), Not(HasSubstr("first")),
                             Not(HasSubstr("hidden"))));
  set_process("kill -9 $$");
  EXPECT_THAT(error(), HasSubstr("signal 9"));
  set_process("/nowhere/command");
  EXPECT_THAT(error(), HasSubstr("exit status is 127; its last words: "));
}

TEST_F(ProcessCredentials, DoNotShowKeysItSays) {
  set("AWS_SESSION_TOKEN", "hidden");
  for (const char* words : {"\"SecretAccessKey\": \"hidden\"", "SessionToken=hidden", "token hidden"}) {
    set_script(std::string("echo '") + words + "' >&2; exit 1");
    EXPECT_THAT(error(), AllOf(HasSubstr("exit status is 1"), Not(HasSubstr("hidden"))));
  }
}

TEST_F(ProcessCredentials, MustBeOnesThatAreKnown) {
  for (const auto& [printed, words] :
       {std::pair("hidden", "no JSON object"), std::pair("[\"hidden\"]", "no JSON object"),
        std::pair("{\"AccessKeyId\":\"hidden\"}", "Version"), std::pair("{\"Version\":2}", "Version"),
        std::pair("{\"Version\":1,\"AccessKeyId\":\"hidden\"}", "no 'SecretAccessKey'"),
        std::pair("{\"Version\":1,\"AccessKeyId\":\"hidden\",\"SecretAccessKey\":\"hidden\",\"Expiration\":"
                  "\"hidden\"}",
                  "'Expiration' is no time")}) {
    set_script(std::string("echo '") + printed + "'");
    EXPECT_THAT(error(), AllOf(HasSubstr(words), Not(HasSubstr("hidden"))));
  }
}

TEST_F(ProcessCredentials, EndWithTheTimeLimitAndTakeTheirChildrenAlong) {
  hooks_.process_limit = std::chrono::milliseconds(300);
  // The child would write the file if it lived on; it holds the pipes, too.
  set_script("echo thinking >&2\n(sleep 2; touch " + (home_ / "alive") + ") &\nsleep 100");
  EXPECT_THAT(error(), AllOf(HasSubstr("did not end within"), HasSubstr("last words: thinking")));
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  EXPECT_FALSE(std::filesystem::exists(home_ / "alive"));
}

TEST_F(ProcessCredentials, AreThereOnceItEndsEvenIfAChildOfItLivesOn) {
  // The child ends with the test's folder; the time limit would be a minute.
  set_script("while [ -e " + (home_ / "script") +
             " ]; do sleep 0.1; done &\n"
             "echo '{\"Version\":1,\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"s\"}'");
  EXPECT_EQ(get().keys.access_key, "k");
}

TEST_F(ProcessCredentials, MayBePrintedAtLength) {
  set_script(
      "echo '{\"Version\":1,\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"s\",\"More\":\"'\n"
      "head -c 300000 /dev/zero | tr '\\0' x\necho '\"}'\nhead -c 300000 /dev/zero | tr '\\0' y >&2");
  // A line end within a string is no JSON, but all of it has been read.
  EXPECT_THAT(error(), HasSubstr("no JSON object; its last words: yyy"));
}

TEST_F(ProcessCredentials, GetNoOpenFileAndNoInput) {
  const int kept = fcntl(1, F_DUPFD, 50);  // not closed at exec
  set_script("read line && exit 5\n[ -e /proc/$$/fd/" + std::to_string(kept) +
             " ] && exit 6\n"
             "echo '{\"Version\":1,\"AccessKeyId\":\"k\",\"SecretAccessKey\":\"s\"}'");
  EXPECT_EQ(get().keys.access_key, "k");
  close(kept);
}

}  // namespace
}  // namespace gristmill::s3
