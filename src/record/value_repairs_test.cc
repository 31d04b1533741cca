// Every repair by its example in the table, whatever the repair: what each does at length is in line_parser_test.cc.
#include "record/value_repairs.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "gristmill/recipe.h"
#include "json/padded_text_testing.h"
#include "record/line_parser.h"

namespace gristmill::record {
namespace {

struct Example {
  Dataset dataset;
  std::string line;
};

// The lines that need a repair by its example: of values, one for each kind that it is for.
std::vector<Example> examples_of(const RepairEntry& repair) {
  const std::string example(repair.example);
  std::vector<Example> examples;
  if (is_one_of(RepairedValue::identifier, repair.values)) {
    for (const std::string name : {"profile_id", "session_id", "collection_id"}) {
      examples.push_back({Dataset::collections, R"({"metadata":{")" + name + "\":" + example + "}}"});
    }
  }
  if (is_one_of(RepairedValue::timestamp, repair.values)) {
    examples.push_back({Dataset::collections, R"({"metadata":{"timestamp":)" + example + "}}"});
  }
  if (is_one_of(RepairedValue::score, repair.values)) {
    examples.push_back({Dataset::predictions, R"({"prediction":{"score":)" + example + "}}"});
  }
  if (is_one_of(RepairedValue::confidence, repair.values)) {
    examples.push_back({Dataset::predictions, R"({"prediction":{"confidence":)" + example + "}}"});
  }
  if (repair.values == RepairedValue::none) {
    if (repair.lines != RepairEntry::Lines::predictions) examples.push_back({Dataset::collections, example});
    if (repair.lines != RepairEntry::Lines::collections) examples.push_back({Dataset::predictions, example});
  }
  return examples;
}

TEST(Repairs, EveryExampleNeedsItsRepairAndNoOther) {
  const ParseRules rules{Recipe{}};
  Recipe strict;
  strict.strict = true;
  const ParseRules strict_rules(strict);
  LineParser parser(rules);
  LineParser strict_parser(strict_rules);
  for (std::size_t i = 0; i < repair_count; ++i) {
    RepairSet expected;
    expected.add(static_cast<Repair>(i));
    const std::vector<Example> examples = examples_of(repair_table[i]);
    EXPECT_FALSE(examples.empty()) << repair_names[i];
    for (const auto& [dataset, line] : examples) {
      const testing::PaddedText text(line);
      ASSERT_TRUE(parser.parse(dataset, text)) << line << ": " << parser.rejection().message;
      EXPECT_EQ(parser.record().repairs.bits(), expected.bits()) << repair_names[i] << ": " << line;
      ASSERT_FALSE(strict_parser.parse(dataset, text)) << line;
      EXPECT_EQ(name_of(strict_parser.rejection().reason), repair_names[i]) << line;
    }
  }
}

// The names in the first column of the table under "## Repairs".
std::vector<std::string> names_in_the_contract() {
  std::ifstream contract(GRISTMILL_SOURCE_DIR "/docs/guide/data-contract.md");
  std::vector<std::string> names;
  bool here = false;
  for (std::string line; std::getline(contract, line);) {
    if (line.starts_with("## ")) here = line == "## Repairs";
    if (!here || !line.starts_with("| `")) continue;
    const std::string first = line.substr(0, line.find(" | "));
    for (std::size_t begin = 0; (begin = first.find('`', begin)) != std::string::npos;) {
      const std::size_t end = first.find('`', begin + 1);
      names.push_back(first.substr(begin + 1, end - begin - 1));
      begin = end + 1;
    }
  }
  return names;
}

TEST(Repairs, StandInTheContractInTheOrderOfTheTable) {
  EXPECT_EQ(names_in_the_contract(), std::vector<std::string>(repair_names.begin(), repair_names.end()));
}

}  // namespace
}  // namespace gristmill::record
