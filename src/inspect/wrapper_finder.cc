// The values of a line are gone through level by level, objects and strings that encode one alike, up to bounds that no
// transport is known to need. Tested in wrapper_finder_test.cc.
#include "inspect/wrapper_finder.h"

#include <deque>

#include "inspect/alias_finder.h"
#include "json/json_text.h"

namespace gristmill::inspect {
namespace {

constexpr std::size_t deepest = 4;          // steps from the line to the record
constexpr std::size_t most_fields = 1'000;  // looked at in a line
constexpr std::string_view path_of_a_string = "\"\"";

struct Candidate {
  std::string path;
  std::size_t steps;
  const char* object;
};

class WrapperFinder {
 public:
  WrapperFinder(const record::FieldNames& names, std::uint32_t depth_limit)
      : names_(names), depth_limit_(depth_limit) {}

  std::optional<Wrapper> find(std::string_view line) {
    const char* const value = json::skip_space(line.begin());
    if (json::type_of(value) == json::JsonType::string) {
      const char* const object = object_in(value);
      if (object == nullptr) return std::nullopt;
      const Payloads payloads = payloads_of(object, names_);
      return payloads.is_record() ? std::optional<Wrapper>({std::string(path_of_a_string), payloads}) : std::nullopt;
    }
    if (json::type_of(value) != json::JsonType::object || payloads_of(value, names_).is_record()) return std::nullopt;
    open_.push_back({"", 0, value});
    while (!open_.empty()) {
      const Candidate candidate = std::move(open_.front());
      open_.pop_front();
      if (auto found = find_below(candidate)) return found;
    }
    return std::nullopt;
  }

 private:
  std::optional<Wrapper> find_below(const Candidate& candidate) {
    std::string scratch;
    for (json::ObjectWalk walk(candidate.object); walk.next();) {
      if (++fields_ > most_fields) return std::nullopt;
      const char* const object = object_in(walk.value);
      if (object == nullptr) continue;
      const std::string name(json::unescaped(walk.key, scratch));
      if (name.empty() || name == path_of_a_string || name.find('.') != std::string::npos || !json::is_utf8(name))
        continue;
      Candidate next{candidate.path.empty() ? name : candidate.path + "." + name, candidate.steps + 1, object};
      const Payloads payloads = payloads_of(object, names_);
      if (payloads.is_record()) return Wrapper{next.path, payloads};
      if (next.steps < deepest) open_.push_back(std::move(next));
    }
    return std::nullopt;
  }

  // The object that is `value`, or that its string encodes; nullptr: there is none.
  const char* object_in(const char* value) {
    if (json::type_of(value) == json::JsonType::object) return value;
    if (json::type_of(value) != json::JsonType::string) return nullptr;
    std::string text;
    if (!json::unescape({value, static_cast<std::size_t>(json::skip_value(value) - value)}, text)) return nullptr;
    const std::size_t size = text.size();
    text.append(json::text_padding, '\0');
    const char* const begin = json::skip_space(text.data());
    if (*begin != '{' || !json::is_utf8({text.data(), size}) || !json::check_json({text.data(), size}, depth_limit_)) {
      return nullptr;
    }
    const auto before = begin - text.data();
    return decoded_.emplace_back(std::move(text)).data() + before;
  }

  const record::FieldNames& names_;
  std::uint32_t depth_limit_;
  std::deque<Candidate> open_;
  std::deque<std::string> decoded_;
  std::size_t fields_ = 0;
};

bool is_part_of_record(std::string_view name, json::JsonType type, std::optional<Field> known) {
  const bool holds_fields = type == json::JsonType::object || type == json::JsonType::array;
  const auto is = [&](Field field) { return known ? *known == field : may_be_meant(name, field); };
  if (holds_fields) return is(Field::metadata) || is(Field::behaviour) || is(Field::prediction);
  return is(Field::profile_id) || is(Field::session_id) || is(Field::collection_id);
}

}  // namespace

Payloads payloads_of(const char* value, const record::FieldNames& names) {
  Payloads payloads;
  if (*value != '{') return payloads;
  std::string scratch;
  int meant = 0;
  for (json::ObjectWalk walk(value); walk.next();) {
    const std::string_view name = json::unescaped(walk.key, scratch);
    const auto field = names.find(name);
    payloads.behaviour |= field == Field::behaviour;
    payloads.prediction |= field == Field::prediction;
    payloads.identified |= field == Field::metadata && json::type_of(walk.value) == json::JsonType::object;
    meant += is_part_of_record(name, json::type_of(walk.value), field) ? 1 : 0;
  }
  payloads.identified |= meant >= 2;
  return payloads;
}

std::optional<Wrapper> find_wrapper(std::string_view line, const record::FieldNames& names, std::uint32_t depth_limit) {
  return WrapperFinder(names, depth_limit).find(line);
}

}  // namespace gristmill::inspect
