// Lines built from the input by a small grammar that knows every repair: the engine must accept each, with
// exactly the repairs that were built in, and must not mind which spelling it got. Now and then a fault is
// built in as well; then only what holds for any line is checked.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "json/json_text.h"
#include "rendered_line.h"
#include "require.h"

namespace gristmill::fuzz {
namespace {

class LineBuilder {
 public:
  LineBuilder(FuzzedDataProvider& input, Dataset dataset) : input_(input), dataset_(dataset) {}

  std::string line() {
    const bool labels = dataset_ == Dataset::collections;
    std::string members;
    const std::string payload = labels ? behaviour() : prediction();
    if (one_in(4)) {
      const std::string ids = id_members(false);
      if (!ids.empty()) {
        repairs_.add(Repair::metadata_at_top_level);
        members = one_in(2) ? ids + ",\"metadata\":null" : ids;
      }
    } else {
      std::string object = "{" + id_members(true) + "}";
      if (one_in(4)) {
        object = encoded(object);
        repairs_.add(Repair::metadata_from_string);
      }
      members = key(Field::metadata) + space() + ":" + space() + object;
    }
    const std::string payload_member = key(labels ? Field::behaviour : Field::prediction) + ":" + space() + payload;
    if (one_in(3)) members += (members.empty() ? "" : ",") + other_field();
    if (members.empty()) {
      members = payload_member;
    } else {
      members = one_in(4) ? payload_member + space() + "," + members : members + "," + space() + payload_member;
    }
    return space() + "{" + space() + members + "}" + space();
  }

  const record::RepairSet& repairs() const { return repairs_; }
  bool faulty() const { return faulty_; }

 private:
  bool one_in(int n) { return input_.ConsumeIntegralInRange(1, n) == n && n > 1; }
  template <std::size_t n>
  std::string pick(const char* const (&choices)[n]) {
    return choices[input_.ConsumeIntegralInRange<std::size_t>(0, n - 1)];
  }
  std::string space() { return one_in(8) ? pick({" ", "\t", "  "}) : ""; }

  // A name of the field in quotes, an alias now and then; escaped now and then, which is none.
  std::string key(Field field) {
    std::string name(record::name_of(field));
    bool alias = false;
    if (one_in(3)) {
      if (field == Field::behaviour && one_in(2)) {
        name = "behavior";
        alias = true;
      }
      for (std::size_t i = 0; i < name.size(); ++i) {
        if (one_in(6) && name[i] >= 'a' && name[i] <= 'z') {
          name[i] = static_cast<char>(name[i] - 'a' + 'A');
          alias = true;
        } else if (name[i] == '_' && one_in(2)) {
          alias = true;
          if (one_in(2)) {
            name[i] = '-';
          } else {
            name.erase(i, 1);
          }
        } else if (one_in(12)) {
          name.insert(i++, "_");
          alias = true;
        }
      }
    }
    if (alias) repairs_.add(Repair::alias);
    std::string token;
    json::append_json_string(name, token);
    if (one_in(6)) {
      constexpr char hex[] = "0123456789ABCDEF";
      const auto first = static_cast<unsigned char>(token[1]);
      token.replace(1, 1, std::string("\\u00") + hex[first >> 4] + hex[first & 15]);
    }
    return token;
  }

  // Text that is UTF-8 and neither white space at an end nor too long for a folder's name.
  std::string word() {
    std::string text = input_.ConsumeRandomLengthString(12);
    if (!json::is_utf8(text)) text = "é😀";
    return "w" + text + "w";
  }

  std::string id() {
    switch (input_.ConsumeIntegralInRange(0, 6)) {
      case 0: return "null";
      case 1: repairs_.add(Repair::id_from_number); return pick({"0", "-0", "12345678901234567890123", "-7", "42"});
      case 2: {
        repairs_.add(Repair::id_trimmed);
        std::string token;
        json::append_json_string(word(), token);
        return token.insert(1, pick({" ", "\\t", "\\u000b", "\\n ", "\\u0020"}));
      }
      case 3: repairs_.add(Repair::id_trimmed); return pick({"\" \"", "\"\\r\\f\""});
      case 4: return "\"\"";
      case 5: return pick({"\"\\ud83d\\ude00\"", "\"\\u0073\\u0031\"", "\"__HIVE_DEFAULT_PARTITION__\"", "\"NULL\""});
      default: {
        std::string token;
        json::append_json_string(word(), token);
        return token;
      }
    }
  }

