// What the storage of s3:// paths is told: how S3 is reached, with whose keys, and how much memory that may take.
// `make_storage` (gristmill/storage.h) takes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gristmill {

// How a bucket is named in a URL.
enum class S3Addressing : std::uint8_t {
  automatic,  // virtual-hosted on AWS, path with an endpoint of one's own
  path,       // https://endpoint/bucket/key
  virtual_hosted,
};

enum class S3Encryption : std::uint8_t { bucket_default, aes256, kms, kms_dsse };

// How objects of an output that replaces none come to their places.
enum class S3Publish : std::uint8_t {
  direct,  // they are written there
  staged,  // as all others: written to staging, then copied
};

struct AccessKeys {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // empty: long-lived keys
};

struct S3Settings {
  std::string endpoint;   // https://host:port; empty: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's, else AWS
  std::string region;     // empty: AWS_REGION, AWS_DEFAULT_REGION, the profile's, else found out of the bucket
  std::string profile;    // empty: AWS_PROFILE, else "default"
  std::string ca_bundle;  // file of certificates; empty: AWS_CA_BUNDLE, the profile's, else the system's
  S3Addressing addressing = S3Addressing::automatic;
  bool anonymous = false;  // requests are not signed
  bool requester_pays = false;
  std::uint32_t connections = 64;  // requests under way at once
  // Of the objects that are written.
  S3Encryption encryption = S3Encryption::bucket_default;
  std::string kms_key;                     // key id or ARN; empty: the account's key for S3
  std::string storage_class = "STANDARD";  // of published objects, not of staged ones
  std::string acl = "none";                // bucket-owner-full-control, ...: of published objects
  bool tag_staging = false;                // staged objects have the tag gristmill=staging
  std::uint32_t lease = 60;                // seconds that an output stays a run's without a renewal: 5 to 3600
  S3Publish publish = S3Publish::direct;
  // The account that a bucket must belong to: ACCOUNT for every bucket, BUCKET=ACCOUNT for one.
  std::vector<std::string> bucket_owners;

  bool operator==(const S3Settings&) const = default;
};

struct S3Options {
  S3Settings settings;
  std::map<std::string, std::string> environment;        // of the process, and what a .env file adds
  std::optional<AccessKeys> keys;                        // handed over by a program, before all other places
  const std::atomic<bool>* interrupted = nullptr;        // set: breaks off reads and uploads; outlives the storage
  std::function<void(const std::string& message)> warn;  // of every retry; called from any thread
  std::uint64_t memory = 64ULL << 20;    // bytes of objects on their way to S3 at once, and of reads ahead
  std::uint64_t part_size = 8ULL << 20;  // larger objects are written and copied in parts
  // Largest copy in one request. S3 allows ten times as much; but what it has begun before a lease runs out must not
  // end long after that.
  std::uint64_t copy_limit = 512ULL << 20;
};

// The options of a program that may take `budget` bytes of memory as a whole, of which S3 gets its share. `environment`
// is that of the process, `dotenv` what a file adds to it: where both have a variable, that of the process holds.
// `keys`, `interrupted` and `warn` are the caller's to fill in.
S3Options s3_options(S3Settings settings, std::map<std::string, std::string> environment,
                     const std::map<std::string, std::string>& dotenv, std::uint64_t budget);

}  // namespace gristmill
