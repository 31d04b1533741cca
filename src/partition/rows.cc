// The usual row is two copies: what all entries of a platform and type share, and the entry as it lies
// in the line. Long rows are written in pieces from where they lie: they take no memory beside the line. Tested in
// rows_test.cc and by the cases in tests/cases.
#include "partition/rows.h"

#include <algorithm>
#include <cstring>

#include "json/json_text.h"
#include "record/column_names.h"

namespace gristmill::partition {
namespace {

constexpr std::size_t longest_copied = 64U << 10;  // bytes of columns

void append_id(std::string_view name, const record::Identifier& id, std::string& out) {
  out.append(name);
  if (id.null) {
    out.append("null");
  } else {
    out.push_back('"');
    out.append(id.spelling);
    out.push_back('"');
  }
}

void append_ids(const record::Record& record, std::string& out) {
  append_id("{\"profile_id\":", record.profile, out);
  append_id(",\"session_id\":", record.session, out);
  append_id(",\"collection_id\":", record.collection, out);
}

}  // namespace

void LabelRows::begin(const record::Record& record) {
  prefix_.clear();
  head_.clear();
  append_ids(record, prefix_);
  prefix_.append(",\"col_timestamp\":");
  prefix_.append(record.timestamp);
  if (record.columns.size() <= longest_copied) {
    prefix_.append(record.columns);
  } else {
    head_.swap(prefix_);
  }
  shared_ = prefix_.size();
  platform_ = type_ = {};
  namer_.begin_row(record.column_names);
}

void LabelRows::stop_with(json::StopCheck& stop) {
  stop_ = &stop;
  namer_.stop_with(stop);
}

void LabelRows::free_memory() {
  head_ = prefix_ = name_ = {};
  namer_.free_memory();
}

Status LabelRows::write(const record::Record& record, const record::Entry& entry, storage::OutputFile& file) {
  if (platform_.data() != entry.platform.data() || type_.data() != entry.type.data() || prefix_.size() == shared_) {
    platform_ = entry.platform;
    type_ = entry.type;
    prefix_.resize(shared_);
    prefix_.append(",\"platform\":").append(platform_);
    prefix_.append(",\"behaviour_type\":").append(type_);
    prefix_.push_back(',');
  }
  if ((entry.plain || entry.spaced) && head_.empty()) {
    // The entry's '{' makes room for the prefix's last ','; an empty entry leaves no comma.
    const bool empty = entry.value.size() == 2;
    const std::string_view prefix(prefix_.data(), prefix_.size() - (empty ? 1 : 0));
    const std::string_view rest = entry.value.substr(1);
    const std::size_t most = prefix.size() + rest.size() + json::text_padding;
    if (most <= file.room_limit()) {
      GM_RETURN_IF_ERROR(file.make_room(most));
      char* const begin = file.position();
      std::memcpy(begin, prefix.data(), prefix.size());
      char* p = begin + prefix.size();
      if (entry.plain) {
        std::memcpy(p, rest.data(), rest.size());
        p += rest.size();
      } else {
        p = json::copy_without_space(rest, p);
      }
      *p++ = '\n';
      file.advance(static_cast<std::size_t>(p - begin));
      return {};
    }
  }
  if (!head_.empty()) {
    GM_RETURN_IF_ERROR(file.append(head_));
    GM_RETURN_IF_ERROR(file.append(record.columns));
  }
  GM_RETURN_IF_ERROR(file.append({prefix_.data(), prefix_.size() - 1}));
  if (!entry.none) {
    namer_.begin_object(entry.value.front() == '{' ? entry.value.data() : nullptr);
    if (entry.value.front() == '{') {
      GM_RETURN_IF_ERROR(write_entry_fields(entry.value, file));
    } else {
      GM_RETURN_IF_ERROR(write_field("value", "\"value\"", entry.value, file));
    }
  }
  return file.append("}\n");
}

Status LabelRows::write_entry_fields(std::string_view object, storage::OutputFile& file) {
  std::string scratch;
  for (json::ObjectWalk walk(object.data()); walk.next();) {
    if (stop_->after(json::work_of_a_step)) break;
    GM_RETURN_IF_ERROR(write_field(json::unescaped(walk.key, scratch), walk.key, walk.value_text(), file));
  }
  return {};
}

Status LabelRows::write_field(std::string_view name, std::string_view token, std::string_view value,
                              storage::OutputFile& file) {
  name_.clear();
  namer_.append_name(name, token, name_);
  Status status = file.append(name_);
  json::for_each_compact_piece(value, [&](std::string_view piece) {
    if (status.ok()) status = file.append(piece);
  });
  return status;
}

void PredictionRows::begin(const record::Record& record) {
  prefix_.clear();
  append_ids(record, prefix_);
  prefix_.append(",\"timestamp\":").append(record.timestamp);
}

Status PredictionRows::write(const record::Record& record, const record::Prediction& prediction,
                             storage::OutputFile& file) {
  const std::string_view pieces[] = {
      prefix_,          record.columns,     ",\"model_name\":",    prediction.model_name, ",\"score\":",
      prediction.score, ",\"confidence\":", prediction.confidence, prediction.columns,    "}\n"};
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  if (size > file.room_limit()) {
    for (const std::string_view piece : pieces) GM_RETURN_IF_ERROR(file.append(piece));
    return {};
  }
  GM_RETURN_IF_ERROR(file.make_room(size));
  char* p = file.position();
  for (const std::string_view piece : pieces) p = std::copy(piece.begin(), piece.end(), p);
  file.advance(size);
  return {};
}

}  // namespace gristmill::partition