  std::string timestamp() {
    switch (input_.ConsumeIntegralInRange(0, 6)) {
      case 0: return "null";
      case 1: repairs_.add(Repair::timestamp_from_string); return pick({"\"1747299119000\"", "\"-1e300\"", "\"1e11\""});
      case 2: repairs_.add(Repair::timestamp_from_iso8601); return iso8601();
      case 3:
        repairs_.add(Repair::timestamp_from_seconds);
        return pick({"1747299119", "0", "-0.0", "1747299119.0005", "99999999999.99998", "1e-400", "-5"});
      case 4:
        repairs_.add(Repair::timestamp_from_string);
        repairs_.add(Repair::timestamp_from_seconds);
        return pick({"\"1747299119\"", "\"12.5e1\"", "\"\\u0031\""});
      case 5: repairs_.add(Repair::nan_to_null); return pick({"NaN", "\"NaN\"", "\"\"", "\"null\"", "-Infinity"});
      default:
        return pick({"1747299119000", "100000000000", "-100000000000.5", "1.7e12", "1e999", "17472991190001234567"});
    }
  }

  std::string iso8601() {
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02d-%02d%c%02d:%02d:%02d", input_.ConsumeIntegralInRange(1, 9999),
                  input_.ConsumeIntegralInRange(1, 12), input_.ConsumeIntegralInRange(1, 28), pick({"T", "t", " "})[0],
                  input_.ConsumeIntegralInRange(0, 23), input_.ConsumeIntegralInRange(0, 59),
                  input_.ConsumeIntegralInRange(0, 59));
    return "\"" + std::string(text) + pick({"", ".5", ".0005", ".12345678901", ".9995"}) +
           pick({"", "Z", "z", "+00:00", "-2359", "+05:30"}) + "\"";
  }

  // The members of metadata, in any order; some may be missing.
  std::string id_members(bool extra_allowed) {
    constexpr Field fields[] = {Field::profile_id, Field::session_id, Field::collection_id, Field::timestamp};
    const std::size_t start = input_.ConsumeIntegralInRange<std::size_t>(0, 3);
    std::string members;
    for (std::size_t i = 0; i < std::size(fields); ++i) {
      const Field field = fields[(start + i) % std::size(fields)];
      if (one_in(8)) continue;
      const std::string name = key(field);
      members += (members.empty() ? "" : ",") + space() + name + ":" +
                 (one_in(60)                  ? fault()
                  : field == Field::timestamp ? timestamp()
                                              : id());
      if (extra_allowed && one_in(6)) members += "," + extra_field();
    }
    return members;
  }

  std::string fault() {
    faulty_ = true;
    return pick({"[]", "{}", "true", "1.5", "\"2025-13-01T00:00:00\"", "\"\\ud800\"", "tru", "\"\x01\"", "\"\xff\""});
  }

  // A field that no name or alias stands for.
  std::string extra_field() {
    return pick({"\"platform\"", "\"metadata_platform\"", "\"col_timestamp\"", "\"app\"", "\"value\"",
                 "\"entry_value\"", "\"behaviour_type\"", "\"line_app\"", "\"\"", "\"a\\ud800\""}) +
           ":" + value();
  }
  std::string other_field() { return pick({"\"app\"", "\"line_app\"", "\"x\\n\\\"y\\\"\"", "\"\""}) + ":" + value(); }

  // Any JSON value; only here may white space and NaN hide.
  std::string value(int depth = 0) {
    switch (input_.ConsumeIntegralInRange(0, depth < 3 ? 8 : 5)) {
      case 0: return "null";
      case 1: return pick({"true", "false"});
      case 2: return pick({"0", "-0.0", "1.0", "1e999", "12345678901234567890.10", "1747299119100", "1E+2"});
      case 3: repairs_.add(Repair::nan_to_null); return pick({"NaN", "Infinity", "-Infinity"});
      case 4: return pick({"\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"a\\/b \"", "\"[{\\\"\""});
      case 5: {
        std::string token;
        json::append_json_string(word(), token);
        return token;
      }
      case 6: return "[" + value(depth + 1) + space() + "," + value(depth + 1) + "]";
      case 7: return "{" + space() + "\"a\":" + value(depth + 1) + "}";
      default: return pick({"[]", "{}", "[ ]", "{ }"});
    }
  }

  std::string entry() {
    if (one_in(6)) return value(2);
    std::string members;
    for (int n = input_.ConsumeIntegralInRange(0, 4); n > 0; --n) {
      members += (members.empty() ? "" : ",") + space() +
                 pick({"\"timestamp\"", "\"x\"", "\"platform\"", "\"entry_platform\"", "\"profile_id\"", "\"app\"",
                       "\"key_hash\"", "\"\\u0070latform\"", "\"entry_platform_2\""}) +
                 ":" + value(1);
    }
    return "{" + members + "}";
  }

  std::string entries() {
    switch (input_.ConsumeIntegralInRange(0, 7)) {
      case 0: return "null";
      case 1: return "[]";
      case 2: {
        const std::string single = input_.ConsumeBool() ? "{\"x\":1}" : pick({"5", "\"text\"", "true"});
        repairs_.add(Repair::entry_not_in_list);
        return single;
      }
      default: {
        std::string list = entry();
        for (int n = input_.ConsumeIntegralInRange(0, 3); n > 0; --n) list += space() + "," + entry();
        return "[" + list + "]";
      }
    }
  }

