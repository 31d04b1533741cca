// Values beyond 64 KiB are written to the scratch file at once and sorted by reference, so that a merge
// of many runs never holds many long values. 16 runs of one level are merged into one of the next,
// which bounds the buffers of the last merge and rewrites a fact once a level. Tested in sorter_test.cc.
#include "shuffle/sorter.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "shuffle/fact_file.h"
#include "shuffle/frame_header.h"
#include "storage/hash.h"

namespace gristmill::shuffle {
namespace {

constexpr std::size_t frame_size = 64U << 10;
constexpr std::size_t longest_inline_value = 64U << 10;
constexpr std::uint32_t by_reference = 0xFFFFFFFFU;  // a value_size: the value is a Reference
constexpr std::size_t most_runs = 16;
// Bytes: beyond the first, as many as the quota allows are reserved, up to the second.
constexpr std::size_t grown_step_by_step = 1U << 20;
constexpr std::size_t reserved_at_once = 64U << 20;
constexpr std::uint64_t most_read_at_once = 256U << 10;  // bytes of a stored file

struct Reference {
  std::uint64_t position;
  std::uint64_t size;
  std::uint64_t checksum;  // XXH3-64
};

std::uint64_t start_of(std::string_view key) {
  unsigned char first[8] = {};
  std::memcpy(first, key.data(), std::min<std::size_t>(8, key.size()));
  std::uint64_t number = 0;
  for (const unsigned char c : first) number = number << 8 | c;
  return number;
}

Error bad_checksum() {
  return Error::internal("a frame of a sorted spill file has another checksum than when it was written",
                         "check the disk that holds the spill folder, or name another with --spill-directory");
}

Result<std::unique_ptr<ReadableFile>> open_stored(Storage& storage, const StoredFacts& stored) {
  return storage.open_listed(stored.path, {stored.path, FileType::file, stored.size + stored.index_size});
}

// Collects facts into frames and writes them behind each other.
class RunWriter {
 public:
  RunWriter(ScratchFile& scratch, std::uint64_t& end) : scratch_(scratch), end_(end) {}
  [[nodiscard]] Status add(std::string_view key, std::string_view value, bool is_reference) {
    const auto key_size = static_cast<std::uint32_t>(key.size());
    const auto value_size = is_reference ? by_reference : static_cast<std::uint32_t>(value.size());
    append(&key_size, sizeof key_size);
    append(&value_size, sizeof value_size);
    append(key.data(), key.size());
    append(value.data(), value.size());
    return frame_.size() >= frame_size ? flush() : Status{};
  }
  [[nodiscard]] Status flush() {
    if (frame_.size() == sizeof(FrameHeader)) return {};
    const std::string_view body(frame_.data() + sizeof(FrameHeader), frame_.size() - sizeof(FrameHeader));
    const FrameHeader header{storage::hash64(body), body.size()};
    std::memcpy(frame_.data(), &header, sizeof header);
    GM_RETURN_IF_ERROR(scratch_.write_at(end_, {frame_.data(), frame_.size()}));
    end_ += frame_.size();
    frame_.resize(sizeof(FrameHeader));
    return {};
  }

 private:
  void append(const void* bytes, std::size_t size) {
    const char* p = static_cast<const char*>(bytes);
    frame_.insert(frame_.end(), p, p + size);
  }
  ScratchFile& scratch_;
  std::uint64_t& end_;
  std::vector<char> frame_ = std::vector<char>(sizeof(FrameHeader));
};

}  // namespace

// NUL becomes NUL 0xFF; the end is NUL 0x01, which sorts below any continuation.
void append_key_text(std::string_view text, std::string& key) {
  for (;;) {
    const std::size_t nul = text.find('\0');
    key.append(text.substr(0, nul));
    if (nul == std::string_view::npos) break;
    key.append("\0\xFF", 2);
    text.remove_prefix(nul + 1);
  }
  key.append("\0\x01", 2);
}

void append_key_number(std::uint64_t number, std::string& key) {
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(number >> shift & 0xFF));
}

std::string_view take_key_text(std::string_view& key, std::string& scratch) {
  const std::size_t nul = key.find('\0');
  if (key[nul + 1] == '\x01') {
    const std::string_view text = key.substr(0, nul);
    key.remove_prefix(nul + 2);
    return text;
  }
  scratch.clear();
  for (;;) {
    const std::size_t end = key.find('\0');
    scratch.append(key.substr(0, end));
    const bool last = key[end + 1] == '\x01';
    key.remove_prefix(end + 2);
    if (last) return scratch;
    scratch.push_back('\0');
  }
}

