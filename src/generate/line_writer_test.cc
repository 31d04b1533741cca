#include "generate/line_writer.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "generate/digits.h"
#include "gristmill/recipe.h"
#include "json/padded_text_testing.h"
#include "record/line_parser.h"

namespace gristmill::generate {
namespace {

std::string line_of(const LineWriter& lines, Dataset dataset, std::uint64_t number) {
  std::string room(lines.longest_line(dataset), '\0');
  const char* const end = lines.write(dataset, number, room.data());
  EXPECT_LE(end, room.data() + room.size());
  room.resize(static_cast<std::size_t>(end - room.data()));
  return room;
}

TEST(LineWriter, WritesTheUsualLine) {
  Shape shape;
  shape.behaviours = 2;
  const std::string line = line_of(LineWriter(shape, 1, false), Dataset::collections, 0);
  EXPECT_TRUE(line.starts_with(R"({"metadata":{"profile_id":")")) << line;
  EXPECT_NE(line.find(R"(,"timestamp":17)"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("keystrokes":[)"), std::string::npos) << line;
  const std::string spaced = line_of(LineWriter(shape, 1, true), Dataset::collections, 0);
  std::string compact;
  for (const char c : spaced) {
    if (c != ' ') compact.push_back(c);
  }
  EXPECT_EQ(compact, line);  // no value holds a space
}

// The parser finds nothing to repair or to reject, and counts as many rows as the shape says.
TEST(LineWriter, WritesNothingButCleanLines) {
  for (const bool spaced : {false, true}) {
    for (const std::uint64_t behaviours : {1U, 2U, 5U, 60U}) {
      Shape shape;
      shape.profiles = 20;
      shape.behaviours = behaviours;
      shape.predictions = 7;
      const LineWriter lines(shape, 3, spaced);
      const record::ParseRules rules{Recipe{}};
      record::LineParser parser(rules);
      for (const Dataset dataset : all_datasets) {
        for (std::uint64_t number = 0; number < lines.lines(dataset); ++number) {
          const testing::PaddedText text(line_of(lines, dataset, number));
          ASSERT_TRUE(parser.parse(dataset, text.view())) << parser.rejection().message;
          ASSERT_TRUE(parser.record().repairs.empty()) << text.view();
          ASSERT_FALSE(parser.record().profile.missing());
          std::uint64_t rows = 0;
          if (dataset == Dataset::collections) {
            parser.for_each_entry([&](const record::Entry& entry, bool early) {
              ++rows;
              ASSERT_FALSE(early || entry.none || entry.type_blank) << text.view();
            });
            ASSERT_EQ(rows, behaviours);
          } else {
            parser.for_each_prediction([&](const record::Prediction& prediction) {
              ++rows;
              ASSERT_FALSE(prediction.model_blank);
              ASSERT_TRUE(prediction.confidence_value.has_value());
              if (prediction.score_value) {
                ASSERT_TRUE(*prediction.score_value >= 0 && *prediction.score_value <= 1);
              }
            });
            ASSERT_EQ(rows, 1U);
          }
        }
      }
    }
  }
}

TEST(LineWriter, KeepsProfilesSessionsAndCollectionsApart) {
  Shape shape;
  shape.profiles = 4;
  shape.sessions = 3;
  shape.collections = 2;
  shape.predictions = 5;
  const LineWriter lines(shape, 1, false);
  std::set<Uuid> profiles;
  std::set<Uuid> sessions;
  std::set<Uuid> collections;
  for (std::uint64_t number = 0; number < lines.lines(Dataset::collections); ++number) {
    const LineIdentity identity = lines.identity_of(Dataset::collections, number);
    profiles.insert(identity.profile);
    sessions.insert(identity.session);
    collections.insert(identity.collection);
  }
  EXPECT_EQ(profiles.size(), 4U);
  EXPECT_EQ(sessions.size(), 12U);
  EXPECT_EQ(collections.size(), 24U);
  EXPECT_EQ(lines.lines(Dataset::predictions), 60U);
  std::set<std::uint64_t> times;
  for (std::uint64_t number = 0; number < 5; ++number) {
    const LineIdentity identity = lines.identity_of(Dataset::predictions, number);
    EXPECT_EQ(identity.session, lines.session_id(0));
    EXPECT_TRUE(collections.contains(identity.collection));
    EXPECT_TRUE(times.insert(identity.timestamp).second);
  }
}

TEST(LineWriter, SeedsDiffer) {
  EXPECT_NE(line_of(LineWriter({}, 1, false), Dataset::collections, 0),
            line_of(LineWriter({}, 2, false), Dataset::collections, 0));
}

TEST(Digits, AreThoseOfTheNumber) {
  char text[64];
  for (const std::uint64_t number : {1'000'000'000'000ULL, 1'747'299'119'123ULL, 9'999'999'999'999ULL}) {
    EXPECT_EQ(std::string(text, put_13_digits(number, text)), std::to_string(number));
  }
  EXPECT_EQ(std::string(text, put_tenths(0, text)), "0.0");
  EXPECT_EQ(std::string(text, put_tenths(105, text)), "10.5");
  EXPECT_EQ(std::string(text, put_tenths(8997, text)), "899.7");
  EXPECT_EQ(std::string(text, put_uuid(~std::uint64_t{0}, ~std::uint64_t{0}, text)),
            "ffffffff-ffff-4fff-bfff-ffffffffffff");
  EXPECT_EQ(std::string(text, put_uuid(0, 0, text)), "00000000-0000-4000-8000-000000000000");
}

}  // namespace
}  // namespace gristmill::generate
