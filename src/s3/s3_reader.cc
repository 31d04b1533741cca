// Claims of a file are handed out in order, so a plan in that order is a plan of time too. Every worker's reads go
// through the one window: each alone would wait for each of its own requests. What falls outside of the window (a
// long line that goes on in a block that has left) is asked for by itself.
// Tested by every test of tests/s3 that reads, tests/s3/test_memory_s3.py above all.
#include "s3/s3_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "s3/s3_lookup.h"
#include "storage/system_error.h"

namespace gristmill::s3 {
namespace {

constexpr std::uint64_t chunk = 1ULL << 20;  // blocks begin at multiples of it, as the source's claims do

Status status_of_read(const S3Client& client, const S3Response& answer, const S3Request& request) {
  if (!answer.ok()) {
    if (!answer.failure && answer.http.status == 412) return storage::changed_while_read(request.uri());
    if (answer.not_found() || answer.http.status == 416) return storage::changed_while_read(request.uri());
    return client.error_of(answer, request, ErrorKind::input, "read", "s3:GetObject");
  }
  // A whole object instead of the range, or an end too early: not what was listed.
  if (answer.http.received != request.into_size) return storage::changed_while_read(request.uri());
  return {};
}

S3Request range_request(const ObjectName& name, const std::string& etag, std::uint64_t offset, char* into,
                        std::size_t length, bool part_of_work) {
  S3Request request = request_for(RequestKind::get, "GET", name);
  if (!etag.empty()) request.headers = {{"if-match", etag}};
  request.into = into;
  request.into_size = length;
  request.offset = offset;
  request.part_of_work = part_of_work;
  return request;
}

class S3Readable final : public ReadableFile {
 public:
  S3Readable(S3Client& client, ReadWindow& window, std::string path, std::uint64_t size, std::string etag)
      : client_(client),
        window_(window),
        path_(std::move(path)),
        name_(parse_uri(path_)),
        size_(size),
        etag_(std::move(etag)) {
    planned_ = window_.find(path_);
    if (planned_) planned_begin_ = window_.begin_of(*planned_);
  }

  std::uint64_t size() const override { return size_; }

  Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t length) override {
    if (offset >= size_) return std::size_t{0};
    length = static_cast<std::size_t>(std::min<std::uint64_t>(length, size_ - offset));
    std::size_t done = 0;
    // Of a part that is planned, a reader wants the byte before it too: a request of its own, and no more than that.
    if (planned_ && offset < planned_begin_) {
      const auto before = static_cast<std::size_t>(std::min<std::uint64_t>(length, planned_begin_ - offset));
      GM_ASSIGN(done, read_alone(offset, into, before));
    }
    while (done < length) {
      std::size_t got = 0;
      if (planned_) {
        GM_ASSIGN(got, window_.read(*planned_, offset + done, into + done, length - done));
      }
      if (got == 0) {
        GM_ASSIGN(got, read_alone(offset + done, into + done, length - done));
      }
      done += got;
    }
    return done;
  }

  void release(std::uint64_t begin, std::uint64_t end) override {
    if (planned_) window_.release(*planned_, begin, end);
  }

  Status check_unchanged() override {
    GM_ASSIGN(const auto now, find_object(client_, name_));
    return now && now->etag == etag_ && now->size == size_ ? Status() : Status(storage::changed_while_read(path_));
  }

