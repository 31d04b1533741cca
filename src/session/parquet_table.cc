// Arrow's Parquet writer, one record batch a row group: a group ends after 122,880 rows or 4 MiB of id
// bytes, whichever comes first, and is written in one call, so that its bytes depend on the rows alone.
// Tested in session_table_test.cc; read back by DuckDB and PyArrow in tests/programs.
#include "session/parquet_table.h"

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "storage/exceptions.h"

namespace gristmill::session {
namespace {

constexpr std::int64_t group_rows = 122'880;
constexpr std::size_t group_id_bytes = 4U << 20;
// Arrow holds a group several times over while it is written, so that one of long ids is cut shorter.
constexpr std::size_t long_ids = 2U << 10;  // bytes a row
constexpr std::size_t group_long_id_bytes = 1U << 20;

// Hands what the Parquet writer writes to the sink, and keeps an error of ours: Arrow's status would lose it.
class SinkStream final : public arrow::io::OutputStream {
 public:
  explicit SinkStream(ParquetSink sink) : sink_(std::move(sink)) { set_mode(arrow::io::FileMode::WRITE); }
  arrow::Status Write(const void* data, std::int64_t size) override {
    if (Status status = sink_({static_cast<const char*>(data), static_cast<std::size_t>(size)}); !status.ok()) {
      error_ = std::move(status.error());
      return arrow::Status::IOError("output");
    }
    position_ += size;
    return arrow::Status::OK();
  }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  Status status_of(const arrow::Status& status) const {
    if (status.ok()) return {};
    if (error_) return *error_;
    if (status.IsOutOfMemory()) return storage::not_enough_memory("the Parquet writer: " + status.message());
    return Error::internal("the Parquet writer failed: " + status.message());
  }

 private:
  ParquetSink sink_;
  std::int64_t position_ = 0;
  bool closed_ = false;
  std::optional<Error> error_;
};

struct ParquetWriter {
  std::vector<ParquetColumn> columns;
  TableOrigin origin;
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<SinkStream> sink;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
  // The system's allocator gives memory back when a row group is written; Arrow's own keeps it.
  arrow::MemoryPool* pool = arrow::system_memory_pool();
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
  std::int64_t rows = 0;
  std::size_t id_bytes = 0;

  arrow::Status open() {
    arrow::FieldVector fields;
    parquet::WriterProperties::Builder properties;
    properties.memory_pool(pool);
    properties.compression(parquet::Compression::ZSTD)
        ->disable_dictionary()
        ->enable_statistics()
        ->max_row_group_length(group_rows);
    for (const ParquetColumn& column : columns) {
      switch (column.type) {
        case CellType::text:
          fields.push_back(arrow::field(column.name, arrow::utf8()));
          builders.push_back(std::make_unique<arrow::StringBuilder>(pool));
          properties.enable_dictionary(column.name);
          break;
        case CellType::count:
          fields.push_back(arrow::field(column.name, arrow::int64()));
          builders.push_back(std::make_unique<arrow::Int64Builder>(pool));
          break;
        case CellType::number:
          fields.push_back(arrow::field(column.name, arrow::float64()));
          builders.push_back(std::make_unique<arrow::DoubleBuilder>(pool));
          break;
      }
    }
    schema = arrow::schema(std::move(fields));
    ARROW_ASSIGN_OR_RAISE(writer, parquet::arrow::FileWriter::Open(*schema, pool, sink, properties.build()));
    return writer->AddKeyValueMetadata(
        arrow::key_value_metadata({"gristmill.version", "gristmill.recipe"}, {origin.version, origin.recipe}));
  }

  arrow::Status append(std::size_t column, const Cell& cell) {
    arrow::ArrayBuilder* const builder = builders[column].get();
    if (const auto* const text = std::get_if<std::string_view>(&cell)) {
      id_bytes += text->size();
      return static_cast<arrow::StringBuilder*>(builder)->Append(*text);
    }
    if (const auto* const count = std::get_if<std::int64_t>(&cell)) {
      return static_cast<arrow::Int64Builder*>(builder)->Append(*count);
    }
    if (const auto* const number = std::get_if<double>(&cell)) {
      return static_cast<arrow::DoubleBuilder*>(builder)->Append(*number);
    }
    return builder->AppendNull();
  }

  arrow::Status add(const std::vector<Cell>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) ARROW_RETURN_NOT_OK(append(i, cells[i]));
    ++rows;
    const bool are_long = id_bytes > static_cast<std::size_t>(rows) * long_ids;
    const bool full = rows == group_rows || id_bytes >= (are_long ? group_long_id_bytes : group_id_bytes);
    return full ? write_group() : arrow::Status::OK();
  }

  arrow::Status write_group() {
    if (rows == 0) return arrow::Status::OK();
    std::vector<std::shared_ptr<arrow::Array>> arrays(builders.size());
    for (std::size_t i = 0; i < builders.size(); ++i) ARROW_RETURN_NOT_OK(builders[i]->Finish(&arrays[i]));
    const auto table = arrow::Table::Make(schema, arrays, rows);
    const std::int64_t length = rows;
    rows = 0;
    id_bytes = 0;
    return writer->WriteTable(*table, length);
  }

  arrow::Status close() {
    ARROW_RETURN_NOT_OK(write_group());
    return writer->Close();
  }
};

class ArrowTable final : public ParquetTable {
 public:
  ArrowTable(ParquetSink sink, const std::vector<ParquetColumn>& columns, const TableOrigin& origin) {
    writer_.columns = columns;
    writer_.origin = origin;
    writer_.sink = std::make_shared<SinkStream>(std::move(sink));
  }
  Status open() override { return writer_.sink->status_of(writer_.open()); }
  Status add(const std::vector<Cell>& cells) override { return writer_.sink->status_of(writer_.add(cells)); }
  Status close() override { return writer_.sink->status_of(writer_.close()); }

 private:
  ParquetWriter writer_;
};

}  // namespace
}  // namespace gristmill::session

extern "C" __attribute__((visibility("default"))) gristmill::session::ParquetTable* gristmill_make_parquet_table(
    gristmill::session::ParquetSink sink, const std::vector<gristmill::session::ParquetColumn>& columns,
    const gristmill::session::TableOrigin& origin) {
  return new gristmill::session::ArrowTable(std::move(sink), columns, origin);
}
