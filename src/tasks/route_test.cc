// Which bucket a line goes to, and that it goes there as it came.
#include "tasks/route.h"

#include <gtest/gtest.h>

#include <cstring>

#include "json/padded_text_testing.h"
#include "shuffle/merged_lines.h"
#include "storage/hash.h"

namespace gristmill::tasks {
namespace {

using testing::PaddedText;

class RouteTest : public ::testing::Test {
 protected:
  struct Routed {
    shuffle::LineHeader header;
    std::string payload;
  };

  void SetUp() override { restart(~std::uint64_t{0}); }

  void restart(std::uint64_t hash_mask) {
    shuffle::BucketOptions options;
    options.bits = 0;
    options.quota = 1U << 24;
    buckets_ = std::make_unique<shuffle::BucketSet>(*storage_, options);
    router_ = std::make_unique<Router>(rules_, files_, inputs_, *buckets_, gate_, hash_mask);
  }

  void route(std::string_view text, std::uint64_t offset = 0, std::uint32_t file = 0,
             std::uint64_t length_if_long = 0) {
    const PaddedText padded(text);
    source::SourceLine line;
    line.offset = offset;
    line.line_in_chunk = static_cast<std::uint32_t>(offset / 7);
    line.text = padded;
    line.length = length_if_long != 0 ? length_if_long : text.size();
    line.too_long = length_if_long != 0;
    const Status status = router_->route(file, line);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  std::vector<Routed> routed() {
    std::vector<Routed> all;
    shuffle::MergedLines lines;
    lines.add(*buckets_, 0);
    for (;;) {
      const auto record = lines.next();
      EXPECT_TRUE(record.ok());
      if (!record.ok() || record->header == nullptr) return all;
      all.push_back({*record->header, std::string(record->payload())});
    }
  }

  // The hash that a line alone is routed by.
  std::uint64_t hash_of(std::string_view text, std::uint32_t file = 0, std::uint64_t hash_mask = ~std::uint64_t{0}) {
    restart(hash_mask);
    route(text, 0, file);
    const auto all = routed();
    EXPECT_EQ(all.size(), 1U) << text;
    return all.empty() ? 0 : all[0].header.profile_hash;
  }

  std::unique_ptr<Storage> storage_ = make_local_storage();
  Recipe recipe_;
  record::ParseRules rules_{recipe_};
  source::InputReader inputs_;
  std::vector<source::InputFile> files_ = {{Dataset::collections, "/c", "c", 0, 0, source::Compression::none},
                                           {Dataset::predictions, "/p", "p", 0, 0, source::Compression::none}};
  source::LongLineGate gate_;
  std::unique_ptr<shuffle::BucketSet> buckets_;
  std::unique_ptr<Router> router_;
};

TEST_F(RouteTest, ALineIsCopiedWithItsPlace) {
  const std::string first = R"({"metadata":{"profile_id":"p"}})";
  route(first, 14, 0);
  route("\t{ } ", 700, 1);
  const auto all = routed();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].payload, first);
  EXPECT_EQ(all[0].header.length, first.size());
  EXPECT_EQ(all[0].header.place(), (Place{0, 14}));
  EXPECT_EQ(all[0].header.line_in_unit, 2U);
  EXPECT_EQ(all[0].header.kind, shuffle::LineKind::whole);
  EXPECT_EQ(all[1].payload, "\t{ } ");
  EXPECT_EQ(all[1].header.place(), (Place{1, 700}));
  EXPECT_EQ(router_->bytes_routed(), shuffle::routed_size(first.size()) + shuffle::routed_size(5));
}

// The prefix tells the profile of the first two; the others are parsed.
TEST_F(RouteTest, PrefixAndParseGiveTheSameHash) {
  for (const char* id : {"p", "0123456789abcdef0123456789abcdef", "caf\xC3\xA9 \xF0\x9F\x98\x80", "a b", "a/b", ""}) {
    const std::string quoted = "\"" + std::string(id) + "\"";
    const std::uint64_t expected = storage::hash64(id);
    for (const std::string& line :
         {"{\"metadata\":{\"profile_id\":" + quoted + "}}", "{\"metadata\": {\"profile_id\": " + quoted + "}}",
          "{ \"metadata\":{\"profile_id\":" + quoted + "}}",
          "{\"metadata\":{\"session_id\":\"s\",\"profile_id\":" + quoted + "}}",
          "{\"x\":1,\"metadata\":{\"profileId\":" + quoted + "}}", "{\"profile_id\":" + quoted + "}",
          "{\"metadata\":\"{\\\"profile_id\\\":\\\"" + std::string(id) + "\\\"}\"}"}) {
      EXPECT_EQ(hash_of(line), expected) << line;
      EXPECT_EQ(hash_of(line, 1), expected) << line;
    }
  }
}

TEST_F(RouteTest, WhatThePrefixCannotTellIsParsed) {
  const auto hash_of_id = [&](const std::string& id) { return hash_of("{\"metadata\":{\"profile_id\":" + id + "}}"); };
  EXPECT_EQ(hash_of_id(R"("\u0070")"), storage::hash64("p"));
  EXPECT_EQ(hash_of_id(R"("\"")"), storage::hash64("\""));
  EXPECT_EQ(hash_of_id(R"(" p")"), storage::hash64("p"));
  EXPECT_EQ(hash_of_id(R"("p ")"), storage::hash64("p"));
  EXPECT_EQ(hash_of_id(R"("\tp\n")"), storage::hash64("p"));
  EXPECT_EQ(hash_of_id(R"(" ")"), storage::hash64(""));
  EXPECT_EQ(hash_of_id("17"), storage::hash64("17"));
  EXPECT_EQ(hash_of_id("null"), storage::hash64(""));
  EXPECT_EQ(hash_of("{}"), storage::hash64(""));
}

