// The extension module gristmill._native: one Job at a time from settings to what came of it. Everything that a person
// meets (names, results, tables, exceptions) is Python, in python/gristmill; here is only what must be C++.
//
// Errors of the library become Python exceptions by gristmill.errors.make(kind, message, advice). Work is done without
// the interpreter's lock; progress and messages are read by another thread meanwhile.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <mutex>

#include "browse/browse.h"
#include "cluster/driver.h"
#include "cluster_tasks.h"
#include "generate/generate.h"
#include "gristmill/run.h"
#include "publish/publish.h"
#include "raised.h"
#include "recipe/settings.h"
#include "report/render.h"
#include "text/visible_message.h"
#include "source/input_files.h"
#include "storage/any_storage.h"

namespace nb = nanobind;

namespace gristmill {
namespace {

using Values =
    std::vector<std::pair<std::string, std::vector<std::string>>>;  // key to values, as flags have them
using Environment = std::map<std::string, std::string>;
// "published", "staged" or "validated"; the report as JSON and as a page; the folder of the output; notes.
using Told = std::tuple<std::string, std::string, std::string, std::string, std::vector<std::string>>;

class Job {
 public:
  Job(const Values& values, const Environment& environment, const std::string& folder,
      const std::optional<std::tuple<std::string, std::string, std::string>>& keys, bool as_command)
      : environment_(environment), folder_(folder), storage_(storage::make_any_storage()) {
    if (keys) keys_ = storage::AccessKeys{std::get<0>(*keys), std::get<1>(*keys), std::get<2>(*keys)};
    recipe::SettingsSources sources;
    for (const auto& [key, texts] : values) sources.flags.push_back({key, texts});
    sources.working_directory = folder;
    if (as_command) {
      sources.environment = environment;
    } else {  // a program says what it wants
      sources.flag_word = "argument";
      sources.default_files = false;
    }
    sources.read_file = [&, read = recipe::settings_file_reader(*storage_)](
                            const std::string& path,
                            const recipe::Settings& so_far) -> Result<std::optional<std::string>> {
      if (storage::is_s3(path)) storage_->use(s3_options(so_far));
      return read(path, so_far);
    };
    settings_ = value_or_raise(recipe::resolve_settings(sources));
    for (const std::string& warning : settings_.warnings) note(LogLevel::warning, warning);
    storage_->use(s3_options(settings_));
    context_.storage = storage_.get();
    context_.settings = recipe::given_settings(settings_);
    context_.progress = &progress_;
    context_.interrupted = &interrupted_;
    context_.log = [this](LogLevel level, const std::string& message) { note(level, message); };
  }

  Told run(bool write) {
    const nb::gil_scoped_release unlocked;
    check_places(write);
    const Recipe& recipe = settings_.recipe;
    return told(value_or_raise(write ? gristmill::run(recipe, context_) : gristmill::validate(recipe, context_)));
  }

  // The same on a cluster, in three steps (cluster/driver.h). Here: the plan for all tasks, and how many there are of
  // route and of grind.
  std::tuple<nb::bytes, std::uint32_t, std::uint32_t> begin_on_cluster(std::uint32_t tasks_at_once, std::uint32_t slots,
                                                                       std::uint64_t split_size, std::uint32_t partitions,
                                                                       std::uint64_t rows_per_part) {
    std::string plan;
    {
      const nb::gil_scoped_release unlocked;
      check_places(true);
      Recipe& recipe = settings_.recipe;
      for (auto* paths : {&recipe.collections, &recipe.predictions}) {
        for (std::string& path : *paths) path = as_all_can_read_it(path);
      }
      recipe.output = as_all_can_read_it(recipe.output);
      driver_ = std::make_unique<cluster::Driver>(settings_.recipe, context_);
      raise_if_error(driver_->begin({tasks_at_once, slots, split_size, partitions, rows_per_part}));
      driver_->plan().s3 = settings_.s3;
      driver_->plan().keys = keys_;
      for (const auto& [name, value] : s3_environment(settings_)) {
        if (name.starts_with("AWS_")) driver_->plan().environment.emplace(name, value);
      }
      plan = to_bytes(driver_->plan());
    }
    return {nb::bytes(plan.data(), plan.size()), driver_->splits(), driver_->plan().partitions};
  }

