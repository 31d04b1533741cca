// The usual row is two copies: what all entries of a platform and type share, and the entry as it lies
// in the line. Long rows go through a string and are written in pieces. Tested in rows_test.cc and by the
// conformance cases.
#include "partition/rows.h"

#include <cstring>

#include "record/column_names.h"
#include "record/json_text.h"

namespace gristmill {
namespace {

void append_id(std::string_view name, const Identifier& id, std::string& out) {
  out.append(name);
  if (id.null) {
    out.append("null");
  } else {
    out.push_back('"');
    out.append(id.spelling);
    out.push_back('"');
  }
}

void append_ids(const Record& record, std::string& out) {
  append_id("{\"profile_id\":", record.profile, out);
  append_id(",\"session_id\":", record.session, out);
  append_id(",\"collection_id\":", record.collection, out);
}

}  // namespace

void LabelRows::begin(const Record& record) {
  prefix_.clear();
  append_ids(record, prefix_);
  prefix_.append(",\"col_timestamp\":");
  prefix_.append(record.timestamp);
  prefix_.append(record.columns);
  shared_ = prefix_.size();
  platform_ = type_ = {};
}

Status LabelRows::write(const Record& record, const Entry& entry, OutputFile& file) {
  if (platform_.data() != entry.platform.data() || type_.data() != entry.type.data() || prefix_.size() == shared_) {
    platform_ = entry.platform;
    type_ = entry.type;
    prefix_.resize(shared_);
    prefix_.append(",\"platform\":").append(platform_);
    prefix_.append(",\"behaviour_type\":").append(type_);
    prefix_.push_back(',');
  }
  if (entry.plain || entry.spaced) {
    // The entry's '{' makes room for the prefix's last ','; an empty entry leaves no comma.
    const bool empty = entry.value.size() == 2;
    const std::string_view prefix(prefix_.data(), prefix_.size() - (empty ? 1 : 0));
    const std::string_view rest = entry.value.substr(1);
    const std::size_t most = prefix.size() + rest.size() + text_padding;
    if (most <= file.room_limit()) {
      GM_RETURN_IF_ERROR(file.make_room(most));
      char* const begin = file.position();
      std::memcpy(begin, prefix.data(), prefix.size());
      char* p = begin + prefix.size();
      if (entry.plain) {
        std::memcpy(p, rest.data(), rest.size());
        p += rest.size();
      } else {
        p = copy_without_space(rest, p);
      }
      *p++ = '\n';
      file.advance(static_cast<std::size_t>(p - begin));
      return {};
    }
  }
  row_.clear();
  if (!entry.none) {
    if (*entry.value.data() == '{') {
      write_entry_fields(record, entry.value);
    } else {
      ColumnNamer namer(label_columns, record.column_names, nullptr, "entry_");
      namer.append_name("value", "\"value\"", row_);
      append_compact(entry.value, row_);
    }
  }
  row_.append("}\n");
  GM_RETURN_IF_ERROR(file.append({prefix_.data(), prefix_.size() - 1}));
  return file.append(row_);
}

void LabelRows::write_entry_fields(const Record& record, std::string_view object) {
  ColumnNamer namer(label_columns, record.column_names, object.data(), "entry_");
  std::string scratch;
  for (ObjectWalk walk(object.data()); walk.next();) {
    namer.append_name(unescaped(walk.key, scratch), walk.key, row_);
    append_compact(walk.value_text(), row_);
  }
}

void PredictionRows::begin(const Record& record) {
  prefix_.clear();
  append_ids(record, prefix_);
  prefix_.append(",\"timestamp\":").append(record.timestamp);
  prefix_.append(record.columns);
}

Status PredictionRows::write(const Prediction& prediction, OutputFile& file) {
  GM_RETURN_IF_ERROR(file.append(prefix_));
  for (const std::string_view piece :
       {std::string_view(",\"model_name\":"), prediction.model_name, std::string_view(",\"score\":"), prediction.score,
        std::string_view(",\"confidence\":"), prediction.confidence, prediction.columns, std::string_view("}\n")}) {
    GM_RETURN_IF_ERROR(file.append(piece));
  }
  return {};
}

}  // namespace gristmill
