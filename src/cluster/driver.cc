// Every result of a task is checked in by its number: a cluster runs tasks again, and neither one that is missing nor
// one that comes twice may go unseen. Tested in tasks_test.cc, and on a real cluster by tests/spark.
#include "cluster/driver.h"

#include <algorithm>

#include "cluster/tasks.h"

namespace gristmill::cluster {
namespace {

Error incomplete(std::string_view what, std::uint64_t number) {
  return Error::internal(
      "the cluster gave the result of " + std::string(what) + " " + std::to_string(number) + " twice, or not at all",
      "nothing was published; please report it with the versions of Spark and gristmill");
}

}  // namespace

Driver::Driver(const Recipe& recipe, const RunContext& context, bool updates)
    : recipe_(recipe),
      storage_(*context.storage),
      coordinator_(recipe, context, updates ? scheduling::JobKind::update : scheduling::JobKind::run) {}

Status Driver::begin(const ClusterShape& shape) {
  if (shape.split_size % source::chunk_size != 0) {
    return Error::usage("argument split_size: " + std::to_string(shape.split_size) + " is no multiple of 1 MiB",
                        "write 64 << 20, for instance, or leave it out")
        .of_key("split_size");
  }
  if (source::reads_standard_input(recipe_)) {
    return Error::usage("standard input ('-') cannot be read on a cluster",
                        "write it to a file that every executor sees");
  }
  GM_RETURN_IF_ERROR(coordinator_.list_inputs());
  GM_RETURN_IF_ERROR(coordinator_.lock_output(false));
  if (!has_new_inputs()) return {};
  plan_.version = version();
  plan_.recipe = recipe_;
  plan_.files = coordinator_.files();
  plan_.split_size = shape.split_size != 0 ? shape.split_size : choose_split_size(plan_.files, shape.tasks_at_once);
  plan_.partitions = shape.partitions != 0 ? shape.partitions : choose_partitions(plan_.files, shape.tasks_at_once);
  plan_.slots = shape.slots;
  plan_.staging = coordinator_.output().root;
  plan_.own_folders = !storage_.traits(plan_.staging).rename_copies;
  plan_.rows_per_part = shape.rows_per_part;
  plan_.resolves = coordinator_.resolved() != nullptr;
  if (const privacy::ForgottenList* forgotten = coordinator_.forgotten()) {
    plan_.forgotten = forgotten->text();
    plan_.forget_key = forgotten->key().bytes();
  }
  if (growth::Growth* growth = coordinator_.growth()) {
    plan_.batch = growth->batch();
    plan_.part = coordinator_.part();
    plan_.published = growth->earlier().root;
    plan_.runs = growth->runs();
    // Those that are known stand there for their numbers, unless lines of theirs may be resolved.
    for (source::InputFile& file : plan_.files) {
      if (file.is_known && !plan_.resolves) file.path = file.name = file.etag = "";
    }
  }
  splits_ = static_cast<std::uint32_t>(make_splits(plan_.files, plan_.split_size).size());
  routed_ = coordinator_.begin_routing();
  for (std::size_t i = 0; i < plan_.files.size(); ++i) {
    if (!plan_.files[i].is_known) routed_.tallies[i].hash_of_chunk.resize(source::chunks_of(plan_.files[i].size));
  }
  coordinator_.use_threads(shape.tasks_at_once);
  coordinator_.begin_stage(Stage::route);
  return {};
}

Status Driver::take_split(const SplitTally& split) {
  Accounting& accounting = routed_.accounting;
  for (const UnitTally& unit : split.units) {
    source::FileTally& tally = routed_.tallies[unit.file];
    std::copy(unit.hashes.begin(), unit.hashes.end(),
              tally.hash_of_chunk.begin() + static_cast<std::ptrdiff_t>(unit.first_chunk));
    tally.newlines += unit.newlines;
    tally.lines += unit.lines;
    tally.bytes += unit.bytes;
    tally.covered += unit.covered;
    tally.contents = unit.contents;
    accounting.files[unit.file].blank += unit.blank;
  }
  accounting.bytes_routed += split.bytes_routed;
  coordinator_.add_requests(split.requests);
  return {};
}

Status Driver::take_ground(const std::vector<std::string>& ground) {
  coordinator_.begin_stage(Stage::settle);
  const Resources& resources = coordinator_.resources();
  tasks::GrindOptions options;
  options.spill_folder = resources.spill_folder;
  options.sorter_memory = resources.memory / 4;
  facts_ = std::make_unique<tasks::GroundFacts>(storage_, options);
  std::vector<bool> partitions(plan_.partitions);
  std::vector<bool> splits(splits_);
  const auto first_time = [](std::vector<bool>& seen, std::uint32_t number) {
    if (number >= seen.size() || seen[number]) return false;
    seen[number] = true;
    return true;
  };
  for (const std::string& bytes : ground) {
    GM_ASSIGN(const GroundPartition partition, from_wire<GroundPartition>(bytes));
    if (!first_time(partitions, partition.partition)) return incomplete("partition", partition.partition);
    for (const std::string& told : partition.splits) {
      GM_ASSIGN(const SplitTally split, from_wire<SplitTally>(told));
      if (!first_time(splits, split.split)) return incomplete("split", split.split);
      GM_RETURN_IF_ERROR(take_split(split));
    }
    settled_.accounting.merge(partition.accounting);
    coordinator_.add_requests(partition.requests);
    coordinator_.note_peak_memory(partition.peak_memory);
    settle_plan_.facts.push_back(partition.facts);
    const FactFile& files = partition.facts[static_cast<std::size_t>(Facts::files)];
    if (files.size > 0) GM_RETURN_IF_ERROR(read_facts_of_task(storage_, files, facts_->files));
    if (!partition.folder.empty()) GM_RETURN_IF_ERROR(adopt_partitions(partition.folder));
  }
  for (std::uint32_t i = 0; i < partitions.size(); ++i) {
    if (!partitions[i]) return incomplete("partition", i);
  }
  for (std::uint32_t i = 0; i < splits.size(); ++i) {
    if (!splits[i]) return incomplete("split", i);
  }
  coordinator_.name_inputs(routed_);
  settle_plan_.inputs_id = routed_.inputs_id;
  return source::check_unchanged(storage_, coordinator_.files());
}

Status Driver::adopt_partitions(const std::string& folder) {
  for (const char* name : {"labels", "predictions"}) {
    const std::string from = folder + "/" + name;
    GM_ASSIGN(const auto found, storage_.stat(from, false));
    if (!found) continue;
    const std::string to = plan_.staging + "/" + name;
    GM_RETURN_IF_ERROR(storage_.make_folder(to));
    GM_ASSIGN(const std::vector<FileInfo> profiles, storage_.list(from));
    for (const FileInfo& profile : profiles) {
      GM_RETURN_IF_ERROR(storage_.rename_new(from + "/" + profile.name, to + "/" + profile.name));
    }
  }
  return {};
}

Result<RunOutcome> Driver::finish(const std::vector<std::string>& settled, const MoveOnCluster& move) {
  if (move) {
    coordinator_.use_move_help([this, move](const publish::FilesToMove& files) {
      const std::vector<std::string> results = move(files);
      for (const std::string& bytes : results) {
        const auto moved = from_wire<MovedFiles>(bytes);
        if (moved.ok()) coordinator_.add_requests(moved->requests);
      }
      return !results.empty();
    });
  }
  std::vector<bool> seen(settle_parts);
  for (const std::string& bytes : settled) {
    GM_ASSIGN(SettledPart part, from_wire<SettledPart>(bytes));
    const auto number = static_cast<std::size_t>(part.part);
    if (number >= settle_parts || seen[number]) return incomplete("part", number);
    seen[number] = true;
    coordinator_.add_requests(part.requests);
    coordinator_.note_peak_memory(part.peak_memory);
    for (const storage::WrittenFile& file : part.settled.written) {
      if (part.folder.empty()) continue;
      GM_RETURN_IF_ERROR(storage_.rename(part.folder + "/" + file.path, plan_.staging + "/" + file.path));
    }
    if (growth::Growth* growth = coordinator_.growth()) growth->take_runs(part.runs);
    settled_.merge(std::move(part.settled));
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i]) return incomplete("part", i);
  }
  for (const char* name : {"/_attempts", "/_facts"}) GM_RETURN_IF_ERROR(storage_.remove_tree(plan_.staging + name));
  return coordinator_.finish(std::move(routed_), std::move(settled_), {&facts_->files});
}

}  // namespace gristmill::cluster
