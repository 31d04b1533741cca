// Engine: one run from its settings to its result, for gristmill.run, validate and explain, and, in three steps, for
// gristmill.spark as the driver of a cluster; and what is done before and after one: inspect, open, verify, publish.
// Work is done without the interpreter's lock; progress and messages are read by another thread meanwhile.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <mutex>

#include "bindings.h"
#include "browse/browse.h"
#include "cluster/driver.h"
#include "gristmill/report.h"
#include "gristmill/run.h"
#include "growth/receipt.h"
#include "inspect/inspect.h"
#include "publish/publish.h"
#include "raised.h"
#include "recipe/settings.h"
#include "source/input_files.h"
#include "storage/any_storage.h"
#include "text/visible_message.h"

namespace nb = nanobind;

namespace gristmill::python {
namespace {

using Environment = std::map<std::string, std::string>;

struct RunResult {
  bool published = false;
  bool unchanged = false;             // an update that found nothing new
  std::optional<std::string> output;  // none of validate
  std::string report_json;
  std::string report_html;
  std::vector<std::string> notes;
};

struct StageProgress {
  std::string stage;
  std::uint64_t done = 0;   // bytes
  std::uint64_t total = 0;  // bytes; 0: not known
};

struct LogMessage {
  std::string level;
  std::string text;
};

struct ClusterPlan {
  std::string encoded;
  std::uint32_t splits = 0;
  std::uint32_t partitions = 0;
  bool has_work = true;  // false: an update found nothing new
};

class Engine {
 public:
  Engine(std::vector<recipe::FlagValue> settings, const Environment& environment, const std::string& working_directory,
         std::optional<AccessKeys> keys, bool as_command)
      : environment_(environment),
        working_directory_(working_directory),
        keys_(std::move(keys)),
        storage_(storage::make_any_storage()) {
    recipe::SettingsSources sources;
    sources.flags = std::move(settings);
    sources.working_directory = working_directory;
    if (as_command) {
      sources.environment = environment;
    } else {  // a program says what it wants
      sources.flag_word = "argument";
      sources.default_files = false;
    }
    sources.read_file = [&, read = recipe::settings_file_reader(*storage_)](
                            const std::string& path,
                            const recipe::Settings& so_far) -> Result<std::optional<std::string>> {
      if (storage::is_s3(path)) storage_->use(s3_options_of(so_far));
      return read(path, so_far);
    };
    settings_ = value_or_raise(recipe::resolve_settings(sources));
    for (const std::string& warning : settings_.warnings) note(LogLevel::warning, warning);
    const S3Options options = s3_options_of(settings_);
    s3_environment_ = options.environment;
    storage_->use(options);
    context_.storage = storage_.get();
    context_.settings = recipe::given_settings(settings_);
    context_.progress = &progress_;
    context_.interrupted = &interrupted_;
    context_.log = [this](const LogEvent& event) { note(event.level, event.message); };
  }

  RunResult run(bool write) {
    const nb::gil_scoped_release unlocked;
    check_places(write);
    const Recipe& recipe = settings_.recipe;
    return keep(value_or_raise(write ? gristmill::run(recipe, context_) : gristmill::validate(recipe, context_)));
  }

  RunResult update() {
    const nb::gil_scoped_release unlocked;
    check_places(true);
    return keep(value_or_raise(gristmill::update(settings_.recipe, context_)));
  }

  // The recipe's inputs are mended lines.
  RunResult replay() {
    const nb::gil_scoped_release unlocked;
    check_places(true);
    return keep(value_or_raise(gristmill::replay(settings_.recipe, context_)));
  }

  // Takes people out of the recipe's output; the receipt, as JSON.
  std::string forget(const std::vector<std::string>& profiles, bool remember, bool dry_run) {
    const nb::gil_scoped_release unlocked;
    return growth::receipt_json(
        value_or_raise(gristmill::forget(settings_.recipe, {profiles, remember, dry_run}, context_)));
  }

