// Every row goes to both files of Parquet bytes, by way of parquet_table.h, and to the JSON Lines. Tested in
// session_table_test.cc; read back by DuckDB and PyArrow in tests/whole_program.
#include "session/session_table.h"

#include "record/json_text.h"
#include "record/number.h"
#include "session/parquet_table.h"

namespace gristmill {

void append_session_json(const SessionRow& row, std::string& out) {
  const auto append_optional = [&](const std::optional<double>& value) {
    if (value) {
      append_double(*value, out);
    } else {
      out.append("null");
    }
  };
  out.append("{\"profile_id\":");
  append_json_string(row.profile_id, out);
  out.append(",\"session_id\":");
  append_json_string(row.session_id, out);
  out.append(",\"number_of_collections\":").append(std::to_string(row.number_of_collections));
  out.append(",\"weighted_mean_model_score\":");
  append_optional(row.weighted_mean_model_score);
  out.append(",\"mean_swipe_score\":");
  append_optional(row.mean_swipe_score);
  out.append(",\"failed_keystroke_predictions\":").append(std::to_string(row.failed_keystroke_predictions));
  out.append("}\n");
}

SessionTableWriter::SessionTableWriter(Storage& storage, const OutputOptions& output, std::string version,
                                       std::string recipe)
    : version_(std::move(version)),
      recipe_(std::move(recipe)),
      result_(storage, output),
      part_(storage, output),
      json_(storage, output) {}

// An abandoned Parquet writer ends its file as it goes: before the files that it writes to do.
SessionTableWriter::~SessionTableWriter() { parquet_.reset(); }

Status SessionTableWriter::open() {
  GM_RETURN_IF_ERROR(result_.open("aggregated-result/data.parquet"));
  GM_RETURN_IF_ERROR(part_.open("aggregated-parquet/part-00000.parquet"));
  GM_RETURN_IF_ERROR(json_.open("aggregated-json/part-00000.json"));
  const auto to_both = [this](std::string_view bytes) -> Status {
    GM_RETURN_IF_ERROR(result_.append(bytes));
    return part_.append(bytes);
  };
  GM_ASSIGN(parquet_, make_parquet_table(to_both, version_, recipe_));
  return parquet_->open();
}

Status SessionTableWriter::add(const SessionRow& row) {
  text_.clear();
  append_session_json(row, text_);
  GM_RETURN_IF_ERROR(json_.append(text_));
  return parquet_->add(row);
}

Result<std::vector<WrittenFile>> SessionTableWriter::close() {
  GM_RETURN_IF_ERROR(parquet_->close());
  std::vector<WrittenFile> files;
  for (OutputFile* file : {&json_, &part_, &result_}) {
    GM_ASSIGN(files.emplace_back(), file->close());
  }
  return files;
}

}  // namespace gristmill
