// The one interface through which gristmill touches files: local disk, S3, and in tests a storage that fails or dies at
// the N-th operation. Keys alone are read elsewhere (privacy/).
//
// Paths are local paths or s3:// URIs; '/' separates. On S3 a folder is what keys have in common: it is there as long
// as something is below it, and need not be made. Calls may be made from several threads, also on one ReadableFile; a
// WritableFile is one thread's. Errors name the path, and say why.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/result.h"

namespace gristmill {

// The path of what arrives at standard input. A file of that name is "./-".
inline constexpr std::string_view standard_input_path = "-";

struct S3Options;  // gristmill/s3_options.h

enum class FileType : std::uint8_t { file, folder, symlink, other };

struct FileInfo {
  std::string name;  // in a listing: the last component; from stat: as asked
  FileType type = FileType::file;
  std::uint64_t size = 0;      // bytes
  std::uint64_t identity = 0;  // changes when the file is replaced or written (device, inode, size, mtime; ETag)
  std::string etag = {};       // of an object on S3, as it stands in requests; otherwise empty
  std::int64_t changed = 0;    // nanoseconds since 1970 when content, mode or name last changed; 0: not known
  std::int64_t modified = 0;   // likewise of the content alone
};

class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  virtual std::uint64_t size() const = 0;  // bytes, when it was opened
  // Reads up to `length` bytes at `offset`; fewer only at the end of the file.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t length) = 0;
  // An input error if the file was changed or replaced since it was opened.
  [[nodiscard]] virtual Status check_unchanged() = 0;
  // A hint, for files that `Storage::read_ahead` was told of: these bytes will not be read again, but for a few
  // at their edges.
  virtual void release(std::uint64_t begin, std::uint64_t end);
};

class WritableFile {
 public:
  // A file that was not closed is abandoned: it may be there in part.
  virtual ~WritableFile() = default;
  [[nodiscard]] virtual Status append(std::string_view bytes) = 0;
  // Writes what is pending; with `durable`, waits until the disk has it. A storage far away may go on writing
  // after this: its next call of another kind than `create` waits until that has ended, and fails if it failed.
  [[nodiscard]] virtual Status close(bool durable) = 0;
};

// An unlinked scratch file that vanishes with the process.
class ScratchFile {
 public:
  virtual ~ScratchFile() = default;
  [[nodiscard]] virtual Status write_at(std::uint64_t offset, std::string_view bytes) = 0;
  [[nodiscard]] virtual Status read_at(std::uint64_t offset, char* into, std::size_t length) = 0;  // exactly
};

// Held until destroyed; the operating system releases it when the process dies.
class FileLock {
 public:
  virtual ~FileLock() = default;
  // False once the locked file or folder is no longer the one at its path (removed, replaced, or, on
  // S3, the lease lost): from then on the lock keeps nobody out.
  [[nodiscard]] virtual Result<bool> still_held() = 0;
  // For people: what keeps a paused holder from changing what another one holds by then. Empty where a lock ends with
  // its holder alone. May write and remove a file beside the lock.
  [[nodiscard]] virtual Result<std::string> describe_fence();
  virtual std::string share();  // lets others join it, by what is returned (Storage::join_lock); empty: nobody can
};

// What a storage can do at all; a file system may still refuse it in one place.
struct StorageTraits {
  bool exchanges_folders = true;  // folders are real: `exchange`, `rename_new`, folder locks mean something
  bool caches_reads = true;       // reading a second time what was just read costs little more than a copy
  bool rename_copies = false;     // `rename` moves every byte (S3), so files that need not move should not
  bool marks_files = false;       // `mark_new_files` does so, and is wanted (S3)
  bool walks_in_order = false;    // `walk` comes in bytewise order of the paths (S3)
};

struct Rename {
  std::string from;
  std::string to;
  std::uint64_t size = 0;  // bytes of the file
};

// A file that will be read, or the part of one.
struct ReadAhead {
  std::string path;
  FileInfo info;  // from a listing or stat
  std::uint64_t begin = 0;
  std::uint64_t end = ~std::uint64_t{0};  // or the file's, where that is earlier
};

// Files that one run creates where readers will look for them.
struct MarkedFiles {
  std::string root;     // they lie below this folder,
  std::string staging;  // but not below this one, in which the storage keeps notes of what is unfinished
  std::string run_id;
};

// What a storage was asked to do over the network, since it was made.
struct RequestCount {
  std::string kind;  // "get", "put", "copy", ...; "tried again" of those before
  std::uint64_t count = 0;
};

