// For tests of the line parser: everything that it says of a line, and lines of one part that is given.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/padded_text_testing.h"
#include "record/line_parser.h"

namespace gristmill::record {

using testing::PaddedText;
using Names = std::vector<std::string>;

inline constexpr auto collections = Dataset::collections;
inline constexpr auto predictions = Dataset::predictions;

inline std::string text_of(std::optional<double> value) { return value ? std::to_string(*value) : "none"; }

// Everything that a parser says of a line, in copies.
struct Answer {
  Answer(Dataset dataset, std::string_view line, const Recipe& recipe = {}) {
    const ParseRules rules(recipe);
    LineParser parser(rules);
    const PaddedText text(line);
    accepted = parser.parse(dataset, text);
    if (!accepted) {
      reason = name_of(parser.rejection().reason);
      message = parser.rejection().message;
      return;
    }
    const Record& record = parser.record();
    const Identifier* ids[] = {&record.profile, &record.session, &record.collection};
    for (std::size_t i = 0; i < 3; ++i) {
      id_texts[i] = ids[i]->text;
      ids_written[i] = ids[i]->null ? "null" : "\"" + std::string(ids[i]->spelling) + "\"";
      EXPECT_EQ(ids[i]->missing(), ids[i]->text.empty());
    }
    timestamp = record.timestamp;
    time = record.time;
    columns = record.columns;
    if (record.column_names != nullptr) {
      EXPECT_TRUE(record.column_names->are_listed());
      column_names.assign(record.column_names->list().begin(), record.column_names->list().end());
    }
    for (std::size_t i = 0; i < repair_count; ++i) {
      if (record.repairs.has(static_cast<Repair>(i))) repairs.emplace_back(repair_names[i]);
    }
    if (dataset == collections) {
      parser.for_each_entry([&](const Entry& entry, bool early) {
        std::string what = std::string(entry.platform) + " " + std::string(entry.type) + " " +
                           (entry.none ? std::string("none") : std::string(entry.value));
        if (entry.type_blank) what.append(" blank");
        if (early) what.append(" early");
        rows.push_back(std::move(what));
      });
    } else {
      parser.for_each_prediction([&](const Prediction& prediction) {
        std::string what = std::string(prediction.model_name) + " " + std::string(prediction.score) + " " +
                           std::string(prediction.confidence) + std::string(prediction.columns);
        EXPECT_EQ(prediction.score_value.has_value(), prediction.score != "null");
        EXPECT_EQ(prediction.confidence_value.has_value(), prediction.confidence != "null");
        if (prediction.model_blank) what.append(" blank");
        models.emplace_back(prediction.model);
        scores.push_back(text_of(prediction.score_value));
        rows.push_back(std::move(what));
      });
    }
    parser.for_each_field_not_carried([&](std::string_view name) { not_carried.emplace_back(name); });
  }

  bool accepted = false;
  std::string reason;
  std::string message;
  std::string id_texts[3];
  std::string ids_written[3];
  std::string timestamp;
  std::optional<double> time;
  std::string columns;
  Names column_names;
  Names repairs;
  Names rows;
  Names models;
  Names scores;
  Names not_carried;
};

inline constexpr const char* plain_metadata =
    R"("metadata":{"profile_id":"p","session_id":"s","collection_id":"c","timestamp":1747299119000})";

inline Answer with_metadata(std::string_view inside, const Recipe& recipe = {}) {
  return {collections, "{\"metadata\":{" + std::string(inside) + "},\"behaviour\":{}}", recipe};
}
inline Answer with_profile(std::string_view value) { return with_metadata("\"profile_id\":" + std::string(value)); }
inline Answer with_timestamp(std::string_view value) { return with_metadata("\"timestamp\":" + std::string(value)); }
inline Answer with_behaviour(std::string_view value, const Recipe& recipe = {}) {
  return {collections, "{" + std::string(plain_metadata) + ",\"behaviour\":" + std::string(value) + "}", recipe};
}
inline Answer with_prediction(std::string_view value, const Recipe& recipe = {}) {
  return {predictions, "{" + std::string(plain_metadata) + ",\"prediction\":" + std::string(value) + "}", recipe};
}
inline std::string reason_of_line(std::string_view line, Dataset dataset = collections) {
  return Answer(dataset, line).reason;
}

inline std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace gristmill::record