  // The same on a cluster, in three steps (cluster/driver.h). Here: the plan for all tasks.
  ClusterPlan begin_on_cluster(bool updates, std::uint32_t tasks_at_once, std::uint32_t slots, std::uint64_t split_size,
                               std::uint32_t partitions, std::uint64_t rows_per_part) {
    const nb::gil_scoped_release unlocked;
    check_places(true);
    Recipe& recipe = settings_.recipe;
    for (auto* paths : {&recipe.collections, &recipe.predictions}) {
      for (std::string& path : *paths) path = as_all_can_read_it(path);
    }
    recipe.output = as_all_can_read_it(recipe.output);
    driver_ = std::make_unique<cluster::Driver>(settings_.recipe, context_, updates);
    Status begun = driver_->begin({tasks_at_once, slots, split_size, partitions, rows_per_part});
    if (!begun.ok()) driver_.reset();  // it may hold the output, and whoever catches the exception may hold this
    raise_if_error(std::move(begun));
    if (!driver_->has_new_inputs()) return {"", 0, 0, false};
    driver_->plan().s3 = settings_.s3;
    driver_->plan().keys = keys_;
    for (const auto& [name, value] : s3_environment_) {
      if (name.starts_with("AWS_")) driver_->plan().environment.emplace(name, value);
    }
    return {cluster::to_bytes(driver_->plan()), driver_->splits(), driver_->plan().partitions};
  }

  // From the results of the tasks of grind to the plan of settle.
  nb::bytes take_ground(const std::vector<nb::bytes>& ground) {
    const std::vector<std::string> messages = texts(ground);
    std::string plan;
    {
      const nb::gil_scoped_release unlocked;
      raise_if_error(driver_->take_ground(messages));
      plan = driver_->settle_plan();
    }
    return as_bytes(plan);
  }

  // From the results of the tasks of settle to that of the run. `move`: called in this thread with files for
  // move_files, gives the results of the tasks, and raises nothing.
  RunResult finish_on_cluster(const std::vector<nb::bytes>& settled, const nb::callable& move) {
    const std::vector<std::string> messages = texts(settled);
    const auto move_on_cluster = [&move](const publish::FilesToMove& files) {
      const std::string encoded = cluster::to_wire(cluster::MovePlan{files});
      const nb::gil_scoped_acquire locked;
      return texts(nb::cast<std::vector<nb::bytes>>(move(as_bytes(encoded))));
    };
    const nb::gil_scoped_release unlocked;
    RunResult result = keep(value_or_raise(driver_->finish(messages, move_on_cluster)));
    driver_.reset();
    return result;
  }

  // REQUIRES: the plan has nothing new.
  RunResult finish_unchanged() {
    const nb::gil_scoped_release unlocked;
    RunResult result = keep(value_or_raise(driver_->finish_unchanged()));
    driver_.reset();
    return result;
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
    return browse::run_ending(outcome_, settings_.recipe.output, style);
  }

  bool unchanged() const { return outcome_.end == RunEnd::unchanged; }
  std::string failed_checks() const { return browse::failed_checks(outcome_.report); }
  std::vector<std::string> check_lines() const {
    std::vector<std::string> texts;
    for (LogEvent& event : browse::check_events(outcome_.report)) texts.push_back(std::move(event.message));
    return texts;
  }

  void interrupt() { interrupted_ = true; }
  bool is_interrupted() const { return interrupted_; }

  StageProgress progress() const {
    return {std::string(name_of(progress_.stage.load())), progress_.done.load(), progress_.total.load()};
  }

  // Those since the last call.
  std::vector<LogMessage> messages() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(messages_, {});
  }

  // What is in files, as JSON (docs/guide/inspect.md); without paths, of those that the settings name.
  std::string inspect(const std::vector<std::string>& paths, std::size_t shapes, std::size_t fields) {
    const nb::gil_scoped_release unlocked;
    const Recipe& recipe = settings_.recipe;
    const bool by_setting = !recipe.collections.empty() || !recipe.predictions.empty();
    if (paths.empty() && !by_setting) throw Raised{Error::usage("no file is named", "name files, folders or globs")};
    return inspect::inspection_json(value_or_raise(inspect::inspect(recipe, {paths, shapes, fields}, context_)));
  }

