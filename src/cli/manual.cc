// Commands, words, flags and examples come from the table of commands, variables and defaults from that of
// settings, exit codes from ErrorKind; what is text here holds for all of them. The page bears no date, so that
// the same sources give the same bytes. Tested in manual_test.cc and, as man shows it, by tests/install.
#include "cli/manual.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/command_table.h"
#include "gristmill/result.h"
#include "gristmill/run.h"
#include "recipe/table.h"

namespace gristmill::cli {
namespace {

// Text as it is to be read: nothing in it is a request or an escape, and a hyphen can be pasted into a shell.
std::string escaped(std::string_view text) {
  std::string page;
  bool at_line_begin = true;
  for (const char c : text) {
    if (at_line_begin && (c == '.' || c == '\'')) page += "\\&";
    if (c == '\\') {
      page += "\\e";
    } else if (c == '-') {
      page += "\\-";
    } else if (c == '\'') {
      page += "\\(aq";
    } else if (c == '^') {
      page += "\\(ha";
    } else if (c == '~') {
      page += "\\(ti";
    } else if (c == '`') {
      page += "\\(ga";
    } else {
      page.push_back(c);
    }
    at_line_begin = c == '\n';
  }
  return page;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escaped(text) + "\\fR"; }

class Manual {
 public:
  void section(std::string_view title) { page_.append(".SH ").append(title).append("\n"); }
  void command(const CommandText& text) {
    page_.append(".SS \"gristmill ").append(escaped(text.name));
    for (const WordText& word : text.words) {
      const std::string name = "\\fI" + escaped(word.name) + "\\fR" + (word.repeatable ? "..." : "");
      page_ += word.required ? " " + name : " [" + name + "]";
    }
    page_ += text.flags.empty() ? "\"\n" : " [FLAGS]\"\n";
    paragraph(text.what + ".");
  }
  void paragraph(std::string_view text) { page_.append(".PP\n").append(escaped(text)).append("\n"); }
  // `term` is escaped already.
  void entry(std::string_view term, std::string_view text) {
    page_.append(".TP\n").append(term).append("\n").append(escaped(text)).append("\n");
  }
  // Lines as they are, indented.
  void literal(std::string_view text) {
    page_.append(".PP\n.nf\n.RS 4\n").append(escaped(text));
    if (!text.ends_with('\n')) page_.push_back('\n');
    page_ += ".RE\n.fi\n";
  }
  void raw(std::string_view text) { page_ += text; }
  std::string take() { return std::move(page_); }

