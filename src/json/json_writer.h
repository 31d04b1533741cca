// Writes JSON for people and programs: containers either spread over lines, two spaces a level, or kept on
// one line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gristmill::json {

enum class JsonLayout : std::uint8_t { lines, one_line };

// REQUIRES of a caller: members have a name and elements have none, containers are closed by their own
// kind. What is inside a container on one line is on that line too.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  // The name of the member whose value comes next. It may be WTF-8 (see append_json_string).
  void name(std::string_view name);

  void open_object(JsonLayout layout = JsonLayout::lines) { open('{', '}', layout); }
  void open_array(JsonLayout layout = JsonLayout::lines) { open('[', ']', layout); }
  void close();

  void text(std::string_view value);  // what is not UTF-8 in it becomes U+FFFD
  void number(std::uint64_t value);
  void real(double value);  // null where it is not finite
  void flag(bool value);
  void null();
  void json(std::string_view value);  // JSON already

  // A member in one call.
  void text(std::string_view key, std::string_view value) { name(key), text(value); }
  void number(std::string_view key, std::uint64_t value) { name(key), number(value); }
  void real(std::string_view key, double value) { name(key), real(value); }
  void flag(std::string_view key, bool value) { name(key), flag(value); }
  void open_object(std::string_view key, JsonLayout layout = JsonLayout::lines) { name(key), open_object(layout); }
  void open_array(std::string_view key, JsonLayout layout = JsonLayout::lines) { name(key), open_array(layout); }

 private:
  struct Container {
    char closing;
    bool one_line;
    bool empty = true;
  };
  void open(char opening, char closing, JsonLayout layout);
  void begin_value();
  void begin_item();
  void new_line();

  std::string& out_;
  std::vector<Container> open_;
  bool named_ = false;  // a member's name is written, its value is not
};

}  // namespace gristmill::json
