// An external sort of small facts: keys in bytewise order, in memory up to a quota, beyond it as sorted
// runs in an unlinked scratch file that are merged when they are read.
//
// Whatever grows with the input and is not a line goes through here: session aggregates, facts of the
// checks, rejected lines, the manifest's files. Each worker fills a Sorter of its own; SortedFacts
// reads several of them as one stream. Format of a run: frames of whole facts (lengths of key and
// value in 4 bytes each, key, value), each with its size and XXH3-64 checksum before it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"

namespace gristmill::shuffle {

// Parts of a composite key, in an order-preserving form: bytewise comparison of the keys is comparison
// part by part.
void append_key_text(std::string_view text, std::string& key);   // any bytes; ends itself
void append_key_number(std::uint64_t number, std::string& key);  // 8 bytes, most significant first
std::string_view take_key_text(std::string_view& key, std::string& scratch);
std::uint64_t take_key_number(std::string_view& key);

class Sorter {
 public:
  Sorter(Storage& storage, std::string spill_folder, std::uint64_t quota)
      : storage_(storage), spill_folder_(std::move(spill_folder)), quota_(quota) {}
  Sorter(const Sorter&) = delete;
  Sorter& operator=(const Sorter&) = delete;

  [[nodiscard]] Status add(std::string_view key, std::string_view value);
  std::uint64_t spilled_bytes() const { return scratch_end_; }

 private:
  friend class SortedFacts;
  friend class SortedRun;
  struct Fact {
    std::uint64_t key_start;  // the key's first 8 bytes, as a number
    std::uint64_t position;   // in bytes_
    std::uint32_t key_size;
    std::uint32_t value_size;
  };
  struct Run {
    std::uint64_t begin;
    std::uint64_t end;
    unsigned level;  // 0: from memory; n + 1: merged from runs of level n
  };

  void sort_memory();
  [[nodiscard]] Status spill();
  [[nodiscard]] Status merge_last_runs();
  bool has_full_level() const;
  [[nodiscard]] Status open_scratch();

  Storage& storage_;
  std::string spill_folder_;
  std::uint64_t quota_;
  std::vector<char> bytes_;
  std::vector<Fact> facts_;
  std::unique_ptr<ScratchFile> scratch_;
  std::uint64_t scratch_end_ = 0;
  std::vector<Run> runs_;
};

// A file of facts in the order of their keys, as fact_file.h has it.
struct StoredFacts {
  std::string path;
  std::uint64_t size = 0;        // bytes of its frames
  std::uint64_t index_size = 0;  // bytes of the index behind them; 0: it has none
};

// Of the index of a file of facts.
struct FrameBeginning {
  std::string key;          // greater than all keys before the frame, not greater than those in it
  std::uint64_t place = 0;  // of its first byte
};

// One sorted sequence of facts: a run on disk, what a sorter has in memory, or a stored file.
class SortedRun {
 public:
  SortedRun(Sorter& sorter, const Sorter::Run& run) : sorter_(&sorter), position_(run.begin), end_(run.end) {}
  explicit SortedRun(Sorter& sorter) : sorter_(&sorter), in_memory_(true) {}
  SortedRun(std::unique_ptr<ReadableFile> file, const StoredFacts& stored)
      : file_(std::move(file)), path_(stored.path), end_(stored.size), index_size_(stored.index_size) {}
  [[nodiscard]] Status advance();
  // Whether it has a fact of this key. Reads only the frame that can hold it. REQUIRES: it is stored, with an index;
  // keys are asked for in their order, and nothing else is called.
  [[nodiscard]] Result<bool> find(std::string_view key);
  bool done() const { return done_; }
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }
  bool value_is_reference() const { return reference_; }
  bool is_stored() const { return file_ != nullptr; }
  Sorter& sorter() const { return *sorter_; }  // REQUIRES: it is not stored

 private:
  [[nodiscard]] Status read_frame();
  void jump(std::uint64_t place, std::uint64_t size);  // so many bytes are read there next
  [[nodiscard]] Status read_index();
  [[nodiscard]] Status read_at(std::uint64_t position, char* into, std::size_t size);
  Error damaged() const;

  Sorter* sorter_ = nullptr;
  std::unique_ptr<ReadableFile> file_;
  std::string path_;  // of the stored file
  bool in_memory_ = false;
  std::size_t next_fact_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t index_size_ = 0;
  std::vector<FrameBeginning> index_;    // once it is read
  std::vector<char> buffer_;             // of a stored file: bytes that were read at once, the first of them
  std::uint64_t buffer_begin_ = 0;       // at this place
  std::uint64_t read_size_ = 64U << 10;  // bytes of the next read
  std::vector<char> frame_;
  std::vector<char> packed_;  // of a stored file: the frame as it lies there
  std::size_t frame_position_ = 0;
  std::string_view key_;
  std::string_view value_;
  bool reference_ = false;
  bool done_ = false;
};

// Looks for facts in stored files with an index.
class FactLookup {
 public:
  FactLookup(Storage& storage, std::vector<StoredFacts> stored) : storage_(storage), stored_(std::move(stored)) {}
  // REQUIRES: keys are asked for in their order.
  [[nodiscard]] Result<bool> has(std::string_view key);

 private:
  Storage& storage_;
  std::vector<StoredFacts> stored_;  // not opened yet
  std::deque<SortedRun> runs_;
};

// Runs that are read together, the one with the least key first.
class RunHeap {
 public:
  // Of one that is advanced to its first fact, if it has any. heapify() comes after the last of them.
  void add(SortedRun& run) { runs_.push_back(&run); }
  void heapify();
  SortedRun* first() const { return runs_.empty() ? nullptr : runs_.front(); }
  // REQUIRES: there is one.
  [[nodiscard]] Status advance_first();

 private:
  void sink(std::size_t place);
  std::vector<SortedRun*> runs_;  // a heap
};

// Reads any number of sorters and stored files as one stream in the order of the keys; equal keys come one after
// another, in no particular order.
class SortedFacts {
 public:
  // The sorters must outlive this and take no more facts.
  explicit SortedFacts(std::vector<Sorter*> sorters);
  SortedFacts(std::vector<Sorter*> sorters, Storage& storage, std::vector<StoredFacts> stored);
  // False at the end. key() and value() are good until the next call.
  [[nodiscard]] Result<bool> next();
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }
  bool is_stored() const { return is_stored_; }  // whether it comes from a stored file

 private:
  [[nodiscard]] Status start();
  Storage* storage_ = nullptr;
  std::vector<StoredFacts> stored_;
  bool is_stored_ = false;
  std::deque<SortedRun> runs_;
  RunHeap heap_;
  std::vector<Sorter*> sorters_;
  bool started_ = false;
  std::string_view key_;
  std::string_view value_;
  std::vector<char> long_value_;
};

}  // namespace gristmill::shuffle
