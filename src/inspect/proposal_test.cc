#include "inspect/proposal.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "recipe/settings.h"

namespace gristmill::inspect {
namespace {

// A field that stands in so many lines, always with a value of one kind. Its own name is none that is known.
InspectedField field(std::vector<std::string> names, ValueKind kind, std::uint64_t lines) {
  InspectedField found;
  for (const std::string& name : names) {
    found.path += (found.path.empty() ? "" : ".") + name;
    if (name == "[]") found.plain = false;
  }
  found.names = std::move(names);
  found.values.lines = lines;
  found.values.values[static_cast<std::size_t>(kind)] = lines;
  found.values.lines_without.fill(lines);
  return found;
}

class ProposalTest : public ::testing::Test {
 protected:
  void add(LineGroup group, std::vector<std::string> names, ValueKind kind, std::uint64_t lines = 100) {
    near_top_[static_cast<std::size_t>(group)].push_back(field(std::move(names), kind, lines));
  }
  void add_file(std::string path, LineGroup group) {
    InspectedFile file;
    file.path = std::move(path);
    file.group = group;
    inspection_.files.push_back(std::move(file));
  }
  InspectedGroup& group(LineGroup which) { return inspection_.groups[static_cast<std::size_t>(which)]; }

  std::string text() const {
    const std::vector<ProposedAlias> aliases = find_aliases(recipe_, near_top_);
    Recipe read_by = recipe_;
    for (const ProposedAlias& alias : aliases) {
      read_by.aliases[static_cast<std::size_t>(alias.field)].push_back(alias.name);
    }
    read_by.framing = framing_;
    read_by.unwrap = unwrap_;
    return propose_recipe(inspection_, {recipe_, read_by, aliases}, inputs_, near_top_);
  }

  // The proposal, read as a run reads a recipe file.
  Recipe read() const {
    const recipe::SettingsSources sources{{}, {}, "/project", [this](const std::string& path, const recipe::Settings&) {
                                            return Result<std::optional<std::string>>(path == "/project/gristmill.yaml"
                                                                                          ? std::optional(text())
                                                                                          : std::nullopt);
                                          }};
    const Result<recipe::Settings> settings = recipe::resolve_settings(sources);
    EXPECT_TRUE(settings.ok()) << settings.error().message << "\n" << text();
    return settings.ok() ? settings->recipe : Recipe{};
  }
  std::vector<std::string> new_aliases(Field field) const { return read().aliases[static_cast<std::size_t>(field)]; }