  std::string type_name() {
    return pick({"\"swipes\"", "\"keystrokes\"", "\"\"", "\" \"", "\"\\u0020\"", "\"\\ud800\""});
  }

  std::string behaviour() {
    if (one_in(10)) return "null";
    std::string members;
    for (int n = input_.ConsumeIntegralInRange(0, 3); n > 0; --n) {
      if (!members.empty()) members += ",";
      if (one_in(5)) {
        repairs_.add(Repair::platform_missing);
        members += type_name() + ":[" + (one_in(3) ? "" : entry()) + "]";
      } else if (one_in(40)) {
        members += "\"mobile\":" + fault();
      } else {
        members += pick({"\"mobile\"", "\"web\"", "\"\"", "\"\\u006dobile\""}) + ":" + space();
        if (one_in(8)) {
          members += "null";
        } else {
          members += "{" + type_name() + ":" + entries();
          if (one_in(3)) members += "," + type_name() + ":" + space() + entries();
          members += "}";
        }
      }
    }
    const std::string object = "{" + members + "}";
    if (!one_in(5)) return object;
    repairs_.add(Repair::behaviour_from_string);
    return encoded(object);
  }

  std::string score(Repair from_string) {
    switch (input_.ConsumeIntegralInRange(0, 4)) {
      case 0: return "null";
      case 1: repairs_.add(from_string); return pick({"\"0.93\"", "\"-1e-999\"", "\"\\u0030\""});
      case 2: repairs_.add(Repair::nan_to_null); return pick({"NaN", "\"NaN\"", "\"null\"", "\"\"", "Infinity"});
      default: return pick({"0.93", "1", "-0.0", "1e-999", "1.7976931348623157e308", "0.1000", "5e-324"});
    }
  }

  std::string prediction_object() {
    std::string members;
    const auto member = [&](const std::string& text) { members += (members.empty() ? "" : ",") + space() + text; };
    if (!one_in(5)) {
      const std::string name = key(Field::model_name);
      member(name + ":" + pick({"\"swipe_model\"", "\"\"", "null", "\" \"", "\"\\ud83d\\ude00\""}));
    }
    if (one_in(6))
      member(pick({"\"profile_id\"", "\"version\"", "\"prediction_profile_id\"", "\"timestamp\""}) + ":" + value(1));
    if (!one_in(5)) {
      const std::string name = key(Field::score);
      member(name + ":" + (one_in(60) ? fault_of_score() : score(Repair::score_from_string)));
    }
    if (!one_in(5)) {
      const std::string name = key(Field::confidence);
      member(name + ":" + score(Repair::confidence_from_string));
    }
    const std::string object = "{" + members + "}";
    if (!one_in(5)) return object;
    repairs_.add(Repair::prediction_from_string);
    return encoded(object);
  }

  std::string fault_of_score() {
    faulty_ = true;
    return pick({"true", "[]", "{}", "1e999", "\"x\"", "\"1e999\"", "01"});
  }

  std::string prediction() {
    if (one_in(12)) return "null";
    if (!one_in(4)) return prediction_object();
    repairs_.add(Repair::prediction_list);
    std::string list;
    for (int n = input_.ConsumeIntegralInRange(0, 3); n > 0; --n) {
      list += (list.empty() ? "" : ",") + space() + (one_in(6) ? "null" : prediction_object());
    }
    return "[" + list + "]";
  }

  // The text as a JSON string. A lone surrogate's escape stays an escape inside the string.
  static std::string encoded(const std::string& text) {
    std::string token;
    json::append_json_string(text, token);
    return token;
  }

  FuzzedDataProvider& input_;
  Dataset dataset_;
  record::RepairSet repairs_;
  bool faulty_ = false;
};

}  // namespace
}  // namespace gristmill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gristmill;
  FuzzedDataProvider input(data, size);
  const Dataset dataset = input.ConsumeBool() ? Dataset::predictions : Dataset::collections;
  Recipe recipe;
  if (input.ConsumeBool()) recipe.carry = {"app", "x\n\"y\""};
  fuzz::LineBuilder builder(input, dataset);
  const std::string line = builder.line();
  const fuzz::RenderedLine rendered = fuzz::render_once(recipe, dataset, line);
  if (!builder.faulty()) {
    fuzz::require(rendered.accepted, "what can be repaired is accepted", rendered.message + "\n" + line);
    fuzz::require(rendered.repairs.bits() == builder.repairs().bits(), "the repairs are those that were needed", line);
  }
  fuzz::check_strictness(recipe, dataset, line);
  fuzz::check_canonical_form(recipe, dataset, rendered);
  return 0;
}