  // From what the tasks of grind told to the plan of settle.
  nb::bytes take_ground(const std::vector<nb::bytes>& ground) {
    const std::vector<std::string> messages = texts(ground);
    std::string plan;
    {
      const nb::gil_scoped_release unlocked;
      raise_if_error(driver_->take_ground(messages));
      plan = driver_->settle_plan();
    }
    return nb::bytes(plan.data(), plan.size());
  }

  // From what the tasks of settle told to what came of the run.
  Told finish_on_cluster(const std::vector<nb::bytes>& settled) {
    const std::vector<std::string> messages = texts(settled);
    const nb::gil_scoped_release unlocked;
    Told end = told(value_or_raise(driver_->finish(messages)));
    driver_.reset();
    return end;
  }

  // Gives up a run on a cluster; nothing of it stays.
  void abandon() {
    const nb::gil_scoped_release unlocked;
    driver_.reset();
  }

  // What the command prints at the end of the run.
  std::string tables(bool colour, bool unicode, unsigned width) {
    const nb::gil_scoped_release unlocked;
    const text::TableStyle style{colour, unicode, width};
    return browse::run_tables(*storage_, outcome_, style);
  }

  // Names of the checks that failed.
  std::string failed_checks() const { return gristmill::browse::failed_checks(outcome_.report); }

  void interrupt() { interrupted_ = true; }

  // Stage, bytes of it done, bytes of it in all (0: not known).
  std::tuple<std::string, std::uint64_t, std::uint64_t> progress() const {
    return {std::string(name_of(progress_.stage.load())), progress_.done.load(), progress_.total.load()};
  }

  // What was said since the last call: level and message.
  std::vector<std::pair<std::string, std::string>> messages() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(messages_, {});
  }

  // Key, value as text, origin.
  std::vector<std::tuple<std::string, std::string, std::string>> settings() const {
    std::vector<std::tuple<std::string, std::string, std::string>> all;
    for (const recipe::SettingOrigin& origin : settings_.origins)
      all.emplace_back(origin.key, origin.value, origin.origin);
    return all;
  }

  // Data set, path, name and bytes of every input file.
  std::vector<std::tuple<std::string, std::string, std::string, std::uint64_t>> files() {
    const nb::gil_scoped_release unlocked;
    std::vector<std::tuple<std::string, std::string, std::string, std::uint64_t>> all;
    for (const source::InputFile& file : value_or_raise(source::list_input_files(*storage_, settings_.recipe))) {
      all.emplace_back(name_of(file.dataset), file.path, file.name, file.size);
    }
    return all;
  }

  std::pair<std::uint32_t, std::uint64_t> resources() const {
    const Resources found = resources_of(settings_.recipe);
    return {found.threads, found.memory};
  }

  // Root, way, its reason, staging folder, run id of what is published there (or empty), is another run busy?
  std::tuple<std::string, std::string, std::string, std::string, std::string, bool> outlook() {
    const nb::gil_scoped_release unlocked;
    const publish::PublicationPlan found = value_or_raise(publish::plan_publication(*storage_, settings_.recipe.output));
    return {found.root,         std::string(name_of(found.way)),
            found.way_reason,   found.staging_folder,
            found.found.run_id, found.busy};
  }

  // Where the credentials for an s3:// path come from; empty for a local one.
  std::string describe(const std::string& path) {
    const nb::gil_scoped_release unlocked;
    return value_or_raise(storage_->describe(path));
  }

  // The bytes of a file of an output; None if there is none.
  std::optional<nb::bytes> read(const std::string& path) {
    std::string bytes;
    {
      const nb::gil_scoped_release unlocked;
      if (!value_or_raise(storage_->stat(path))) return std::nullopt;
      const std::unique_ptr<ReadableFile> file = value_or_raise(storage_->open(path));
      bytes.resize(file->size());
      std::size_t done = 0;
      while (done < bytes.size()) {
        const std::size_t got = value_or_raise(file->read_at(done, bytes.data() + done, bytes.size() - done));
        if (got == 0) break;
        done += got;
      }
      bytes.resize(done);
    }
    return nb::bytes(bytes.data(), bytes.size());
  }

