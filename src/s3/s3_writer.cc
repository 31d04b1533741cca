// A run writes thousands of small objects, each of which takes a request's time: so a worker hands its bytes over
// and goes on. Buffers come back: fresh memory costs more than copying. Tested by tests/s3.
#include "s3/s3_writer.h"

#include <algorithm>

namespace gristmill::s3 {
namespace {

constexpr std::size_t most_spare = 8;
constexpr std::size_t largest_spare = 4U << 20;  // bytes

class S3Writable final : public WritableFile {
 public:
  S3Writable(Uploads& uploads, const std::string& path)
      : uploads_(uploads), name_(parse_uri(path)), buffer_(uploads.buffer()) {
    if (const std::string folder = staging_folder_of(name_); !folder.empty()) uploads.client().remember_staging(folder);
  }

  ~S3Writable() override {
    if (upload_.empty() || closed_) return;
    static_cast<void>(uploads_.finish());
    static_cast<void>(abort_parts(uploads_.client(), name_, upload_));
  }

  Status append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::size_t room = static_cast<std::size_t>(part_size()) - buffer_.size();
      const std::string_view piece = bytes.substr(0, room);
      buffer_.insert(buffer_.end(), piece.begin(), piece.end());
      bytes.remove_prefix(piece.size());
      if (buffer_.size() >= part_size() && !bytes.empty()) GM_RETURN_IF_ERROR(send_part());
    }
    return {};
  }

  Status close(bool durable) override {
    closed_ = true;
    GM_RETURN_IF_ERROR(uploads_.failed());
    if (upload_.empty()) {
      S3Request request = request_for(RequestKind::put, "PUT", name_);
      request.headers = headers_of_new_object(uploads_.client().options().settings, name_.key, false);
      set_checked_body(request, {buffer_.data(), buffer_.size()});
      send(std::move(request), nullptr);
      return durable ? uploads_.finish() : Status();
    }
    Status status = buffer_.empty() ? Status() : send_part();
    if (status.ok()) status = uploads_.finish();
    if (status.ok()) {
      const auto ended = end_parts(uploads_.client(), name_, upload_, *parts_, size_);
      if (!ended.ok()) status = ended.error();
    }
    if (!status.ok()) static_cast<void>(abort_parts(uploads_.client(), name_, upload_));
    return status;
  }

 private:
  // Grows, so that ten thousand parts hold what S3 allows: the first thousand of the usual size, then twice that, ...
  std::uint64_t part_size() const {
    const std::size_t thousands = parts_ == nullptr ? 0 : parts_->size() / 1000;
    return uploads_.client().options().part_size << std::min<std::size_t>(thousands, 9);
  }

  // The request has the buffer as its body.
  void send(S3Request request, std::function<void(const S3Response&)> done) {
    size_ += buffer_.size();
    request.part_of_work = true;
    uploads_.admit(buffer_.size());
    uploads_.send(std::move(request), std::move(buffer_), std::move(done));
    buffer_ = {};
  }

  Status send_part() {
    GM_RETURN_IF_ERROR(uploads_.failed());
    if (upload_.empty()) {
      GM_ASSIGN(upload_, begin_parts(uploads_.client(), name_, false));
      parts_ = std::make_shared<std::vector<Part>>();
      parts_->reserve(10000);  // answers write into it while it grows
    }
    S3Request request = request_for(RequestKind::multipart, "PUT", name_);
    parts_->push_back({"", set_checked_body(request, {buffer_.data(), buffer_.size()})});
    const std::size_t number = parts_->size();
    request.query = {{"partNumber", std::to_string(number)}, {"uploadId", upload_}};
    send(std::move(request), [parts = parts_, number](const S3Response& answer) {
      (*parts)[number - 1].etag = answer.http.header("etag");
    });
    buffer_ = uploads_.buffer();
    return {};
  }

  Uploads& uploads_;
  ObjectName name_;
  std::vector<char> buffer_;
  std::uint64_t size_ = 0;
  std::string upload_;  // id; empty: not in parts
  std::shared_ptr<std::vector<Part>> parts_;
  bool closed_ = false;
};

}  // namespace

void Uploads::admit(std::uint64_t bytes) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return requests_ == 0 || bytes_ + bytes <= memory_; });
  bytes_ += bytes;
  ++requests_;
}

void Uploads::send(S3Request request, std::vector<char> body, std::function<void(const S3Response&)> done) {
  auto held = std::make_shared<std::vector<char>>(std::move(body));
  request.body = {held->data(), held->size()};
  client_.start(request, [this, held, request, done = std::move(done)](const S3Response& answer) {
    Status status;
    if (answer.ok()) {
      if (done) done(answer);
    } else {
      status = client_.error_of(answer, request, ErrorKind::output, "write", "s3:PutObject");
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!status.ok() && first_.ok()) first_ = std::move(status);
    bytes_ -= held->size();
    --requests_;
    if (spare_.size() < most_spare && held->capacity() <= largest_spare) {
      held->clear();
      spare_.push_back(std::move(*held));
    }
    changed_.notify_all();
  });
}

Status Uploads::finish() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return requests_ == 0; });
  return std::exchange(first_, Status());
}

Status Uploads::failed() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return first_;
}

std::vector<char> Uploads::buffer() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (spare_.empty()) return {};
  std::vector<char> buffer = std::move(spare_.back());
  spare_.pop_back();
  return buffer;
}

std::unique_ptr<WritableFile> create_object(Uploads& uploads, const std::string& path) {
  return std::make_unique<S3Writable>(uploads, path);
}

}  // namespace gristmill::s3