  Inspection inspection_;
  Recipe recipe_;
  std::vector<InspectedInput> inputs_;
  FieldsNearTop near_top_;
  std::array<Framing, dataset_count> framing_{};
  std::array<std::string, dataset_count> unwrap_;
};

using Names = std::vector<std::string>;

TEST_F(ProposalTest, InputsGoToWhatTheirFilesAre) {
  add_file("data/a.jsonl", LineGroup::collections);
  add_file("data/b.jsonl", LineGroup::collections);
  add_file("mixed/c.jsonl", LineGroup::collections);
  add_file("mixed/d.jsonl", LineGroup::predictions);
  add_file("mixed/e.txt", LineGroup::neither);
  inputs_ = {{"data", {0, 1}}, {"mixed", {2, 3, 4}}};
  const Recipe recipe = read();
  // Of a folder that holds both, each file by its name.
  EXPECT_EQ(recipe.collections, (Names{"data", "mixed/c.jsonl"}));
  EXPECT_EQ(recipe.predictions, Names{"mixed/d.jsonl"});
  EXPECT_NE(text().find("#  - \"mixed/e.txt\"\n"), std::string::npos) << text();
  EXPECT_EQ(recipe.output, "out");
}

TEST_F(ProposalTest, AnOutputNeverLiesInTheInput) {
  add_file("a.jsonl", LineGroup::collections);
  inputs_ = {{".", {0}}};
  EXPECT_NE(text().find("output: \"../gristmill-out\""), std::string::npos);
  recipe_.output = "elsewhere";
  EXPECT_NE(text().find("output: \"elsewhere\""), std::string::npos);
}

TEST_F(ProposalTest, ANearNameWithFittingValuesIsAnAlias) {
  add(LineGroup::collections, {"meta"}, ValueKind::object);
  add(LineGroup::collections, {"meta", "user_id"}, ValueKind::text);
  add(LineGroup::collections, {"meta", "colour"}, ValueKind::text);
  EXPECT_EQ(new_aliases(Field::metadata), Names{"meta"});
  EXPECT_EQ(new_aliases(Field::profile_id), Names{"user_id"});
  EXPECT_EQ(new_aliases(Field::session_id), Names{});
  EXPECT_NE(text().find("\"user_id\" stands in 100 lines, in none of them beside profile_id"), std::string::npos);
}

TEST_F(ProposalTest, ANearNameWithOtherValuesIsNone) {
  add(LineGroup::collections, {"meta"}, ValueKind::text);  // metadata is an object
  add(LineGroup::collections, {"events"}, ValueKind::list);
  EXPECT_EQ(new_aliases(Field::metadata), Names{});
  EXPECT_EQ(new_aliases(Field::behaviour), Names{});
}

// As an alias it would reject the lines that have both.
TEST_F(ProposalTest, ANameThatStandsBesideTheFieldIsNone) {
  add(LineGroup::collections, {"meta"}, ValueKind::object);
  near_top_[0].back().values.lines_without[static_cast<std::size_t>(Field::metadata)] = 99;
  EXPECT_EQ(new_aliases(Field::metadata), Names{});
}

TEST_F(ProposalTest, OfSeveralTheMostFrequentIsTakenAndTheOthersAreNamed) {
  add(LineGroup::collections, {"meta"}, ValueKind::object, 10);
  add(LineGroup::collections, {"header"}, ValueKind::object, 20);
  EXPECT_EQ(new_aliases(Field::metadata), Names{"header"});
  EXPECT_NE(text().find("\"meta\" could be meant as well"), std::string::npos) << text();
}

TEST_F(ProposalTest, FramingAndWrappersThatWereFoundAreSet) {
  const Recipe usual;
  EXPECT_EQ(read().framing, usual.framing);
  EXPECT_EQ(read().unwrap, usual.unwrap);
  framing_.fill(Framing::values);
  unwrap_ = {"payload.after", "\"\""};
  EXPECT_EQ(read().framing, framing_);
  EXPECT_EQ(read().unwrap, unwrap_);
  framing_[0] = Framing::lines;
  unwrap_[0].clear();
  EXPECT_EQ(read().framing, framing_);
  EXPECT_EQ(read().unwrap, unwrap_);
}

TEST_F(ProposalTest, OtherFieldsAtTheTopAreCarriedTheMostFrequentFirst) {
  group(LineGroup::collections).readable = 200;
  add(LineGroup::collections, {"app_version"}, ValueKind::text, 50);
  add(LineGroup::collections, {"device"}, ValueKind::text, 200);
  add(LineGroup::collections, {"device", "name"}, ValueKind::text, 200);
  add(LineGroup::collections, {"it's: \"odd\"\n"}, ValueKind::text, 1);
  EXPECT_EQ(read().carry, (Names{"device", "app_version", "it's: \"odd\"\n"}));
  EXPECT_NE(text().find("- \"app_version\"  # in 25% of the lines of collections\n"), std::string::npos) << text();
}

TEST_F(ProposalTest, ManyFieldsAtTheTopAreNotAllCarried) {
  for (int i = 0; i < 50; ++i) {
    add(LineGroup::collections, {"x" + std::to_string(i)}, ValueKind::integer, static_cast<std::uint64_t>(100 - i));
  }
  EXPECT_EQ(read().carry.size(), 20U);
  EXPECT_NE(text().find("and 30 fields more"), std::string::npos);
}

TEST_F(ProposalTest, ModelsAreSortedByTheirNames) {
  group(LineGroup::predictions).models = {{"SwipeNet-2", 7}, {"keystroke_v1", 3}, {"other", 1}};
  const Recipe recipe = read();
  EXPECT_EQ(recipe.swipe_models, Names{"SwipeNet-2"});
  EXPECT_EQ(recipe.keystroke_models, Names{"keystroke_v1"});
  EXPECT_NE(text().find("#   \"other\": 1 prediction\n"), std::string::npos);
}

TEST_F(ProposalTest, ModelsOfOtherNamesChangeNothing) {
  group(LineGroup::predictions).models = {{"other", 1}};
  const Recipe usual;
  EXPECT_EQ(read().swipe_models, usual.swipe_models);
  EXPECT_NE(text().find("None looks like a swipe or a keystroke model"), std::string::npos);
}

TEST_F(ProposalTest, SettingsUnderWhichItWasReadStay) {
  recipe_.strict = true;
  recipe_.line_limit = 1U << 20;
  recipe_.depth_limit = 17;
  recipe_.carry = {"mine"};
  const Recipe recipe = read();
  EXPECT_TRUE(recipe.strict);
  EXPECT_EQ(recipe.line_limit, 1U << 20);
  EXPECT_EQ(recipe.depth_limit, 17U);
  EXPECT_EQ(recipe.carry, Names{"mine"});
}

TEST_F(ProposalTest, ChecksAreToldWithWhatWasFoundAndNotSet) {
  group(LineGroup::collections).lines = 2000;
  group(LineGroup::collections).rejected = 30;
  EXPECT_NE(text().find("#  # found: 30 of 2,000 lines of collections (1.5%)\n#  rejected_lines:"), std::string::npos)
      << text();
  const Recipe usual;
  EXPECT_EQ(canonical_meaning(read()), canonical_meaning(usual));
}

}  // namespace
}  // namespace gristmill::inspect