 private:
  std::string page_;
};

std::string term_in_manual(const FlagText& flag) {
  std::string term = bold(flag.name);
  if (!flag.value.shape.empty()) term += " " + italic(flag.value.shape);
  if (!flag.short_name.empty()) term = bold(flag.short_name) + ", " + term;
  return term;
}

std::string sentence(std::string text) {
  if (!text.ends_with('.')) text.push_back('.');
  return text;
}

// The flags of settings that a command takes, in few words.
std::string settings_taken(const CommandText& command) {
  std::size_t taken = 0;
  for (const FlagText& flag : command.flags) taken += flag.setting == nullptr ? 0 : 1;
  if (taken == 0) return {};
  std::size_t all = 0;
  for (const recipe::Setting& setting : recipe::settings_table()) all += setting.flag.empty() ? 0 : 1;
  if (taken == all) return "Every setting is a flag of this command: see SETTINGS.";
  std::string names;
  for (const FlagText& flag : command.flags) {
    if (flag.setting != nullptr) names.append(names.empty() ? "" : ", ").append(flag.name);
  }
  return "Of the SETTINGS, it takes " + names + ".";
}

void write_commands(Manual& manual) {
  manual.section("COMMANDS");
  for (const CommandText& command : command_table()) {
    manual.command(command);
    for (const WordText& word : command.words) manual.entry(italic(word.name), sentence(word.help));
    for (const FlagText& flag : command.flags) {
      if (flag.setting == nullptr) manual.entry(term_in_manual(flag), sentence(flag.help));
    }
    const std::string settings = settings_taken(command);
    if (!settings.empty()) manual.paragraph(settings);
  }
}

void write_settings(Manual& manual) {
  manual.section("SETTINGS");
  manual.paragraph(
      "A setting is given as a flag, as a variable of the environment or of the file .env, or as a key of the recipe "
      "file "
      "gristmill.yaml; the first of these that is there holds, and else the default. gristmill explain shows what "
      "holds "
      "and where it comes from.");
  // The flag of `run` has the help of a setting.
  const auto table = command_table();
  const auto run =
      std::find_if(table.begin(), table.end(), [](const CommandText& c) { return c.command == Command::run; });
  std::string group;
  for (const FlagText& flag : run->flags) {
    if (flag.setting == nullptr) continue;
    if (flag.group != group) {
      group = flag.group;
      manual.raw(".SS \"" + escaped(group) + "\"\n");
    }
    std::string text = sentence(flag.help);
    text += " Variable " + flag.setting->environment;
    if (flag.setting->in_recipe_file) text += ", key " + flag.setting->key;
    manual.entry(term_in_manual(flag), text + ".");
  }
}

void write_files(Manual& manual) {
  manual.section("FILES");
  manual.entry(
      italic("gristmill.yaml"),
      "The recipe file of the working directory, read where --recipe names no other one; gristmill init writes "
      "one to begin with.");
  manual.entry(italic(".env"),
               "Variables, also those of AWS, that are not in the environment; read in the working directory where "
               "--env-file names no other one.");
  manual.entry(italic("OUT/_manifest.json"), "Every file of a published output with its size and checksum.");
  manual.entry(italic("OUT/validation/report.json") + ", " + italic("report.html"),
               "What the run found, for programs and for people.");
  manual.entry(italic(".OUT.gristmill"),
               "Beside OUT: the staged output, the lock and the record of a publication that is under way. Left to "
               "gristmill recover after a kill.");
  manual.entry(italic("~/.aws/config") + ", " + italic("~/.aws/credentials"),
               "Profiles of AWS, read for s3:// paths only.");
}

void write_environment(Manual& manual) {
  manual.section("ENVIRONMENT");
  manual.entry(bold("GRISTMILL_") + italic("SETTING"), "A setting: its flag in capitals, with _ for -. See SETTINGS.");
  manual.entry(bold("AWS_ACCESS_KEY_ID") + ", " + bold("AWS_SECRET_ACCESS_KEY") + ", " + bold("AWS_SESSION_TOKEN") +
                   ", " + bold("AWS_PROFILE") + ", " + bold("AWS_REGION") + ", " + bold("AWS_ENDPOINT_URL_S3") + ", " +
                   bold("AWS_CA_BUNDLE"),
               "As for AWS's own programs, for s3:// paths.");
  manual.entry(bold("TMPDIR"), "Where scratch files lie unless --spill-directory says so [default: /tmp].");
  manual.entry(bold("NO_COLOR"), "Tables are printed without colours unless --color says so.");
}

void write_exit_status(Manual& manual) {
  manual.section("EXIT STATUS");
  const std::pair<int, const char*> codes[] = {
      {0, "Done. For run: published, perhaps with warnings."},
      {static_cast<int>(ErrorKind::internal), "Internal error; nothing is published."},
      {static_cast<int>(ErrorKind::usage), "Arguments or settings that cannot be."},
      {static_cast<int>(ErrorKind::input), "An input cannot be read."},
      {static_cast<int>(ErrorKind::output), "The output cannot be written, or is none that can be read."},
      {static_cast<int>(ErrorKind::validation),
       "A check failed: the new output waits for gristmill publish, the published one is untouched. For verify: the "
       "output differs from its manifest."},
      {static_cast<int>(ErrorKind::no_input), "An argument matches no input."},
      {static_cast<int>(ErrorKind::interrupted), "Interrupted by SIGINT or SIGTERM; nothing is published."}};
  for (const auto& [code, meaning] : codes) manual.entry(bold(std::to_string(code)), meaning);
}

void write_examples(Manual& manual) {
  manual.section("EXAMPLES");
  for (const CommandText& command : command_table()) {
    manual.paragraph(command.what + ":");
    std::string lines;
    for (std::size_t begin = 0; begin < command.examples.size();) {
      const std::size_t end = std::min(command.examples.find('\n', begin), command.examples.size());
      const std::string_view line = std::string_view(command.examples).substr(begin, end - begin);
      lines.append(line.substr(std::min(line.find_first_not_of(' '), line.size()))).append("\n");
      begin = end + 1;
    }
    manual.literal(lines);
  }
}

}  // namespace

std::string manual_page() {
  Manual manual;
  manual.raw(".TH GRISTMILL 1 \"\" \"gristmill " + version() + "\" \"User Commands\"\n");
  manual.raw(".nh\n.ad l\n");
  manual.section("NAME");
  manual.raw("gristmill \\- partitions, session aggregates and quality checks for behaviour data, in one run\n");
  manual.section("SYNOPSIS");
  manual.raw(bold("gristmill") + " " + italic("COMMAND") + " [" + italic("WORDS") + "] [" + italic("FLAGS") +
             "]\n.br\n");
  manual.raw(bold("gristmill") + " [" + italic("COMMAND") + "] " + bold("--help") + "\n.br\n");
  manual.raw(bold("gristmill --version") + "\n");
  manual.section("DESCRIPTION");
  manual.paragraph(
      "gristmill reads two data sets of JSON Lines, collections and predictions, from local files or s3:// URIs; "
      "writes "
      "them as partitions by profile with aggregates by session; checks them; and publishes all of it or nothing. "
      "Lines "
      "that it cannot use are kept apart with the reason, and every line is accounted for.");
  write_commands(manual);
  write_settings(manual);
  write_exit_status(manual);
  write_environment(manual);
  write_files(manual);
  write_examples(manual);
  return manual.take();
}

}  // namespace gristmill::cli
