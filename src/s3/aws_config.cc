// Line by line, with the indentation rules of the AWS command line (Python's configparser): a line that is
// indented more than the setting before it belongs to that setting. So a file works here if it works there.
//
// Where the tools differ, the lenient reading holds: "[profile default]" goes before "[default]", a section that
// comes twice is one, sections of unknown kinds are passed over. A comment after a value is cut off as in most
// SDKs, but not in credential_process: '#' and ';' mean something to a shell. No message quotes a line, which
// may hold a key. Tested in aws_config_test.cc.
#include "s3/aws_config.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace gristmill::s3 {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool comment =
        (value[i] == '#' || value[i] == ';') && (i == 0 || value[i - 1] == ' ' || value[i - 1] == '\t');
    if (comment) return trimmed(value.substr(0, i));
  }
  return value;
}

std::string_view unquoted(std::string_view name) {
  const bool quoted = name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front();
  return quoted ? name.substr(1, name.size() - 2) : name;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// nullopt: no file there.
Result<std::optional<std::string>> read_if_there(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return Error::input("cannot read '" + path + "': " + std::strerror(errno), "check the file's permissions")
        .in_file(path);
  }
  std::string text;
  char buffer[4096];
  std::size_t size = 0;
  while ((size = std::fread(buffer, 1, sizeof buffer, file.get())) > 0) text.append(buffer, size);
  if (std::ferror(file.get()) != 0)
    return Error::input("cannot read '" + path + "': " + std::strerror(errno)).in_file(path);
  return std::optional<std::string>(std::move(text));
}

// One file on its way into an AwsConfig.
class FileParser {
 public:
  FileParser(const std::string& path, bool credentials_file, AwsConfig& config)
      : path_(path), credentials_file_(credentials_file), config_(config) {}

  Status parse(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty()) {
      ++line_number_;
      const std::size_t end = text.find('\n');
      GM_RETURN_IF_ERROR(take_line(text.substr(0, end)));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    for (const auto& [name, value] : profile_default_) {
      config_.profiles["default"].config.insert_or_assign(name, value);
    }
    return {};
  }

 private:
  Error broken(const std::string& what) const {
    return Error::input("cannot read '" + path_ + "' at line " + std::to_string(line_number_) + ": " + what,
                        "write sections as [name], settings as name = value and comments after #")
        .in_file(path_, line_number_);
  }

  Status take_line(std::string_view line) {
    const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') return {};
    if (!setting_.empty() && indent > setting_indent_) return take_indented(content);
    if (content.front() == '[') return take_section(content);
    return take_setting(content, indent);
  }

  Status take_section(std::string_view content) {
    const std::size_t end = content.find(']');
    if (end == std::string_view::npos) return broken("a section that has no ']'");
    const std::string_view name = trimmed(content.substr(1, end - 1));
    if (name.empty()) return broken("a section without a name");
    setting_.clear();
    in_section_ = true;
    section_ = section_of(name);
    return {};
  }

  // nullptr: of a kind that is none of ours.
  AwsSection* section_of(std::string_view title) {
    if (credentials_file_) return &config_.profiles[std::string(unquoted(title))].credentials;
    const std::size_t blank = title.find_first_of(" \t");
    if (blank == std::string_view::npos) return title == "default" ? &config_.profiles["default"].config : nullptr;
    const std::string_view kind = title.substr(0, blank);
    const std::string name(unquoted(trimmed(title.substr(blank))));
    if (kind == "profile" && name == "default") {
      config_.profiles["default"];
      return &profile_default_;
    }
    if (kind == "profile") return &config_.profiles[name].config;
    if (kind == "sso-session") return &config_.sso_sessions[name];
    if (kind == "services") return &config_.services[name];
    return nullptr;
  }

  Status take_setting(std::string_view content, std::size_t indent) {
    const std::size_t equals = content.find('=');
    if (equals == std::string_view::npos) return broken("neither a section nor a setting nor a comment");
    const std::string name = lower_case(trimmed(content.substr(0, equals)));
    if (name.empty()) return broken("a setting without a name");
    if (!in_section_) return broken("a setting before the first section");
    setting_ = name;
    setting_indent_ = indent;
    const std::string value = value_of(name, content.substr(equals + 1));
    nested_ = value.empty();
    if (section_ != nullptr) (*section_)[name] = value;
    return {};
  }

  // Of "s3 =" the settings within; of one with a value its next line.
  Status take_indented(std::string_view content) {
    if (!nested_) {
      if (section_ != nullptr) (*section_)[setting_] += "\n" + value_of(setting_, content);
      return {};
    }
    const std::size_t equals = content.find('=');
    if (equals == std::string_view::npos) return broken("an indented line that is no setting of '" + setting_ + "'");
    const std::string name = lower_case(trimmed(content.substr(0, equals)));
    if (name.empty()) return broken("a setting without a name");
    if (section_ != nullptr) (*section_)[setting_ + "." + name] = value_of(name, content.substr(equals + 1));
    return {};
  }

  static std::string value_of(const std::string& name, std::string_view text) {
    const std::string_view value = trimmed(text);
    return std::string(name == "credential_process" ? value : without_comment(value));
  }

  const std::string& path_;
  const bool credentials_file_;
  AwsConfig& config_;
  AwsSection profile_default_;  // of [profile default], which goes before [default] wherever it stands
  AwsSection* section_ = nullptr;
  bool in_section_ = false;
  std::string setting_;  // the last one, which an indented line would belong to; empty: none in this section yet
  std::size_t setting_indent_ = 0;
  bool nested_ = false;
  std::size_t line_number_ = 0;
};

const std::string* value_in(const std::map<std::string, std::string>& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() || found->second.empty() ? nullptr : &found->second;
}

std::string path_of(const std::map<std::string, std::string>& environment, const char* variable, const char* usual) {
  const std::string* set = value_in(environment, variable);
  std::string path = set != nullptr ? *set : usual;
  const std::string* home = value_in(environment, "HOME");
  if (home != nullptr && path.starts_with("~/")) path = *home + path.substr(1);
  return path;
}

}  // namespace

const std::string* AwsProfile::find(const std::string& name) const {
  for (const AwsSection* section : {&credentials, &config}) {
    const auto found = section->find(name);
    if (found != section->end() && !found->second.empty()) return &found->second;
  }
  return nullptr;
}

Status parse_aws_file(std::string_view text, const std::string& path, bool credentials_file, AwsConfig& config) {
  return FileParser(path, credentials_file, config).parse(text);
}

Result<AwsConfig> read_aws_config(const std::map<std::string, std::string>& environment) {
  AwsConfig config;
  config.config_path = path_of(environment, "AWS_CONFIG_FILE", "~/.aws/config");
  config.credentials_path = path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
  for (const bool credentials_file : {false, true}) {
    const std::string& path = credentials_file ? config.credentials_path : config.config_path;
    GM_ASSIGN(const std::optional<std::string> text, read_if_there(path));
    if (text) GM_RETURN_IF_ERROR(parse_aws_file(*text, path, credentials_file, config));
  }
  return config;
}

std::string chosen_profile(const std::string& asked, const std::map<std::string, std::string>& environment) {
  if (!asked.empty()) return asked;
  for (const char* name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
    if (const std::string* value = value_in(environment, name)) return *value;
  }
  return "default";
}

}  // namespace gristmill::s3
