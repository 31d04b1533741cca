// The system's error numbers as Errors that a person can act on.
#pragma once

#include <string>
#include <string_view>

#include "gristmill/result.h"

namespace gristmill::storage {

// "cannot <action> '<path>': <the system's words>", with advice for the causes that have a remedy
// (permission, full disk, read-only file system, ...). `number` is an errno; ENOMEM is no fault of the path but an
// internal error, as in storage/exceptions.h.
Error system_error(ErrorKind kind, std::string_view action, std::string_view path, int number);

// The number of an errno's name ("ENOSPC", "EIO", "EACCES", ...); 0 if it is not one that this file
// has advice for.
int error_number_of(std::string_view name);

// The input error for a file, wherever it lies, that is not as it was when it was listed or opened.
Error changed_while_read(const std::string& path);

}  // namespace gristmill::storage
