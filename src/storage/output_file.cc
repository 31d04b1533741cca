// A buffer of 64 KiB stays in the nearest caches between the row writer, the checksum, the newline count and
// the kernel's copy; with 256 KiB a run took a twentieth longer. Tested in output_file_test.cc.
#include "storage/output_file.h"

#include "storage/newlines.h"
#include "storage/system_error.h"

namespace gristmill::storage {

void encode(const WrittenFile& file, std::string& key, std::string& value) {
  key = file.path;
  value.assign(reinterpret_cast<const char*>(&file.size), sizeof file.size);
  value.append(reinterpret_cast<const char*>(&file.hash), sizeof file.hash);
  value.append(file.sha256);
}

WrittenFile decode_written_file(std::string_view key, std::string_view value) {
  WrittenFile file;
  file.path = key;
  std::memcpy(&file.size, value.data(), sizeof file.size);
  std::memcpy(&file.hash, value.data() + sizeof file.size, sizeof file.hash);
  file.sha256 = value.substr(sizeof file.size + sizeof file.hash);
  return file;
}

OutputFile::OutputFile(Storage& storage, OutputOptions options)
    : storage_(storage),
      options_(std::move(options)),
      buffer_(std::make_unique_for_overwrite<char[]>(options_.buffer_size)) {
  if (options_.sha256) sha256_ = std::make_unique<StreamSha256>();
}

Status OutputFile::open(std::string path) {
  GM_ASSIGN(file_, storage_.create(options_.root + "/" + path));
  written_ = {};
  written_.path = std::move(path);
  hash_.reset();
  if (sha256_) sha256_->reset();
  used_ = 0;
  return {};
}

Status OutputFile::write(std::string_view bytes) {
  hash_.update(bytes);
  if (sha256_) sha256_->update(bytes);
  written_.size += bytes.size();
  written_.newlines += count_newlines(bytes);
  return file_->append(bytes);
}

Status OutputFile::flush() {
  const std::string_view bytes(buffer_.get(), used_);
  used_ = 0;
  return write(bytes);
}

Status OutputFile::append(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (bytes.size() > options_.buffer_size - used_) {
    GM_RETURN_IF_ERROR(flush());
    if (bytes.size() > options_.buffer_size) return write(bytes);
  }
  std::memcpy(position(), bytes.data(), bytes.size());
  used_ += bytes.size();
  return {};
}

Result<Hash128> OutputFile::append_file(const std::string& path) {
  StreamHash hash;
  GM_ASSIGN(const std::optional<FileInfo> info, storage_.stat_file(path));
  if (!info) return hash.digest();
  GM_ASSIGN(const std::unique_ptr<ReadableFile> file, storage_.open(path));
  std::string piece(1U << 20, '\0');
  for (std::uint64_t position = 0; position < file->size();) {
    GM_ASSIGN(const std::size_t got, file->read_at(position, piece.data(), piece.size()));
    if (got == 0) return changed_while_read(path);
    const std::string_view bytes = std::string_view(piece).substr(0, got);
    hash.update(bytes);
    GM_RETURN_IF_ERROR(append(bytes));
    position += got;
  }
  return hash.digest();
}

Result<WrittenFile> OutputFile::close() {
  GM_RETURN_IF_ERROR(flush());
  GM_RETURN_IF_ERROR(file_->close(options_.durable));
  file_.reset();
  written_.hash = hash_.digest();
  if (sha256_) written_.sha256 = sha256_->hex();
  return std::move(written_);
}

}  // namespace gristmill::storage
