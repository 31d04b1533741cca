// The lock of an output on S3: an object that only one run can make, renewed while that run lives.
#pragma once

#include <memory>
#include <string>

#include "gristmill/result.h"
#include "s3/s3_client.h"
#include "storage/storage.h"

namespace gristmill::s3 {

// Takes the lease; nullptr if a run that lives has it. One whose process is gone on this machine, or that was not
// renewed for a minute, is taken over.
class S3Lease;
Result<std::shared_ptr<S3Lease>> take_lease(S3Client& client, const std::string& path);

class S3Lease {
 public:
  virtual ~S3Lease() = default;
  virtual Result<bool> still_held() = 0;
  // Ends the renewal: the object is about to be removed. False: it is not ours any more, and must stay.
  virtual bool give_back() = 0;
};

}  // namespace gristmill::s3
