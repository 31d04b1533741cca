// Beginnings are looked for by their first bytes, so a section may begin in the middle of a member: that costs the work
// of a helper, never a byte. Tested in inflate_ahead_test.cc against the inflater of one thread.
#include "source/inflate_ahead.h"

#include <algorithm>
#include <utility>

namespace gristmill::source {
namespace {

constexpr std::uint64_t longest_window_ahead = 16U << 20;  // bytes; a helper takes no frame that refers back further
constexpr std::size_t piece_size = 64U << 10;              // handed out at once: it stays in the nearer caches

// Where a member or frame seems to begin, from `from` on; npos if nowhere.
std::size_t find_beginning(std::string_view stored, std::size_t from, Compression compression) {
  if (compression == Compression::zstandard) return stored.find("\x28\xB5\x2F\xFD", from);
  constexpr std::string_view magic("\x1F\x8B\x08");
  for (std::size_t at = from; (at = stored.find(magic, at)) != std::string_view::npos; ++at) {
    constexpr unsigned reserved = 0xE0;  // flags, RFC 1952
    if (at + magic.size() < stored.size() && (static_cast<unsigned char>(stored[at + magic.size()]) & reserved) == 0)
      return at;
  }
  return std::string_view::npos;
}

constexpr std::size_t beginning_size = 4;  // bytes that find_beginning looks at

}  // namespace

AheadLimits ahead_limits(std::uint64_t budget, std::uint32_t workers) {
  AheadLimits limits;
  if (workers < 2) return limits;
  const std::uint64_t share = budget / (std::uint64_t{2} * workers);
  limits.longest_text = std::min<std::size_t>(limits.longest_text, share / 5 * 4);
  limits.longest = limits.longest_text / 4;
  limits.shortest = std::min(limits.shortest, limits.longest / 4);
  constexpr std::size_t least_text = 1U << 20;
  if (limits.longest_text >= least_text) limits.sections = std::size_t{2} * workers;
  return limits;
}

struct InflatePool::Section {
  Section(const InputFile& file_of_it, Compression compression_of_it, std::string bytes)
      : file(file_of_it), compression(compression_of_it), stored(std::move(bytes)) {}

  const InputFile& file;
  const Compression compression;
  const std::string stored;
  bool begun = false;     // by a helper, under the pool's mutex
  bool done = false;      // likewise
  bool is_whole = false;  // `text` is all that comes of it
  std::string text;

  void inflate(std::size_t longest_text) {
    const auto inflater = make_inflater(file, compression, longest_window_ahead);
    text.reserve(longest_text);
    const Status status = inflater->feed(stored, [&](std::string_view piece) -> Status {
      if (text.size() + piece.size() > longest_text) return Error::internal("the text of a section is too long");
      text.append(piece);
      return {};
    });
    is_whole = status.ok() && inflater->is_between();
  }
};

InflatePool::Worker::Worker(InflatePool& pool) : pool_(pool) {
  const std::lock_guard<std::mutex> lock(pool_.mutex_);
  ++pool_.readers_;
}

InflatePool::Worker::~Worker() {
  if (reads_) pool_.stop_reading();
}

void InflatePool::Worker::help() {
  reads_ = false;
  pool_.stop_reading();
  if (pool_.limits_.sections == 0) return;
  std::unique_lock<std::mutex> lock(pool_.mutex_);
  ++pool_.helpers_;
  while (pool_.readers_ > 0) {
    if (pool_.waiting_.empty()) {
      pool_.changed_.wait(lock);
    } else {
      pool_.work_at_next(lock);
    }
  }
  --pool_.helpers_;
}

void InflatePool::stop_reading() {
  const std::lock_guard<std::mutex> lock(mutex_);
  --readers_;
  changed_.notify_all();
}

bool InflatePool::has_helpers() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return helpers_ > 0;
}

bool InflatePool::submit(const std::shared_ptr<Section>& section) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (helpers_ == 0 || sections_ == limits_.sections) return false;
  waiting_.push_back(section);
  ++sections_;
  changed_.notify_all();
  return true;
}

void InflatePool::finish(const std::shared_ptr<Section>& section, bool works) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!section->begun) std::erase(waiting_, section);
  while (section->begun && !section->done) {
    if (waiting_.empty() || !works) {
      changed_.wait(lock);
    } else {
      work_at_next(lock);
    }
  }
  --sections_;
}

