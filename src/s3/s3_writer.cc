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
      : uploads_(uploads),
        name_(parse_uri(path)),
        marked_(uploads.marks().is_marked(name_)),
        buffer_(uploads.buffer()) {
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
      request.headers = headers();
      if (marked_) request.condition = {"if-none-match", "*"};
      set_checked_body(request, {buffer_.data(), buffer_.size()});
      send(std::move(request), nullptr);
      return durable ? uploads_.finish() : Status();
    }
    Status status = buffer_.empty() ? Status() : send_part();
    if (status.ok()) status = uploads_.finish();
    if (status.ok()) {
      const auto ended =
          end_parts(uploads_.client(), name_, upload_, *parts_, size_, marked_ ? KnownEtag("") : std::nullopt);
      if (!ended.ok()) status = ended.error();
      if (ended.ok() && !*ended) {
        status = marked_
                     ? uploads_.marks().refuse_others(name_)
                     : Error::output("cannot finish writing '" + name_.uri() + "': something else is being done there",
                                     "find out which program writes there, and run again")
                           .in_file(name_.uri());
      }
    }
    if (!status.ok()) static_cast<void>(abort_parts(uploads_.client(), name_, upload_));
    return status;
  }

 private:
  std::vector<std::pair<std::string, std::string>> headers() const {
    auto headers = headers_of_new_object(uploads_.client().options().settings, name_.key);
    if (marked_) headers.push_back(uploads_.marks().header_of(name_));
    return headers;
  }

  // Grows, so that ten thousand parts hold what S3 allows: the first thousand of the usual size, then twice that, ...
  std::uint64_t part_size() const {
    const std::size_t thousands = parts_ == nullptr ? 0 : parts_->size() / 1000;
    return uploads_.client().options().part_size << std::min<std::size_t>(thousands, 9);
  }

  // The request has the buffer as its body.
  void send(S3Request request, std::function<void(const S3Response&)> done) {
    size_ += buffer_.size();
    request.part_of_work = true;
    uploads_.send(std::move(request), std::move(buffer_), std::move(done));
    buffer_ = {};
  }

  Status send_part() {
    GM_RETURN_IF_ERROR(uploads_.failed());
    if (upload_.empty()) {
      if (marked_) GM_RETURN_IF_ERROR(uploads_.marks().note_parts(name_));
      auto of_parts = headers();
      of_parts.emplace_back("x-amz-checksum-algorithm", "CRC32");
      GM_ASSIGN(upload_, begin_parts(uploads_.client(), name_, std::move(of_parts)));
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
  bool marked_;
  std::vector<char> buffer_;
  std::uint64_t size_ = 0;
  std::string upload_;  // id; empty: not in parts
  std::shared_ptr<std::vector<Part>> parts_;
  bool closed_ = false;
};

}  // namespace

Uploads::Uploads(S3Client& client, Marks& marks, std::uint64_t memory)
    : client_(client), marks_(marks), memory_(memory) {
  spare_.reserve(most_spare);  // nothing is thrown where an answer has come
}

void Uploads::admit(std::uint64_t bytes) {
  std::unique_lock<std::mutex> lock(mutex_);
  released_.wait(lock, [&] { return bytes_ == 0 || bytes_ + bytes <= memory_; });
  bytes_ += bytes;
}

void Uploads::release(std::vector<char> body) {
  const std::lock_guard<std::mutex> lock(mutex_);
  bytes_ -= body.size();
  if (spare_.size() < most_spare && body.capacity() <= largest_spare) {
    body.clear();
    spare_.push_back(std::move(body));
  }
  released_.notify_all();
}

void Uploads::send(S3Request request, std::vector<char> body, std::function<void(const S3Response&)> done) {
  auto held = std::make_shared<std::vector<char>>(std::move(body));
  request.body = {held->data(), held->size()};
  admit(held->size());
  try {
    requests_.start(client_, request,
                    [this, held, request, done = std::move(done)](const S3Response& answer) -> Status {
                      Status status;
                      if (!request.condition.first.empty() && answer.refused_condition()) {
                        refuse(request);
                      } else if (!answer.ok()) {
                        status = client_.error_of(answer, request, ErrorKind::output, "write", "s3:PutObject");
                      }
                      if (answer.ok() && done) done(answer);
                      release(std::move(*held));
                      return status;
                    });
  } catch (...) {
    release(std::move(*held));
    throw;
  }
}

void Uploads::refuse(const S3Request& request) {
  const std::lock_guard<std::mutex> lock(mutex_);
  refused_.push_back({request.bucket, request.key});
}

Status Uploads::finish() {
  GM_RETURN_IF_ERROR(requests_.wait());
  std::vector<ObjectName> refused;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    refused.swap(refused_);
  }
  for (const ObjectName& name : refused) GM_RETURN_IF_ERROR(marks_.refuse_others(name));
  return {};
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
