// For tests: the three steps over lines in memory, one thread, any number of workers' shares and any memory.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "json/padded_text_testing.h"
#include "storage/forwarding_storage_testing.h"
#include "storage/temporary_folder_testing.h"
#include "tasks/grind.h"
#include "tasks/route.h"
#include "tasks/settle.h"
#include "validate/accounting_testing.h"

namespace gristmill::testing {

// Counts the scratch files: a bucket that is split makes one of its own.
class ScratchCountingStorage : public ForwardingStorage {
 public:
  using ForwardingStorage::ForwardingStorage;
  Result<std::unique_ptr<ScratchFile>> scratch(const std::string& folder) override {
    ++scratches;
    return ForwardingStorage::scratch(folder);
  }
  int scratches = 0;
};

struct SmallRunOptions {
  Recipe recipe;
  std::uint64_t hash_mask = ~std::uint64_t{0};
  std::uint32_t bucket_bits = 2;
  std::uint64_t bucket_quota = 64U << 20;  // of each worker
  std::size_t workers = 1;
  bool write = true;
  std::optional<std::uint64_t> shortest_line_in_input;  // bytes; without it every line is kept in the buckets
  std::uint64_t load_limit = 8U << 20;
  std::uint64_t profile_memory = 4U << 20;
  std::uint64_t sorter_memory = 4U << 20;
  bool keeps_state = false;
};

struct SmallRunResult {
  std::map<std::string, std::string> tree;  // of the output
  Accounting accounting;
  SessionFindings sessions;
  std::map<std::string, tasks::ProfileCounts> profiles;  // by key; where state is kept
  std::vector<storage::WrittenFile> written;             // by settle
  int scratches_of_route = 0;
  int scratches_of_grind = 0;

  const std::string& file(const std::string& path) const {
    static const std::string none = "(no such file)";
    const auto found = tree.find(path);
    return found == tree.end() ? none : found->second;
  }
  const std::string& session_json() const { return file("aggregated-json/part-00000.json"); }