// A folder in which this user may not make, rename or remove what is to be made, renamed or removed there.
struct Obstacle {
  std::string folder;
  std::string owner;   // of the folder, or of the file in it that is in the way: a name, or a number
  std::string reason;  // "may not be written by 'nobody' (mode 0755)"
};

// What `walk` calls for every file; an error ends the walk and is its result.
using WalkVisitor = std::function<Status(const FileInfo& file)>;

class Storage {
 public:
  virtual ~Storage() = default;
  // Of the storage that holds this path.
  virtual StorageTraits traits(const std::string& path) const;
  // For people: where the credentials come from, the endpoint and the region; never a secret. Empty on a local
  // path. An error where there are no credentials.
  [[nodiscard]] virtual Result<std::string> describe(const std::string& path);
  // Empty where no network is in use.
  virtual std::vector<RequestCount> requests() const;

  // From now on no call follows a symbolic link at or below `folder`, nor in the folders above it (pass a resolved
  // path): where one is or comes, calls fail and say which. New folders below let the group write where folder `like`
  // does and is of the same group, if the umask lets it read. Guarding it again takes the `like` of the last call.
  virtual void guard(const std::string& folder, const std::string& like);
  // Why a folder that gristmill is to work in may be a trap: it is none (a link, a file), or neither this user nor the
  // owner of folder `root` made it where everybody may make one. Empty if it may be used, or is not there.
  [[nodiscard]] virtual Result<std::string> find_trap(const std::string& folder, const std::string& root);
  // The first folder in the way of moving every file below `from` to its place below `into` and, unless the rest stays,
  // of removing what else lies there but names directly in it that are in `skip`. Quotas and the like are not found.
  [[nodiscard]] virtual Result<std::optional<Obstacle>> find_obstacle(const std::string& from, const std::string& into,
                                                                      const std::vector<std::string>& skip,
                                                                      bool rest_stays);

  // nullopt: there is nothing. Follows symlinks unless `follow` is false. A path that ends with '/' is looked
  // for as a folder only, which on S3 takes no right to an object of that name.
  [[nodiscard]] virtual Result<std::optional<FileInfo>> stat(const std::string& path, bool follow = true) = 0;
  // The same, without following, of a path that is looked for as a file: where folders are only what names have in
  // common (S3), one that lies there is not seen, and it takes one request.
  [[nodiscard]] virtual Result<std::optional<FileInfo>> stat_file(const std::string& path);
  // The entries of one folder, sorted bytewise by name.
  [[nodiscard]] virtual Result<std::vector<FileInfo>> list(const std::string& folder) = 0;
  // Every file, symlink (never followed) and special file below the folder, in no order but for the trait, its name
  // relative to the folder; folders themselves are not named. Memory does not grow with their number.
  // Entries directly in the folder named in `skip` are left out, with all below. What the visitor removes or moves away
  // does not disturb the walk, but some storages may then miss others: walk again. An absent folder holds nothing.
  [[nodiscard]] virtual Status walk(const std::string& folder, const WalkVisitor& visit,
                                    const std::vector<std::string>& skip = {}) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<ReadableFile>> open(const std::string& path) = 0;
  // The same of a listed file: reading fails if it has changed (of a local one: compare `identity` at the end).
  [[nodiscard]] virtual Result<std::unique_ptr<ReadableFile>> open_listed(const std::string& path,
                                                                          const FileInfo& listed);
  // Takes what arrives at standard input, up to its end, so that `standard_input_path` is from now on a file to stat
  // and open. Kept in `folder` where it is a pipe. An input error where this storage cannot do that.
  [[nodiscard]] virtual Status keep_standard_input(const std::string& folder, const std::function<bool()>& should_stop);
  // A hint: these files will be read from first to last, in this order, by several threads, and released piece by
  // piece (ReadableFile::release). In place of what was said before.
  virtual void read_ahead(std::vector<ReadAhead> files);

