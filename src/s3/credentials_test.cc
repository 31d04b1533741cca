// The order of the places, the environment, keys of files, and how long credentials are kept. The other places have
// tests of their own: credentials_role_test.cc, credentials_login_test.cc, credentials_metadata_test.cc.
#include "s3/credentials.h"

#include <atomic>
#include <thread>

#include "s3/credentials_testing.h"

namespace gristmill::s3 {
namespace {

const std::string keys_of_work =
    "[work]\naws_access_key_id = work-key\naws_secret_access_key = work-secret\naws_session_token = "
    "work-token\n";

TEST_F(CredentialsTest, NeedsNoneForAnonymousAccess) {
  options_.anonymous = true;
  options_.keys = AccessKeys{"a", "b", ""};
  EXPECT_TRUE(get().anonymous);
  EXPECT_FALSE(get().expires);
}

TEST_F(CredentialsTest, TakesKeysThatAreHandedOverFirst) {
  options_.keys = AccessKeys{"a", "b", "c"};
  options_.profile = "no such profile";
  set("AWS_ACCESS_KEY_ID", "x");
  const Credentials credentials = get();
  EXPECT_EQ(credentials.keys.access_key, "a");
  EXPECT_EQ(credentials.keys.secret_key, "b");
  EXPECT_EQ(credentials.keys.session_token, "c");
  EXPECT_FALSE(credentials.anonymous);
}

TEST_F(CredentialsTest, TakesKeysOfTheEnvironment) {
  set("AWS_ACCESS_KEY_ID", "env-key");
  set("AWS_SECRET_ACCESS_KEY", "env-secret");
  EXPECT_EQ(get().keys.session_token, "");
  set("AWS_SESSION_TOKEN", "env-token");
  const Credentials credentials = get();
  EXPECT_EQ(credentials.keys.access_key, "env-key");
  EXPECT_EQ(credentials.keys.secret_key, "env-secret");
  EXPECT_EQ(credentials.keys.session_token, "env-token");
  EXPECT_EQ(credentials.source, "environment variables");
  EXPECT_FALSE(credentials.expires);
}

TEST_F(CredentialsTest, TakesKeysOfTheEnvironmentBeforeAProfileOfTheEnvironment) {
  set("AWS_ACCESS_KEY_ID", "env-key");
  set("AWS_SECRET_ACCESS_KEY", "env-secret");
  set("AWS_PROFILE", "work");
  write_credentials(keys_of_work);
  EXPECT_EQ(get().keys.access_key, "env-key");
  options_.profile = "work";  // but one of the setting goes first
  EXPECT_EQ(get().keys.access_key, "work-key");
}

TEST_F(CredentialsTest, RefusesHalfAPairOfTheEnvironment) {
  set("AWS_ACCESS_KEY_ID", "env-key");
  write_credentials("[default]\naws_access_key_id = a\naws_secret_access_key = b\n");
  EXPECT_THAT(error(), AllOf(HasSubstr("AWS_SECRET_ACCESS_KEY is not"), Not(HasSubstr("env-key"))));
  set("AWS_ACCESS_KEY_ID", "");  // an empty variable is one that is not set
  set("AWS_SECRET_ACCESS_KEY", "env-secret");
  EXPECT_EQ(get().keys.access_key, "a");
}

TEST_F(CredentialsTest, RefusesKeysThatNoHeaderCanHave) {
  set("AWS_ACCESS_KEY_ID", "env-key\r\nx: y");
  set("AWS_SECRET_ACCESS_KEY", "env-secret");
  EXPECT_THAT(error(), AllOf(HasSubstr("environment variables"), Not(HasSubstr("env-"))));
}

TEST_F(CredentialsTest, TakesTheProfileThatIsChosen) {
  write_credentials(keys_of_work + "[default]\naws_access_key_id = a\naws_secret_access_key = b\n");
  EXPECT_EQ(get().keys.access_key, "a");
  set("AWS_DEFAULT_PROFILE", "work");
  EXPECT_EQ(get().keys.access_key, "work-key");
  EXPECT_EQ(get().keys.secret_key, "work-secret");
  EXPECT_EQ(get().keys.session_token, "work-token");
  EXPECT_EQ(get().source, "profile 'work' in " + (home_ / ".aws/credentials"));
  set("AWS_PROFILE", "default");
  EXPECT_EQ(get().keys.access_key, "a");
}

TEST_F(CredentialsTest, TakesKeysOfTheConfigFile) {
  write_config("[default]\naws_access_key_id = a\naws_secret_access_key = b\n");
  EXPECT_EQ(get().keys.secret_key, "b");
  EXPECT_EQ(get().source, "profile 'default' in " + (home_ / ".aws/config"));
}

TEST_F(CredentialsTest, RefusesHalfAPairOfAFile) {
  write_config("[default]\naws_secret_access_key = b\n");  // of another file: no pair
  write_credentials("[default]\naws_access_key_id = a\n");
  EXPECT_THAT(error(), AllOf(HasSubstr("profile 'default' in " + (home_ / ".aws/credentials")),
                             HasSubstr("no aws_secret_access_key")));
}

TEST_F(CredentialsTest, RefusesAProfileThatIsNotThere) {
  write_credentials(keys_of_work + "[default]\naws_access_key_id = a\naws_secret_access_key = b\n");
  set("AWS_PROFILE", "wrok");
  EXPECT_THAT(error(), AllOf(HasSubstr("no profile 'wrok'"), HasSubstr(home_ / ".aws/config"),
                             HasSubstr(home_ / ".aws/credentials"), HasSubstr("did you mean 'work'?")));
  options_.profile = "something else";
  EXPECT_THAT(error(), AllOf(HasSubstr("no profile 'something else'"), HasSubstr("default, work")));
}

TEST_F(CredentialsTest, SaysWhatEveryPlaceLacks) {
  set("AWS_SECRET_ACCESS_KEY", "env-secret");
  EXPECT_THAT(error(),
              AllOf(HasSubstr("AWS_ACCESS_KEY_ID is not set, though"), HasSubstr("AWS_WEB_IDENTITY_TOKEN_FILE"),
                    HasSubstr("profile 'default'"), HasSubstr(home_ / ".aws/credentials"),
                    HasSubstr("AWS_CONTAINER_CREDENTIALS_FULL_URI"), HasSubstr("AWS_EC2_METADATA_DISABLED")));
  EXPECT_THAT(error(), Not(HasSubstr("env-secret")));
}

TEST_F(CredentialsTest, SaysWhichLineOfAFileIsBroken) {
  write_config("[default]\nnonsense\n");
  EXPECT_THAT(error(), HasSubstr("'" + (home_ / ".aws/config") + "' at line 2"));
}

TEST_F(CredentialsTest, TakesTheContainerWhereTheProfileHasNoKeys) {
  HttpServer server([&](const ServedRequest&) { return answer(metadata_keys("container", time_in(3600))); });
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url());
  set("AWS_PROFILE", "work");
  write_config("[profile work]\nregion = eu-west-1\n");
  EXPECT_EQ(get().keys.access_key, "container-key");
  write_credentials(keys_of_work);
  EXPECT_EQ(get().keys.access_key, "work-key");
  EXPECT_EQ(server.requests().size(), 1U);
}

// ---- how long they are kept

// A container that gives keys "1", "2", ... that live as long as the test says, or an error.
class KeepingCredentials : public CredentialsTest {
 protected:
  KeepingCredentials() { set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server_.url()); }

