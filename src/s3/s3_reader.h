// Reading objects: a plan of what will be read, fetched ahead in blocks by parallel requests, and single files
// beside it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "s3/s3_client.h"
#include "s3/s3_objects.h"

namespace gristmill::s3 {

// The blocks of the planned objects in their order, a window of which is in memory or on its way. A block leaves
// when its bytes have been released; then the next one is asked for. Safe to use from several threads.
class ReadWindow {
 public:
  // `memory`: bytes of the window.
  ReadWindow(S3Client& client, std::uint64_t memory);
  ~ReadWindow();

  // In place of the plan before. REQUIRES: nobody reads by that one any more.
  void plan(const std::vector<ReadAhead>& files);
  // The number of a planned object; nullopt: it is not planned.
  std::optional<std::uint32_t> find(const std::string& path) const;
  // Where the planned part of it begins.
  std::uint64_t begin_of(std::uint32_t file) const;
  // Copies what lies in the window into `into`, up to `length` bytes of object `file` from `offset`; waits for it.
  // 0: the first byte is not in the window any more.
  Result<std::size_t> read(std::uint32_t file, std::uint64_t offset, char* into, std::size_t length);
  void release(std::uint32_t file, std::uint64_t begin, std::uint64_t end);

 private:
  enum class State : std::uint8_t { planned, on_its_way, here, gone };
  // Those before `next_` that are not in `blocks_` are gone, those behind it planned.
  struct Block {
    std::uint32_t file = 0;
    State state = State::planned;
    char last_byte = 0;  // of a block that is gone, as long as a reader of the next one may look back by one
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t released = 0;
    std::vector<char> bytes;
    Status status;
  };
  struct File {
    ObjectName name;
    std::string etag;
    std::uint64_t begin = 0;  // of its first block
    std::uint64_t end = 0;
    std::uint64_t first_block = 0;
    std::uint64_t blocks = 0;
  };

  void fill();  // REQUIRES: mutex_ held
  void ask(std::uint64_t number, Block& block);
  void drop(std::uint64_t number, Block& block);
  // The number of the block of a file's byte; nullopt: none is planned there.
  std::optional<std::uint64_t> number_of(const File& file, std::uint64_t offset) const;
  // Makes it where there is none yet. REQUIRES: it is not one that has gone
  Block& block_of(std::uint64_t number, std::uint32_t file);

  S3Client& client_;
  const std::uint64_t memory_;
  const std::uint64_t block_size_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<File> files_;
  std::map<std::string, std::uint32_t> file_by_path_;
  std::map<std::uint64_t, Block> blocks_;  // a server may say that an object is as large as it likes
  std::uint64_t planned_ = 0;              // blocks of all files
  std::uint64_t next_ = 0;                 // block to ask for
  std::uint32_t next_file_ = 0;            // that it is of
  std::uint64_t held_ = 0;                 // bytes on their way or here
  std::size_t on_their_way_ = 0;
  std::vector<std::vector<char>> spare_;
};

// Without `listed`, asks for size and ETag first. Reads fail once the object is not that one any more.
Result<std::unique_ptr<ReadableFile>> open_object(S3Client& client, ReadWindow& window, const std::string& path,
                                                  const FileInfo* listed);

}  // namespace gristmill::s3
