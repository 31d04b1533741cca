#include "s3/s3_responses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gristmill::s3 {
namespace {

using ::testing::HasSubstr;

std::string object(const std::string& key, const std::string& size = "1", const std::string& etag = "&quot;e&quot;") {
  return "<Contents><Key>" + key + "</Key><Size>" + size + "</Size><ETag>" + etag + "</ETag></Contents>";
}

std::string listing(const std::string& inner, const std::string& token = "") {
  const std::string more =
      token.empty() ? ""
                    : "<IsTruncated>true</IsTruncated><NextContinuationToken>" + token + "</NextContinuationToken>";
  return "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + inner + more +
         "</ListBucketResult>";
}

std::string why_not(const std::string& body) {
  ListingReader reader("a/", "/");
  const auto page = reader.read(body);
  return page.ok() ? "" : page.error().message;
}

TEST(S3Answers, ListingsGoOnWhereTheyEnded) {
  ListingReader reader("a/", "");
  const auto one = reader.read(listing("<EncodingType>url</EncodingType>" + object("a/%C3%A4+%0A", "5"), "t"));
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one->objects.at(0).key, "a/\xC3\xA4 \n");
  EXPECT_EQ(one->objects[0].size, 5U);
  EXPECT_EQ(one->objects[0].etag, "\"e\"");
  EXPECT_EQ(one->next, "t");
  const auto other = reader.read(listing(object("a/\xC3\xA5")));
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->next, "");
}

TEST(S3Answers, ListingsNameFoldersOnce) {
  ListingReader reader("a/", "/");
  const auto page = reader.read(listing("<CommonPrefixes><Prefix>a/b/</Prefix></CommonPrefixes>" + object("a/c")));
  ASSERT_TRUE(page.ok()) << page.error().message;
  EXPECT_EQ(page->prefixes, std::vector<std::string>{"a/b/"});
  for (const char* folder : {"a/", "a/b", "", "b/"}) {
    EXPECT_NE(why_not(listing("<CommonPrefixes><Prefix>" + std::string(folder) + "</Prefix></CommonPrefixes>")), "")
        << folder;
  }
}