void InflatePool::work_at_next(std::unique_lock<std::mutex>& lock) {
  // Done for those that wait, also where memory runs out.
  struct Work {
    InflatePool& pool;
    std::unique_lock<std::mutex>& lock;
    std::shared_ptr<Section> section;
    ~Work() {
      lock.lock();
      section->done = true;
      pool.changed_.notify_all();
    }
  };
  const std::shared_ptr<Section> section = std::move(waiting_.front());
  waiting_.pop_front();
  section->begun = true;
  lock.unlock();
  const Work work{*this, lock, section};
  section->inflate(limits_.longest_text);
}

class AheadInflater final : public Inflater {
 public:
  AheadInflater(const InputFile& file, Compression compression, std::uint64_t longest_window, InflatePool& pool)
      : file_(file),
        compression_(compression),
        inflater_(make_inflater(file, compression, longest_window)),
        pool_(pool) {}
  ~AheadInflater() override {
    for (const auto& section : ahead_) pool_.finish(section, false);
  }

  Status feed(std::string_view stored, const Take& out) override {
    if (!cuts_ && !pool_.has_helpers()) return inflater_->feed(stored, out);
    while (!stored.empty()) {
      GM_RETURN_IF_ERROR(cuts_ ? cut(stored, out) : look_for_boundary(stored, out));
    }
    return {};
  }

  Status finish(const Take& out) override {
    GM_RETURN_IF_ERROR(hand_out_all(out));
    GM_RETURN_IF_ERROR(inflater_->feed(pending_, out));
    return inflater_->finish(out);
  }

 private:
  using Section = InflatePool::Section;

  // Feeds the stream until it is where a section may begin, or all.
  Status look_for_boundary(std::string_view& stored, const Take& out) {
    const std::size_t beginning = find_beginning(stored, inflater_->is_between() ? 0 : 1, compression_);
    const std::size_t length = std::min(beginning, stored.size());
    GM_RETURN_IF_ERROR(inflater_->feed(stored.substr(0, length), out));
    stored.remove_prefix(length);
    cuts_ = !stored.empty() && inflater_->is_between();
    return {};
  }

  // Takes bytes until a section is full, or all.
  Status cut(std::string_view& stored, const Take& out) {
    const AheadLimits& limits = pool_.limits_;
    const std::size_t before = pending_.size();
    const std::size_t length = std::min(stored.size(), limits.longest + beginning_size - before);
    pending_.append(stored.substr(0, length));
    stored.remove_prefix(length);
    const std::size_t from = std::max(limits.shortest, before - std::min(before, beginning_size - 1));
    const std::size_t next = find_beginning(pending_, from, compression_);
    if (next != std::string::npos) {
      std::string rest = pending_.substr(next);
      pending_.resize(next);
      GM_RETURN_IF_ERROR(end_section(out));
      pending_ = std::move(rest);
    } else if (pending_.size() > limits.longest) {
      GM_RETURN_IF_ERROR(hand_out_all(out));
      GM_RETURN_IF_ERROR(inflater_->feed(pending_, out));
      pending_.clear();
      cuts_ = false;
    }
    return {};
  }

  Status end_section(const Take& out) {
    const auto section = std::make_shared<Section>(file_, compression_, std::exchange(pending_, {}));
    while (!pool_.submit(section)) {
      if (ahead_.empty()) return inflater_->feed(section->stored, out);
      GM_RETURN_IF_ERROR(hand_out_first(out));
    }
    ahead_.push_back(section);
    return {};
  }

  Status hand_out_all(const Take& out) {
    while (!ahead_.empty()) GM_RETURN_IF_ERROR(hand_out_first(out));
    return {};
  }

  Status hand_out_first(const Take& out) {
    const std::shared_ptr<Section> section = std::move(ahead_.front());
    ahead_.pop_front();
    pool_.finish(section, true);
    if (!section->is_whole || !inflater_->is_between()) return inflater_->feed(section->stored, out);
    inflater_->pass_over(section->stored.size());
    const std::string_view text = section->text;
    for (std::size_t i = 0; i < text.size(); i += piece_size) GM_RETURN_IF_ERROR(out(text.substr(i, piece_size)));
    return {};
  }

  const InputFile& file_;
  const Compression compression_;
  const std::unique_ptr<StreamInflater> inflater_;  // of all that is not done ahead, in the order of the file
  InflatePool& pool_;
  bool cuts_ = false;    // sections are made: `pending_` begins where the last one ended
  std::string pending_;  // behind what `ahead_` has
  std::deque<std::shared_ptr<Section>> ahead_;
};

std::unique_ptr<Inflater> make_inflater_ahead(const InputFile& file, Compression compression,
                                              std::uint64_t longest_window, InflatePool& pool) {
  return std::make_unique<AheadInflater>(file, compression, longest_window, pool);
}

}  // namespace gristmill::source
