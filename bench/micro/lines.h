// Lines of the usual shape, as in the main work of bench/run, for the micro benchmarks.
#pragma once

#include <cstdio>
#include <string>

#include "json/json_text.h"

namespace gristmill::micro {

inline std::string metadata(unsigned profile, bool spaced) {
  char text[256];
  std::snprintf(text, sizeof text,
                spaced ? R"({"metadata": {"profile_id": "profile-%05u", "session_id": "session-%05u-3", )"
                         R"("collection_id": "c-%u-3-1", "timestamp": 1747299119000})"
                       : R"({"metadata":{"profile_id":"profile-%05u","session_id":"session-%05u-3",)"
                         R"("collection_id":"c-%u-3-1","timestamp":1747299119000})",
                profile, profile, profile);
  return text;
}

// A collection of 40 keystrokes and 20 swipes, about 4 KB.
inline std::string collection(unsigned profile = 85, bool spaced = false) {
  std::string line = metadata(profile, spaced);
  line += spaced ? R"(, "behaviour": {"ios": {"keystrokes": [)" : R"(,"behaviour":{"ios":{"keystrokes":[)";
  char entry[128];
  for (unsigned i = 0; i < 40; ++i) {
    if (i > 0) line += spaced ? ", " : ",";
    std::snprintf(entry, sizeof entry,
                  spaced ? R"({"timestamp": 17472991%05u, "key_hash": "%08x"})"
                         : R"({"timestamp":17472991%05u,"key_hash":"%08x"})",
                  19000 + i * 97, i * 2654435761U);
    line += entry;
  }
  line += spaced ? R"(], "swipes": [)" : R"(],"swipes":[)";
  for (unsigned i = 0; i < 20; ++i) {
    if (i > 0) line += spaced ? ", " : ",";
    std::snprintf(entry, sizeof entry,
                  spaced ? R"({"timestamp": 17472991%05u, "x": %u.%u, "y": %u.%u, "pressure": 0.%03u})"
                         : R"({"timestamp":17472991%05u,"x":%u.%u,"y":%u.%u,"pressure":0.%03u})",
                  23000 + i * 97, i * 17, i % 10, i * 43, i % 7, 100 + i);
    line += entry;
  }
  return line + "]}}}";
}

inline std::string prediction(unsigned profile = 85) {
  return metadata(profile, false) +
         R"(,"prediction":{"model_name":"swipe_model","score":0.6261368664198156,"confidence":0.8916842062032393}})";
}

// The line with the readable bytes behind it that the parser asks for; its length without them is `size`.
struct Padded {
  explicit Padded(const std::string& line) : size(line.size()), bytes(line + std::string(json::text_padding, '\0')) {}
  std::string_view view() const { return {bytes.data(), size}; }
  std::size_t size;
  std::string bytes;
};

}  // namespace gristmill::micro
