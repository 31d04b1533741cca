// Control groups: the second version as Linux mounts it by default, /sys/fs/cgroup followed by the path in
// /proc/self/cgroup; inside a container that path is often "/". Of the first version nothing is read.
// Tested in machine_test.cc.
#include "run/machine.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>

#include "gristmill/run.h"
#include "storage/scratch_folder.h"

namespace gristmill::scheduling {
namespace {

constexpr std::uint64_t unlimited = ~std::uint64_t{0};

std::string content(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The number behind `name` at the beginning of a line; 0 if there is none.
std::uint64_t number_of(std::string_view name, const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  }
  return 0;
}

std::uint64_t limit_in(const std::string& text) {
  return text.empty() || text.front() < '0' || text.front() > '9' ? unlimited
                                                                  : std::strtoull(text.c_str(), nullptr, 10);
}

// "/sys/fs/cgroup/<path>/", or empty.
std::string control_group() {
  std::istringstream lines(content("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0::")) return "/sys/fs/cgroup" + line.substr(3) + "/";
  }
  return {};
}

}  // namespace

std::uint32_t usable_processors() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  const int usable = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
  return static_cast<std::uint32_t>(std::max(1, usable));
}

std::uint64_t machine_memory() {
  const std::uint64_t physical =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const std::string group = control_group();
  return group.empty() ? physical : std::min(physical, limit_in(content(group + "memory.max")));
}

std::uint64_t available_memory_in(const std::string& meminfo, const std::string& limit, const std::string& used,
                                  const std::string& statistics) {
  const std::uint64_t available = number_of("MemAvailable:", meminfo) * 1024;
  const std::uint64_t most = limit_in(limit);
  if (most == unlimited) return available;
  // Page cache counts as used by the group, but goes when memory is wanted.
  const std::uint64_t cached = number_of("inactive_file ", statistics) + number_of("active_file ", statistics);
  const std::uint64_t taken = std::strtoull(used.c_str(), nullptr, 10);
  const std::uint64_t held = taken - std::min(taken, cached);
  return std::min(available, most - std::min(most, held));
}

std::uint64_t available_memory() {
  const std::string group = control_group();
  return available_memory_in(content("/proc/meminfo"), content(group + "memory.max"), content(group + "memory.current"),
                             content(group + "memory.stat"));
}

// Not getrusage's, which a process inherits from the one that started it.
std::uint64_t peak_memory() { return number_of("VmHWM:", content("/proc/self/status")) * 1024; }

std::uint64_t open_files_limit() {
  struct rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 256;
}

bool address_space_is_limited() {
  rlimit limit{};
  return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

Status check_spill_folder(Storage& storage, const Recipe& recipe) {
  if (recipe.spill_directory.empty()) return {};
  const auto tried = storage.scratch(recipe.spill_directory);
  return tried.ok() ? Status() : Status(tried.error());
}

}  // namespace gristmill::scheduling

namespace gristmill {

Resources resources_of(const Recipe& recipe) {
  Resources resources;
  resources.threads = recipe.threads;
  if (resources.threads == 0) resources.threads = scheduling::usable_processors();
  resources.memory =
      recipe.memory != 0 ? recipe.memory : std::min(scheduling::machine_memory() / 4, std::uint64_t{1} << 30);
  resources.spill_folder = recipe.spill_directory;
  if (resources.spill_folder.empty()) resources.spill_folder = storage::default_scratch_folder();
  return resources;
}

}  // namespace gristmill
