// What S3 holds in memory is a share of the run's budget, within what its protocol allows: a part has 5 MiB at least.
// Tested in any_storage_test.cc.
#include "gristmill/s3_options.h"

#include <algorithm>

namespace gristmill {

S3Options s3_options(S3Settings settings, std::map<std::string, std::string> environment,
                     const std::map<std::string, std::string>& dotenv, std::uint64_t budget) {
  S3Options options;
  options.settings = std::move(settings);
  options.environment = std::move(environment);
  options.environment.insert(dotenv.begin(), dotenv.end());
  options.memory = std::clamp<std::uint64_t>(budget / 8, 4U << 20, 64U << 20);
  options.part_size = std::clamp<std::uint64_t>(budget / 16, 5U << 20, 8U << 20);
  return options;
}

}  // namespace gristmill