 private:
  static std::vector<std::string> texts(const std::vector<nb::bytes>& messages) {
    std::vector<std::string> all;
    for (const nb::bytes& message : messages) all.emplace_back(message.c_str(), message.size());
    return all;
  }

  // Executors have another working directory than the driver.
  std::string as_all_can_read_it(const std::string& path) const {
    return storage::is_s3(path) || path.starts_with('/') || path.empty() ? path : folder_ + "/" + path;
  }

  void check_places(bool write) const {
    const Recipe& recipe = settings_.recipe;
    if (recipe.collections.empty() && recipe.predictions.empty()) {
      throw Raised{Error::usage("no input is given", "give collections, predictions or both")};
    }
    if (write && recipe.output.empty()) throw Raised{Error::usage("no output is given", "give output")};
  }

  Told told(RunOutcome outcome) {
    outcome_ = std::move(outcome);
    constexpr const char* ends[] = {"published", "staged", "validated"};
    return {ends[static_cast<std::size_t>(outcome_.end)], report::report_json(outcome_.report), report::report_html(outcome_.report),
            outcome_.end == RunEnd::staged ? outcome_.staging : outcome_.report.run.output, outcome_.notes};
  }

  Environment s3_environment(const recipe::Settings& settings) const {
    Environment all = environment_;
    all.insert(settings.dotenv.begin(), settings.dotenv.end());
    return all;
  }

  storage::S3Options s3_options(const recipe::Settings& settings) {
    storage::S3Options options;
    options.settings = settings.s3;
    options.environment = s3_environment(settings);
    options.keys = keys_;
    options.interrupted = &interrupted_;
    options.warn = [this](const std::string& message) { note(LogLevel::warning, message); };
    storage::share_memory(resources_of(settings.recipe).memory, options);
    return options;
  }

  void note(LogLevel level, const std::string& message) {
    constexpr const char* names[] = {"debug", "info", "warning", "error"};
    const std::lock_guard<std::mutex> lock(mutex_);
    messages_.emplace_back(names[static_cast<std::size_t>(level)], text::visible_message(message));
  }

