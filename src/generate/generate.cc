// Blocks of lines are made by all threads at once and written in their order: each thread takes the next
// ticket, makes its block in its own buffer, waits for its turn and appends. Blocks are cut by numbers of
// lines that depend on the shape alone, so that not even the frames of compressed files depend on threads.
// Writing at offsets instead would need every block's size beforehand. Lines are dealt to files like
// cards, and shuffled within a file. Tested in generate_test.cc and tests/programs/test_generate.py.
#include "generate/generate.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <optional>

#include "generate/compress.h"
#include "generate/flawed_line.h"
#include "generate/line_buffer.h"
#include "generate/line_writer.h"
#include "generate/order.h"
#include "run/workers.h"

namespace gristmill::generate {
namespace {

using generate::Anomaly;
using generate::AnomalyPlan;
using generate::Compressor;
using generate::FlawedLines;
using generate::LineBuffer;
using generate::LineWriter;
using generate::Order;
using generate::Shape;

constexpr std::size_t block_bytes = 1U << 20;  // a block has about so many
constexpr std::uint64_t most_of_each = 1'000'000'000;
constexpr std::uint64_t most_in_a_session = 1'000'000;  // their times stay in this century
constexpr std::uint64_t most_behaviours = 500'000;      // a line stays below the default limit
constexpr std::uint64_t most_lines = 1'000'000'000'000;
constexpr std::uint64_t most_files = 10'000;
constexpr std::uint64_t longest_line_limit = 1U << 30;

Status check_size(const char* flag, std::uint64_t value, std::uint64_t most) {
  if (value >= 1 && value <= most) return {};
  return Error::usage(
      std::string(flag) + " is " + std::to_string(value) + ": it must be from 1 to " + std::to_string(most),
      "see 'gristmill generate --help'");
}

Status check_options(const GenerateOptions& options) {
  const Shape& shape = options.shape;
  GM_RETURN_IF_ERROR(check_size("--profiles", shape.profiles, most_of_each));
  GM_RETURN_IF_ERROR(check_size("--sessions", shape.sessions, most_of_each));
  GM_RETURN_IF_ERROR(check_size("--collections", shape.collections, most_in_a_session));
  GM_RETURN_IF_ERROR(check_size("--behaviours", shape.behaviours, most_behaviours));
  GM_RETURN_IF_ERROR(check_size("--predictions", shape.predictions_of_session(), most_in_a_session));
  GM_RETURN_IF_ERROR(check_size("--files", options.files, most_files));
  const std::uint64_t in_session = std::max(shape.collections, shape.predictions_of_session());
  if (shape.all_sessions() > most_lines / in_session) {
    return Error::usage("these sizes make more than " + std::to_string(most_lines) + " lines",
                        "give smaller --profiles, --sessions, --collections or --predictions");
  }
  const std::uint64_t fewest = std::min(shape.all_collections(), shape.all_predictions());
  if (options.files > fewest) {
    return Error::usage("--files is " + std::to_string(options.files) + ", but a data set has only " +
                            std::to_string(fewest) + " lines",
                        "give fewer files or more lines");
  }
  return {};
}

// "part-00000.jsonl" and its compressed forms.
bool is_generated_name(std::string_view name) {
  if (!name.starts_with("part-")) return false;
  name.remove_prefix(5);
  const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
  if (digits < 5) return false;
  name.remove_prefix(digits);
  return name == ".jsonl" || name == ".jsonl.gz" || name == ".jsonl.zst";
}

// Makes sure that nothing is in the way; with `force`, removes what an earlier generation wrote, and only
// that. Whether the folder is there.
Result<bool> make_way(Storage& storage, const std::string& root, bool force) {
  GM_ASSIGN(const auto info, storage.stat(root));
  if (!info) return false;
  if (info->type != FileType::folder) {
    return Error::output("cannot generate into '" + root + "': it is not a folder",
                         "name a folder that is new or empty")
        .in_file(root);
  }
  GM_ASSIGN(const std::vector<FileInfo> held, storage.list(root));
  if (held.empty()) return true;
  if (!force) {
    return Error::output("cannot generate into '" + root + "': it is not empty, it holds '" + held.front().name + "'",
                         "name another folder, or replace data that was generated there before with --force")
        .in_file(root);
  }
  std::vector<std::string> old;
  for (const Dataset dataset : all_datasets) {
    const std::string folder = root + "/" + std::string(name_of(dataset));
    GM_ASSIGN(const auto found, storage.stat(folder, false));
    if (!found) continue;
    std::string foreign = found->type == FileType::folder ? "" : folder;
    if (foreign.empty()) {
      GM_RETURN_IF_ERROR(storage.walk(folder, [&](const FileInfo& file) -> Status {
        if (file.type == FileType::file && is_generated_name(file.name)) {
          old.push_back(folder + "/" + file.name);
        } else {
          foreign = folder + "/" + file.name;
        }
        return {};
      }));
    }
    if (!foreign.empty()) {
      return Error::output("cannot generate into '" + root + "': '" + foreign + "' was not generated",
                           "move it away, or name another folder")
          .in_file(root);
    }
  }
  GM_RETURN_IF_ERROR(storage.remove_files(old));
  return true;
}

class Generation {
 public:
  Generation(Storage& storage, const GenerateOptions& options, std::string root, bool root_is_there, AnomalyPlan plan,
             const std::atomic<bool>* interrupted)
      : storage_(storage),
        options_(options),
        root_(std::move(root)),
        root_is_there_(root_is_there),
        plan_(std::move(plan)),
        lines_(options.shape, options.seed, options.spaced),
        flaws_(lines_, plan_, options.line_limit),
        workers_(options.threads, interrupted) {
    lay_out_files();
  }