TEST(S3Answers, ListingsThatCannotBeAreToldWhy) {
  for (const auto& [body, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "no listing"},
           {"<ListBucketResult>", "no listing"},
           {"<Error/>", "no listing"},
           {listing("<a>" + std::string(400'000, ' ') + "</a>" +
                    [] {
                      std::string many;
                      for (int i = 0; i < 200'000; ++i) many += "<a/>";
                      return many;
                    }()),
            "no listing"},
           {listing(object("")), "no object can have"},
           {listing(object("a/" + std::string(1023, 'x'))), "no object can have"},
           {listing(object("b")), "was not asked for"},
           {listing(object("a")), "was not asked for"},
           {listing(object("a/y") + object("a/x")), "not in order"},
           {listing(object("a/x") + object("a/x")), "not in order"},
           {listing(object("a/x", "-5")), "a size"},
           {listing(object("a/x", "18446744073709551615")), "a size"},
           {listing(object("a/x", std::to_string((50ULL << 40) + 1))), "a size"},
           {listing(object("a/x", "1", "a&#13;&#10;x: y")), "ETag"},
           {listing("<EncodingType>url</EncodingType>" + object("a/%G0")), "not encoded"},
           {listing("<EncodingType>url</EncodingType>" + object("a/%4")), "not encoded"},
           {listing("<IsTruncated>true</IsTruncated>"), "not how to ask"},
           {listing("", std::string(9000, 't')), "not how to ask"}}) {
    EXPECT_THAT(why_not(body), HasSubstr(why)) << body.substr(0, 200);
  }
  EXPECT_EQ(why_not(listing(object("a/x", std::to_string(50ULL << 40)))), "");
}

TEST(S3Answers, ListingsEnd) {
  ListingReader same("", "");
  ASSERT_TRUE(same.read(listing(object("a"), "t")).ok());
  EXPECT_THAT(same.read(listing(object("b"), "t")).error().message, HasSubstr("circles"));
  ListingReader again("", "");
  ASSERT_TRUE(again.read(listing(object("a"), "t")).ok());
  EXPECT_THAT(again.read(listing(object("a"), "u")).error().message, HasSubstr("circles"));
  ListingReader empty("", "");
  std::string why;
  for (int i = 0; i < 20'000 && why.empty(); ++i) {
    const auto page = empty.read(listing("", std::to_string(i)));
    if (!page.ok()) why = page.error().message;
  }
  EXPECT_THAT(why, HasSubstr("does not end"));
}

TEST(S3Answers, RegionsOfErrorsAreRegions) {
  const auto region = [](const std::string& text) {
    return error_in("<Error><Code>C</Code><Message>M</Message><Region>" + text + "</Region></Error>").region;
  };
  EXPECT_EQ(region("eu-central-1"), "eu-central-1");
  for (const char* text : {"", "eu&#13;&#10;x-evil: 1", "evil.example/", "EU", "a b"})
    EXPECT_EQ(region(text), "") << text;
  const ErrorDocument error = error_in("<x><Error><Code>" + std::string(5000, 'c') + "</Code></Error></x>");
  EXPECT_EQ(error.code.size(), 100U);
  EXPECT_EQ(error_in("nothing").code, "");
}

TEST(S3Answers, RemovalsAreToldOneByOne) {
  EXPECT_TRUE(refused_removals_in("<DeleteResult><Error><Code>NoSuchKey</Code></Error></DeleteResult>")->empty());
  const auto refused = refused_removals_in(
      "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error>"
      "<Error><Key>l</Key><Code>PreconditionFailed</Code></Error></DeleteResult>");
  ASSERT_TRUE(refused.ok());
  ASSERT_EQ(refused->size(), 2U);
  EXPECT_EQ(refused->front().key, "k");
  EXPECT_EQ(refused->front().error.code, "AccessDenied");
  EXPECT_EQ(refused->back().key, "l");
  EXPECT_FALSE(refused_removals_in("ok").ok());
}

TEST(S3Answers, UploadsHaveIdsThatAHeaderCanHold) {
  const auto id = [](const std::string& text) {
    return upload_id_in("<InitiateMultipartUploadResult><UploadId>" + text +
                        "</UploadId></InitiateMultipartUploadResult>");
  };
  EXPECT_EQ(*id("VXBsb2Fk"), "VXBsb2Fk");
  for (const std::string& text : {std::string(), std::string("a&#13;&#10;x: y"), std::string(2000, 'x')}) {
    EXPECT_FALSE(id(text).ok()) << text;
  }
  EXPECT_EQ(*copied_part_in("<CopyPartResult><ETag>&quot;e&quot;</ETag></CopyPartResult>"), "\"e\"");
  EXPECT_FALSE(copied_part_in("<CopyPartResult/>").ok());
}

TEST(S3Answers, ListsOfUploadsGoOn) {
  const auto page = [](const std::string& key, const std::string& id) {
    return "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>" + key +
           "</NextKeyMarker><NextUploadIdMarker>" + id + "</NextUploadIdMarker></ListMultipartUploadsResult>";
  };
  EXPECT_EQ(uploads_in(page("b", "1"), {"a", "9"})->next.key, "b");
  EXPECT_EQ(uploads_in(page("a", "8"), {"a", "9"})->next.id, "8");
  EXPECT_FALSE(uploads_in(page("a", "9"), {"a", "9"}).ok());
  EXPECT_FALSE(uploads_in(page("A", "9"), {"a", "9"}).ok());
  EXPECT_TRUE(uploads_in("<html/>", {})->uploads.empty());
}

TEST(S3Answers, RangesAreThoseThatWereAskedFor) {
  EXPECT_EQ(wrong_range("bytes 5-9/100", 5, 10), "");
  EXPECT_EQ(wrong_range("bytes 5-7/8", 5, 10), "");  // the object ends there
  EXPECT_EQ(wrong_range("", 0, 10), "");             // the whole object, as some servers answer
  for (const char* header : {"", "bytes", "bytes 0-9/100", "bytes 5-10/100"}) EXPECT_NE(wrong_range(header, 5, 10), "");
}

}  // namespace
}  // namespace gristmill::s3
