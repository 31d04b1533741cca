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
  std::string version;
  std::string recipe;
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<SinkStream> sink;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
  // The system's allocator gives memory back when a row group is written; Arrow's own keeps it.
  arrow::MemoryPool* pool = arrow::system_memory_pool();
  arrow::StringBuilder profiles{pool};
  arrow::StringBuilder sessions{pool};
  arrow::Int64Builder collections{pool};
  arrow::DoubleBuilder weighted{pool};
  arrow::DoubleBuilder swipe{pool};
  arrow::Int64Builder failed{pool};
  std::int64_t rows = 0;
  std::size_t id_bytes = 0;

  arrow::Status open() {
    schema = arrow::schema({arrow::field("profile_id", arrow::utf8()), arrow::field("session_id", arrow::utf8()),
                            arrow::field("number_of_collections", arrow::int64()),
                            arrow::field("weighted_mean_model_score", arrow::float64()),
                            arrow::field("mean_swipe_score", arrow::float64()),
                            arrow::field("failed_keystroke_predictions", arrow::int64())});
    parquet::WriterProperties::Builder properties;
    properties.memory_pool(pool);
    properties.compression(parquet::Compression::ZSTD)
        ->disable_dictionary()
        ->enable_dictionary("profile_id")
        ->enable_dictionary("session_id")
        ->enable_statistics()
        ->max_row_group_length(group_rows);
    ARROW_ASSIGN_OR_RAISE(writer, parquet::arrow::FileWriter::Open(*schema, pool, sink, properties.build()));
    return writer->AddKeyValueMetadata(
        arrow::key_value_metadata({"gristmill.version", "gristmill.recipe"}, {version, recipe}));
  }

  arrow::Status add(const SessionRow& row) {
    ARROW_RETURN_NOT_OK(profiles.Append(row.profile_id));
    ARROW_RETURN_NOT_OK(sessions.Append(row.session_id));
    ARROW_RETURN_NOT_OK(collections.Append(row.number_of_collections));
    ARROW_RETURN_NOT_OK(row.weighted_mean_model_score ? weighted.Append(*row.weighted_mean_model_score)
                                                      : weighted.AppendNull());
    ARROW_RETURN_NOT_OK(row.mean_swipe_score ? swipe.Append(*row.mean_swipe_score) : swipe.AppendNull());
    ARROW_RETURN_NOT_OK(failed.Append(row.failed_keystroke_predictions));
    id_bytes += row.profile_id.size() + row.session_id.size();
    ++rows;
    const bool are_long = id_bytes > static_cast<std::size_t>(rows) * long_ids;
    const bool full = rows == group_rows || id_bytes >= (are_long ? group_long_id_bytes : group_id_bytes);
    return full ? write_group() : arrow::Status::OK();
  }

  arrow::Status write_group() {
    if (rows == 0) return arrow::Status::OK();
    std::vector<std::shared_ptr<arrow::Array>> columns(6);
    ARROW_RETURN_NOT_OK(profiles.Finish(&columns[0]));
    ARROW_RETURN_NOT_OK(sessions.Finish(&columns[1]));
    ARROW_RETURN_NOT_OK(collections.Finish(&columns[2]));
    ARROW_RETURN_NOT_OK(weighted.Finish(&columns[3]));
    ARROW_RETURN_NOT_OK(swipe.Finish(&columns[4]));
    ARROW_RETURN_NOT_OK(failed.Finish(&columns[5]));
    const auto table = arrow::Table::Make(schema, columns, rows);
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
  ArrowTable(ParquetSink sink, const std::string& version, const std::string& recipe) {
    writer_.sink = std::make_shared<SinkStream>(std::move(sink));
    writer_.version = version;
    writer_.recipe = recipe;
  }
  Status open() override { return writer_.sink->status_of(writer_.open()); }
  Status add(const SessionRow& row) override { return writer_.sink->status_of(writer_.add(row)); }
  Status close() override { return writer_.sink->status_of(writer_.close()); }

 private:
  ParquetWriter writer_;
};

}  // namespace
}  // namespace gristmill::session

extern "C" __attribute__((visibility("default"))) gristmill::session::ParquetTable* gristmill_make_parquet_table(
    gristmill::session::ParquetSink sink, const std::string& version, const std::string& recipe) {
  return new gristmill::session::ArrowTable(std::move(sink), version, recipe);
}