  Result<GenerateReport> run();

 private:
  struct File {
    Dataset dataset;
    std::string path;
    std::uint64_t index;  // among the files of its data set
    std::uint64_t lines;
    std::uint64_t first_block;
    Order order;
  };

  void lay_out_files();
  std::uint64_t lines_of_block(Dataset dataset) const {
    std::uint64_t longest = lines_.longest_line(dataset);
    if (plan_.holds(Reason::line_too_long)) longest = std::max(longest, options_.line_limit + 1);
    return std::max<std::uint64_t>(1, block_bytes / longest);
  }
  Status work(GenerateReport& report);
  // Appends to `bytes`; `buffer` is for the records alone.
  void make_block(const File& file, std::uint64_t block, LineBuffer& buffer, std::string& bytes,
                  GeneratedDataset& counts) const;
  // Waits until all blocks before this one are written.
  Status write_in_turn(std::uint64_t ticket, const File& file, std::string_view bytes);
  Status write(std::uint64_t ticket, const File& file, std::string_view bytes);
  void remove_what_was_written();

  Storage& storage_;
  const GenerateOptions& options_;
  std::string root_;
  bool root_is_there_;  // from before
  AnomalyPlan plan_;
  LineWriter lines_;
  FlawedLines flaws_;
  scheduling::Workers workers_;
  std::deque<File> files_;
  std::uint64_t blocks_ = 0;
  std::atomic<std::uint64_t> next_ticket_{0};

