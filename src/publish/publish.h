// Publishing: an output becomes visible as a whole or not at all. This is the door of src/publish/.
//
// A run begins a Publication, writes its files below `files_root()`, then the manifest and an empty
// `_SUCCESS` below `staging_root()`, and commits. One state machine:
//
//   staged ──audit──▶ COMMIT written ──move──▶ published ──clean──▶ nothing left over
//      └──keep_staged──▶ KEPT ──publish_staged──▲
//
// with three ways to move. Exchange: the staged folder beside the root and the root swap places in one
// step, then the old one is deleted. Journal: staged below `<root>/_staging/`, the files are moved one
// by one; COMMIT is the point of no return, after which a killed run is finished by the next one or by
// `recover`. Direct, where moving copies (S3) and there is no output yet: the files are written at their
// places and marked as the run's, and only the manifest and `_SUCCESS` are moved; what is not committed is
// removed, or moved into staging to be kept. docs/operate/publishing.md tells users which to expect and
// what readers may rely on.
//
// Deleting goes by the manifest of what is deleted, and only by it: files that gristmill did not write
// survive everything, and a root that holds any is refused.
//
// All errors here are of kind output unless said otherwise. Nothing here is thread-safe, but files may
// be staged from many threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"
#include "gristmill/storage.h"

namespace gristmill::publish {

enum class PublishWay : std::uint8_t { exchange, journal, direct };
std::string_view name_of(PublishWay way);

// The folder beside an output root in which runs stage where they publish by exchange: "<parent>/.<name>.gristmill".
// `root`: resolved, without a '/' at its end.
std::string folder_beside(const std::string& root);

// Asked now and then; true asks to stop. May be empty.
using InterruptCheck = std::function<bool()>;

struct PublishOptions {
  std::string run_id;  // letters, digits, '-', '_', '.'; new for every run
  bool fsync = false;  // order the writes so that power loss keeps old or new
  // Exchange or journal, instead of finding out; an error where exchange is refused.
  std::optional<PublishWay> force_way = {};
  bool direct = true;  // where the storage can; false: others than this storage write files too
  // What is published already stays, but for what the new manifest leaves out: only what is new or other than before is
  // staged. By the journal. Without a published output as without this.
  bool adds = false;
};

// Files that are to be moved from the staged folder to the output once nothing can be taken back, all of them new there
// or the only ones of their name. Whoever has joined the lock may move any of them, more than once too.
struct FilesToMove {
  std::string from;                  // the staged folder
  std::string to;                    // the output root
  std::string lock;                  // Storage::join_lock
  std::string holder;                // of it (FileLock::share)
  std::vector<std::string> names;    // relative to both folders
  std::vector<std::uint64_t> sizes;  // bytes
};
// May move all, some or none of them: what is left is moved afterwards. False: it need not be asked again.
using MoveHelp = std::function<bool(const FilesToMove& files)>;

// Moves files of which others may have moved some meanwhile: those are fine.
[[nodiscard]] Status move_those_there(Storage& storage, std::vector<Rename> files);

struct Published {
  PublishWay way = PublishWay::exchange;
  std::vector<std::string> notes;  // sentences for the user: what was kept or could not be cleaned up
};

// One run's hold on one output root, from before its first file until it is published or dropped.
class Publication {
 public:
  // Claims the root (refused when another run has it), finishes or removes what dead runs left there,
  // refuses a root that holds anything gristmill did not write, chooses the way and makes the staging
  // folder. A kept output of an earlier run is removed. `storage` must outlive the Publication.
  static Result<Publication> begin(Storage& storage, const std::string& output, const PublishOptions& options);
  Publication(Publication&&) noexcept;
  Publication& operator=(Publication&&) noexcept;
  // Abandons what is neither committed nor kept.
  ~Publication();

  const std::string& root() const;          // resolved
  const std::string& staging_root() const;  // an empty folder at first, for the manifest and `_SUCCESS`
  const std::string& files_root() const;    // where all other files are written: the same folder, or the root
  PublishWay way() const;
  const std::string& way_reason() const;          // why not exchange; empty where it is
  const std::vector<std::string>& notes() const;  // sentences: what begin() finished and removed

  // Whether files of the published output are taken over (PublishOptions::adds).
  bool adds() const;

  // Publishes. REQUIRES: every file of the manifest (but those taken over) is written and closed, nothing else is, then
  // `_manifest.json` with this run's id, then `_SUCCESS`. Files need not have been closed durably.
  // - success: readers see the new output.
  // - interrupted (asked until the point of no return): nothing is published; abandon() or drop this.
  // - other error before the point of no return: nothing is published, and the output is kept staged
  //   where that makes sense, as by keep_staged(); the advice says so.
  // - other error after it (not of an exchange): the advice names `gristmill recover`.
  // `help`: asked where a move copies and there are many files.
  Result<Published> commit(const InterruptCheck& interrupted = {}, const MoveHelp& help = {});

