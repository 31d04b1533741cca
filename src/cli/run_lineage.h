// A run's events for OpenLineage, to the file or the server that its settings name.
#pragma once

#include <atomic>
#include <map>
#include <string>

#include "events/lineage.h"
#include "gristmill/storage.h"
#include "recipe/settings.h"

namespace gristmill::cli {

class RunLineage {
 public:
  // Tells that the run begins, where the settings say that anybody wants to know. What cannot be told is a warning.
  RunLineage(const recipe::Settings& settings, Storage& storage, const std::string& command);
  void end(const events::Ending& ending);

 private:
  void tell(const std::string& event, unsigned tries, const std::atomic<bool>* give_up);
  // What the output has: with columns and counts where `ending` says that it was published.
  std::vector<events::LineageTable> tables(const events::Ending* ending);

  const recipe::Settings& settings_;
  Storage& storage_;
  std::map<std::string, std::string> variables_;  // those of .env too
  events::LineageRun run_;
};

// Whether that is an address, not a file.
bool is_lineage_server(const std::string& lineage);

}  // namespace gristmill::cli