  std::mutex mutex_;
  std::condition_variable turn_came_;
  std::uint64_t turn_ = 0;              // the ticket that may write
  bool stopped_ = false;                // a thread gave up: no turn comes any more
  std::unique_ptr<WritableFile> open_;  // of the thread whose turn it is
  std::uint64_t files_begun_ = 0;
  GenerateReport report_;
};

void Generation::lay_out_files() {
  for (const Dataset dataset : all_datasets) {
    const std::uint64_t lines = lines_.lines(dataset);
    report_.datasets[static_cast<std::size_t>(dataset)].lines = lines;
    for (std::uint64_t i = 0; i < options_.files; ++i) {
      char name[64];
      std::snprintf(name, sizeof name, "/part-%05llu.jsonl", static_cast<unsigned long long>(i));
      const std::uint64_t count = lines / options_.files + (i < lines % options_.files ? 1 : 0);
      files_.push_back({dataset,
                        root_ + "/" + std::string(name_of(dataset)) + name +
                            std::string(options_.plain_names ? "" : generate::file_ending(options_.compression)),
                        i, count, blocks_, Order(count, options_.seed, files_.size())});
      blocks_ += (count + lines_of_block(dataset) - 1) / lines_of_block(dataset);
    }
  }
}

Result<GenerateReport> Generation::run() {
  const Status status = workers_.run([this](std::uint32_t) {
    GenerateReport counts;
    Status done = work(counts);
    const std::lock_guard<std::mutex> lock(mutex_);
    for (std::size_t i = 0; i < dataset_count; ++i) {
      report_.datasets[i].bytes += counts.datasets[i].bytes;
      report_.datasets[i].stored_bytes += counts.datasets[i].stored_bytes;
      for (std::size_t a = 0; a < generate::anomaly_count; ++a) {
        report_.datasets[i].anomalies[a] += counts.datasets[i].anomalies[a];
      }
    }
    if (!done.ok()) {
      stopped_ = true;
      turn_came_.notify_all();
    }
    return done;
  });
  if (status.ok()) return report_;
  remove_what_was_written();
  if (status.error().kind != ErrorKind::interrupted) return status.error();
  return Error{ErrorKind::interrupted, "interrupted: what was generated into '" + root_ + "' so far is removed", {}};
}

Status Generation::work(GenerateReport& report) {
  LineBuffer buffer;
  std::string made;
  std::string stored;
  std::unique_ptr<Compressor> compressor;
  if (options_.compression != source::Compression::none) compressor = generate::make_compressor(options_.compression);
  for (;;) {
    if (workers_.should_stop()) return Error::interrupted();
    const std::uint64_t ticket = next_ticket_++;
    if (ticket >= blocks_) return {};
    const auto next_file =
        std::upper_bound(files_.begin(), files_.end(), ticket,
                         [](std::uint64_t wanted, const File& file) { return wanted < file.first_block; });
    const File& file = *(next_file - 1);
    GeneratedDataset& counts = report.datasets[static_cast<std::size_t>(file.dataset)];
    made.clear();
    make_block(file, ticket - file.first_block, buffer, made, counts);
    std::string_view bytes = made;
    counts.bytes += bytes.size();
    if (compressor) {
      GM_RETURN_IF_ERROR(compressor->compress(bytes, stored));
      bytes = stored;
    }
    counts.stored_bytes += bytes.size();
    GM_RETURN_IF_ERROR(write_in_turn(ticket, file, bytes));
  }
}

void Generation::make_block(const File& file, std::uint64_t block, LineBuffer& buffer, std::string& bytes,
                            GeneratedDataset& counts) const {
  const std::uint64_t first = block * lines_of_block(file.dataset);
  const std::uint64_t end = std::min(first + lines_of_block(file.dataset), file.lines);
  const std::size_t longest = lines_.longest_line(file.dataset);
  buffer.clear();
  for (std::uint64_t position = first; position < end; ++position) {
    const std::uint64_t number = file.order.at(position) * options_.files + file.index;
    const std::size_t begin = buffer.text().size();
    if (const auto anomaly = plan_.of_line(file.dataset, number)) {
      if (flaws_.write(file.dataset, number, *anomaly, buffer)) ++counts.anomalies[anomaly->index()];
    } else {
      buffer.end_at(lines_.write(file.dataset, number, buffer.room(longest)));
    }
    append_record(options_.form, buffer.text().substr(begin), position == 0, position + 1 == file.lines, bytes);
  }
}

Status Generation::write_in_turn(std::uint64_t ticket, const File& file, std::string_view bytes) {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    turn_came_.wait(lock, [&] { return turn_ == ticket || stopped_; });
    if (stopped_) return Error::interrupted();
  }
  GM_RETURN_IF_ERROR(write(ticket, file, bytes));
  const std::lock_guard<std::mutex> lock(mutex_);
  ++turn_;
  turn_came_.notify_all();
  return {};
}

Status Generation::write(std::uint64_t ticket, const File& file, std::string_view bytes) {
  if (ticket == file.first_block) {
    GM_ASSIGN(open_, storage_.create(file.path));
    ++files_begun_;
  }
  GM_RETURN_IF_ERROR(open_->append(bytes));
  const std::uint64_t blocks = (file.lines + lines_of_block(file.dataset) - 1) / lines_of_block(file.dataset);
  if (ticket + 1 < file.first_block + blocks) return {};
  GM_RETURN_IF_ERROR(open_->close(false));
  open_.reset();
  return {};
}

// Half a data set is worse than none. What cannot be removed stays: the error that led here is told.
void Generation::remove_what_was_written() {
  open_.reset();
  for (std::uint64_t i = 0; i < files_begun_; ++i) {
    if (!storage_.remove(files_[i].path).ok()) return;
  }
  for (const Dataset dataset : all_datasets) {
    if (!storage_.remove_folder(root_ + "/" + std::string(name_of(dataset))).ok()) return;
  }
  if (root_is_there_ || !storage_.remove_folder(root_).ok()) return;
}

}  // namespace

Result<GenerateReport> generate(Storage& storage, const GenerateOptions& options,
                                const std::atomic<bool>* interrupted) {
  GM_RETURN_IF_ERROR(check_options(options));
  GM_ASSIGN(AnomalyPlan plan, AnomalyPlan::of(options.anomalies, options.seed));
  const LineWriter lines(options.shape, options.seed, options.spaced);
  const std::uint64_t longest = lines.longest_line(Dataset::collections);
  if (plan.holds(Reason::line_too_long) && (options.line_limit < longest || options.line_limit > longest_line_limit)) {
    return Error::usage("--line-limit is " + std::to_string(options.line_limit) + ": it must be from " +
                            std::to_string(longest) + ", which a usual line of this shape may have, to " +
                            std::to_string(longest_line_limit) + " bytes",
                        "give it as a size, such as 64KiB");
  }
  GM_ASSIGN(std::string root, storage.resolve(options.output));
  GM_ASSIGN(const bool is_there, make_way(storage, root, options.force));
  return Generation(storage, options, std::move(root), is_there, std::move(plan), interrupted).run();
}

}  // namespace gristmill::generate