std::uint64_t take_key_number(std::string_view& key) {
  const std::uint64_t number = start_of(key);
  key.remove_prefix(8);
  return number;
}

Status Sorter::open_scratch() {
  if (!scratch_) {
    GM_ASSIGN(scratch_, storage_.scratch(spill_folder_));
  }
  return {};
}

Status Sorter::add(std::string_view key, std::string_view value) {
  Reference reference{};
  auto value_size = static_cast<std::uint32_t>(value.size());
  if (value.size() > longest_inline_value) {
    GM_RETURN_IF_ERROR(open_scratch());
    reference = {scratch_end_, value.size(), storage::hash64(value)};
    GM_RETURN_IF_ERROR(scratch_->write_at(scratch_end_, value));
    scratch_end_ += value.size();
    value = {reinterpret_cast<const char*>(&reference), sizeof reference};
    value_size = by_reference;
  }
  const std::uint64_t needed = bytes_.size() + key.size() + value.size() + (facts_.size() + 1) * sizeof(Fact);
  if (needed > quota_ && !facts_.empty()) GM_RETURN_IF_ERROR(spill());
  // Memory that is reserved and not used costs nothing; growing moves everything to fresh pages each time.
  if (bytes_.capacity() >= grown_step_by_step) bytes_.reserve(std::min<std::uint64_t>(quota_, reserved_at_once));
  facts_.push_back({start_of(key), bytes_.size(), static_cast<std::uint32_t>(key.size()), value_size});
  bytes_.insert(bytes_.end(), key.begin(), key.end());
  bytes_.insert(bytes_.end(), value.begin(), value.end());
  return {};
}

void Sorter::sort_memory() {
  std::sort(facts_.begin(), facts_.end(), [this](const Fact& a, const Fact& b) {
    if (a.key_start != b.key_start) return a.key_start < b.key_start;
    return std::string_view(bytes_.data() + a.position, a.key_size) <
           std::string_view(bytes_.data() + b.position, b.key_size);
  });
}

Status Sorter::spill() {
  GM_RETURN_IF_ERROR(open_scratch());
  sort_memory();
  const std::uint64_t begin = scratch_end_;
  RunWriter writer(*scratch_, scratch_end_);
  for (const Fact& fact : facts_) {
    const char* key = bytes_.data() + fact.position;
    const bool is_reference = fact.value_size == by_reference;
    const std::size_t size = is_reference ? sizeof(Reference) : fact.value_size;
    GM_RETURN_IF_ERROR(writer.add({key, fact.key_size}, {key + fact.key_size, size}, is_reference));
  }
  GM_RETURN_IF_ERROR(writer.flush());
  runs_.push_back({begin, scratch_end_, 0});
  facts_.clear();
  bytes_.clear();
  while (has_full_level()) GM_RETURN_IF_ERROR(merge_last_runs());
  return {};
}

// The levels of runs_ never rise towards the end.
bool Sorter::has_full_level() const {
  return runs_.size() >= most_runs && runs_[runs_.size() - most_runs].level == runs_.back().level;
}

Status Sorter::merge_last_runs() {
  std::deque<SortedRun> runs;
  RunHeap heap;
  for (std::size_t i = runs_.size() - most_runs; i < runs_.size(); ++i) {
    GM_RETURN_IF_ERROR(runs.emplace_back(*this, runs_[i]).advance());
    heap.add(runs.back());
  }
  heap.heapify();
  const std::uint64_t begin = scratch_end_;
  RunWriter writer(*scratch_, scratch_end_);
  while (const SortedRun* run = heap.first()) {
    GM_RETURN_IF_ERROR(writer.add(run->key(), run->value(), run->value_is_reference()));
    GM_RETURN_IF_ERROR(heap.advance_first());
  }
  GM_RETURN_IF_ERROR(writer.flush());
  const unsigned level = runs_.back().level + 1;
  runs_.resize(runs_.size() - most_runs);
  runs_.push_back({begin, scratch_end_, level});
  return {};
}

