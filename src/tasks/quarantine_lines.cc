// A line is known by its file's name there, and by a number to everybody else. Tested by tests/programs/test_replay.py.
#include "tasks/quarantine_lines.h"

#include <optional>
#include <utility>
#include <vector>

#include "source/all_lines.h"

namespace gristmill::tasks {

Status for_each_quarantined(Storage& storage, const std::string& path, const FileNumbers& numbers,
                            const std::function<bool()>& should_stop, const QuarantineCallback& use) {
  GM_ASSIGN(std::optional<source::InputFile> file, source::own_file(storage, path));
  if (!file) return {};
  std::vector<source::InputFile> one{std::move(*file)};
  validation::QuarantineEntry entry;
  return source::for_each_line(storage, one, source::options_of_own_lines(), should_stop,
                               [&](std::uint32_t, const source::SourceLine& line) -> Status {
                                 const std::string why = validation::read_quarantine_line(line.text, entry);
                                 const auto number = numbers.find(entry.file);
                                 if (why.empty() && number != numbers.end())
                                   return use({number->second, entry.offset}, line.text, entry);
                                 return Error::output(
                                            "'" + path + "' is not as it was written",
                                            "restore it, or make the output anew with 'gristmill run --accumulate'")
                                     .in_file(path);
                               });
}

}  // namespace gristmill::tasks