  // The complete output to read: the published one or, where there is none or with `kept`, one that waits.
  publish::ReadableTree find_output(bool kept) {
    const nb::gil_scoped_release unlocked;
    return value_or_raise(publish::find_readable(*storage_, output_given(), kept));
  }

  publish::VerifyReport verify() {
    const nb::gil_scoped_release unlocked;
    const std::string& output = output_given();
    publish::VerifyReport report = value_or_raise(publish::verify(
        *storage_, output, resources_of(settings_.recipe).threads, [this] { return interrupted_.load(); }));
    if (report.why_unreadable) {
      Error error = std::move(*report.why_unreadable);
      error.message = "'" + output + "' could not be verified: " + error.message;
      if (report.unreadable > 1) error.message += "; so with " + std::to_string(report.unreadable - 1) + " more";
      throw Raised{std::move(error)};
    }
    return report;
  }

  // Publishes the output that a failed check kept. Returns sentences for the user.
  std::vector<std::string> publish_kept() {
    const nb::gil_scoped_release unlocked;
    return value_or_raise(publish::publish_staged(*storage_, output_given(), settings_.recipe.fsync,
                                                  [this] { return interrupted_.load(); }))
        .notes;
  }

  const std::vector<GivenSetting>& settings() const { return settings_.origins; }

  std::vector<source::InputFile> files() {
    const nb::gil_scoped_release unlocked;
    return value_or_raise(source::list_input_files(*storage_, settings_.recipe)).files;
  }

  Resources resources() const { return resources_of(settings_.recipe); }

  publish::PublicationPlan plan_publication() {
    const nb::gil_scoped_release unlocked;
    return value_or_raise(publish::plan_publication(*storage_, settings_.recipe.output));
  }

  // Where the credentials for an s3:// path come from; empty for a local one.
  std::string describe_credentials(const std::string& path) {
    const nb::gil_scoped_release unlocked;
    return value_or_raise(storage_->describe(path));
  }

  // The names of the files in a folder of an output, in order; none if there is no such folder.
  std::vector<std::string> list(const std::string& folder) {
    const nb::gil_scoped_release unlocked;
    std::vector<std::string> names;
    if (!value_or_raise(storage_->stat(folder))) return names;
    for (FileInfo& file : value_or_raise(storage_->list(folder))) {
      if (file.type == FileType::file) names.push_back(std::move(file.name));
    }
    std::sort(names.begin(), names.end());
    return names;
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
    return as_bytes(bytes);
  }

 private:
  static std::vector<std::string> texts(const std::vector<nb::bytes>& messages) {
    std::vector<std::string> all;
    for (const nb::bytes& message : messages) all.emplace_back(message.c_str(), message.size());
    return all;
  }

  // Executors have another working directory than the driver.
  std::string as_all_can_read_it(const std::string& path) const {
    return storage::is_s3(path) || path.starts_with('/') || path.empty() ? path : working_directory_ + "/" + path;
  }

  void check_places(bool write) const {
    const Recipe& recipe = settings_.recipe;
    if (recipe.collections.empty() && recipe.predictions.empty() && recipe.ledger.empty()) {
      throw Raised{Error::usage("no input is given", "give collections, predictions or both")};
    }
    if (write) output_given();
  }

  const std::string& output_given() const {
    const std::string& output = settings_.recipe.output;
    if (output.empty()) throw Raised{Error::usage("no output is given", "give output").of_key("output")};
    return output;
  }

  RunResult keep(RunOutcome outcome) {
    outcome_ = std::move(outcome);
    RunResult result;
    result.published = outcome_.end == RunEnd::published || outcome_.end == RunEnd::unchanged;
    result.unchanged = outcome_.end == RunEnd::unchanged;
    const std::string& output = outcome_.end == RunEnd::staged ? outcome_.staging : outcome_.report.run.output;
    if (!output.empty()) result.output = output;
    result.report_json = report_json(outcome_.report);
    result.report_html = report_html(outcome_.report);
    result.notes = outcome_.notes;
    return result;
  }

