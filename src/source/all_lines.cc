// Ranges are read in their order, so that lines come in theirs. Tested by tests/programs/test_replay.py.
#include "source/all_lines.h"

#include "source/first_bytes.h"
#include "source/long_line_gate.h"

namespace gristmill::source {

Status for_each_line(Storage& storage, std::vector<InputFile>& files, const SourceOptions& options,
                     const std::function<bool()>& should_stop,
                     const std::function<Status(std::uint32_t file, const SourceLine& line)>& use) {
  for (InputFile& file : files) {
    if (!file.contents) GM_RETURN_IF_ERROR(look_into(storage, file, options.look));
  }
  std::vector<FileTally> tallies(files.size());
  const InputRanges ranges = make_input_ranges(files, tallies);
  LongLineGate gate;
  LineSource source(storage, files, tallies, options, gate);
  source.stop_when(should_stop);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (should_stop()) return Error::interrupted();
    const std::uint32_t file = ranges[i].file;
    GM_RETURN_IF_ERROR(source.read(ranges[i], [&](const SourceLine& line) { return use(file, line); }));
  }
  return check_unchanged(storage, files);
}

SourceOptions options_of_own_lines() {
  SourceOptions options;
  options.line_limit = std::uint64_t{1} << 40;
  options.look.framing.fill(Framing::lines);
  return options;
}

Result<std::optional<InputFile>> own_file(Storage& storage, const std::string& path) {
  GM_ASSIGN(const std::optional<FileInfo> there, storage.stat_file(path));
  if (!there) return std::optional<InputFile>();
  InputFile file;
  file.path = file.name = path;
  file.contents = Contents{};
  set_info(*there, file);
  return std::optional(std::move(file));
}

}  // namespace gristmill::source
