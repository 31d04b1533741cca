// A line at a time, with one exception: a quoted value may run over line ends. When such a value turns
// out broken, only its first line is given up and reading goes on at the second, so that one stray quote
// of another program does not swallow our settings below it. Tested in dotenv_test.cc.
#include "recipe/dotenv.h"

#include <algorithm>
#include <optional>

namespace gristmill::recipe {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; }

class DotenvParser {
 public:
  DotenvParser(std::string_view text, std::string_view file_name) : text_(text), file_name_(file_name) {}

  Result<Dotenv> parse() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    while (at_ < text_.size()) {
      const std::size_t line_begin = at_;
      const std::size_t first_line = line_;
      if (const char* fault = parse_line()) {
        const std::size_t line_end = std::min(text_.find('\n', line_begin), text_.size());
        if (text_.substr(line_begin, line_end - line_begin).find(our_prefix) != std::string_view::npos) {
          return Error::usage(std::string(file_name_) + " line " + std::to_string(first_line) + ": " + fault,
                              "write NAME=value, with the value in quotes if it holds spaces, quotes or #")
              .in_file(std::string(file_name_), first_line);
        }
        result_.skipped_lines.push_back(first_line);
        at_ = line_end;
        line_ = first_line;
      }
      at_ = std::min(text_.find('\n', at_), text_.size()) + 1;
      ++line_;
    }
    return std::move(result_);
  }

 private:
  // Reads one entry and stops somewhere on its last line, before its '\n'. Returns what is wrong, if
  // something is; the place is then undefined.
  const char* parse_line() {
    skip_blanks();
    if (at_line_end() || peek() == '#') return nullptr;
    DotenvEntry entry;
    entry.line = line_;
    entry.name = read_name();
    if (entry.name == "export" && is_blank(peek())) {
      skip_blanks();
      entry.name = read_name();
    }
    if (entry.name.empty()) return "there is no name here";
    skip_blanks();
    if (peek() != '=') {
      if (!at_line_end() && peek() != '#') return "there is no '=' after the name";
      return entry.name.starts_with(our_prefix) ? "there is no '=' after the name" : nullptr;
    }
    ++at_;
    skip_blanks();
    if (peek() == '"' || peek() == '\'') {
      std::optional<std::string> value = read_quoted();
      if (!value) return "the quote that begins here is not closed";
      entry.value = std::move(*value);
      skip_blanks();
      if (!at_line_end() && peek() != '#') return "there is something after the closing quote";
    } else {
      entry.value = read_unquoted();
    }
    if (entry.value.find('\0') != std::string::npos) return "there is a NUL byte in the value";
    result_.entries.push_back(std::move(entry));
    return nullptr;
  }

  std::string read_name() {
    const std::size_t begin = at_;
    if (!is_letter(peek())) return {};
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string read_unquoted() {
    const std::size_t begin = at_;
    while (!at_line_end() && !(peek() == '#' && is_blank(text_[at_ - 1]))) ++at_;
    std::size_t end = at_;
    while (end > begin && is_blank(text_[end - 1])) --end;
    return std::string(text_.substr(begin, end - begin));
  }

  std::optional<std::string> read_quoted() {
    const char quote = text_[at_++];
    std::string value;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == quote) return value;
      if (c == '\n') ++line_;
      if (c == '\r' && peek() == '\n') continue;  // a CRLF inside a value is one '\n'
      if (c != '\\' || at_ == text_.size()) {
        value.push_back(c);
        continue;
      }
      const char escaped = text_[at_];
      const bool known = escaped == '\\' || escaped == quote ||
                         (quote == '"' && std::string_view("nrt$").find(escaped) != std::string_view::npos);
      if (!known) {
        value.push_back('\\');
        continue;
      }
      ++at_;
      const bool control = quote == '"' && (escaped == 'n' || escaped == 'r' || escaped == 't');
      value.push_back(!control ? escaped : escaped == 'n' ? '\n' : escaped == 'r' ? '\r' : '\t');
    }
    return std::nullopt;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\n'; }
  bool at_line_end() const {
    return peek() == '\n' || (peek() == '\r' && (at_ + 1 >= text_.size() || text_[at_ + 1] == '\n'));
  }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  std::string_view text_;
  std::string_view file_name_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  Dotenv result_;
};

}  // namespace

Result<Dotenv> parse_dotenv(std::string_view text, std::string_view file_name) {
  return DotenvParser(text, file_name).parse();
}

}  // namespace gristmill::recipe
