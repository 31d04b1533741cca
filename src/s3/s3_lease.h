// The lock of an output on S3: an object that only one run can make, renewed while that run lives.
#pragma once

#include <memory>
#include <string>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "s3/s3_client.h"

namespace gristmill::s3 {

class S3Lease {
 public:
  virtual ~S3Lease() = default;
  virtual Result<bool> still_held() = 0;
  // Ends the renewal and removes the object, if it is ours.
  virtual Status give_back() = 0;
  // For people: what the server does for those who take over. Asks the server, by an object beside the lock.
  virtual Result<std::string> describe() = 0;
  // Lets others join it, by the id that is returned; empty where the lease could not be told to be shared.
  virtual std::string share() = 0;
};

// Takes the lease; nullptr if a run that lives has it. One that was not renewed for as long as it lasts is taken over;
// so is one whose process is gone on this machine, once no request of that process can be carried out any more. What
// lies below the lock's output is guarded by a fence from then on, also after the lease was lost.
Result<std::shared_ptr<S3Lease>> take_lease(S3Client& client, const std::string& path);

// Keeps to a lease that another process holds, by its id, and never changes it: what lies below the lock's output is
// guarded from then on as the holder's requests are. An output error if it is held no more.
Result<std::shared_ptr<S3Lease>> join_lease(S3Client& client, const std::string& path, const std::string& id);

}  // namespace gristmill::s3
