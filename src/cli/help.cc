// Terms on the left, what they are on the right, wrapped at spaces; examples stay as they are, to be copied. Rejected:
// CLI11's own help, which is as wide as its texts are long and tells how a flag is declared. Tested in help_test.cc.
#include "cli/help.h"

#include <algorithm>

namespace gristmill::cli {
namespace {

constexpr std::size_t term_indent = 2;
constexpr std::size_t help_column = 30;
constexpr std::size_t narrow_help_column = 8;
constexpr std::size_t narrow = 60;  // columns below which terms stand above
constexpr std::size_t least_room = 16;

constexpr const char* exit_codes =
    "Exit codes: 0 published, 1 internal error, 2 usage or settings, 3 input cannot be read,\n"
    "            4 output cannot be written, 5 a check failed, 6 nothing to read, 130 interrupted\n";

class HelpWriter {
 public:
  explicit HelpWriter(unsigned width) : width_(width), column_(width < narrow ? narrow_help_column : help_column) {}

  void paragraph(std::string_view text) { wrap(text, 0, 0); }
  void heading(std::string_view text) { text_.append("\n").append(text).append(":\n"); }
  void entry(std::string_view term, std::string_view what) {
    text_.append(term_indent, ' ').append(term);
    std::size_t used = term_indent + term.size();
    if (used + 2 > column_) {
      text_.push_back('\n');
      used = 0;
    }
    wrap(what, used, column_);
  }
  void raw(std::string_view text) { text_ += text; }
  std::string take() { return std::move(text_); }

 private:
  // `used` columns of the line are written on.
  void wrap(std::string_view what, std::size_t used, std::size_t indent) {
    const std::size_t room = std::max<std::size_t>(width_, indent + least_room);
    bool first = true;
    for (std::size_t begin = 0; begin < what.size();) {
      const std::size_t end = std::min(what.find(' ', begin), what.size());
      const std::string_view word = what.substr(begin, end - begin);
      if (!first && used + 1 + word.size() > room) {
        text_.push_back('\n');
        used = 0;
        first = true;
      }
      if (first) {
        text_.append(indent - std::min(used, indent), ' ');
        used = std::max(used, indent);
      } else {
        text_.push_back(' ');
        ++used;
      }
      text_.append(word);
      used += word.size();
      first = false;
      begin = end + 1;
    }
    text_.push_back('\n');
  }

  std::string text_;
  std::size_t width_;
  std::size_t column_;
};

std::string term_of(const FlagText& flag) {
  std::string term = flag.short_name.empty() ? "    " : flag.short_name + ", ";
  term += flag.name;
  return flag.value.shape.empty() ? term : term + " " + flag.value.shape;
}

std::string usage_of(const CommandText& command) {
  std::string usage = "Usage: gristmill " + command.name + " [OPTIONS]";
  for (const WordText& word : command.words) {
    const std::string name = word.name + (word.repeatable ? "..." : "");
    usage += word.required ? " " + name : " [" + name + "]";
  }
  return usage;
}

// What may stand for a word, where its name does not say it.
std::string with_choices(const WordText& word) {
  std::string choices;
  for (const std::string& choice : word.value.choices) choices += (choices.empty() ? "" : ", ") + choice;
  return choices.empty() ? word.help : word.help + ": " + choices;
}

}  // namespace

std::string help_of(const CommandText& command, unsigned width) {
  HelpWriter help(width);
  help.paragraph(command.what + ".");
  help.raw("\n");
  help.paragraph(usage_of(command));
  if (!command.words.empty()) help.heading("Words");
  for (const WordText& word : command.words) help.entry(word.name, with_choices(word));
  help.heading("Options");
  help.entry("-h, --help", "Print this help");
  std::string group;
  for (const FlagText& flag : command.flags) {
    if (flag.group != group) help.heading(flag.group.empty() ? "Options" : flag.group);
    const bool begins = flag.group != group;
    group = flag.group;
    if (flag.group == "S3" && command.command != Command::run) {
      if (begins) help.entry("    --s3-...", "How s3:// paths are reached: see 'gristmill run --help'");
      continue;
    }
    help.entry(term_of(flag), flag.help);
  }
  help.raw("\nExamples:\n" + command.examples + "\n" + exit_codes);
  return help.take();
}

std::string general_help(unsigned width) {
  HelpWriter help(width);
  help.paragraph("gristmill: partitions, session aggregates and quality checks for behaviour data, in one run.");
  help.raw("\n");
  help.paragraph("Usage: gristmill COMMAND [OPTIONS]");
  help.heading("Options");
  help.entry("-h, --help", "Print this help, or that of a command");
  help.entry("    --version", "Print the version");
  help.heading("Commands");
  for (const CommandText& command : command_table()) help.entry(command.name, command.what);
  help.raw(
      "\nTry it:\n  gristmill run --collections COLLECTIONS --predictions PREDICTIONS --output OUT\n"
      "  gristmill show OUT\n  gristmill COMMAND --help\n\n");
  help.raw(exit_codes);
  return help.take();
}

}  // namespace gristmill::cli