  S3Options s3_options_of(const recipe::Settings& settings) {
    S3Options options = s3_options(settings.s3, environment_, settings.dotenv, resources_of(settings.recipe).memory);
    options.keys = keys_;
    options.interrupted = &interrupted_;
    options.warn = [this](const std::string& message) { note(LogLevel::warning, message); };
    return options;
  }

  void note(LogLevel level, const std::string& message) {
    constexpr const char* names[] = {"debug", "info", "warning", "error"};
    const std::lock_guard<std::mutex> lock(mutex_);
    messages_.push_back({names[static_cast<std::size_t>(level)], text::visible_message(message)});
  }

  Environment environment_;
  std::string working_directory_;
  std::optional<AccessKeys> keys_;
  Progress progress_;
  std::atomic<bool> interrupted_{false};
  std::mutex mutex_;
  std::vector<LogMessage> messages_;
  recipe::Settings settings_;
  Environment s3_environment_;
  RunContext context_;
  RunOutcome outcome_;
  std::unique_ptr<storage::AnyStorage> storage_;  // its threads use all above
  std::unique_ptr<cluster::Driver> driver_;
};

void bind_arguments(nb::module_& module) {
  nb::class_<recipe::FlagValue>(module, "FlagValue")
      .def(nb::init<std::string, std::vector<std::string>>(), nb::arg("key"), nb::arg("values"))
      .def_ro("key", &recipe::FlagValue::key)
      .def_ro("values", &recipe::FlagValue::values);
  nb::class_<AccessKeys>(module, "AccessKeys")  // nothing to read: they are secret
      .def(nb::init<std::string, std::string, std::string>(), nb::arg("access_key"), nb::arg("secret_key"),
           nb::arg("session_token") = "");
}

void bind_results(nb::module_& module) {
  nb::class_<RunResult>(module, "RunResult")
      .def_ro("published", &RunResult::published)
      .def_ro("unchanged", &RunResult::unchanged)
      .def_ro("output", &RunResult::output)
      .def_ro("report_json", &RunResult::report_json)
      .def_ro("report_html", &RunResult::report_html)
      .def_ro("notes", &RunResult::notes);
  nb::class_<StageProgress>(module, "StageProgress")
      .def_ro("stage", &StageProgress::stage)
      .def_ro("done", &StageProgress::done)
      .def_ro("total", &StageProgress::total);
  nb::class_<LogMessage>(module, "LogMessage").def_ro("level", &LogMessage::level).def_ro("text", &LogMessage::text);
  nb::class_<GivenSetting>(module, "GivenSetting")
      .def_ro("key", &GivenSetting::key)
      .def_ro("value", &GivenSetting::value)
      .def_ro("origin", &GivenSetting::origin);
  nb::class_<source::InputFile>(module, "InputFile")
      .def_prop_ro("dataset", [](const source::InputFile& file) { return std::string(name_of(file.dataset)); })
      .def_ro("path", &source::InputFile::path)
      .def_ro("name", &source::InputFile::name)
      .def_ro("size", &source::InputFile::size);
  nb::class_<Resources>(module, "Resources")
      .def_ro("threads", &Resources::threads)
      .def_ro("memory", &Resources::memory);
  nb::class_<publish::PublicationPlan>(module, "PublicationPlan")
      .def_ro("root", &publish::PublicationPlan::root)
      .def_prop_ro("way", [](const publish::PublicationPlan& plan) { return std::string(name_of(plan.way)); })
      .def_ro("way_reason", &publish::PublicationPlan::way_reason)
      .def_ro("staging_folder", &publish::PublicationPlan::staging_folder)
      .def_prop_ro("published_run", [](const publish::PublicationPlan& plan) { return plan.found.run_id; })
      .def_ro("busy", &publish::PublicationPlan::busy);
  nb::class_<publish::ReadableTree>(module, "FoundOutput")
      .def_ro("folder", &publish::ReadableTree::folder)
      .def_ro("run_id", &publish::ReadableTree::run_id)
      .def_ro("kept", &publish::ReadableTree::kept)
      .def_ro("waiting_run", &publish::ReadableTree::waiting_run);
  nb::class_<publish::VerifyDifference>(module, "Difference")
      .def_prop_ro("kind",
                   [](const publish::VerifyDifference& difference) { return std::string(name_of(difference.kind)); })
      .def_ro("path", &publish::VerifyDifference::path)
      .def_ro("detail", &publish::VerifyDifference::detail);
  nb::class_<publish::VerifyReport>(module, "VerifyReport")
      .def_ro("run_id", &publish::VerifyReport::run_id)
      .def_ro("files", &publish::VerifyReport::files)
      .def_ro("bytes", &publish::VerifyReport::bytes)
      .def_ro("differences", &publish::VerifyReport::differences)
      .def_ro("examples", &publish::VerifyReport::examples);
  nb::class_<ClusterPlan>(module, "ClusterPlan")
      .def_prop_ro("encoded", [](const ClusterPlan& plan) { return as_bytes(plan.encoded); })
      .def_ro("splits", &ClusterPlan::splits)
      .def_ro("partitions", &ClusterPlan::partitions)
      .def_ro("has_work", &ClusterPlan::has_work);
}

}  // namespace

