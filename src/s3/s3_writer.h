// Writing objects: a small one is one request, made in the background when its file is closed; a large one goes
// up in parts while it is written.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "s3/s3_client.h"
#include "s3/s3_objects.h"

namespace gristmill::s3 {

// What is on its way up: bounded in bytes, with the first error of all of it. Safe to use from several threads.
class Uploads {
 public:
  Uploads(S3Client& client, std::uint64_t memory) : client_(client), memory_(memory) {}
  ~Uploads() { static_cast<void>(finish()); }

  // Waits until there is room for so many bytes more, or nothing else is under way.
  void admit(std::uint64_t bytes);
  // Sends `body`, which was admitted, and ends its part of the account when that is done. `done` gets the answer
  // if it was good; an error is kept here.
  void send(S3Request request, std::vector<char> body, std::function<void(const S3Response&)> done);
  // Waits until nothing is under way. The first error since the last call.
  [[nodiscard]] Status finish();
  // The first error so far, which stays.
  [[nodiscard]] Status failed() const;

  // An empty buffer, with the memory of one that was sent where there is one.
  std::vector<char> buffer();
  S3Client& client() { return client_; }

 private:
  S3Client& client_;
  const std::uint64_t memory_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t bytes_ = 0;
  std::size_t requests_ = 0;
  Status first_;
  std::vector<std::vector<char>> spare_;
};

std::unique_ptr<WritableFile> create_object(Uploads& uploads, const std::string& path);

}  // namespace gristmill::s3