 private:
  // Through a buffer that is filled by ever larger requests as long as they follow each other.
  Result<std::size_t> read_alone(std::uint64_t offset, char* into, std::size_t length) {
    constexpr std::size_t smallest = 128U << 10;
    constexpr std::size_t largest = 4U << 20;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (offset < begin_ || offset >= begin_ + buffer_.size()) {
      const bool follows = offset == begin_ + buffer_.size() && !buffer_.empty();
      ahead_ = follows ? std::min(ahead_ * 2, largest) : smallest;
      const std::uint64_t wanted = std::max<std::uint64_t>(length, planned_ ? 0 : ahead_);
      buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>({wanted, largest, size_ - offset})));
      begin_ = offset;
      const S3Request request =
          range_request(name_, etag_, offset, buffer_.data(), buffer_.size(), planned_.has_value());
      const S3Response answer = client_.call(request);
      if (Status status = status_of_read(client_, answer, request); !status.ok()) {
        buffer_.clear();
        return std::move(status.error());
      }
    }
    const std::size_t at = static_cast<std::size_t>(offset - begin_);
    const std::size_t got = std::min(length, buffer_.size() - at);
    std::memcpy(into, buffer_.data() + at, got);
    return got;
  }

  S3Client& client_;
  ReadWindow& window_;
  std::string path_;
  ObjectName name_;
  std::uint64_t size_;
  std::string etag_;
  std::optional<std::uint32_t> planned_;
  std::uint64_t planned_begin_ = 0;
  std::mutex mutex_;  // guards what follows
  std::vector<char> buffer_;
  std::uint64_t begin_ = 0;
  std::size_t ahead_ = 0;
};

}  // namespace

ReadWindow::ReadWindow(S3Client& client, std::uint64_t memory)
    : client_(client),
      memory_(std::max(memory, 2 * chunk)),
      block_size_(std::clamp(std::bit_floor(memory_ / 8), chunk, 8 * chunk)) {}

ReadWindow::~ReadWindow() {
  std::unique_lock<std::mutex> lock(mutex_);
  arrived_.wait(lock, [this] { return on_their_way_ == 0; });
}

void ReadWindow::plan(const std::vector<ReadAhead>& files) {
  std::unique_lock<std::mutex> lock(mutex_);
  next_ = planned_;  // nothing more of the old plan
  arrived_.wait(lock, [this] { return on_their_way_ == 0; });
  blocks_.clear();
  files_.clear();
  file_by_path_.clear();
  spare_.clear();
  held_ = 0;
  planned_ = 0;
  next_ = 0;
  next_file_ = 0;
  for (const ReadAhead& each : files) {
    const auto number = static_cast<std::uint32_t>(files_.size());
    if (!file_by_path_.emplace(each.path, number).second) continue;
    File& file = files_.emplace_back();
    file.name = parse_uri(each.path);
    file.etag = each.info.etag;
    file.begin = each.begin;
    file.end = std::max(each.begin, std::min(each.end, each.info.size));
    file.first_block = planned_;
    file.blocks = (file.end - file.begin + block_size_ - 1) / block_size_;
    planned_ += file.blocks;
  }
  fill();
}

std::optional<std::uint64_t> ReadWindow::number_of(const File& file, std::uint64_t offset) const {
  if (offset < file.begin || offset >= file.end) return std::nullopt;
  return file.first_block + (offset - file.begin) / block_size_;
}

ReadWindow::Block& ReadWindow::block_of(std::uint64_t number, std::uint32_t file_number) {
  const auto [found, made] = blocks_.try_emplace(number);
  Block& block = found->second;
  if (made) {
    const File& file = files_[file_number];
    block.file = file_number;
    block.begin = file.begin + (number - file.first_block) * block_size_;
    block.end = std::min(block.begin + block_size_, file.end);
  }
  return block;
}

std::optional<std::uint32_t> ReadWindow::find(const std::string& path) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = file_by_path_.find(path);
  return found == file_by_path_.end() ? std::nullopt : std::optional<std::uint32_t>(found->second);
}

std::uint64_t ReadWindow::begin_of(std::uint32_t file) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return files_[file].begin;
}

void ReadWindow::fill() {
  while (next_ < planned_) {
    while (next_ >= files_[next_file_].first_block + files_[next_file_].blocks) ++next_file_;
    Block& block = block_of(next_, next_file_);
    const std::uint64_t size = block.end - block.begin;
    if (block.released >= size) {  // was read by itself
      blocks_.erase(next_++);
      continue;
    }
    if (held_ + size > memory_) return;
    ask(next_++, block);
  }
}

