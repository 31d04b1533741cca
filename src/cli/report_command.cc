// gristmill report: the page of an output, made again.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/target_file.h"
#include "publish/publish.h"
#include "report/render.h"
#include "storage/any_storage.h"
#include "storage/scratch_folder.h"

namespace gristmill::cli {
namespace {

constexpr std::uint64_t largest_report = 256U << 20;  // bytes

Result<std::string> read_report(Storage& storage, const std::string& folder) {
  const std::string path = folder + "/validation/report.json";
  GM_ASSIGN(const std::unique_ptr<ReadableFile> file, storage.open(path));
  if (file->size() > largest_report)
    return Error::output("'" + path + "' is not as gristmill writes it: it is too large").in_file(path);
  std::string text(file->size(), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    GM_ASSIGN(const std::size_t got, file->read_at(done, text.data() + done, text.size() - done));
    if (got == 0) break;
    done += got;
  }
  text.resize(done);
  return text;
}

Status write_page(Storage& storage, const std::string& output, const std::string& path, const std::string& page) {
  GM_RETURN_IF_ERROR(check_target(storage, path));
  GM_ASSIGN(const std::string file, storage.resolve(path));
  GM_ASSIGN(const std::string root, storage.resolve(output));
  if (file.starts_with(root + "/")) {
    return Error::usage("'" + path + "' lies in the output, which holds nothing but what its manifest lists",
                        "write the page to another folder")
        .in_file(path);
  }
  return write_target(storage, path, page, ExistingTarget::replaced);
}

// Waits for the program, which mostly hands the file to a browser that is there.
Status open_in_browser(const std::string& path) {
  const char* browser = std::getenv("BROWSER");
  const char* program = browser != nullptr && *browser != '\0' ? browser : "xdg-open";
  const pid_t child = fork();
  if (child == 0) {
    for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_DFL);
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      if (nowhere >= 0) dup2(nowhere, descriptor);
    }
    execlp(program, program, path.c_str(), static_cast<char*>(nullptr));  // NOLINT: the user's own variable says which
    _exit(127);
  }
  int status = 0;
  if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error::usage("no browser could be opened with '" + std::string(program) + "'",
                      "name one in the variable BROWSER, or open '" + path + "' yourself");
}

// The front page over all outputs that are named.
Result<int> write_index(const Arguments& arguments, Storage& storage) {
  const std::string& path = arguments.value("--index");
  GM_RETURN_IF_ERROR(check_target(storage, path));
  GM_ASSIGN(const std::string file, storage.resolve(path));
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  std::vector<report::IndexedOutput> outputs;
  for (const std::string& output : arguments.words) {
    report::IndexedOutput& indexed = outputs.emplace_back();
    indexed.name = output;
    const auto tree = publish::find_readable(storage, output);
    auto json = tree.ok() ? read_report(storage, tree->folder) : Result<std::string>(tree.error());
    if (!json.ok()) {  // one day without an output hides no other
      indexed.why = json.error().message;
      note("warning: " + json.error().message);
      continue;
    }
    indexed.json = std::move(*json);
    const std::string page = tree->folder + "/validation/report.html";
    if (!storage::is_s3(output)) indexed.link = std::filesystem::path(page).lexically_relative(folder).string();
    GM_ASSIGN(const std::string root, storage.resolve(tree->folder));
    if (file.starts_with(root + "/")) {
      return Error::usage(
                 "'" + path + "' lies in the output '" + output + "', which holds nothing but what its manifest lists",
                 "write the page to another folder")
          .in_file(path);
    }
  }
  GM_ASSIGN(const std::string page, report::index_page(outputs));
  GM_RETURN_IF_ERROR(write_target(storage, path, page, ExistingTarget::replaced));
  note("wrote " + path);
  if (arguments.has("--open")) GM_RETURN_IF_ERROR(open_in_browser(path));
  return 0;
}

}  // namespace

Result<int> report_command(const Arguments& arguments, Storage& storage) {
  if (arguments.has("--index")) return write_index(arguments, storage);
  if (arguments.words.size() > 2) {
    return Error::usage(
        "report makes the page of one output, and has " + std::to_string(arguments.words.size()) + " names",
        "gristmill report OUT FILE, or gristmill report OUT OUT ... --index FILE");
  }
  GM_ASSIGN(const publish::ReadableTree tree,
            publish::find_readable(storage, arguments.word(0), arguments.has("--kept")));
  GM_ASSIGN(const std::string json, read_report(storage, tree.folder));
  auto page = report::report_page(json, true);
  if (!page.ok()) {
    return Error::output("'" + tree.folder + "/validation/report.json': " + page.error().message, page.error().advice)
        .in_file(tree.folder + "/validation/report.json");
  }
  std::string path = arguments.word(1);
  const bool browse = arguments.has("--open");
  if (path.empty() && !browse) {
    GM_RETURN_IF_ERROR(print_data(*page));
    return 0;
  }
  if (path.empty()) {
    path = storage::default_scratch_folder() + "/gristmill-report-XXXXXX.html";
    const int descriptor = mkstemps(path.data(), 5);
    if (descriptor < 0) {
      return Error::output("cannot make a file in '" + path.substr(0, path.rfind('/')) + "': " + std::strerror(errno),
                           "name the file to write: gristmill report OUT FILE --open")
          .in_file(path.substr(0, path.rfind('/')));
    }
    close(descriptor);
  }
  Status written = write_page(storage, tree.folder, path, *page);
  if (!written.ok()) {
    if (arguments.word(1).empty()) static_cast<void>(storage.remove(path));
    return std::move(written.error());
  }
  note("wrote " + path);
  if (browse) GM_RETURN_IF_ERROR(open_in_browser(path));
  return 0;
}

}  // namespace gristmill::cli
