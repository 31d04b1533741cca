// Splits are whole chunks of plain files and whole compressed files, in input order; small files are gathered into one.
// A few splits a slot even out tasks of different length. Tested in plan_test.cc.
#include "cluster/plan.h"

#include <algorithm>

#include "cluster/messages.h"
#include "gristmill/run.h"
#include "run/coordinator.h"
#include "source/line_source.h"
#include "wire/count_fields.h"
#include "wire/settings_fields.h"
#include "wire/wire.h"

namespace gristmill::cluster {

template <typename Archive>
void fields(Archive& archive, Plan& plan) {
  archive(plan.recipe, plan.s3, plan.environment, plan.keys, plan.files, plan.split_size, plan.partitions, plan.slots,
          plan.staging, plan.own_folders, plan.rows_per_part, plan.batch, plan.part, plan.published, plan.runs,
          plan.forgotten, plan.forget_key, plan.resolves);
}

namespace {

constexpr std::uint64_t largest_split = 128U << 20;    // bytes
constexpr std::uint64_t usual_partition = 128U << 20;  // bytes of lines
constexpr std::uint32_t splits_per_slot = 3;

}  // namespace

Status Plan::check() const {
  if (version == gristmill::version()) return {};
  return Error::usage("the driver has gristmill " + version + ", an executor " + gristmill::version(),
                      "install the same version of the package in both Python environments");
}

std::vector<Split> make_splits(const std::vector<source::InputFile>& files, std::uint64_t split_size) {
  std::vector<Split> splits;
  std::uint64_t filled = split_size;
  const auto add = [&](const Unit& unit) {
    if (filled >= split_size) {
      splits.emplace_back();
      filled = 0;
    }
    splits.back().push_back(unit);
    filled += unit.end - unit.begin;
  };
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    const source::InputFile& file = files[i];
    if (file.is_known) continue;
    if (is_one_range(file)) {
      add({i, 0, 0, file.size});
      continue;
    }
    std::uint32_t number = 0;
    for (std::uint64_t begin = 0; begin < file.size; begin += split_size) {
      add({i, number++, begin, std::min(begin + split_size, file.size)});
    }
  }
  return splits;
}

std::uint64_t choose_split_size(const std::vector<source::InputFile>& files, std::uint32_t tasks_at_once) {
  std::uint64_t stored = 0;
  for (const source::InputFile& file : files) stored += file.is_known ? 0 : file.size;
  const std::uint64_t fair = stored / (std::uint64_t{splits_per_slot} * std::max(tasks_at_once, 1U));
  return std::clamp((fair / source::chunk_size + 1) * source::chunk_size, source::chunk_size, largest_split);
}

std::uint32_t choose_partitions(const std::vector<source::InputFile>& files, std::uint32_t tasks_at_once) {
  const std::uint64_t slots = std::max(tasks_at_once, 1U);
  const std::uint64_t wanted = scheduling::expected_bytes(files) / usual_partition + 1;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>((wanted + slots - 1) / slots * slots, 100'000));
}

// The version stands before all else: another one is told before anything else is read.
std::string to_bytes(const Plan& plan) {
  wire::WireWriter writer;
  writer(plan.version, plan);
  return std::move(writer.bytes);
}

Result<Plan> plan_from_bytes(std::string_view bytes) {
  wire::WireReader reader(bytes);
  Plan plan;
  reader(plan.version);
  GM_RETURN_IF_ERROR(plan.check());
  reader(plan);
  if (!reader.whole()) return Error::internal("the plan of the driver cannot be read", "run again");
  return plan;
}

}  // namespace gristmill::cluster
