// Against keeping lines of 4 kB in buckets: a twentieth less processor time in all, a quarter of the memory,
// and nothing to spill. For lines below about 1 kB the system call costs more than the copy. The hash is the one
// that grind needs anyway to find repeated lines, so knowing a line again costs one more hash of it, in route.
// Mapping the files was not tried: their pages would count as this process's memory, and a file that is
// cut short would kill it. Tested in input_reader_test.cc and by the whole-program tests.
#include "source/input_reader.h"

#include "storage/system_error.h"

namespace gristmill::source {

Result<InputReader> InputReader::open(Storage& storage, const std::vector<InputFile>& files,
                                      const InputReaderLimits& limits) {
  InputReader reader;
  reader.shortest_line_ = limits.shortest_line;
  std::uint64_t bytes = 0;
  std::size_t open_files = 0;
  for (std::uint32_t i = 0; i < files.size() && open_files < limits.files; ++i) {
    if (files[i].is_known || is_one_range(files[i]) || !storage.traits(files[i].path).caches_reads) continue;
    bytes += files[i].size;
    if (bytes > limits.bytes) break;
    reader.files_.resize(i + 1);
    reader.paths_.resize(i + 1);
    GM_ASSIGN(reader.files_[i], storage.open(files[i].path));
    reader.paths_[i] = files[i].path;
    ++open_files;
  }
  return reader;
}

Result<storage::Hash128> InputReader::read(std::uint32_t file, std::uint64_t offset, std::uint64_t low, char* into,
                                           std::size_t length) const {
  GM_ASSIGN(const std::size_t got, files_[file]->read_at(offset, into, length));
  if (got != length) return storage::changed_while_read(paths_[file]);
  const storage::Hash128 hash = storage::hash128({into, length});
  if (hash.low != low) return storage::changed_while_read(paths_[file]);
  return hash;
}

}  // namespace gristmill::source
