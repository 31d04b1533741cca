// Mended lines that come back: lines of the quarantine whose `raw` somebody edited. Those that are accepted now are an
// input of their own. An output that grows keeps it in `_state/replays/`, with the places of the rejected lines that
// its lines stand for, so that a run over the ledger resolves the same ones.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "growth/ledger.h"
#include "source/input_files.h"
#include "storage/output_file.h"

namespace gristmill::growth {

inline constexpr std::string_view replays_folder = "replays/";  // below `_state/`

// The recipe for a replay into the output of `given`: that of its state, with the inputs, the resources and the way to
// publish of `given`. A usage error if the output keeps no state.
[[nodiscard]] Result<Recipe> recipe_of_replay(Storage& storage, const Recipe& given);

// Of a replay's lines, below the output root.
std::string path_of_replay(const source::InputFile& replay);

struct LinesToReplay {
  std::string root;  // of the published output
  const std::vector<LedgerEntry>& ledger;
  std::uint32_t batch = 0;              // of the replay
  std::vector<source::InputFile> from;  // files of mended lines
  std::string spill_folder;
};

struct MendedLines {
  std::vector<source::InputFile> inputs;  // of accepted lines, one a data set that has some; staged
  std::vector<storage::WrittenFile> written;
  std::uint64_t rejected = 0;      // once more
  std::vector<std::string> notes;  // of the first of them: sentences
};

// Judges each line, holds it against the quarantine, and writes the accepted ones. An input error names the line that
// is none of the quarantine, or was resolved before; then nothing is written that anybody would find.
[[nodiscard]] Result<MendedLines> mend_lines(Storage& storage, const Recipe& recipe,
                                             const storage::OutputOptions& output, LinesToReplay lines,
                                             const std::function<bool()>& should_stop);

// A replay whose lines this run reads.
inline bool is_new_replay(const source::InputFile& file) { return file.replay > 0 && !file.is_known; }

}  // namespace gristmill::growth