  Environment environment_;
  std::string folder_;  // the working directory
  std::optional<storage::AccessKeys> keys_;
  Progress progress_;
  std::atomic<bool> interrupted_{false};
  std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> messages_;
  recipe::Settings settings_;
  RunContext context_;
  RunOutcome outcome_;
  std::unique_ptr<storage::AnyStorage> storage_;  // its threads use all above
  std::unique_ptr<cluster::Driver> driver_;
};

// Lines and bytes of each data set, and the lines that carry each anomaly.
std::vector<std::tuple<std::uint64_t, std::uint64_t, std::map<std::string, std::uint64_t>>> generate_data(
    const std::string& output, const std::map<std::string, std::uint64_t>& shape, double zipf_exponent,
    const std::vector<std::pair<std::string, double>>& anomalies, bool spaced, const std::string& compression,
    bool force) {
  const nb::gil_scoped_release unlocked;
  generate::GenerateOptions options;
  options.output = output;
  const auto take = [&](const char* name, std::uint64_t& into) {
    if (const auto found = shape.find(name); found != shape.end()) into = found->second;
  };
  take("profiles", options.shape.profiles);
  take("sessions", options.shape.sessions);
  take("collections", options.shape.collections);
  take("behaviours", options.shape.behaviours);
  take("predictions", options.shape.predictions);
  take("files", options.files);
  take("seed", options.seed);
  std::uint64_t threads = resources_of(Recipe{}).threads;
  take("threads", threads);
  options.threads = static_cast<std::uint32_t>(threads);
  options.shape.zipf_exponent = zipf_exponent;
  for (const auto& [name, share] : anomalies) options.anomalies.push_back({name, share});
  options.spaced = spaced;
  options.compression = compression == "gz"    ? source::Compression::gzip
                        : compression == "zst" ? source::Compression::zstandard
                                               : source::Compression::none;
  options.force = force;
  const std::unique_ptr<Storage> storage = make_local_storage();
  const generate::GenerateReport report = value_or_raise(generate::generate(*storage, options, nullptr));
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::map<std::string, std::uint64_t>>> all;
  for (const generate::GeneratedDataset& dataset : report.datasets) {
    std::map<std::string, std::uint64_t> carried;
    for (std::size_t i = 0; i < generate::anomaly_count; ++i) {
      if (dataset.anomalies[i] > 0) carried.emplace(generate::Anomaly(i).name(), dataset.anomalies[i]);
    }
    all.emplace_back(dataset.lines, dataset.bytes, std::move(carried));
  }
  return all;
}

// Flag, short flag (or empty), key, shape of the value (empty: a switch), may it be repeated?, help and group of every
// setting, for a command line in Python.
std::vector<std::tuple<std::string, std::string, std::string, std::string, bool, std::string, std::string>> flags() {
  std::vector<std::tuple<std::string, std::string, std::string, std::string, bool, std::string, std::string>> all;
  for (const recipe::Setting& setting : recipe::settings_table()) {
    all.emplace_back(setting.flag, setting.short_flag, setting.key, setting.value_shape(), setting.repeatable(), setting.help,
                     setting.group);
  }
  return all;
}

void translate(const std::exception_ptr& pointer, void*) {
  try {
    std::rethrow_exception(pointer);
  } catch (const Raised& raised) {
    const nb::object exception =
        nb::module_::import_("gristmill.errors")
            .attr("make")(static_cast<int>(raised.error.kind), text::visible_message(raised.error.message),
                          text::visible_message(raised.error.advice));
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  }
}

}  // namespace
}  // namespace gristmill

NB_MODULE(_native, module) {
  using gristmill::Job;
  nb::register_exception_translator(gristmill::translate);
  module.attr("__version__") = gristmill::version();
  nb::class_<Job>(module, "Job")
      .def(nb::init<const gristmill::Values&, const gristmill::Environment&, const std::string&,
                    const std::optional<std::tuple<std::string, std::string, std::string>>&, bool>(),
           nb::arg("values"), nb::arg("environment"), nb::arg("folder"), nb::arg("keys").none(), nb::arg("as_command") = false)
      .def("run", &Job::run, nb::arg("write"))
      .def("begin_on_cluster", &Job::begin_on_cluster, nb::arg("tasks_at_once"), nb::arg("slots"), nb::arg("split_size"),
           nb::arg("partitions"), nb::arg("rows_per_part"))
      .def("take_ground", &Job::take_ground, nb::arg("ground"))
      .def("finish_on_cluster", &Job::finish_on_cluster, nb::arg("settled"))
      .def("abandon", &Job::abandon)
      .def("tables", &Job::tables, nb::arg("colour"), nb::arg("unicode"), nb::arg("width"))
      .def("failed_checks", &Job::failed_checks)
      .def("interrupt", &Job::interrupt)
      .def("progress", &Job::progress)
      .def("messages", &Job::messages)
      .def("settings", &Job::settings)
      .def("files", &Job::files)
      .def("resources", &Job::resources)
      .def("outlook", &Job::outlook)
      .def("describe", &Job::describe, nb::arg("path"))
      .def("read", &Job::read, nb::arg("path"));
  module.def("generate", &gristmill::generate_data, nb::arg("output"), nb::arg("shape"),
             nb::arg("zipf_exponent"), nb::arg("anomalies"), nb::arg("spaced"), nb::arg("compression"),
             nb::arg("force"));
  module.def("report_glance", [](const std::string& json) { return gristmill::value_or_raise(gristmill::report::report_glance(json)); },
             nb::arg("report"));
  module.def("flags", &gristmill::flags);
  gristmill::bind_cluster_tasks(module);
}
