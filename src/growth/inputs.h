// The inputs of a run beside the ledger: which are known, moved, changed or new.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gristmill/recipe.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "growth/ledger.h"
#include "source/input_files.h"

namespace gristmill::growth {

struct LedgerComparison {
  std::vector<source::InputFile> fresh;  // new ones, in their order, with names that the ledger does not have
  std::vector<std::string> changed;      // paths of known ones with other bytes than the ledger has, in input order
  std::uint64_t known = 0;               // files that were listed and whose bytes the ledger has
  std::uint64_t moved = 0;               // of them, those that lie elsewhere by now
  // By data set: entries that this run's arguments would name, at whose path nothing lies any more.
  std::array<std::vector<std::string>, dataset_count> gone;
};

// Compares what was listed with the ledger, whose entries get the paths and times of today. Files are hashed where
// their times do not tell; an input error where one cannot be read. `batch`: the number that the new ones will have.
[[nodiscard]] Result<LedgerComparison> compare_with_ledger(Storage& storage, const Recipe& recipe,
                                                           const std::vector<source::InputFile>& listed,
                                                           std::uint32_t batch, std::vector<LedgerEntry>& ledger,
                                                           const std::function<bool()>& should_stop);

// Marks those of the new files that are taken down and not read: those that the recipe sets aside and, where it skips
// files of the same bytes, those that have the SHA-256 of an earlier file of their data set. A usage error where a name
// is no new file's, and the ledger, unless it is empty, has not set it aside before.
[[nodiscard]] Status leave_out(Storage& storage, const Recipe& recipe, std::vector<source::InputFile>& fresh,
                               std::vector<LedgerEntry>& ledger, const std::function<bool()>& should_stop);

}  // namespace gristmill::growth