  // Makes the file and any missing folder above it; fails if the file is there already.
  [[nodiscard]] virtual Result<std::unique_ptr<WritableFile>> create(const std::string& path) = 0;
  // A small file, with the folders above it, that is there whole or not at all; an output error if there is one. With
  // `durable`, power loss does not lose it.
  [[nodiscard]] virtual Status create_whole(const std::string& path, std::string_view bytes, bool durable);
  // While this holds, requests that wait for a network are not broken off by an interruption of the run: they end
  // what cannot be taken back. (Local operations never are.)
  virtual void hold_interruptions(bool hold);
  [[nodiscard]] virtual Status make_folder(const std::string& path) = 0;  // and those above; fine if there
  // Moves a file, over a file or an empty folder that is there; makes missing folders above `to`.
  [[nodiscard]] virtual Status rename(const std::string& from, const std::string& to) = 0;
  // Swaps two existing folders in one step. False, and nothing is changed, where the file system
  // cannot do that here (a mount point, overlayfs, NFS, an old kernel).
  [[nodiscard]] virtual Result<bool> exchange(const std::string& a, const std::string& b) = 0;
  // Moves a folder to a name that must not exist yet, in one step.
  [[nodiscard]] virtual Status rename_new(const std::string& from, const std::string& to) = 0;
  // A file or symlink; fine if there is none.
  [[nodiscard]] virtual Status remove(const std::string& path) = 0;
  // An empty folder: true when it is gone (or was not there), false when something is in it.
  [[nodiscard]] virtual Result<bool> remove_folder(const std::string& path) = 0;
  // A folder with everything in it (symlinks are removed, not followed); fine if absent.
  [[nodiscard]] virtual Status remove_tree(const std::string& path) = 0;
  // Many at once, for storages where a request takes long; the default does one after the other.
  [[nodiscard]] virtual Status rename_files(const std::vector<Rename>& renames);
  [[nodiscard]] virtual Status remove_files(const std::vector<std::string>& paths);
  // Removes what files that were never closed have left below this folder where it is no file yet (uploads in
  // parts). REQUIRES: nobody writes there.
  [[nodiscard]] virtual Status remove_unfinished(const std::string& folder);

  // Puts a file `begun` into the staging folder; from then on every file that is created there is marked as the run's,
  // and none takes the place of another. False, and nothing is marked, where whoever keeps the files ignores that.
  // REQUIRES: the trait; no file is being written; the staging folder is empty.
  [[nodiscard]] virtual Result<bool> mark_new_files(const MarkedFiles& files);
  // Removes those files below the root that carry the run's mark, and no others. REQUIRES: the run has ended, or is
  // this one; so for the next two.
  [[nodiscard]] virtual Status remove_marked_files(const MarkedFiles& files);
  // As rename_files, of such files. An output error, and that one stays, where a file carries no mark of the run.
  [[nodiscard]] virtual Status rename_marked_files(const MarkedFiles& files, const std::vector<Rename>& renames);
  // Removes what the run left below the root that is no file yet (uploads in parts).
  [[nodiscard]] virtual Status remove_unfinished_marked_files(const MarkedFiles& files);

  // Mode, owner and access control lists of folder `from` to folder `to`.
  [[nodiscard]] virtual Status copy_attributes(const std::string& from, const std::string& to) = 0;
  // True where another file system (or a bind mount) begins at this folder.
  [[nodiscard]] virtual Result<bool> is_mount_point(const std::string& folder) = 0;
  [[nodiscard]] virtual Status sync_folder(const std::string& path) = 0;  // its entries are on the disk
  // Everything written so far to the file system of this folder is on the disk: one call for any
  // number of files.
  [[nodiscard]] virtual Status sync_all(const std::string& folder) = 0;
  // Bytes that may still be written where the path is or would be.
  [[nodiscard]] virtual Result<std::uint64_t> free_space(const std::string& path) = 0;

  // The path made absolute, symlinks of the parts that exist resolved; the rest is kept.
  [[nodiscard]] virtual Result<std::string> resolve(const std::string& path) = 0;
  // Takes an exclusive lock on the file (made if absent, with the folders above it); nullptr if
  // someone else holds it, in this process or another.
  [[nodiscard]] virtual Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) = 0;
  // The same on a folder that exists. It moves with the folder when that is renamed or exchanged,
  // but then only a new lock can say that it is held at the new path.
  [[nodiscard]] virtual Result<std::unique_ptr<FileLock>> try_lock_folder(const std::string& path) = 0;
  // Keeps to the lock that another process shares, which ends as its holder's does. An output error if that has ended.
  [[nodiscard]] virtual Result<std::unique_ptr<FileLock>> join_lock(const std::string& path, const std::string& holder);
  [[nodiscard]] virtual Result<std::unique_ptr<ScratchFile>> scratch(
      const std::string& folder) = 0;  // in one that is there
};

// The storage of local files.
std::unique_ptr<Storage> make_local_storage();

// The storage of local files and of s3:// URIs. Never fails: libgristmill_s3.so is loaded at the first URI, and what is
// wrong with it, with the options or with the credentials is the error of that request.
std::unique_ptr<Storage> make_storage(const S3Options& options);

}  // namespace gristmill
