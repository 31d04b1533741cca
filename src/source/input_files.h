// From the arguments of a data set to the list of its files, each with the name that quarantine and
// report know it by.
//
// An argument is a file, a folder (every *.jsonl, *.ndjson, *.json and their .gz and .zst forms below
// it, names beginning with '_' or '.' skipped) or a glob with the meaning of Python's glob: '*', '?' and
// '[...]' do not cross '/', '**' as a whole component does, a leading '.' must be spelled out. The
// arguments keep their order; the files of one come in bytewise order of their names; a file matched
// twice is read once, at its first place.
//
// "-" is standard input (Storage::keep_standard_input), a file of the name "stdin".
//
// A name is relative to its argument. Of several arguments that give the same one, each file's is preceded by its
// folder's; those that are not unique then, by the position of their argument ("2:a.jsonl").
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/data.h"
#include "gristmill/recipe.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "source/contents.h"

namespace gristmill::source {

// A file that is taken down with its hashes, and not read.
struct LeftOut {
  std::string tree_hash;  // tree_hash_of
  std::string same_as;    // the name of a file of its data set that has the same bytes; empty: it was set aside
};

struct InputFile {
  Dataset dataset = Dataset::collections;
  std::string path;            // to open it
  std::string name;            // relative to its argument: the folder, the glob's fixed part; a single file's base name
  std::uint64_t size = 0;      // stored bytes
  std::uint64_t identity = 0;  // of FileInfo, when it was listed
  Compression named = Compression::none;  // how its name says that it is compressed
  std::string etag = {};                  // of FileInfo, likewise
  std::int64_t modified = 0;              // of FileInfo, likewise
  std::int64_t changed = 0;               // of FileInfo, likewise
  std::string sha256 = {};                // 64 hexadecimal digits, where it was asked for
  bool is_known = false;  // it is not read and stands here for its number alone: an earlier run did, or it is left out
  std::optional<LeftOut> left_out = {};
  std::uint32_t replay = 0;  // the batch in which its lines came back mended (growth/replay.h); 0: in none
  // Of a file of more than one chunk, which must be known before it is cut into ranges; of others, whoever reads the
  // file finds out.
  std::optional<Contents> contents = {};
};

// What folders hold beside the files that are read: other endings, names beginning with '_' or '.'.
struct PassedOver {
  static constexpr std::size_t most_names = 10;
  std::uint64_t files = 0;
  std::vector<std::string> names;  // of the first, in the order of the arguments, relative to them
};

struct InputListing {
  std::vector<InputFile> files;  // of both data sets, collections first
  std::array<PassedOver, dataset_count> passed_over;
};

// An error of the kind `no_input` where an argument matches nothing, an input error where it cannot be read; a usage
// error where no data set is given at all, or where an input and the recipe's output
// lie one inside the other. With `may_be_empty` a local folder or glob may match nothing, if nothing is passed over
// there either.
Result<InputListing> list_input_files(Storage& storage, const Recipe& recipe, bool may_be_empty = false);

// The files of arguments of which nobody has said to which data set they belong: as above, in the place of
// collections; what is passed over is not told. `ends`: for each argument, how many files there are up to its last one.
Result<std::vector<InputFile>> list_unsorted_files(Storage& storage, const std::vector<std::string>& arguments,
                                                   std::vector<std::size_t>& ends);

// How a file's name says that it is compressed.
Compression named_compression(std::string_view name);

// Is one of them standard input?
bool reads_standard_input(const std::vector<std::string>& arguments);
bool reads_standard_input(const Recipe& recipe);

// Is it read in one piece, and not chunk by chunk? A file of one chunk is both.
bool is_one_range(const InputFile& file);

// What its listing said of it, for Storage::open_listed.
FileInfo info_of(const InputFile& file);
// The reverse: size, identity, ETag and times.
void set_info(const FileInfo& info, InputFile& file);

// An input error if one of them was changed or replaced since it was listed.
[[nodiscard]] Status check_unchanged(Storage& storage, const std::vector<InputFile>& files);

}  // namespace gristmill::source