  // Lets the complete staged output stay, as after a failed validation, until publish_staged() or the
  // next run; what was written at its place is moved there. REQUIRES: as commit(). Returns the folder. Ends this
  // Publication.
  Result<std::string> keep_staged();

  // Removes what is staged. Ends this Publication.
  Status abandon();

 private:
  friend Result<Published> publish_staged(Storage&, const std::string&, bool, const InterruptCheck&);
  friend Result<std::vector<std::string>> recover(Storage&, const std::string&, bool);
  struct State;
  explicit Publication(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Publishes the output that keep_staged() kept. A usage error if there is none.
Result<Published> publish_staged(Storage& storage, const std::string& output, bool fsync = false,
                                 const InterruptCheck& interrupted = {});

// Finishes a publication that was cut off after its point of no return, and removes what else dead runs
// left; a kept output stays. Returns sentences that say what was done; none if there was nothing to do.
Result<std::vector<std::string>> recover(Storage& storage, const std::string& output, bool fsync = false);

// A complete output that can be read.
struct ReadableTree {
  std::string folder;
  std::string run_id;
  bool kept = false;        // a failed check kept it back; else it is the published one
  std::string waiting_run;  // beside a published one: the run of a kept one, if there is any
};

// The published output; where none is, or with `kept`, the one that keep_staged() kept. An input error where
// there is neither, an output error where a publication is unfinished; with `kept`, a usage error where nothing is
// kept. Takes no lock: a run that publishes meanwhile may remove what is found here.
Result<ReadableTree> find_readable(Storage& storage, const std::string& output, bool kept = false);

// An output error if the files of a complete output whose paths begin so ("quarantine/") are not those of its
// manifest, by names and sizes. Reads the manifest as far as these.
Status check_listed(Storage& storage, const std::string& folder, const std::string& beginning);

// The same error as one about the output: reading what lies there fails as exit code 4, not 3.
Error as_output(Error error);

// The nearest folder above `path` that holds an output of gristmill's; empty if none does. A folder that may not be
// looked into is none. On S3 only the two nearest are asked for.
std::string output_around(Storage& storage, const std::string& path);

enum class RootState : std::uint8_t {
  absent,
  empty,       // an empty folder
  published,   // an output of gristmill's, and nothing else
  unfinished,  // a publication was cut off after its point of no return: `recover` first
};

struct RootInspection {
  RootState state = RootState::absent;
  std::string run_id;             // of the published output, as all below
  std::string manifest_checksum;  // XXH3-128 of `_manifest.json`
  std::uint64_t files = 0;        // in its manifest
  std::uint64_t bytes = 0;
  bool intact = false;  // every file of the manifest is there with its size
};

// Looks whether a run may write to this output. Refuses a root that is a file, that holds anything but
// what its manifest lists (naming up to 10 of it), or whose manifest is broken. Empty folders count as
// nothing. Changes nothing and takes no lock.
Result<RootInspection> inspect_root(Storage& storage, const std::string& output,
                                    const InterruptCheck& interrupted = {});

struct PublicationPlan {
  std::string root;  // resolved
  PublishWay way = PublishWay::exchange;
  std::string way_reason;      // why not exchange; empty where it is
  std::string staging_folder;  // the area in which the run's folder would be made
  RootInspection found;
  bool busy = false;     // another run has the output now; nothing was found out
  std::string kept_run;  // id of a kept output that waits; empty if none
  std::string fence;     // what keeps a paused run off, in words; empty where its lock does
};

// What begin() would find, for `gristmill explain`: refuses what it would refuse. Makes two folders for
// a moment, to try an exchange, and leaves nothing.
Result<PublicationPlan> plan_publication(Storage& storage, const std::string& output);

struct VerifyDifference {
  enum class Kind : std::uint8_t { missing, size, checksum, unreadable, not_listed };
  Kind kind = Kind::missing;
  std::string path;    // relative to the root
  std::string detail;  // "1024 bytes instead of 2048"; may be empty
};
std::string_view name_of(VerifyDifference::Kind kind);

struct VerifyReport {
  std::string run_id;
  std::uint64_t files = 0;  // in the manifest
  std::uint64_t bytes = 0;
  std::uint64_t differences = 0;        // all of them; `examples` has the first 1,000 by path
  std::uint64_t unreadable = 0;         // of these: files that are there and could not be read
  std::optional<Error> why_unreadable;  // the first by path
  std::vector<VerifyDifference> examples;
};

// Checks a published output against its manifest: each file's presence, size and checksum, and that
// there are no others. An error where there is no (whole) manifest or a publication is unfinished.
Result<VerifyReport> verify(Storage& storage, const std::string& output, unsigned threads = 1,
                            const InterruptCheck& interrupted = {});

}  // namespace gristmill::publish