void ReadWindow::ask(std::uint64_t number, Block& block) {
  const File& file = files_[block.file];
  const auto size = static_cast<std::size_t>(block.end - block.begin);
  if (!spare_.empty()) {
    block.bytes = std::move(spare_.back());
    spare_.pop_back();
  }
  block.bytes.resize(size);
  block.state = State::on_its_way;
  held_ += size;
  ++on_their_way_;
  const S3Request request = range_request(file.name, file.etag, block.begin, block.bytes.data(), size, true);
  // Started without the lock: an answer can be there at once, and needs it.
  mutex_.unlock();
  client_.start(request, [this, number, request](const S3Response& answer) {
    Status status = status_of_read(client_, answer, request);
    const std::lock_guard<std::mutex> lock(mutex_);
    Block& arrived = blocks_.at(number);
    arrived.status = std::move(status);
    arrived.state = State::here;
    --on_their_way_;
    arrived_.notify_all();
  });
  mutex_.lock();
}

Result<std::size_t> ReadWindow::read(std::uint32_t number, std::uint64_t offset, char* into, std::size_t length) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto at = number_of(files_[number], offset);
  if (!at) return std::size_t{0};
  if (*at > next_) return std::size_t{0};
  // A reader that is ahead of the window is given its block all the same; there is one such for each worker.
  if (*at == next_) {
    next_file_ = number;
    ask(next_++, block_of(*at, number));
  }
  auto found = blocks_.end();
  arrived_.wait(lock, [&] {
    found = blocks_.find(*at);  // may go meanwhile
    return found == blocks_.end() || found->second.state != State::on_its_way;
  });
  if (found == blocks_.end()) return std::size_t{0};
  const Block& block = found->second;
  if (block.state == State::gone) {
    if (offset + 1 != block.end) return std::size_t{0};
    *into = block.last_byte;
    return std::size_t{1};
  }
  GM_RETURN_IF_ERROR(Status(block.status));
  const auto got = static_cast<std::size_t>(std::min<std::uint64_t>(length, block.end - offset));
  std::memcpy(into, block.bytes.data() + (offset - block.begin), got);
  return got;
}

void ReadWindow::release(std::uint32_t number, std::uint64_t begin, std::uint64_t end) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const File& file = files_[number];
  begin = std::max(begin, file.begin);
  while (begin < end) {
    const auto at = number_of(file, begin);
    if (!at) break;
    const std::uint64_t until = std::min({end, file.end, begin + block_size_ - (begin - file.begin) % block_size_});
    if (*at < next_ && !blocks_.contains(*at)) {
      begin = until;
      continue;
    }
    Block& block = block_of(*at, number);
    block.released += until - begin;
    if (block.released >= block.end - block.begin && block.state == State::here) drop(*at, block);
    begin = until;
  }
  fill();
}

void ReadWindow::drop(std::uint64_t number, Block& block) {
  block.last_byte = block.bytes.empty() ? '\0' : block.bytes.back();
  block.state = State::gone;
  held_ -= block.end - block.begin;
  if (spare_.size() < 4) spare_.push_back(std::move(block.bytes));
  block.bytes = {};
  // Who looks back by one byte reads the next block: when that is gone too, nobody does.
  const auto is_gone = [this](std::uint64_t other) {
    const auto found = blocks_.find(other);
    return found == blocks_.end() ? other < next_ : found->second.state == State::gone;
  };
  if (number > 0 && is_gone(number - 1)) blocks_.erase(number - 1);
  if (is_gone(number + 1)) blocks_.erase(number);
}

Result<std::unique_ptr<ReadableFile>> open_object(S3Client& client, ReadWindow& window, const std::string& path,
                                                  const FileInfo* listed) {
  std::uint64_t size = 0;
  std::string etag;
  if (listed != nullptr) {
    size = listed->size;
    etag = listed->etag;
  } else {
    GM_ASSIGN(const auto found, find_object(client, parse_uri(path)));
    if (!found) return Error::input("cannot open '" + path + "': it does not exist", "check the path").in_file(path);
    size = found->size;
    etag = found->etag;
  }
  return std::unique_ptr<ReadableFile>(std::make_unique<S3Readable>(client, window, path, size, std::move(etag)));
}

}  // namespace gristmill::s3
