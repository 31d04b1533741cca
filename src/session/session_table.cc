// The Parquet side is parquet_table.h. Where there is one part, its Parquet file has the same bytes as the whole
// table's, and is encoded once. Tested in session_table_test.cc; read back by DuckDB and PyArrow in tests/programs.
#include "session/session_table.h"

#include <cstdio>

#include "json/json_text.h"
#include "json/number.h"
#include "session/parquet_table.h"

namespace gristmill::session {

void append_session_json(const SessionRow& row, std::string& out) {
  const auto append_optional = [&](const std::optional<double>& value) {
    if (value) {
      json::append_double(*value, out);
    } else {
      out.append("null");
    }
  };
  out.append("{\"profile_id\":");
  json::append_json_string(row.profile_id, out);
  out.append(",\"session_id\":");
  json::append_json_string(row.session_id, out);
  out.append(",\"number_of_collections\":").append(std::to_string(row.number_of_collections));
  out.append(",\"weighted_mean_model_score\":");
  append_optional(row.weighted_mean_model_score);
  out.append(",\"mean_swipe_score\":");
  append_optional(row.mean_swipe_score);
  out.append(",\"failed_keystroke_predictions\":").append(std::to_string(row.failed_keystroke_predictions));
  out.append("}\n");
}

SessionTableWriter::SessionTableWriter(Storage& storage, const storage::OutputOptions& output, std::string version,
                                       std::string recipe, std::uint64_t rows_per_part)
    : version_(std::move(version)),
      recipe_(std::move(recipe)),
      rows_per_part_(rows_per_part),
      result_(storage, output),
      part_(storage, output),
      json_(storage, output) {}

// An abandoned Parquet writer ends its file as it goes: before the files that it writes to do.
SessionTableWriter::~SessionTableWriter() {
  part_parquet_.reset();
  parquet_.reset();
}

Status SessionTableWriter::open() {
  GM_RETURN_IF_ERROR(result_.open("aggregated-result/data.parquet"));
  const auto to_result = [this](std::string_view bytes) -> Status {
    GM_RETURN_IF_ERROR(result_.append(bytes));
    return rows_per_part_ == 0 ? part_.append(bytes) : Status();
  };
  GM_ASSIGN(parquet_, make_parquet_table(to_result, version_, recipe_));
  GM_RETURN_IF_ERROR(open_part());
  return parquet_->open();
}

Status SessionTableWriter::open_part() {
  char name[16];
  std::snprintf(name, sizeof name, "part-%05u", part_number_++);
  GM_RETURN_IF_ERROR(part_.open("aggregated-parquet/" + std::string(name) + ".parquet"));
  GM_RETURN_IF_ERROR(json_.open("aggregated-json/" + std::string(name) + ".json"));
  rows_in_part_ = 0;
  if (rows_per_part_ == 0) return {};
  GM_ASSIGN(part_parquet_,
            make_parquet_table([this](std::string_view bytes) { return part_.append(bytes); }, version_, recipe_));
  return part_parquet_->open();
}

Status SessionTableWriter::close_part() {
  if (part_parquet_) GM_RETURN_IF_ERROR(part_parquet_->close());
  part_parquet_.reset();
  for (storage::OutputFile* file : {&json_, &part_}) {
    GM_ASSIGN(written_.emplace_back(), file->close());
  }
  return {};
}

Status SessionTableWriter::add(const SessionRow& row) {
  if (rows_per_part_ != 0 && rows_in_part_ == rows_per_part_) {
    GM_RETURN_IF_ERROR(close_part());
    GM_RETURN_IF_ERROR(open_part());
  }
  ++rows_in_part_;
  text_.clear();
  append_session_json(row, text_);
  GM_RETURN_IF_ERROR(json_.append(text_));
  if (part_parquet_) GM_RETURN_IF_ERROR(part_parquet_->add(row));
  return parquet_->add(row);
}

Result<std::vector<storage::WrittenFile>> SessionTableWriter::close() {
  GM_RETURN_IF_ERROR(parquet_->close());
  GM_RETURN_IF_ERROR(close_part());
  GM_ASSIGN(written_.emplace_back(), result_.close());
  return std::move(written_);
}

}  // namespace gristmill::session