  // All that the run found, without what depends on memory.
  std::string told() const {
    std::ostringstream out;
    out << testing::told(accounting) << "aggregates " << sessions.rows << ", unknown "
        << sessions.predictions_of_unknown_sessions << "\n";
    out << "sessions " << sessions.distinct[0] << " " << sessions.distinct[1] << "\n";
    return out.str();
  }
};

// The lines of two files, collections.jsonl and predictions.jsonl, of less than a chunk each.
inline SmallRunResult small_run(const std::vector<std::string>& collections,
                                const std::vector<std::string>& predictions, const SmallRunOptions& options = {}) {
  SmallRunResult result;
  const std::unique_ptr<Storage> local = make_local_storage();
  ScratchCountingStorage storage(*local);
  const TemporaryFolder folder;
  const record::ParseRules rules(options.recipe);
  source::LongLineGate gate;
  const std::vector<source::InputFile> files = {
      {Dataset::collections, folder / "in/collections.jsonl", "collections.jsonl", 0, 0, source::Compression::none},
      {Dataset::predictions, folder / "in/predictions.jsonl", "predictions.jsonl", 0, 0, source::Compression::none}};
  source::InputReader inputs;
  if (options.shortest_line_in_input) {
    for (std::uint32_t file = 0; file < 2; ++file) {
      std::string text;
      for (const std::string& line : file == 0 ? collections : predictions) text.append(line).push_back('\n');
      write_text(files[file].path, text);
    }
    auto opened = source::InputReader::open(storage, files, {~std::uint64_t{0}, 2, *options.shortest_line_in_input});
    EXPECT_TRUE(opened.ok());
    if (!opened.ok()) return result;
    inputs = std::move(opened.value());
  }

  std::vector<std::unique_ptr<shuffle::BucketSet>> buckets;
  std::vector<std::unique_ptr<tasks::Router>> routers;
  std::vector<shuffle::BucketSet*> sets;
  shuffle::BucketOptions bucket_options;
  bucket_options.bits = options.bucket_bits;
  bucket_options.quota = options.bucket_quota;
  bucket_options.chunk_size = 4U << 10;
  bucket_options.spill_folder = folder.path();
  for (std::size_t i = 0; i < options.workers; ++i) {
    buckets.push_back(std::make_unique<shuffle::BucketSet>(storage, bucket_options));
    routers.push_back(std::make_unique<tasks::Router>(rules, files, inputs, *buckets.back(), gate, options.hash_mask));
    sets.push_back(buckets.back().get());
  }
  const auto route = [&]() -> Status {
    for (std::uint32_t file = 0; file < 2; ++file) {
      source::SourceLine line;
      for (const std::string& text : file == 0 ? collections : predictions) {
        line.too_long = text.size() > options.recipe.line_limit;
        line.length = text.size();
        const PaddedText padded(line.too_long ? text.substr(0, source::long_line_head) : text);
        line.text = padded;
        GM_RETURN_IF_ERROR(routers[line.line_in_chunk / 3 % options.workers]->route(file, line));
        ++line.line_in_chunk;
        line.offset += text.size() + 1;
      }
    }
    return {};
  };
  const Status routed = route();
  EXPECT_TRUE(routed.ok()) << routed.error().message;
  if (!routed.ok()) return result;
  result.scratches_of_route = std::exchange(storage.scratches, 0);
  result.accounting.files.resize(files.size());
  for (const auto& router : routers) {
    result.accounting.bytes_routed += router->bytes_routed();
    for (std::size_t i = 0; i < router->blank_lines().size(); ++i) {
      result.accounting.files[i].blank += router->blank_lines()[i];
    }
  }

  std::vector<source::FileTally> tallies(2);
  for (source::FileTally& tally : tallies) tally.lines_of_chunk.assign(16, 0);
  const source::LineNumbers line_numbers(tallies);
  tasks::GrindOptions grind_options;
  if (options.write) grind_options.output.root = folder / "out";
  grind_options.spill_folder = folder.path();
  grind_options.inputs = &inputs;
  grind_options.load_limit = options.load_limit;
  grind_options.profile_memory = options.profile_memory;
  grind_options.sorter_memory = options.sorter_memory;
  grind_options.keeps_state = options.keeps_state;
  std::vector<std::unique_ptr<tasks::GroundFacts>> facts;
  tasks::FactsToSettle all_facts;
  const auto grind_and_settle = [&]() -> Status {
    for (std::size_t i = 0; i < options.workers; ++i) {
      facts.push_back(std::make_unique<tasks::GroundFacts>(storage, grind_options));
      all_facts.workers.push_back(facts.back().get());
      tasks::Grinder grinder(storage, options.recipe, rules, files, line_numbers, grind_options, gate, *facts.back());
      for (std::size_t bucket = i; bucket < sets.front()->size(); bucket += options.workers) {
        GM_RETURN_IF_ERROR(grinder.grind(sets, bucket, options.bucket_bits));
      }
    }
    result.scratches_of_grind = storage.scratches;
    Result<tasks::Settled> parts[] = {
        tasks::settle_repeated_lines(storage, grind_options, all_facts),
        tasks::settle_session_checks(storage, grind_options, all_facts),
        tasks::settle_aggregates(storage, options.recipe, grind_options, all_facts, "1.2.3"),
        tasks::settle_models(storage, options.recipe, grind_options, all_facts, "1.2.3"),
        tasks::settle_quarantine(storage, grind_options, files, "the inputs", all_facts)};
    std::vector<shuffle::Sorter*> profiles;
    for (tasks::GroundFacts* worker : all_facts.workers) profiles.push_back(&worker->profiles);
    for (shuffle::SortedFacts sorted(profiles);;) {
      GM_ASSIGN(const bool more, sorted.next());
      if (!more) break;
      GM_ASSIGN(const tasks::ProfileCounts counts, tasks::decode_profile_counts(sorted.value()));
      result.profiles[std::string(sorted.key())].merge(counts);
    }
    tasks::Settled all;
    for (Result<tasks::Settled>& part : parts) {
      if (!part.ok()) return std::move(part.error());
      all.merge(std::move(part.value()));
    }
    for (const tasks::GroundFacts* worker : all_facts.workers) all.accounting.merge(worker->accounting);
    result.accounting.merge(all.accounting);
    result.accounting.merge(all.whole);
    result.sessions = all.sessions;
    result.written = std::move(all.written);
    return {};
  };
  const Status settled = grind_and_settle();
  EXPECT_TRUE(settled.ok()) << settled.error().message;
  result.tree = read_tree(folder / "out");
  return result;
}

inline std::string collection(const std::string& profile, const std::string& session, const std::string& id,
                              const std::string& entries = R"({"x":1})") {
  return R"({"metadata":{"profile_id":")" + profile + R"(","session_id":")" + session + R"(","collection_id":")" + id +
         R"(","timestamp":1747299119000},"behaviour":{"mobile":{"swipes":[)" + entries + "]}}}";
}

inline std::string prediction(const std::string& profile, const std::string& session, const std::string& model,
                              const std::string& score, const std::string& confidence) {
  return R"({"metadata":{"profile_id":")" + profile + R"(","session_id":")" + session +
         R"(","collection_id":"c","timestamp":1747299119000},"prediction":{"model_name":")" + model + R"(","score":)" +
         score + R"(,"confidence":)" + confidence + "}}";
}

}  // namespace gristmill::testing
