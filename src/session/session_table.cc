// Arrow's Parquet writer, one record batch a row group: a group ends after 122,880 rows or 4 MiB of id
// bytes, whichever comes first, and is written in one call, so that its bytes depend on the rows alone.
// Tested in session_table_test.cc; read back by DuckDB and PyArrow in tests/whole_program.
#include "session/session_table.h"

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "record/json_text.h"
#include "record/number.h"

namespace gristmill {
namespace {

constexpr std::int64_t group_rows = 122'880;
constexpr std::size_t group_id_bytes = 4U << 20;

// What the Parquet writer writes goes to both files. An error of ours is kept: Arrow's status would lose it.
class TwoFiles final : public arrow::io::OutputStream {
 public:
  TwoFiles(OutputFile& first, OutputFile& second) : first_(first), second_(second) {
    set_mode(arrow::io::FileMode::WRITE);
  }
  arrow::Status Write(const void* data, std::int64_t size) override {
    const std::string_view bytes(static_cast<const char*>(data), static_cast<std::size_t>(size));
    for (OutputFile* file : {&first_, &second_}) {
      if (Status status = file->append(bytes); !status.ok()) {
        error_ = std::move(status.error());
        return arrow::Status::IOError("output");
      }
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
    return Error::internal("the Parquet writer failed: " + status.message());
  }

 private:
  OutputFile& first_;
  OutputFile& second_;
  std::int64_t position_ = 0;
  bool closed_ = false;
  std::optional<Error> error_;
};

}  // namespace

struct SessionTableWriter::Parquet {
  std::string version;
  std::string recipe;
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<TwoFiles> sink;
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
    ARROW_ASSIGN_OR_RAISE(writer, parquet::arrow::FileWriter::Open(*schema, pool, sink,
                                                                   properties.build()));
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
    return ++rows == group_rows || id_bytes >= group_id_bytes ? write_group() : arrow::Status::OK();
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
    : parquet_(std::make_unique<Parquet>()),
      result_(storage, output),
      part_(storage, output),
      json_(storage, output) {
  parquet_->version = std::move(version);
  parquet_->recipe = std::move(recipe);
}

// An abandoned Parquet writer ends its file as it goes: before the files that it writes to do.
SessionTableWriter::~SessionTableWriter() { parquet_.reset(); }

Status SessionTableWriter::open() {
  GM_RETURN_IF_ERROR(result_.open("aggregated-result/data.parquet"));
  GM_RETURN_IF_ERROR(part_.open("aggregated-parquet/part-00000.parquet"));
  GM_RETURN_IF_ERROR(json_.open("aggregated-json/part-00000.json"));
  parquet_->sink = std::make_shared<TwoFiles>(result_, part_);
  return parquet_->sink->status_of(parquet_->open());
}

Status SessionTableWriter::add(const SessionRow& row) {
  text_.clear();
  append_session_json(row, text_);
  GM_RETURN_IF_ERROR(json_.append(text_));
  return parquet_->sink->status_of(parquet_->add(row));
}

Result<std::vector<WrittenFile>> SessionTableWriter::close() {
  GM_RETURN_IF_ERROR(parquet_->sink->status_of(parquet_->close()));
  std::vector<WrittenFile> files;
  for (OutputFile* file : {&json_, &part_, &result_}) {
    GM_ASSIGN(files.emplace_back(), file->close());
  }
  return files;
}

}  // namespace gristmill
