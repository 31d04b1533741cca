// The rows are judged by simdjson's DOM, which shares no code with the engine. It knows neither lone
// surrogates nor numbers beyond a double, which the contract keeps as they came, so these are replaced
// before it looks; a number's grammar is checked by hand then.
#include "rendered_line.h"

#include <simdjson.h>

#include <bit>
#include <cmath>
#include <cstdlib>

#include "json/padded_text_testing.h"
#include "memory_storage.h"
#include "partition/rows.h"
#include "record/column_names.h"
#include "record/hive_name.h"
#include "require.h"
#include "storage/output_file.h"
#include "validate/quarantine.h"

namespace gristmill::fuzz {
namespace {

using testing::PaddedText;

bool is_number(std::string_view text) {
  const auto digits = [&] {
    std::size_t n = 0;
    while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
    text.remove_prefix(n);
    return n;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

// The text with lone surrogates and numbers replaced by what simdjson knows.
std::string for_simdjson(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      out.push_back(text[i++]);
      while (i < text.size() && text[i] != '"') {
        if (text[i] != '\\' || i + 1 == text.size()) {
          out.push_back(text[i++]);
        } else if (text[i + 1] == 'u' && i + 6 <= text.size() && (text[i + 2] == 'd' || text[i + 2] == 'D') &&
                   text[i + 3] >= '8') {
          out.append("\\u0041");
          for (std::size_t k = i + 2; k < i + 6; ++k) require(std::isxdigit(text[k]) != 0, "escapes are whole", text);
          i += 6;
        } else {
          out.append(text.substr(i, 2));
          i += 2;
        }
      }
      if (i < text.size()) out.push_back(text[i++]);
    } else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')) {
      const std::size_t end = std::min(text.find_first_not_of("+-.eE0123456789", i), text.size());
      require(is_number(text.substr(i, end - i)), "numbers are JSON's", text);
      out.push_back('0');
      i = end;
    } else {
      require(text[i] != ' ' && text[i] != '\t' && text[i] != '\r' && text[i] != '\n', "no white space", text);
      out.push_back(text[i++]);
    }
  }
  return out;
}

std::string spelled(const record::Identifier& id) { return id.null ? "null" : "\"" + std::string(id.spelling) + "\""; }

std::string unescaped_folder(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%') {
      out.push_back(static_cast<char>(std::stoi(std::string(name.substr(i + 1, 2)), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(name[i]);
    }
  }
  return out;
}

void check_folder_name(std::string_view profile) {
  constexpr std::string_view prefix = "profile-id=";
  const std::string name = record::partition_name(profile);
  require(name.size() == record::partition_name_length(profile), "the length of a folder name is known", name);
  require(name.size() <= record::partition_name_limit, "a folder name fits", name);
  require(name.starts_with(prefix) && name.find('/') == name.npos && name.find('\0') == name.npos,
          "a folder name leads nowhere", name);
  const std::string value = name.substr(prefix.size());
  if (profile.empty()) {
    require(value == "__HIVE_DEFAULT_PARTITION__", "a missing profile has its own partition", name);
  } else {
    require(value != "__HIVE_DEFAULT_PARTITION__" && unescaped_folder(value) == profile,
            "a folder name gives its profile again", name);
  }
}

void check_number(std::string_view token, const std::optional<double>& value, std::string_view what) {
  if (token == "null") {
    require(!value, "null has no value", what);
    return;
  }
  require(is_number(token), "a number is JSON's", token);
  require(value.has_value() && std::isfinite(*value), "a number has a finite value", token);
  const double expected = std::strtod(std::string(token).c_str(), nullptr);
  require(std::bit_cast<std::uint64_t>(expected) == std::bit_cast<std::uint64_t>(*value), "a number is worth its text",
          token);
}

// The row's own columns stand in it once each and in their order.
void check_columns(std::string_view row, std::span<const std::string_view> own) {
  const PaddedText text(row);
  std::size_t next = 0;
  std::string scratch;
  for (json::ObjectWalk walk(text.data()); walk.next();) {
    const std::string_view name = json::unescaped(walk.key, scratch);
    if (!record::is_column(own, name)) continue;
    require(next < own.size() && name == own[next], "a row's columns stand in it once, in order", row);
    ++next;
  }
  require(next == own.size(), "a row has all its columns", row);
}

void check_rows(std::string_view rows, std::size_t expected, Dataset dataset) {
  std::size_t count = 0;
  while (!rows.empty()) {
    const std::size_t end = rows.find('\n');
    require(end != rows.npos, "every row ends with a newline", rows);
    const std::string_view row = rows.substr(0, end);
    require(row.starts_with('{'), "a row is an object", row);
    check_compact_json(row);
    check_columns(row, dataset == Dataset::collections ? std::span<const std::string_view>(record::label_columns)
                                                       : std::span<const std::string_view>(record::prediction_columns));
    rows.remove_prefix(end + 1);
    ++count;
  }
  require(count == expected, "there is a row for each entry or prediction", std::to_string(count));
}

void check_rejection(const record::Rejection& rejection, Dataset dataset, std::string_view line) {
  require(!rejection.message.empty(), "a rejection says why");
  require(json::is_utf8(rejection.message), "a message is UTF-8", rejection.message);
  validation::QuarantineLine quarantined;
  quarantined.dataset = dataset;
  quarantined.file = "f.jsonl";
  quarantined.reason = name_of(rejection.reason);
  quarantined.message = rejection.message;
  quarantined.raw = line;
  std::string text = validation::beginning_of_quarantine_lines("0");
  validation::append_quarantine_line(quarantined, text);
  require(text.ends_with('\n'), "a line of quarantine ends", text);
  text.pop_back();
  check_compact_json(text);
}

std::string bits_of(const std::optional<double>& value) {
  return value ? std::to_string(std::bit_cast<std::uint64_t>(*value)) : "none";
}

}  // namespace

Recipe recipe_of(std::uint8_t choice) {
  Recipe recipe;
  recipe.strict = (choice & 1) != 0;
  if ((choice & 2) != 0) recipe.carry = {"app", "score", "profile_id", "line_app", "x\n\"y\""};
  if ((choice & 4) != 0) {
    recipe.aliases[static_cast<std::size_t>(Field::profile_id)] = {"user"};
    recipe.aliases[static_cast<std::size_t>(Field::score)] = {"probability"};
    recipe.aliases[static_cast<std::size_t>(Field::metadata)] = {"meta"};
  }
  constexpr std::uint32_t depths[] = {128, 128, 5, 7};
  recipe.depth_limit = depths[choice >> 3 & 3];
  constexpr std::uint64_t rows[] = {8ULL << 30, 8ULL << 30, 400, 4000};
  recipe.rows_limit = rows[choice >> 5 & 3];
  return recipe;
}

void check_compact_json(std::string_view text) {
  static simdjson::dom::parser parser;
  const std::string known = for_simdjson(text);
  const auto result = parser.parse(known);
  require(result.error() == simdjson::SUCCESS, "what is written is JSON", text);
}

RenderedLine render(record::LineParser& parser, const record::ParseRules& rules, Dataset dataset, std::string_view line,
                    std::size_t buffer_size) {
  RenderedLine out;
  out.accepted = parser.parse(dataset, line);
  if (!out.accepted) {
    out.reason = parser.rejection().reason;
    out.message = parser.rejection().message;
    require(rules.strict || out.reason < Reason::first_repair, "only strict rejects for a repair", out.message);
    check_rejection(parser.rejection(), dataset, line);
    return out;
  }
  const record::Record& record = parser.record();
  require(json::is_utf8(line), "what is accepted is UTF-8", line);
  require(!rules.strict || record.repairs.empty(), "strict accepts no repair", line);
  check_folder_name(record.profile.text);
  for (const record::Identifier* id : {&record.profile, &record.session, &record.collection}) {
    require(json::is_utf8(id->text), "an id is UTF-8", line);
    require(!id->null || id->missing(), "a null id is missing", line);
    out.record += spelled(*id) + "=" + std::string(id->text) + ";";
  }
  require(record.timestamp == "null" ? !record.time : record.time.has_value() && is_number(record.timestamp),
          "a timestamp is a number or null", record.timestamp);
  out.repairs = record.repairs;
  out.profile = spelled(record.profile);
  out.session = spelled(record.session);
  out.collection = spelled(record.collection);
  out.timestamp = record.timestamp;
  out.columns = record.columns;
  out.record += out.timestamp + "/" + bits_of(record.time) + ";" + out.columns + ";" +
                std::to_string(record.repairs.bits()) + ";" + (record.fields_not_carried ? "+" : "");
  if (record.column_names != nullptr && record.column_names->are_listed()) {
    for (const std::string_view name : record.column_names->list()) out.record.append(";").append(name);
  }

  MemoryStorage storage;
  storage::OutputOptions options;
  options.root = "/o";
  options.buffer_size = buffer_size;
  storage::OutputFile file(storage, options);
  require(file.open("rows").ok(), "a file opens");
  std::size_t rows = 0;
  if (dataset == Dataset::collections) {
    partition::LabelRows label_rows;
    label_rows.begin(record);
    parser.for_each_entry([&](const record::Entry& entry, bool early) {
      ++rows;
      RenderedEntry copy;
      copy.platform = entry.platform;
      copy.type = entry.type;
      copy.type_blank = entry.type_blank;
      copy.none = entry.none;
      copy.early = early;
      if (!entry.none) json::append_compact(entry.value, copy.value);
      require(!entry.plain || copy.value == entry.value, "a plain entry is compact", entry.value);
      out.entries.push_back(std::move(copy));
      require(label_rows.write(record, entry, file).ok(), "a row is written");
    });
  } else {
    partition::PredictionRows prediction_rows;
    prediction_rows.begin(record);
    parser.for_each_prediction([&](const record::Prediction& prediction) {
      ++rows;
      check_number(prediction.score, prediction.score_value, line);
      check_number(prediction.confidence, prediction.confidence_value, line);
      require(prediction.model_blank || !prediction.model.empty(), "a model that is not blank has a name", line);
      std::string payload =
          "{\"model_name\":" + std::string(prediction.model_name) + ",\"score\":" + std::string(prediction.score) +
          ",\"confidence\":" + std::string(prediction.confidence) + std::string(prediction.columns) + "}";
      out.predictions.push_back(payload + std::string(prediction.model) + (prediction.model_blank ? "?" : "") +
                                bits_of(prediction.score_value) + "," + bits_of(prediction.confidence_value));
      out.payloads.push_back(std::move(payload));
      require(prediction_rows.write(record, prediction, file).ok(), "a row is written");
    });
  }
  const Result<storage::WrittenFile> written = file.close();
  require(written.ok() && written->newlines == rows, "as many newlines are written as rows", line);
  out.rows = std::move(storage.files["/o/rows"]);
  require(rows > 0, "no collection or prediction is lost", line);
  check_rows(out.rows, rows, dataset);
  require(out.rows.size() <= rules.rows_limit, "rows keep to their limit", line);
  parser.for_each_field_not_carried([&](std::string_view name) { out.fields_not_carried.emplace_back(name); });
  require(record.fields_not_carried || out.fields_not_carried.empty(), "fields that are not carried are announced",
          line);
  return out;
}

RenderedLine render_once(const Recipe& recipe, Dataset dataset, std::string_view line, bool fast_path,
                         std::size_t buffer_size) {
  record::ParseRules rules(recipe);
  rules.fast_path = fast_path;
  record::LineParser parser(rules);
  const PaddedText text(line);
  return render(parser, rules, dataset, text, buffer_size);
}

void check_strictness(Recipe recipe, Dataset dataset, std::string_view line) {
  recipe.strict = false;
  const RenderedLine lenient = render_once(recipe, dataset, line);
  recipe.strict = true;
  const RenderedLine strict = render_once(recipe, dataset, line);
  if (!lenient.accepted) {
    require(!strict.accepted && strict.reason == lenient.reason && strict.message == lenient.message,
            "strict rejects what is rejected, for the same reason", line);
  } else if (lenient.repairs.empty()) {
    require(strict.accepted && strict.rows == lenient.rows && strict.record == lenient.record,
            "strict changes nothing where nothing is repaired", line);
  } else {
    require(!strict.accepted && strict.reason == reason_of(lenient.repairs.first()), "strict names the first repair",
            line);
  }
}

void check_canonical_form(const Recipe& recipe, Dataset dataset, const RenderedLine& rendered) {
  if (!rendered.accepted || !recipe.carry.empty()) return;
  if (rendered.timestamp != "null" && std::fabs(std::strtod(rendered.timestamp.c_str(), nullptr)) < 1e11) return;
  Recipe strict = recipe;
  strict.strict = true;
  strict.aliases = Recipe{}.aliases;  // a renamed field may be called as an added alias is
  strict.depth_limit += 2;            // what was decoded from a string stands deeper now
  std::string line = "{\"metadata\":{\"profile_id\":" + rendered.profile + ",\"session_id\":" + rendered.session +
                     ",\"collection_id\":" + rendered.collection + ",\"timestamp\":" + rendered.timestamp +
                     rendered.columns + "}";
  if (dataset == Dataset::collections) {
    if (!rendered.entries.front().none) {
      line += ",\"behaviour\":{";
      for (const RenderedEntry& entry : rendered.entries) {
        if (entry.platform == "null") return;
        if (!line.ends_with('{')) line += ',';
        line += entry.platform + ":{" + entry.type + ":[" + entry.value + "]}";
      }
      line += '}';
    }
  } else {
    if (rendered.payloads.size() != 1) return;
    line += ",\"prediction\":" + rendered.payloads.front();
  }
  line += '}';
  const RenderedLine again = render_once(strict, dataset, line);
  require(again.accepted, "a repaired line needs no repair", again.message + "\n" + line);
  require(again.rows == rendered.rows, "a repaired line gives the same rows", line);
}

}  // namespace gristmill::fuzz
