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

#include "generate/generate.h"
#include "gristmill/run.h"
#include "publish/publish.h"
#include "recipe/settings.h"
#include "report/report.h"
#include "source/input_files.h"
#include "storage/any_storage.h"

namespace nb = nanobind;

namespace gristmill {
namespace {

// Carries an Error to the translator below.
struct Raised {
  Error error;
};

template <typename T>
T value_or_raise(Result<T> result) {
  if (!result.ok()) throw Raised{std::move(result.error())};
  return std::move(*result);
}

using Values =
    std::vector<std::pair<std::string, std::vector<std::string>>>;  // key to values, as flags have them
using Environment = std::map<std::string, std::string>;

class Job {
 public:
  Job(const Values& values, const Environment& environment, const std::string& folder,
      const std::optional<std::tuple<std::string, std::string, std::string>>& keys)
      : environment_(environment), storage_(make_any_storage()) {
    if (keys) keys_ = S3Keys{std::get<0>(*keys), std::get<1>(*keys), std::get<2>(*keys)};
    SettingsSources sources;
    for (const auto& [key, texts] : values) sources.flags.push_back({key, texts});
    sources.flag_word = "argument";
    sources.working_directory = folder;
    sources.default_files = false;  // a program says what it wants
    sources.read_file = [&, read = settings_file_reader(*storage_)](
                            const std::string& path,
                            const Settings& so_far) -> Result<std::optional<std::string>> {
      if (is_s3(path)) storage_->use(s3_options(so_far));
      return read(path, so_far);
    };
    settings_ = value_or_raise(resolve_settings(sources));
    storage_->use(s3_options(settings_));
  }

  // "published", "staged" or "validated"; the report as JSON and as a page; the folder of the output; notes.
  std::tuple<std::string, std::string, std::string, std::string, std::vector<std::string>> run(bool write) {
    const nb::gil_scoped_release unlocked;
    const Recipe& recipe = settings_.recipe;
    if (recipe.collections.empty() && recipe.predictions.empty()) {
      throw Raised{Error::usage("no input is given", "give collections, predictions or both")};
    }
    if (write && recipe.output.empty()) throw Raised{Error::usage("no output is given", "give output")};
    RunContext context;
    context.storage = storage_.get();
    context.progress = &progress_;
    context.interrupted = &interrupted_;
    context.log = [this](LogLevel level, const std::string& message) { note(level, message); };
    RunOutcome outcome =
        value_or_raise(write ? gristmill::run(recipe, context) : gristmill::validate(recipe, context));
    constexpr const char* ends[] = {"published", "staged", "validated"};
    return {ends[static_cast<std::size_t>(outcome.end)], report_json(outcome.report),
            report_html(outcome.report),
            outcome.end == RunEnd::staged ? outcome.staging : outcome.report.run.output,
            std::move(outcome.notes)};
  }

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
    for (const SettingOrigin& origin : settings_.origins)
      all.emplace_back(origin.key, origin.value, origin.origin);
    return all;
  }

  // Data set, path, name and bytes of every input file.
  std::vector<std::tuple<std::string, std::string, std::string, std::uint64_t>> files() {
    const nb::gil_scoped_release unlocked;
    std::vector<std::tuple<std::string, std::string, std::string, std::uint64_t>> all;
    for (const InputFile& file : value_or_raise(list_input_files(*storage_, settings_.recipe))) {
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
    const PublishOutlook found = value_or_raise(foresee_publication(*storage_, settings_.recipe.output));
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
  S3Options s3_options(const Settings& settings) {
    S3Options options;
    options.settings = settings.s3;
    options.environment = environment_;
    options.environment.insert(settings.dotenv.begin(), settings.dotenv.end());
    options.keys = keys_;
    options.interrupted = &interrupted_;
    options.warn = [this](const std::string& message) { note(LogLevel::warning, message); };
    share_memory(resources_of(settings.recipe).memory, options);
    return options;
  }

  void note(LogLevel level, const std::string& message) {
    constexpr const char* names[] = {"debug", "info", "warning", "error"};
    const std::lock_guard<std::mutex> lock(mutex_);
    messages_.emplace_back(names[static_cast<std::size_t>(level)], message);
  }

  Environment environment_;
  std::optional<S3Keys> keys_;
  Progress progress_;
  std::atomic<bool> interrupted_{false};
  std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> messages_;
  Settings settings_;
  std::unique_ptr<AnyStorage> storage_;  // last: its threads use the rest
};

// Lines and bytes of each data set, and the lines that carry each anomaly.
std::vector<std::tuple<std::uint64_t, std::uint64_t, std::map<std::string, std::uint64_t>>> generate_data(
    const std::string& output, const std::map<std::string, std::uint64_t>& shape, double zipf_exponent,
    const std::vector<std::pair<std::string, double>>& anomalies, bool spaced, const std::string& compression,
    bool force) {
  const nb::gil_scoped_release unlocked;
  GenerateOptions options;
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
  options.compression = compression == "gz"    ? Compression::gzip
                        : compression == "zst" ? Compression::zstandard
                                               : Compression::none;
  options.force = force;
  const std::unique_ptr<Storage> storage = make_local_storage();
  const GenerateReport report = value_or_raise(generate(*storage, options, nullptr));
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::map<std::string, std::uint64_t>>> all;
  for (const GeneratedDataset& dataset : report.datasets) {
    std::map<std::string, std::uint64_t> carried;
    for (std::size_t i = 0; i < synthetic::anomaly_count; ++i) {
      if (dataset.anomalies[i] > 0) carried.emplace(synthetic::Anomaly(i).name(), dataset.anomalies[i]);
    }
    all.emplace_back(dataset.lines, dataset.bytes, std::move(carried));
  }
  return all;
}

void translate(const std::exception_ptr& pointer, void*) {
  try {
    std::rethrow_exception(pointer);
  } catch (const Raised& raised) {
    const nb::object exception =
        nb::module_::import_("gristmill.errors")
            .attr("make")(static_cast<int>(raised.error.kind), raised.error.message, raised.error.advice);
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
                    const std::optional<std::tuple<std::string, std::string, std::string>>&>(),
           nb::arg("values"), nb::arg("environment"), nb::arg("folder"), nb::arg("keys").none())
      .def("run", &Job::run, nb::arg("write"))
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
}