void bind_engine(nb::module_& module) {
  bind_arguments(module);
  bind_results(module);
  nb::class_<Engine>(module, "Engine")
      .def(nb::init<std::vector<recipe::FlagValue>, const Environment&, const std::string&, std::optional<AccessKeys>,
                    bool>(),
           nb::kw_only(), nb::arg("settings"), nb::arg("environment"), nb::arg("working_directory"),
           nb::arg("keys").none() = nb::none(), nb::arg("as_command") = false)
      .def("run", &Engine::run, nb::kw_only(), nb::arg("write"))
      .def("update", &Engine::update)
      .def("replay", &Engine::replay)
      .def("forget", &Engine::forget, nb::kw_only(), nb::arg("profiles"), nb::arg("remember"), nb::arg("dry_run"))
      .def("begin_on_cluster", &Engine::begin_on_cluster, nb::kw_only(), nb::arg("updates"), nb::arg("tasks_at_once"),
           nb::arg("slots"), nb::arg("split_size"), nb::arg("partitions"), nb::arg("rows_per_part"))
      .def("take_ground", &Engine::take_ground, nb::arg("ground"))
      .def("finish_on_cluster", &Engine::finish_on_cluster, nb::arg("settled"), nb::arg("move"))
      .def("finish_unchanged", &Engine::finish_unchanged)
      .def_prop_ro("unchanged", &Engine::unchanged)
      .def("abandon", &Engine::abandon)
      .def("tables", &Engine::tables, nb::kw_only(), nb::arg("colour"), nb::arg("unicode"), nb::arg("width"))
      .def("failed_checks", &Engine::failed_checks)
      .def("check_lines", &Engine::check_lines)
      .def("inspect", &Engine::inspect, nb::kw_only(), nb::arg("paths"), nb::arg("shapes"), nb::arg("fields"))
      .def("find_output", &Engine::find_output, nb::kw_only(), nb::arg("kept"))
      .def("verify", &Engine::verify)
      .def("publish_kept", &Engine::publish_kept)
      .def_prop_ro("interrupted", &Engine::is_interrupted)
      .def("interrupt", &Engine::interrupt)
      .def("progress", &Engine::progress)
      .def("messages", &Engine::messages)
      .def("settings", &Engine::settings)
      .def("files", &Engine::files)
      .def("resources", &Engine::resources)
      .def("plan_publication", &Engine::plan_publication)
      .def("describe_credentials", &Engine::describe_credentials, nb::arg("path"))
      .def("list", &Engine::list, nb::arg("folder"))
      .def("read", &Engine::read, nb::arg("path"));
}

}  // namespace gristmill::python
