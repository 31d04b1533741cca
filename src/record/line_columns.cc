// Space is set aside for the most that they may come to, so that no text is held twice while it grows: of that, only
// what is written to takes memory. Tested in line_parser_test.cc.
#include "record/line_columns.h"

#include <span>

#include "json/json_text.h"

namespace gristmill::record {
namespace {

// How many times its text the columns of an object take at most, as a guess. It holds for carried fields: the shortest,
// `"":0,`, grows by "line_" and a number. The longer prefixes of others may grow a little more, and a string then grows
// as strings do; what never may be exceeded is most_growth_of_text (row_sizes.h).
constexpr std::size_t most_growth = 5;
constexpr std::size_t longest_grown_freely = 64U << 10;  // bytes

void set_aside(std::size_t text, std::string& out) {
  if (text > longest_grown_freely) out.reserve(out.size() + most_growth * text);
}

}  // namespace

LineColumns::LineColumns(const ParseRules& rules, json::StopCheck& stop) : rules_(rules), stop_(stop) {
  prediction_namer_.stop_with(stop_);
  if (rules.carry.empty()) return;
  carried_text_ = "{";
  for (const std::string& name : rules.carry) {
    std::string& token = carried_tokens_.emplace_back();
    json::append_json_string(name, token);
    carried_text_.append(carried_text_.size() > 1 ? "," : "").append(token).append(":0");
  }
  carried_text_.append("}").append(json::text_padding, '\0');
  carried_names_.read(carried_text_.data(), stop_);
}

void LineColumns::free_memory() {
  columns_ = {};
  names_of_columns_.free_memory();
  prediction_columns_ = {};
  prediction_namer_.free_memory();
  carried_values_ = {};
}

void LineColumns::write_metadata(Dataset dataset, const char* metadata, Record& record) {
  // The names extra metadata must not take; the ids cannot occur among them.
  static constexpr std::string_view taken_by_labels[] = {"platform", "behaviour_type", "col_timestamp"};
  static constexpr std::string_view taken_by_predictions[] = {"score", "confidence", "model_name"};
  const bool labels = dataset == Dataset::collections;
  ColumnNamer namer(labels ? std::span<const std::string_view>(taken_by_labels) : taken_by_predictions, "metadata_");
  namer.stop_with(stop_);
  namer.begin_object(metadata);
  columns_.clear();
  set_aside(static_cast<std::size_t>(json::skip_value(metadata) - metadata), columns_);
  std::string scratch;
  for (json::ObjectWalk walk(metadata); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return;
    const std::string_view name = json::unescaped(walk.key, scratch);
    if (const auto field = rules_.names.find(name); field && is_metadata_field(*field)) continue;
    namer.append_name(name, walk.key, columns_);
    json::append_compact(walk.value_text(), columns_);
  }
  end_columns(record);
}

// Tells the record of its columns.
void LineColumns::end_columns(Record& record) {
  const std::size_t size = columns_.size();
  columns_.append("}").append(json::text_padding, '\0');
  record.columns = std::string_view(columns_).substr(0, size);
  names_of_columns_.read(columns_.data(), stop_);
  record.column_names = &names_of_columns_;
}

// Where the line has the names that are carried: two walks, one to count and one to note.
void LineColumns::find_carried_values(const char* line) {
  carried_begins_.assign(carried_names_.places() + 1, 0);
  std::string scratch;
  for (json::ObjectWalk walk(line); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return;
    const std::size_t place = carried_names_.find(json::unescaped(walk.key, scratch));
    if (place != NameTable::none) ++carried_begins_[place];
  }
  std::size_t values = 0;
  for (std::size_t& begin : carried_begins_) {
    values += begin;
    begin = values;  // the end, from which the second walk counts down
  }
  carried_values_.resize(values);
  for (json::ObjectWalk walk(line); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return;
    const std::size_t place = carried_names_.find(json::unescaped(walk.key, scratch));
    if (place != NameTable::none) carried_values_[--carried_begins_[place]] = walk.value;
  }
}

// Carried fields stand after the metadata, in the recipe's order; a repeated one is kept in order, as any
// other field is. A field that was read as metadata or as the payload is none.
void LineColumns::write_carried(Dataset dataset, const char* line, std::size_t size_of_line,
                                const std::function<bool(Field)>& is_read, Record& record) {
  find_carried_values(line);
  if (stop_.stopped()) return;
  const std::size_t size = record.columns.size();
  columns_.resize(size);
  // The columns' names are known by where they stand: once this text is as large as it may become it does not move.
  std::size_t most = most_growth * size_of_line + 2 * json::text_padding;
  for (const std::string& token : carried_tokens_) most += token.size() + 2 * json::text_padding;
  columns_.reserve(size + most);
  if (size > 0) {
    end_columns(record);
    columns_.resize(size);
  }
  const bool labels = dataset == Dataset::collections;
  ColumnNamer namer(labels ? std::span<const std::string_view>(label_columns) : prediction_columns, "line_");
  namer.stop_with(stop_);
  namer.begin_row(record.column_names);
  namer.begin_carried(line, carried_names_);
  carried_here_.assign(rules_.carry.size(), 0);
  record.carried_here = carried_here_;
  for (std::size_t i = 0; i < rules_.carry.size(); ++i) {
    const std::string& name = rules_.carry[i];
    const std::size_t place = carried_names_.find(name);
    carried_here_[i] = carried_begins_[place] != carried_begins_[place + 1] ? 1 : 0;
    const auto field = rules_.names.find(name);
    const bool read = field && is_read(*field);
    const std::size_t begin = carried_begins_[place];
    const std::size_t end = read ? begin : carried_begins_[place + 1];
    bool kept = begin == end;
    if (kept) {
      kept = namer.append_name(name, carried_tokens_[i], columns_) == 0;
      columns_.append("null");
    }
    for (std::size_t value = end; value-- > begin;) {  // noted from behind
      if (stop_.after(json::work_of_a_step)) return;
      kept = namer.append_name(name, carried_tokens_[i], columns_) == 0 || kept;
      const char* const text = carried_values_[value];
      json::append_compact({text, static_cast<std::size_t>(json::skip_value(text) - text)}, columns_);
    }
    if (kept) namer.add_column(name);
  }
  end_columns(record);
}

void LineColumns::write_prediction(const char* object, const Record& record, Prediction& prediction) {
  prediction_namer_.begin_row(record.column_names);
  prediction_namer_.begin_object(object);
  prediction_columns_.clear();
  set_aside(static_cast<std::size_t>(json::skip_value(object) - object), prediction_columns_);
  std::string scratch;
  for (json::ObjectWalk walk(object); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return;
    const std::string_view name = json::unescaped(walk.key, scratch);
    const auto field = rules_.names.find(name);
    if (field && is_prediction_field(*field)) continue;
    prediction_namer_.append_name(name, walk.key, prediction_columns_);
    json::append_compact(walk.value_text(), prediction_columns_);
  }
  prediction.columns = prediction_columns_;
}

}  // namespace gristmill::record
