// The Parquet side is parquet_table.h. Where there is one part, its Parquet file has the same bytes as the whole
// table's, and is encoded once. Tested in session_table_test.cc; read back by DuckDB and PyArrow in tests/programs.
#include "session/session_table.h"

#include <cmath>
#include <cstdio>

#include "json/json_text.h"
#include "json/number.h"
#include "session/parquet_table.h"

namespace gristmill::session {
namespace {

constexpr double first_inexact = 9007199254740992;  // 2^53

std::vector<ParquetColumn> parquet_columns(const std::vector<Aggregate>& aggregates) {
  std::vector<ParquetColumn> columns = {{"profile_id", CellType::text}, {"session_id", CellType::text}};
  for (const Aggregate& aggregate : aggregates) {
    columns.push_back({aggregate.name, aggregate.is_count() ? CellType::count : CellType::number});
  }
  return columns;
}

}  // namespace

void append_cell_json(const Cell& cell, std::string& out) {
  if (const auto* const text = std::get_if<std::string_view>(&cell)) {
    json::append_json_string(*text, out);
  } else if (const auto* const count = std::get_if<std::int64_t>(&cell)) {
    out.append(std::to_string(*count));
  } else if (const auto* const number = std::get_if<double>(&cell)) {
    json::append_double(*number, out);
  } else {
    out.append("null");
  }
}

SessionTableWriter::SessionTableWriter(Storage& storage, const storage::OutputOptions& output, TableOrigin origin,
                                       const std::vector<Aggregate>& columns, std::uint64_t rows_per_part)
    : origin_(std::move(origin)),
      columns_(columns),
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
  GM_ASSIGN(parquet_, make_parquet_table(to_result, parquet_columns(columns_), origin_));
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
  GM_ASSIGN(part_parquet_, make_parquet_table([this](std::string_view bytes) { return part_.append(bytes); },
                                              parquet_columns(columns_), origin_));
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

void SessionTableWriter::append_json(const std::vector<Cell>& cells) {
  text_.append("{\"profile_id\":");
  append_cell_json(cells[0], text_);
  text_.append(",\"session_id\":");
  append_cell_json(cells[1], text_);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Cell& cell = cells[i + 2];
    text_.append(",\"").append(columns_[i].name).append("\":");
    append_cell_json(cell, text_);
    const auto* const time = columns_[i].is_time() ? std::get_if<double>(&cell) : nullptr;
    if (time != nullptr && std::abs(*time) < first_inexact && text_.ends_with(".0")) text_.resize(text_.size() - 2);
  }
  text_.append("}\n");
}

Status SessionTableWriter::add(const std::vector<Cell>& cells) {
  if (rows_per_part_ != 0 && rows_in_part_ == rows_per_part_) {
    GM_RETURN_IF_ERROR(close_part());
    GM_RETURN_IF_ERROR(open_part());
  }
  ++rows_in_part_;
  text_.clear();
  append_json(cells);
  GM_RETURN_IF_ERROR(json_.append(text_));
  if (part_parquet_) GM_RETURN_IF_ERROR(part_parquet_->add(cells));
  return parquet_->add(cells);
}

Result<std::vector<storage::WrittenFile>> SessionTableWriter::close() {
  GM_RETURN_IF_ERROR(parquet_->close());
  GM_RETURN_IF_ERROR(close_part());
  GM_ASSIGN(written_.emplace_back(), result_.close());
  return std::move(written_);
}

const std::vector<ParquetColumn>& model_columns() {
  static const std::vector<ParquetColumn> columns = {
      {"profile_id", CellType::text},   {"session_id", CellType::text},
      {"model_name", CellType::text},   {"predictions", CellType::count},
      {"scored", CellType::count},      {"failed", CellType::count},
      {"mean_score", CellType::number}, {"weighted_mean_score", CellType::number},
      {"min_score", CellType::number},  {"max_score", CellType::number}};
  return columns;
}

ModelTableWriter::ModelTableWriter(Storage& storage, const storage::OutputOptions& output, TableOrigin origin)
    : origin_(std::move(origin)), file_(storage, output) {}

ModelTableWriter::~ModelTableWriter() { parquet_.reset(); }

Status ModelTableWriter::open() {
  GM_RETURN_IF_ERROR(file_.open("aggregated-models/data.parquet"));
  GM_ASSIGN(parquet_, make_parquet_table([this](std::string_view bytes) { return file_.append(bytes); },
                                         model_columns(), origin_));
  return parquet_->open();
}

Status ModelTableWriter::add(std::string_view profile, std::string_view session, std::string_view model,
                             const ModelAggregate& aggregate) {
  const auto count = [](std::uint64_t value) { return Cell(static_cast<std::int64_t>(value)); };
  const bool scored = aggregate.scored > 0;
  cells_ = {profile,
            session,
            model.empty() ? Cell() : Cell(model),
            count(aggregate.rows),
            count(aggregate.scored),
            count(aggregate.rows - aggregate.scored),
            aggregate.mean(),
            aggregate.weighted_mean(),
            scored ? Cell(aggregate.least) : Cell(),
            scored ? Cell(aggregate.greatest) : Cell()};
  return parquet_->add(cells_);
}

Result<storage::WrittenFile> ModelTableWriter::close() {
  GM_RETURN_IF_ERROR(parquet_->close());
  return file_.close();
}

}  // namespace gristmill::session