  std::string key(CredentialSource& from) const {
    const Result<Credentials> got = from.get();
    return got.ok() ? got->keys.access_key : "error: " + got.error().message;
  }

  std::atomic<std::time_t> life_{3600};
  std::atomic<bool> fails_{false};
  std::atomic<int> given_{0};
  HttpServer server_{[this](const ServedRequest&) {
    if (fails_) return answer("{\"code\":\"Nothing\",\"message\":\"not now\"}", 400);
    return answer(metadata_keys(std::to_string(++given_), time_in(life_)));
  }};
};

TEST_F(KeepingCredentials, FetchesAnewFiveMinutesBeforeTheirEnd) {
  const auto from = source();
  EXPECT_EQ(key(*from), "1-key");
  now_ += 3299;
  EXPECT_EQ(key(*from), "1-key");
  now_ += 1;
  EXPECT_EQ(key(*from), "2-key");
  EXPECT_EQ(key(*from), "2-key");
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(KeepingCredentials, UsesShortLivedOnesUntilShortlyBeforeTheirEnd) {
  life_ = 200;
  const auto from = source();
  EXPECT_EQ(key(*from), "1-key");
  now_ += 169;
  EXPECT_EQ(key(*from), "1-key");
  now_ += 1;
  EXPECT_EQ(key(*from), "2-key");
}

TEST_F(KeepingCredentials, UsesTheOldOnesWhereNoNewOnesCanBeHad) {
  const auto from = source();
  EXPECT_EQ(key(*from), "1-key");
  fails_ = true;
  now_ += 3400;
  EXPECT_EQ(key(*from), "1-key");
  EXPECT_EQ(server_.requests().size(), 2U);
  now_ += 59;
  EXPECT_EQ(key(*from), "1-key");
  EXPECT_EQ(server_.requests().size(), 2U);
  now_ += 1;  // a minute later
  EXPECT_EQ(key(*from), "1-key");
  EXPECT_EQ(server_.requests().size(), 3U);
  now_ += 139;
  EXPECT_EQ(key(*from), "1-key");
  now_ += 1;  // their end
  EXPECT_THAT(key(*from), AllOf(HasSubstr("error"), HasSubstr("it answered 400 Nothing: not now")));
  fails_ = false;
  EXPECT_EQ(key(*from), "2-key");
}

TEST_F(KeepingCredentials, FetchesAnewWhatWasRefused) {
  const auto from = source();
  EXPECT_EQ(key(*from), "1-key");
  from->expire();
  EXPECT_EQ(key(*from), "2-key");
  // Refused together with the first; they say nothing about the new ones.
  from->expire();
  EXPECT_EQ(key(*from), "2-key");
  now_ += 10;
  from->expire();
  EXPECT_EQ(key(*from), "3-key");
  now_ += 10;
  from->expire();
  fails_ = true;
  EXPECT_THAT(key(*from), HasSubstr("error"));
}

TEST_F(KeepingCredentials, RefusesOnesThatHaveEnded) {
  life_ = -5;
  EXPECT_THAT(error(), HasSubstr("ended at 2026-11-23T03:19:55Z"));
}

TEST_F(KeepingCredentials, FetchesOnceForManyThreads) {
  const auto from = source();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_EQ(key(*from), "1-key"); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(CredentialsTest, KeepsLongLivedKeysUntilTheyAreRefused) {
  write_credentials(keys_of_work);
  set("AWS_PROFILE", "work");
  const auto from = source();
  ASSERT_TRUE(from->get().ok());
  write_credentials("[work]\naws_access_key_id = new-key\naws_secret_access_key = new-secret\n");
  now_ += 1000000;
  EXPECT_EQ(from->get()->keys.access_key, "work-key");
  from->expire();
  EXPECT_EQ(from->get()->keys.access_key, "new-key");
}

// ---- words

TEST(CredentialWords, ReadTimes) {
  EXPECT_EQ(time_of("1970-01-02T00:00:01Z"), 86401);
  EXPECT_EQ(time_of("1970-01-02T00:00:01.999Z"), 86401);
  EXPECT_EQ(time_of("1970-01-02T00:00:01UTC"), 86401);
  EXPECT_EQ(time_of("1970-01-02T01:00:01+01:00"), 86401);
  EXPECT_EQ(time_of("1970-01-01T18:30:01-0530"), 86401);
  for (const char* text : {"", "tomorrow", "1970-01-02", "1970-13-02T00:00:01Z", "1970-01-02T00:00:01",
                           "1970-01-02T00:00:01Zx", "1970-01-02T00:00:01+1"}) {
    EXPECT_EQ(time_of(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace gristmill::s3
