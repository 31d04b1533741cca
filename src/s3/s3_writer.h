// Writing objects: a small one is one request, made in the background when its file is closed; a large one goes
// up in parts while it is written.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "s3/request_group.h"
#include "s3/s3_client.h"
#include "s3/s3_marks.h"
#include "s3/s3_objects.h"

namespace gristmill::s3 {

// What is on its way up: bounded in bytes, with the first error of all of it. Safe to use from several threads.
class Uploads {
 public:
  Uploads(S3Client& client, Marks& marks, std::uint64_t memory);

  // Sends `body`, once there is room for it or nothing else is under way. `done` gets the answer if it was good; an
  // error is kept here.
  void send(S3Request request, std::vector<char> body, std::function<void(const S3Response&)> done);
  // Waits until nothing is under way. The first error since the last call.
  [[nodiscard]] Status finish();
  // The first error so far, which stays.
  [[nodiscard]] Status failed() const { return requests_.failed(); }

  // An empty buffer, with the memory of one that was sent where there is one.
  std::vector<char> buffer();
  S3Client& client() { return client_; }
  Marks& marks() { return marks_; }

 private:
  void admit(std::uint64_t bytes);
  void release(std::vector<char> body);
  void refuse(const S3Request& request);

  S3Client& client_;
  Marks& marks_;
  const std::uint64_t memory_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable released_;
  std::uint64_t bytes_ = 0;
  std::vector<std::vector<char>> spare_;
  std::vector<ObjectName> refused_;  // something lay there
  RequestGroup requests_;            // last: it waits for those that use the rest
};

std::unique_ptr<WritableFile> create_object(Uploads& uploads, const std::string& path);

}  // namespace gristmill::s3
