// A line in parts that can be changed before it is put together. Unchanged, it is the line that LineWriter
// writes, byte for byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "generate/line_writer.h"

namespace gristmill::generate {

// Names and JSON values of an object, in order. A field without a value is left out.
using Fields = std::vector<std::pair<std::string, std::string>>;

std::string json_string(std::string_view text);

struct Draft {
  Draft(const LineWriter& lines, Dataset dataset, std::uint64_t number);

  bool spaced;
  LineIdentity identity;
  // JSON values, and what they are called.
  Fields ids;  // profile, session, collection, timestamp
  std::string metadata_name = "metadata";
  std::optional<std::string> metadata;  // instead of the ids in an object
  bool ids_at_top_level = false;
  std::string payload_name;            // "behaviour" or "prediction"
  std::optional<std::string> payload;  // instead of what follows; "": none
  std::string platform;
  std::vector<std::pair<std::string, std::string>> lists;  // of a behaviour: type, entries without brackets
  Fields prediction;                                       // model_name, score, confidence
  Fields more;                                             // further fields of the line

  std::string& profile() { return ids[0].second; }
  std::string& session() { return ids[1].second; }
  std::string& collection() { return ids[2].second; }
  std::string& timestamp() { return ids[3].second; }
  std::string& model_name() { return prediction[0].second; }
  std::string& score() { return prediction[1].second; }
  std::string& confidence() { return prediction[2].second; }

  // The first list that has entries, the last one first. There is one.
  std::pair<std::string, std::string>& filled_list();
  // Takes the first entry out of a list that has one.
  std::string take_first_entry(std::string& entries) const;

  std::string object(const Fields& fields) const;
  std::string behaviour_types() const;  // the lists by their types, without a platform
  std::string payload_object() const;
  std::string metadata_object() const { return object(ids); }
  std::string line() const;

 private:
  std::string_view comma() const { return spaced ? ", " : ","; }
  std::string_view colon() const { return spaced ? ": " : ":"; }
};

}  // namespace gristmill::generate