Error SortedRun::damaged() const {
  if (sorter_ != nullptr) return bad_checksum();
  return Error::output("'" + path_ + "' is not as it was written",
                       "restore it, or make the output anew with 'gristmill run --accumulate'")
      .in_file(path_);
}

Status SortedRun::read_at(std::uint64_t position, char* into, std::size_t size) {
  if (sorter_ != nullptr) return sorter_->scratch_->read_at(position, into, size);
  const std::uint64_t buffer_end = buffer_begin_ + buffer_.size();
  if (position < buffer_begin_ || position + size > buffer_end) {
    // Who reads on gets ever more at once; a request to a server takes its time however little it is for.
    const bool reads_on = !buffer_.empty() && position >= buffer_begin_ && position <= buffer_end;
    if (reads_on) read_size_ = std::min(2 * read_size_, most_read_at_once);
    const std::size_t kept = reads_on ? buffer_end - position : 0;
    if (kept > 0) std::memmove(buffer_.data(), buffer_.data() + (buffer_.size() - kept), kept);
    buffer_.resize(std::max<std::uint64_t>(size, std::min(kept + read_size_, end_ - position)));
    buffer_begin_ = position;
    GM_ASSIGN(const std::size_t got, file_->read_at(position + kept, buffer_.data() + kept, buffer_.size() - kept));
    if (got != buffer_.size() - kept) return damaged();
  }
  std::memcpy(into, buffer_.data() + (position - buffer_begin_), size);
  return {};
}

Status SortedRun::read_frame() {
  FrameHeader header{};
  if (end_ - position_ < sizeof header) return damaged();
  GM_RETURN_IF_ERROR(read_at(position_, reinterpret_cast<char*>(&header), sizeof header));
  if (header.size > end_ - position_ - sizeof header) return damaged();
  frame_.resize(header.size);
  GM_RETURN_IF_ERROR(read_at(position_ + sizeof header, frame_.data(), frame_.size()));
  if (storage::hash64({frame_.data(), frame_.size()}) != header.checksum) return damaged();
  if (file_ != nullptr) {
    packed_.swap(frame_);
    if (!unpack_facts({packed_.data(), packed_.size()}, frame_)) return damaged();
  }
  const std::uint64_t end = position_ + sizeof header + header.size;
  if (file_ != nullptr) file_->release(position_, end);
  position_ = end;
  frame_position_ = 0;
  return {};
}

Status SortedRun::advance() {
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;
  const char* key = nullptr;
  if (in_memory_) {
    if (next_fact_ == sorter_->facts_.size()) {
      done_ = true;
      return {};
    }
    const Sorter::Fact& fact = sorter_->facts_[next_fact_++];
    key = sorter_->bytes_.data() + fact.position;
    key_size = fact.key_size;
    value_size = fact.value_size;
  } else {
    if (frame_position_ == frame_.size()) {
      if (position_ == end_) {
        done_ = true;
        return {};
      }
      GM_RETURN_IF_ERROR(read_frame());
    }
    const char* p = frame_.data() + frame_position_;
    std::memcpy(&key_size, p, sizeof key_size);
    std::memcpy(&value_size, p + sizeof key_size, sizeof value_size);
    key = p + sizeof key_size + sizeof value_size;
  }
  reference_ = sorter_ != nullptr && value_size == by_reference;
  const std::size_t stored = reference_ ? sizeof(Reference) : value_size;
  key_ = {key, key_size};
  value_ = {key + key_size, stored};
  if (!in_memory_) frame_position_ += 2 * sizeof(std::uint32_t) + key_size + stored;
  return {};
}

void SortedRun::jump(std::uint64_t place, std::uint64_t size) {
  position_ = place;
  frame_position_ = 0;
  frame_.clear();
  if (place >= buffer_begin_ && place <= buffer_begin_ + buffer_.size()) return;
  buffer_.clear();
  read_size_ = size;
}

Status SortedRun::read_index() {
  const std::uint64_t end_of_frames = std::exchange(end_, end_ + index_size_);
  jump(end_of_frames, index_size_);
  while (position_ < end_ || frame_position_ < frame_.size()) {
    GM_RETURN_IF_ERROR(advance());
    FrameBeginning& beginning = index_.emplace_back();
    if (value_.size() != sizeof beginning.place) return damaged();
    beginning.key.assign(key_);
    std::memcpy(&beginning.place, value_.data(), sizeof beginning.place);
    if (beginning.place >= end_of_frames) return damaged();
  }
  end_ = end_of_frames;
  jump(0, 0);
  return index_.empty() ? Status(damaged()) : Status();
}

