// One table: errno, its name, what the user can do about it. The words themselves come from the
// system, so that they can be searched for.
#include "storage/system_error.h"

#include <cerrno>
#include <system_error>

#include "storage/exceptions.h"

namespace gristmill::storage {
namespace {

struct Remedy {
  int number;
  std::string_view name;
  std::string_view advice;
};

constexpr Remedy remedies[] = {
    {EACCES, "EACCES", "give this user the permission, on the folders above too, or choose another place"},
    {EPERM, "EPERM", "give this user the permission, or choose another place"},
    {ENOSPC, "ENOSPC", "make room on this file system (check free inodes with 'df -i' too), or choose another place"},
    {EDQUOT, "EDQUOT", "make room in this user's quota, or choose another place"},
    {EROFS, "EROFS", "the file system is mounted read-only: mount it writable, or choose another place"},
    {EIO, "EIO", "the device or the network file system failed: look into the system's log (dmesg)"},
    {ESTALE, "ESTALE", "the network file system lost this file: mount it again and repeat"},
    {ENAMETOOLONG, "ENAMETOOLONG", "choose a shorter path: a name may have 255 bytes, a path 4,095"},
    {EISDIR, "EISDIR", "a folder is where a file was expected"},
    {ENOTDIR, "ENOTDIR", "a part of this path is a file, not a folder"},
    {EEXIST, "EEXIST", "something of this name is there already: move it away, or choose another place"},
    {ENOENT, "ENOENT", "check the spelling of the path"},
    {EMFILE, "EMFILE", "raise the limit of open files (ulimit -n), or use fewer threads"},
    {ENFILE, "ENFILE", "the whole system has too many files open: close some, or raise fs.file-max"},
    {EFBIG, "EFBIG", "the file system or a limit (ulimit -f) allows no file of this size"},
    {ELOOP, "ELOOP", "the path has symbolic links that lead in a circle"},
    {ETXTBSY, "ETXTBSY", "the file is in use as a running program"},
    {EBUSY, "EBUSY", "it is in use (a mount point?): choose another place"},
    {ENOLCK, "ENOLCK", "the file system gives no locks: enable them (NFS: lockd), or choose another place"},
    {EOPNOTSUPP, "EOPNOTSUPP", "the file system cannot do this: choose another place"},
    {EXDEV, "EXDEV", "the two lie on different file systems"},
    {ENOTEMPTY, "ENOTEMPTY", "something is still in it"},
    {ENOMEM, "ENOMEM", ""},  // not_enough_memory() has its advice
};

}  // namespace

Error system_error(ErrorKind kind, std::string_view action, std::string_view path, int number) {
  Error error;
  error.kind = kind;
  error.message.append("cannot ").append(action).append(" '").append(path).append("'");
  error.file = path;
  if (number == ENOMEM) return not_enough_memory(error.message).in_file(error.file);
  error.message.append(": ").append(std::generic_category().message(number));
  for (const Remedy& remedy : remedies) {
    if (remedy.number == number) error.advice = remedy.advice;
  }
  return error;
}

int error_number_of(std::string_view name) {
  for (const Remedy& remedy : remedies) {
    if (remedy.name == name) return remedy.number;
  }
  return 0;
}

Error changed_while_read(const std::string& path) {
  return Error::input("'" + path + "' changed while it was read",
                      "wait until whatever writes it has finished, then run again; nothing was published")
      .in_file(path)
      .to_be_retried();
}

}  // namespace gristmill::storage
