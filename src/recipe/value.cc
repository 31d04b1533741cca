// The type of a setting says how its text is read; the target's type, where it goes. Everything a value
// must satisfy by itself is in check_setting, so that a Recipe filled in by a program is held to the same.
// Tested in value_test.cc.
#include "recipe/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include "json/json_text.h"
#include "json/number.h"
#include "recipe/aggregate_rows.h"
#include "recipe/recipe_file.h"
#include "record/field_names.h"
#include "storage/any_storage.h"
#include "text/byte_size.h"
#include "text/nearest.h"

namespace gristmill::recipe {
namespace {

constexpr std::string_view white_space = " \t\r\n\v\f";

bool is_blank_text(std::string_view text) { return text.find_first_not_of(white_space) == std::string_view::npos; }

std::optional<bool> parse_boolean(std::string_view text) {
  std::string word;
  for (const char c : text) word.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  return std::nullopt;
}

// A decimal number without sign or exponent.
std::optional<double> parse_decimal(std::string_view text) {
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  if (text.starts_with('.') || text.ends_with('.')) return std::nullopt;
  return json::real_number(text);
}

Result<CheckPolicy> parse_threshold(std::string_view text, CheckPolicy policy) {
  constexpr const char* advice = "write a percentage such as 5% or 0.1%, or a whole number of findings";
  std::string_view number = text;
  policy.percent = number.ends_with('%');
  if (policy.percent) {
    number.remove_suffix(1);
    while (number.ends_with(' ')) number.remove_suffix(1);
  }
  const std::optional<double> value = parse_decimal(number);
  if (!value) return Error::usage(in_quotes(text) + " is not a threshold", advice);
  policy.fail_above = *value;
  return policy;
}

Result<std::optional<double>> parse_share(std::string_view text) {
  if (text == "none") return std::optional<double>();
  GM_ASSIGN(const CheckPolicy share, parse_threshold(text, {}));
  if (!share.percent) return Error::usage(in_quotes(text) + " is not a percentage", "write one such as 50%, or none");
  return std::optional<double>(share.fail_above);
}

Result<std::uint64_t> parse_number(const Setting& setting, std::string_view text) {
  if (setting.automatic && text == "auto") return std::uint64_t{0};
  if (setting.type == SettingType::byte_size) {
    Result<std::uint64_t> bytes = text::parse_byte_size(text);
    if (!bytes) return Error::usage(in_quotes(text) + " " + bytes.error().message, bytes.error().advice);
    if (setting.automatic && *bytes == 0)
      return Error::usage(in_quotes(text) + " is not a size", "write auto or a size");
    return bytes;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && !text.empty()) {
    if (setting.automatic && value == 0)
      return Error::usage(in_quotes(text) + " is too small", "write auto or a whole number from 1 on");
    return value;
  }
  if (error == std::errc::result_out_of_range) return Error::usage(in_quotes(text) + " is too large a number");
  return Error::usage(in_quotes(text) + " is not a whole number",
                      setting.automatic ? "write auto or a whole number" : "write a whole number");
}

std::string format_number(const Setting& setting, std::uint64_t value) {
  if (setting.automatic && value == 0) return "auto";
  return setting.type == SettingType::byte_size ? text::format_byte_size(value) : std::to_string(value);
}

std::string join(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

Result<std::size_t> parse_choice(const Setting& setting, std::string_view text) {
  const auto found = std::find(setting.choices.begin(), setting.choices.end(), text);
  if (found != setting.choices.end()) return static_cast<std::size_t>(found - setting.choices.begin());
  const std::optional<std::string> near = text::nearest_match(text, setting.choices);
  return Error::usage(in_quotes(text) + " is not one of " + join(setting.choices, ", "),
                      near ? "did you mean " + in_quotes(*near) + "?" : "write one of them");
}

Status check_number(const Setting& setting, std::uint64_t value) {
  if (setting.automatic && value == 0) return {};
  if (value < setting.least) {
    return Error::usage(format_number(setting, value) + " is too small",
                        "the least is " + format_number(setting, setting.least));
  }
  if (value > setting.most) {
    return Error::usage(format_number(setting, value) + " is too large",
                        "the most is " + format_number(setting, setting.most));
  }
  return {};
}

Status check_path(const Setting& setting, std::string_view path) {
  if (path.find('\0') != std::string_view::npos) {
    return Error::usage(in_quotes(path) + " holds a NUL byte, which no path can");
  }
  if (path == "~" || path.starts_with("~/")) {
    return Error::usage(in_quotes(path) + " begins with '~', which is not filled in here",
                        "write the folder out, or ./~ for a folder of that name");
  }
  if (path.starts_with("s3:/") && !path.starts_with("s3://")) {
    return Error::usage("an s3:// URI has two '/' after the colon",
                        "write s3://bucket/path; a local folder of the name 's3:' is './s3:'");
  }
  const std::size_t colon = path.find("://");
  if (colon == std::string_view::npos || path.substr(0, colon).find_first_of("/.") != std::string_view::npos) return {};
  // From here on the path is a URI: no message quotes more than its scheme, the rest may hold a password.
  const std::string scheme(path.substr(0, colon + 3));
  if (scheme != "s3://") {
    return Error::usage(in_quotes(scheme) + " is not known", "write a local path or an s3:// URI");
  }
  if (setting.local_only) return Error::usage("an s3:// URI cannot be used here", "write a local path");
  const std::string_view bucket = path.substr(5, path.find('/', 5) - 5);
  if (bucket.find('@') != std::string_view::npos) {
    return Error::usage("the s3:// URI holds credentials before '@'",
                        "take them out of the URI and put them into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }
  if (bucket.empty()) return Error::usage("the s3:// URI names no bucket", "write s3://bucket/path");
  return {};
}

// No message quotes an endpoint: it may hold a password.
Status check_text(const Setting& setting, std::string_view text) {
  const unsigned char least = setting.holds_blanks ? 0x20 : 0x21;
  const bool printable = std::all_of(text.begin(), text.end(),
                                     [=](char c) { return static_cast<unsigned char>(c) >= least && c != 0x7F; });
  if (!printable) return Error::usage("the value holds a blank or a control character", "remove it");
  const bool may_be_file = setting.shape == "FILE|URL";
  if ((setting.shape != "URL" && !may_be_file) || text.empty()) return {};
  if (may_be_file && text == "-") return Error::usage("'-' is no file here", "name a file, or a server's address");
  if (may_be_file && text.find("://") == std::string_view::npos) return {};
  const std::size_t host = text.starts_with("http://") ? 7 : text.starts_with("https://") ? 8 : 0;
  const std::string_view authority = text.substr(host, text.find('/', host) - host);
  if (host == 0 || authority.empty() || authority.starts_with(':') || text.find(' ') != std::string_view::npos) {
    return Error::usage("the value is no URL", "write it as https://host or http://host:port");
  }
  if (authority.find('@') != std::string_view::npos) {
    return Error::usage("the URL holds credentials before '@'",
                        std::string("take them out of it and put them into ") +
                            (may_be_file ? "OPENLINEAGE_API_KEY" : "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
  }
  return {};
}

// [BUCKET=]ACCOUNT
Status check_bucket_owner(std::string_view owner) {
  const std::size_t equals = owner.find('=');
  const std::string_view account = equals == std::string_view::npos ? owner : owner.substr(equals + 1);
  const bool digits = std::all_of(account.begin(), account.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (account.size() == 12 && digits && equals != 0) return {};
  return Error::usage(in_quotes(owner) + " names no account",
                      "write the 12 digits of its number, or BUCKET= and these");
}

// What docs/guide/history.md names, or what such names begin with up to a dot.
Status check_measure(std::string_view name) {
  constexpr std::string_view of_dataset[] = {"lines", "rejected", "repaired", "fields", "shapes", "hours_since_newest"};
  if (name == "sessions" || name == "models" || name.starts_with("models.")) return {};
  const std::size_t dot = std::min(name.find('.'), name.size());
  if (std::ranges::find(dataset_names, name.substr(0, dot)) != std::end(dataset_names)) {
    const std::string_view rest = name.substr(std::min(dot + 1, name.size()));
    const std::string_view measure = rest.substr(0, rest.find('.'));
    if (dot == name.size() || std::ranges::find(of_dataset, measure) != std::end(of_dataset)) return {};
  }
  return Error::usage(in_quotes(name) + " is no measure",
                      "write one as 'gristmill history' names it: collections.lines, predictions.rejected, models");
}

Status check_name(const Setting& setting, std::string_view name) {
  if (setting.key == "drift.ignore") return check_measure(name);
  if (setting.key == "s3.bucket_owners") return check_bucket_owner(name);
  if (!json::is_utf8(name)) return Error::usage(in_quotes(name) + " is not UTF-8", "write the name in UTF-8");
  if (setting.key != "carry" && is_blank_text(name))
    return Error::usage("there is a blank name in the list", "remove it");
  if (setting.adds_to_default && record::loosened(name).empty()) {
    return Error::usage(in_quotes(name) + " is nothing but '_' and '-', which do not count in a name", "remove it");
  }
  return {};
}

Status check_threshold(const CheckPolicy& policy) {
  const bool whole = std::floor(policy.fail_above) == policy.fail_above;
  if (!(policy.fail_above >= 0) || !std::isfinite(policy.fail_above)) {
    return Error::usage("a threshold cannot be negative or infinite");
  }
  if (policy.percent && policy.fail_above > 100) {
    return Error::usage("the threshold is more than 100%", "write a percentage from 0% to 100%");
  }
  if (!policy.percent && !whole) {
    return Error::usage("the threshold is not a whole number of findings",
                        "for a share of the lines write a "
                        "percentage such as 0.5%");
  }
  return {};
}

// Replaces what an enumeration holds by its value number `index`.
template <typename Enumeration>
void set_choice(Enumeration* target, std::size_t index) {
  *target = static_cast<Enumeration>(index);
}

// A path of fields with '.' between them, or `""`.
Status check_field_path(std::string_view path) {
  if (path.empty() || path == "\"\"") return {};
  if (!json::is_utf8(path)) return Error::usage(in_quotes(path) + " is not UTF-8", "write the name in UTF-8");
  if (path.starts_with('.') || path.ends_with('.') || path.find("..") != std::string_view::npos) {
    return Error::usage(in_quotes(path) + " holds an empty name", "write the names with one '.' between them: a.b");
  }
  return {};
}

// Each value is VALUE, for both data sets, or DATASET=VALUE; `set(i, VALUE)` takes it.
template <typename Set>
Status set_by_dataset(const std::vector<std::string>& values, const Set& set) {
  std::array<bool, dataset_count> given{};
  for (const std::string& value : values) {
    const std::size_t equals = value.find('=');
    const std::string_view name = std::string_view(value).substr(0, equals == std::string::npos ? 0 : equals);
    const bool one = std::ranges::find(dataset_names, name) != dataset_names.end();
    for (std::size_t i = 0; i < dataset_count; ++i) {
      if (one && name != dataset_names[i]) continue;
      if (std::exchange(given[i], true)) {
        return Error::usage("more than one value is given for the " + std::string(dataset_names[i]), "give it once");
      }
      GM_RETURN_IF_ERROR(set(i, one ? value.substr(equals + 1) : value));
    }
  }
  return {};
}

Status set_by_dataset(const Setting& setting, const std::vector<std::string>& values, const SettingTarget& target) {
  if (auto* const* framing = std::get_if<std::array<Framing, dataset_count>*>(&target)) {
    **framing = {};
    return set_by_dataset(values, [&](std::size_t i, const std::string& value) -> Status {
      GM_ASSIGN(const std::size_t choice, parse_choice(setting, value));
      set_choice(&(**framing)[i], choice);
      return {};
    });
  }
  std::array<std::string, dataset_count>& texts = *std::get<std::array<std::string, dataset_count>*>(target);
  texts = {};
  return set_by_dataset(values, [&](std::size_t i, const std::string& value) -> Status {
    if (value.empty()) return Error::usage("the value is empty", "write one or remove the setting");
    texts[i] = value;
    return check_field_path(value);
  });
}

// One value where both data sets have the same.
std::string show_by_dataset(const std::string& collections, const std::string& predictions) {
  if (collections == predictions) return collections;
  std::string text;
  if (!collections.empty()) text += std::string(dataset_names[0]) + "=" + collections;
  if (!predictions.empty()) text += (text.empty() ? "" : ", ") + std::string(dataset_names[1]) + "=" + predictions;
  return text;
}

// Of names that count as one, the first stays.
void set_list(const Setting& setting, const std::vector<std::string>& values, std::vector<std::string>& list) {
  list.clear();
  for (const std::string& value : values) {
    const bool known = setting.adds_to_default && std::any_of(list.begin(), list.end(), [&](const std::string& name) {
                         return record::loosened(name) == record::loosened(value);
                       });
    if (!known || record::loosened(value).empty()) list.push_back(value);
  }
}

}  // namespace

Status assign_setting(const Setting& setting, const std::vector<std::string>& values, Settings& settings) {
  const SettingTarget target = setting.target(settings);
  if (setting.repeatable()) {
    for (const std::string& value : values) {
      // A field may be called "": only carrying one makes sense.
      if (value.empty() && setting.key != "carry")
        return Error::usage("there is an empty value", "remove it or write one");
    }
    if (setting.type == SettingType::by_dataset) {
      return set_by_dataset(setting, values, target);
    }
    if (setting.type == SettingType::aggregates) {
      std::vector<Aggregate>& rows = *std::get<std::vector<Aggregate>*>(target);
      rows.clear();
      for (const std::string& value : values) {
        GM_ASSIGN(std::vector<Aggregate> more, parse_aggregates(value));
        std::move(more.begin(), more.end(), std::back_inserter(rows));
      }
      return check_setting(setting, settings);
    }
    std::vector<std::string>& list = *std::get<std::vector<std::string>*>(target);
    set_list(setting, values, list);
    if (setting.type == SettingType::paths) {
      for (std::string& path : list) path = storage::s3_spelling(std::move(path));
    }
    return check_setting(setting, settings);
  }
  if (values.size() > 1) return Error::usage("more than one value is given", "give it once");
  if (values.empty() && setting.type != SettingType::boolean) return Error::usage("no value is given");
  const std::string text = values.empty() ? "true" : values.front();
  if (text.empty()) return Error::usage("the value is empty", "write one or remove the setting");

  switch (setting.type) {
    case SettingType::boolean: {
      const std::optional<bool> value = parse_boolean(text);
      if (!value) return Error::usage(in_quotes(text) + " is neither true nor false", "write true or false");
      *std::get<bool*>(target) = *value;
      break;
    }
    case SettingType::count:
    case SettingType::byte_size: {
      GM_ASSIGN(const std::uint64_t value, parse_number(setting, text));
      GM_RETURN_IF_ERROR(check_number(setting, value));
      if (auto* const* narrow = std::get_if<std::uint32_t*>(&target)) {
        **narrow = static_cast<std::uint32_t>(value);
      } else {
        *std::get<std::uint64_t*>(target) = value;
      }
      break;
    }
    case SettingType::choice: {
      GM_ASSIGN(const std::size_t index, parse_choice(setting, text));
      if (auto* const* word = std::get_if<std::string*>(&target)) **word = text;
      if (auto* const* addressing = std::get_if<S3Addressing*>(&target)) set_choice(*addressing, index);
      if (auto* const* encryption = std::get_if<S3Encryption*>(&target)) set_choice(*encryption, index);
      if (auto* const* publish = std::get_if<S3Publish*>(&target)) set_choice(*publish, index);
      if (auto* const* severity = std::get_if<Severity*>(&target)) set_choice(*severity, index);
      if (auto* const* scope = std::get_if<SessionScope*>(&target)) set_choice(*scope, index);
      if (auto* const* changed = std::get_if<ChangedInputs*>(&target)) set_choice(*changed, index);
      if (auto* const* same = std::get_if<SameContent*>(&target)) set_choice(*same, index);
      if (auto* const* layout = std::get_if<Layout*>(&target)) set_choice(*layout, index);
      if (auto* const* format = std::get_if<LogFormat*>(&target)) set_choice(*format, index);
      if (auto* const* colour = std::get_if<Colour*>(&target)) set_choice(*colour, index);
      break;
    }
    case SettingType::text: *std::get<std::string*>(target) = text; break;
    case SettingType::path: *std::get<std::string*>(target) = storage::s3_spelling(text); break;
    case SettingType::threshold: {
      CheckPolicy* policy = std::get<CheckPolicy*>(target);
      GM_ASSIGN(*policy, parse_threshold(text, *policy));
      break;
    }
    case SettingType::share: {
      GM_ASSIGN(*std::get<std::optional<double>*>(target), parse_share(text));
      break;
    }
    case SettingType::paths:
    case SettingType::names:
    case SettingType::aggregates:
    case SettingType::by_dataset: break;  // assigned above
  }
  return check_setting(setting, settings);
}

Status check_setting(const Setting& setting, Settings& settings) {
  const SettingTarget target = setting.target(settings);
  if (auto* const* number = std::get_if<std::uint32_t*>(&target)) return check_number(setting, **number);
  if (auto* const* number = std::get_if<std::uint64_t*>(&target)) return check_number(setting, **number);
  if (auto* const* policy = std::get_if<CheckPolicy*>(&target)) return check_threshold(**policy);
  if (auto* const* text = std::get_if<std::string*>(&target)) {
    if (setting.type == SettingType::path) return check_path(setting, **text);
    if (setting.type == SettingType::choice)
      return parse_choice(setting, **text).ok() ? Status() : parse_choice(setting, **text).error();
    return check_text(setting, **text);
  }
  if (auto* const* share = std::get_if<std::optional<double>*>(&target)) {
    return **share ? check_threshold({Severity::fail, ***share, true}) : Status();
  }
  if (auto* const* texts = std::get_if<std::array<std::string, dataset_count>*>(&target)) {
    for (const std::string& text : **texts) GM_RETURN_IF_ERROR(check_field_path(text));
  }
  if (auto* const* rows = std::get_if<std::vector<Aggregate>*>(&target)) return check_aggregates(**rows);
  if (auto* const* list = std::get_if<std::vector<std::string>*>(&target)) {
    for (const std::string& value : **list) {
      GM_RETURN_IF_ERROR(setting.type == SettingType::paths ? check_path(setting, value) : check_name(setting, value));
    }
  }
  return {};
}

std::string show_setting(const Setting& setting, Settings& settings) {
  const SettingTarget target = setting.target(settings);
  const auto choice = [&](auto value) { return setting.choices[static_cast<std::size_t>(value)]; };
  if (auto* const* value = std::get_if<bool*>(&target)) return **value ? "true" : "false";
  if (auto* const* value = std::get_if<std::uint32_t*>(&target)) return format_number(setting, **value);
  if (auto* const* value = std::get_if<std::uint64_t*>(&target)) return format_number(setting, **value);
  if (auto* const* value = std::get_if<std::string*>(&target)) return **value;
  if (auto* const* value = std::get_if<std::vector<std::string>*>(&target)) return join(**value, ", ");
  if (auto* const* rows = std::get_if<std::vector<Aggregate>*>(&target)) {
    std::vector<std::string> texts;
    for (const Aggregate& row : **rows) texts.push_back(show_aggregate(row));
    return texts.empty() ? "" : "{" + join(texts, ", ") + "}";
  }
  if (auto* const* value = std::get_if<Severity*>(&target)) return choice(**value);
  if (auto* const* value = std::get_if<SessionScope*>(&target)) return choice(**value);
  if (auto* const* value = std::get_if<ChangedInputs*>(&target)) return choice(**value);
  if (auto* const* value = std::get_if<SameContent*>(&target)) return choice(**value);
  if (auto* const* value = std::get_if<Layout*>(&target)) return choice(**value);
  if (auto* const* value = std::get_if<LogFormat*>(&target)) return choice(**value);
  if (auto* const* value = std::get_if<Colour*>(&target)) return choice(**value);
  if (auto* const* value = std::get_if<S3Addressing*>(&target)) return choice(**value);
  if (auto* const* value = std::get_if<S3Encryption*>(&target)) return choice(**value);
  if (auto* const* value = std::get_if<S3Publish*>(&target)) return choice(**value);
  if (auto* const* value = std::get_if<std::array<Framing, dataset_count>*>(&target)) {
    return show_by_dataset(choice((**value)[0]), choice((**value)[1]));
  }
  if (auto* const* value = std::get_if<std::array<std::string, dataset_count>*>(&target)) {
    return show_by_dataset((**value)[0], (**value)[1]);
  }
  if (auto* const* value = std::get_if<std::optional<double>*>(&target); value != nullptr && !**value) return "none";
  auto* const* share = std::get_if<std::optional<double>*>(&target);
  const CheckPolicy policy =
      share != nullptr ? CheckPolicy{Severity::fail, ***share, true} : *std::get<CheckPolicy*>(target);
  char buffer[400];  // a double in plain digits has at most 309 before the point
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, policy.fail_above, std::chars_format::fixed);
  return std::string(buffer, written.ptr) + (policy.percent ? "%" : "");
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> values;
  std::string value;
  const auto finish = [&] {
    const std::size_t begin = value.find_first_not_of(white_space);
    if (begin != std::string::npos) {
      values.push_back(value.substr(begin, value.find_last_not_of(white_space) - begin + 1));
    }
    value.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') {
      value.push_back(text[++i]);
    } else if (text[i] == ',' || text[i] == '\n') {
      finish();
    } else {
      value.push_back(text[i]);
    }
  }
  finish();
  return values;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 80;
  const bool readable = json::is_utf8(text);
  std::string result = "'";
  for (const char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    result.push_back(byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !readable) ? '?' : c);
  }
  if (text.size() > longest) {  // a letter that the cut may have gone through is left out
    while ((static_cast<unsigned char>(result.back()) & 0xC0U) == 0x80U) result.pop_back();
    if (static_cast<unsigned char>(result.back()) >= 0xC0U) result.pop_back();
    result += "...";
  }
  return result + "'";
}

}  // namespace gristmill::recipe