Result<bool> SortedRun::find(std::string_view key) {
  if (index_.empty()) GM_RETURN_IF_ERROR(read_index());
  const auto after = std::upper_bound(index_.begin(), index_.end(), key,
                                      [](std::string_view a, const FrameBeginning& b) { return a < b.key; });
  if (after == index_.begin()) return false;
  // Before position_ lies the frame that was read last.
  if (const std::uint64_t place = std::prev(after)->place; place >= position_) {
    jump(place, (after == index_.end() ? end_ : after->place) - place);
    GM_RETURN_IF_ERROR(advance());
  }
  while (key_ < key && frame_position_ < frame_.size()) GM_RETURN_IF_ERROR(advance());
  return key_ == key;
}

Result<bool> FactLookup::has(std::string_view key) {
  for (const StoredFacts& stored : std::exchange(stored_, {})) {
    GM_ASSIGN(std::unique_ptr<ReadableFile> file, open_stored(storage_, stored));
    runs_.emplace_back(std::move(file), stored);
  }
  for (SortedRun& run : runs_) {
    GM_ASSIGN(const bool found, run.find(key));
    if (found) return true;
  }
  return false;
}

void RunHeap::heapify() {
  std::erase_if(runs_, [](const SortedRun* run) { return run->done(); });
  for (std::size_t place = runs_.size() / 2; place-- > 0;) sink(place);
}

// The next fact of a run is often the least again: one that stays where it is costs two comparisons.
Status RunHeap::advance_first() {
  GM_RETURN_IF_ERROR(runs_.front()->advance());
  if (runs_.front()->done()) {
    runs_.front() = runs_.back();
    runs_.pop_back();
  }
  sink(0);
  return {};
}

void RunHeap::sink(std::size_t place) {
  for (;;) {
    std::size_t least = 2 * place + 1;
    if (least >= runs_.size()) return;
    if (least + 1 < runs_.size() && runs_[least + 1]->key() < runs_[least]->key()) ++least;
    if (!(runs_[least]->key() < runs_[place]->key())) return;
    std::swap(runs_[place], runs_[least]);
    place = least;
  }
}

SortedFacts::SortedFacts(std::vector<Sorter*> sorters) : sorters_(std::move(sorters)) {}

SortedFacts::SortedFacts(std::vector<Sorter*> sorters, Storage& storage, std::vector<StoredFacts> stored)
    : storage_(&storage), stored_(std::move(stored)), sorters_(std::move(sorters)) {}

Status SortedFacts::start() {
  for (Sorter* sorter : sorters_) {
    sorter->sort_memory();
    for (const Sorter::Run& run : sorter->runs_) runs_.emplace_back(*sorter, run);
    runs_.emplace_back(*sorter);
  }
  for (const StoredFacts& stored : stored_) {
    if (stored.size == 0) continue;
    GM_ASSIGN(std::unique_ptr<ReadableFile> file, open_stored(*storage_, stored));
    runs_.emplace_back(std::move(file), stored);
  }
  for (SortedRun& run : runs_) {
    GM_RETURN_IF_ERROR(run.advance());
    heap_.add(run);
  }
  heap_.heapify();
  return {};
}

Result<bool> SortedFacts::next() {
  if (!started_) {
    started_ = true;
    GM_RETURN_IF_ERROR(start());
  } else if (heap_.first() != nullptr) {
    GM_RETURN_IF_ERROR(heap_.advance_first());
  }
  if (heap_.first() == nullptr) return false;
  const SortedRun& run = *heap_.first();
  key_ = run.key();
  value_ = run.value();
  is_stored_ = run.is_stored();
  if (run.value_is_reference()) {
    Reference reference{};
    std::memcpy(&reference, value_.data(), sizeof reference);
    long_value_.resize(reference.size);
    GM_RETURN_IF_ERROR(run.sorter().scratch_->read_at(reference.position, long_value_.data(), reference.size));
    value_ = {long_value_.data(), long_value_.size()};
    if (storage::hash64(value_) != reference.checksum) return bad_checksum();
  } else if (long_value_.capacity() > frame_size) {
    long_value_ = {};
  }
  return true;
}

}  // namespace gristmill::shuffle
