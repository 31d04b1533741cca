// For tests of credentials*.cc: a home folder, an environment and a clock of one's own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <map>
#include <memory>
#include <string>

#include "s3/credentials.h"
#include "s3/credentials_places.h"
#include "s3/http_server_testing.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::s3 {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::HttpServer;
using ::testing::Not;
using testing::ServedRequest;
using testing::ServedResponse;

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() {
    options_.environment = {{"HOME", home_.path()}, {"AWS_EC2_METADATA_DISABLED", "true"}};
    hooks_.now = [this] { return now_.load(); };
  }

  void set(const std::string& name, const std::string& value) { options_.environment[name] = value; }
  void unset(const std::string& name) { options_.environment.erase(name); }
  void write(const std::string& name, const std::string& text) const { testing::write_text(home_ / name, text); }
  void write_config(const std::string& text) const { write(".aws/config", text); }
  void write_credentials(const std::string& text) const { write(".aws/credentials", text); }

  std::unique_ptr<CredentialSource> source() const { return make_credential_source(options_, hooks_); }

  // Of a source that is made for it; nothing if that fails, and the test with it.
  Credentials get() const {
    const Result<Credentials> got = source()->get();
    if (!got.ok()) {
      ADD_FAILURE() << got.error().message;
      return {};
    }
    return *got;
  }
  // What and what to do, in one text.
  std::string error() const {
    const Result<Credentials> got = source()->get();
    if (got.ok()) {
      ADD_FAILURE() << "credentials of " << got->source;
      return "";
    }
    EXPECT_EQ(got.error().kind, ErrorKind::input);
    EXPECT_FALSE(got.error().advice.empty()) << got.error().message;
    return got.error().message + " -- " + got.error().advice;
  }

  std::string time_in(std::time_t seconds) const { return text_of(now_ + seconds); }

  const testing::TemporaryFolder home_;
  std::atomic<std::time_t> now_{1795404000};  // 2026-11-23T03:20:00Z
  CredentialOptions options_;
  CredentialHooks hooks_;
};

inline ServedResponse answer(const std::string& body, int status = 200) {
  ServedResponse response;
  response.status = status;
  response.body = body;
  return response;
}

// As containers and instances write them.
inline std::string metadata_keys(const std::string& name, const std::string& expires) {
  return R"({"Code":"Success","Type":"AWS-HMAC","AccessKeyId":")" + name + R"(-key","SecretAccessKey":")" + name +
         R"(-secret","Token":")" + name + R"(-token","Expiration":")" + expires + R"("})";
}

inline std::string sts_keys(const std::string& action, const std::string& name, const std::string& expires) {
  return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action + "Result>" +
         "<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn></"
         "AssumedRoleUser><Credentials>" +
         "<AccessKeyId>" + name + "-key</AccessKeyId><SecretAccessKey>" + name + "-secret</SecretAccessKey>" +
         "<SessionToken>" + name + "-token</SessionToken><Expiration>" + expires + "</Expiration></Credentials></" +
         action + "Result></" + action + "Response>";
}

inline std::string sts_error(const std::string& code, const std::string& message) {
  return "<ErrorResponse "
         "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>" +
         code + "</Code><Message>" + message + "</Message></Error><RequestId>id</RequestId></ErrorResponse>";
}

}  // namespace gristmill::s3
