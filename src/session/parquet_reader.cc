// Arrow's reader over our own files, local or in a bucket. Tested in session_table_test.cc and by
// tests/programs/test_show.py.
#include "session/parquet_reader.h"

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/statistics.h>

#include "storage/exceptions.h"

namespace gristmill::session {
namespace {

class FileSource final : public arrow::io::RandomAccessFile {
 public:
  explicit FileSource(ReadableFile& file) : file_(file) { set_mode(arrow::io::FileMode::READ); }
  arrow::Result<std::int64_t> ReadAt(std::int64_t position, std::int64_t size, void* out) override {
    Result<std::size_t> got =
        file_.read_at(static_cast<std::uint64_t>(position), static_cast<char*>(out), static_cast<std::size_t>(size));
    if (got) return static_cast<std::int64_t>(*got);
    error_ = std::move(got.error());
    return arrow::Status::IOError("input");
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(std::int64_t position, std::int64_t size) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(size, arrow::system_memory_pool()));
    ARROW_ASSIGN_OR_RAISE(const std::int64_t got, ReadAt(position, size, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(got));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }
  arrow::Result<std::int64_t> Read(std::int64_t size, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const std::int64_t got, ReadAt(position_, size, out));
    position_ += got;
    return got;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(std::int64_t size) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, size));
    position_ += buffer->size();
    return buffer;
  }
  arrow::Result<std::int64_t> GetSize() override { return static_cast<std::int64_t>(file_.size()); }
  arrow::Status Seek(std::int64_t position) override {
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  ReadableFile& file_;
  std::int64_t position_ = 0;
  bool closed_ = false;
  std::optional<Error> error_;
};

Cell cell_of(const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) return {};
  switch (array.type_id()) {
    case arrow::Type::STRING: return static_cast<const arrow::StringArray&>(array).GetView(row);
    case arrow::Type::INT64: return static_cast<const arrow::Int64Array&>(array).Value(row);
    case arrow::Type::DOUBLE: return static_cast<const arrow::DoubleArray&>(array).Value(row);
    default: return {};
  }
}

class ArrowReader final : public ParquetReader {
 public:
  ArrowReader(ReadableFile& file, std::string path)
      : path_(std::move(path)), source_(std::make_shared<FileSource>(file)) {}

  Status open() { return status_of(open_reader()); }
  std::vector<std::string> columns() const override { return schema_->field_names(); }

  Status for_each_row(const std::optional<std::string>& first, const ParquetRowSink& use) override {
    try {
      return read_rows(first, use);
    } catch (const parquet::ParquetException& exception) {
      return status_of(arrow::Status::Invalid(exception.what()));
    }
  }

 private:
  Status read_rows(const std::optional<std::string>& first, const ParquetRowSink& use) {
    const std::shared_ptr<parquet::FileMetaData> metadata = reader_->parquet_reader()->metadata();
    std::vector<Cell> cells;
    for (int group = 0; group < metadata->num_row_groups(); ++group) {
      if (first && !may_have(*metadata->RowGroup(group)->ColumnChunk(0), *first)) continue;
      auto read = reader_->ReadRowGroup(group);
      if (!read.ok()) return status_of(read.status());
      auto whole = (*read)->CombineChunks(arrow::system_memory_pool());
      if (!whole.ok()) return status_of(whole.status());
      for (std::int64_t row = 0; row < (*whole)->num_rows(); ++row) {
        cells.clear();
        for (const auto& column : (*whole)->columns()) cells.push_back(cell_of(*column->chunk(0), row));
        if (first && cells[0] != Cell(std::string_view(*first))) continue;
        GM_ASSIGN(const bool more, use(cells));
        if (!more) return {};
      }
    }
    return {};
  }

  arrow::Status open_reader() {
    ARROW_ASSIGN_OR_RAISE(reader_, parquet::arrow::OpenFile(source_, arrow::system_memory_pool()));
    return reader_->GetSchema(&schema_);
  }

  static bool may_have(const parquet::ColumnChunkMetaData& chunk, std::string_view text) {
    const auto statistics = std::dynamic_pointer_cast<parquet::ByteArrayStatistics>(chunk.statistics());
    if (statistics == nullptr || !statistics->HasMinMax()) return true;
    const auto view = [](const parquet::ByteArray& bytes) {
      return std::string_view(reinterpret_cast<const char*>(bytes.ptr), bytes.len);
    };
    return view(statistics->min()) <= text && text <= view(statistics->max());
  }

  Status status_of(const arrow::Status& status) const {
    if (status.ok()) return {};
    if (source_->error()) return *source_->error();
    if (status.IsOutOfMemory()) return storage::not_enough_memory("the Parquet reader: " + status.message());
    return Error::output("'" + path_ + "' is not as gristmill writes it: " + status.message(),
                         "compare the output with its manifest by 'gristmill verify', or run again to write it anew")
        .in_file(path_);
  }

  std::string path_;
  std::shared_ptr<FileSource> source_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace
}  // namespace gristmill::session

extern "C" __attribute__((visibility("default"))) gristmill::session::ParquetReader* gristmill_open_parquet(
    gristmill::ReadableFile& file, const std::string& path, gristmill::Status& error) {
  auto reader = std::make_unique<gristmill::session::ArrowReader>(file, path);
  error = reader->open();
  return error.ok() ? reader.release() : nullptr;
}