TEST_F(RouteTest, BlankLinesAreCountedByFileAndNotRouted) {
  EXPECT_TRUE(router_->blank_lines().empty());
  for (const char* blank : {"", " ", "\t \t"}) route(blank);
  route(" ", 0, 1);
  EXPECT_EQ(router_->blank_lines(), (std::vector<std::uint64_t>{3, 1}));
  EXPECT_TRUE(routed().empty());
  EXPECT_EQ(router_->bytes_routed(), 0U);
  for (const char* other : {"\r", "\v", "\xC2\xA0", " x"}) route(other, 9, 1);
  EXPECT_EQ(routed().size(), 4U);
  EXPECT_EQ(router_->blank_lines()[1], 1U);
}

TEST_F(RouteTest, ATooLongLineCarriesItsLengthAndItsBeginning) {
  const std::string head = R"({"metadata":{"profile_id":"p)";
  route(head, 70, 1, 5'000'000'000);
  route(std::string(100, ' '), 5'000'000'071, 1, 6'000'000'000);  // not blank: too long comes first
  const auto all = routed();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].header.kind, shuffle::LineKind::too_long);
  ASSERT_EQ(all[0].payload.size(), 8 + head.size());
  EXPECT_EQ(all[0].header.length, all[0].payload.size());
  std::uint64_t length = 0;
  std::memcpy(&length, all[0].payload.data(), sizeof length);
  EXPECT_EQ(length, 5'000'000'000U);
  EXPECT_EQ(all[0].payload.substr(8), head);
  EXPECT_NE(all[0].header.profile_hash, storage::hash64("p"));
  EXPECT_EQ(all[1].header.kind, shuffle::LineKind::too_long);
  EXPECT_EQ(all[1].payload.substr(8), std::string(100, ' '));
  EXPECT_EQ(router_->bytes_routed(),
            shuffle::routed_size(all[0].payload.size()) + shuffle::routed_size(all[1].payload.size()));
}

TEST_F(RouteTest, LinesThatWillBeRejectedAreSpreadByTheirPlace) {
  route("x", 0, 0);
  route("y", 65'000, 0);
  route("x", 70'000, 0);
  route("x", 0, 1);
  const auto all = routed();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].header.profile_hash, all[1].header.profile_hash);  // neighbours stay together
  EXPECT_NE(all[0].header.profile_hash, all[2].header.profile_hash);
  EXPECT_NE(all[0].header.profile_hash, all[3].header.profile_hash);
}

// Grind rejects the line, so it may lie in any bucket; it must not be lost.
TEST_F(RouteTest, AFaultBehindThePrefixChangesNothing) {
  const std::string line = R"({"metadata":{"profile_id":"p","profileId":"q"}} x)";
  EXPECT_EQ(hash_of(line), storage::hash64("p"));
  EXPECT_EQ(routed()[0].payload, line);
}

TEST_F(RouteTest, TheMaskLeavesFewerHashes) {
  for (const char* line : {R"({"metadata":{"profile_id":"p"}})", R"({"profile_id":"q"})", "no JSON"}) {
    EXPECT_EQ(hash_of(line, 0, 0), 0U);
    EXPECT_EQ(hash_of(line, 0, 0xF0), hash_of(line) & 0xF0U);
  }
}

}  // namespace
}  // namespace gristmill::tasks
