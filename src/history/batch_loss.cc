// The line is copied member by member; what the loss touches is written anew. Tested by tests/programs/test_forget.py.
#include "history/batch_loss.h"

#include <algorithm>
#include <optional>

#include "history/run_line.h"
#include "json/json_value.h"
#include "json/json_writer.h"

namespace gristmill::history {
namespace {

void copy(const json::JsonValue& value, json::JsonWriter& json) {
  switch (value.type()) {
    case json::JsonType::object:
      json.open_object();
      for (const auto& [name, member] : value.members()) {
        json.name(name);
        copy(member, json);
      }
      json.close();
      break;
    case json::JsonType::array:
      json.open_array();
      for (const json::JsonValue& element : value.elements()) copy(element, json);
      json.close();
      break;
    case json::JsonType::string: json.text(value.text()); break;
    case json::JsonType::null: json.null(); break;
    default: json.json(value.text());
  }
}

void write_counts(const json::JsonValue& counts, const std::map<std::string, std::uint64_t>& gone,
                  json::JsonWriter& json) {
  json.open_object();
  for (const auto& [name, count] : counts.members()) {
    const auto lost = gone.find(name);
    const std::uint64_t left = count.count() - (lost == gone.end() ? 0 : std::min(lost->second, count.count()));
    if (left > 0) json.number(name, left);
  }
  json.close();
}

void write_dataset(const json::JsonValue& counts, const DatasetLoss& loss, const DatasetAccount& left,
                   json::JsonWriter& json) {
  std::uint64_t rejected = 0;
  for (const auto& [reason, lines] : loss.reasons) rejected += lines;
  json.open_object();
  for (const auto& [name, value] : counts.members()) {
    if (name == "forgotten") continue;
    json.name(name);
    if (name == "accepted") {
      json.number(value.count() - std::min(loss.accepted, value.count()));
    } else if (name == "rejected") {
      json.number(value.count() - std::min(rejected, value.count()));
    } else if (name == "repaired") {
      json.number(value.count() - std::min(loss.repaired, value.count()));
    } else if (name == "rows") {
      json.number(left.rows);
    } else if (name == "rejections") {
      write_counts(value, loss.reasons, json);
    } else if (name == "repairs") {
      json.open_object();
      write_repairs(left, json);
      json.close();
    } else if (name == "fields_not_carried") {
      json.open_array();
      write_fields_not_carried(left, json);
      json.close();
    } else if (name == "newest") {
      write_newest(left, json);
    } else {
      copy(value, json);
    }
    if (name == "blank") json.number("forgotten", counts["forgotten"].count() + loss.accepted + rejected);
  }
  json.close();
}

}  // namespace

std::string without_lost(const std::string& line, const BatchLoss& loss) {
  const std::optional<json::JsonValue> run = json::JsonValue::parse(line);
  if (!run || run->type() != json::JsonType::object) return line;
  std::string text;
  json::JsonWriter json(text);
  json.open_object(json::JsonLayout::one_line);
  for (const auto& [name, value] : run->members()) {
    const auto* const dataset = std::ranges::find(dataset_names, name);
    if (dataset != dataset_names.end()) {
      const auto number = static_cast<std::size_t>(dataset - dataset_names.begin());
      json.name(name);
      write_dataset(value, loss.datasets[number], loss.left.datasets[number], json);
    } else if (name == "models") {
      write_models(loss.left, json);
    } else {
      json.name(name);
      copy(value, json);
    }
  }
  json.close();
  return text;
}

}  // namespace gristmill::history
