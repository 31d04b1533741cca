// The log goes through spdlog, which writes whole lines. Tested in run_log_test.cc and by tests/programs.
#include "cli/run_log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <variant>

#include "cli/console.h"
#include "json/json_writer.h"
#include "text/code_points.h"
#include "text/redaction.h"
#include "text/visible_message.h"

namespace gristmill::cli {
namespace {

std::string escape_of(std::uint32_t unit) {
  char text[16];
  std::snprintf(text, sizeof text, "\\u%04x", unit);
  return text;
}

// Of all events of a log from the first one on that has it.
class RunIdOfLog {
 public:
  std::string of(const LogEvent& event) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const LogEvent::Field& field : event.fields) {
      if (field.name == "run_id") id_ = std::get<std::string>(field.value);
    }
    return id_;
  }

 private:
  std::mutex mutex_;
  std::string id_;
};

struct FieldWriter {
  json::JsonWriter& json;
  void operator()(std::uint64_t value) const { json.number(value); }
  void operator()(double value) const { json.real(value); }
  void operator()(bool value) const { json.flag(value); }
  void operator()(const std::string& value) const { json.text(text::without_secrets(value)); }
};

// What would harm a terminal, or not be seen, as JSON writes it by numbers. REQUIRES: JSON.
std::string with_escapes(std::string_view json) {
  std::string escaped;
  while (!json.empty()) {
    const text::CodePoint point = text::first_code_point(json);
    if (!text::is_hidden(point.value)) {
      escaped.append(json.substr(0, point.bytes));
    } else if (point.value < 0x10000) {
      escaped += escape_of(point.value);
    } else {
      const std::uint32_t rest = point.value - 0x10000;
      escaped += escape_of(0xD800 + (rest >> 10)) + escape_of(0xDC00 + (rest & 0x3FF));
    }
    json.remove_prefix(point.bytes);
  }
  return escaped;
}

// Of a line of JSON, but time and level.
std::string members_of(const LogEvent& event, const std::string& run_id) {
  std::string text;
  json::JsonWriter json(text);
  json.open_object(json::JsonLayout::one_line);
  json.text("event", event.code);
  if (!run_id.empty()) json.text("run_id", run_id);
  for (const LogEvent::Field& field : event.fields) {
    if (field.name == "run_id") continue;
    json.name(field.name);
    std::visit(FieldWriter{json}, field.value);
  }
  json.text("message", text::visible_message(event.message));
  json.close();
  return with_escapes(text.substr(1, text.size() - 2));
}

}  // namespace

Result<LogSink> make_log(const recipe::ConsoleSettings& settings) {
  std::shared_ptr<spdlog::logger> logger;
  try {
    if (settings.log_file.empty()) {
      logger = std::make_shared<spdlog::logger>("gristmill", std::make_shared<spdlog::sinks::stderr_sink_mt>());
      logger->set_level(settings.quiet     ? spdlog::level::err
                        : settings.verbose ? spdlog::level::debug
                        // JSON is for programs, which want to know of success too.
                        : settings.log_format == recipe::LogFormat::json ? spdlog::level::info
                                                                         : spdlog::level::warn);
    } else {
      logger = std::make_shared<spdlog::logger>("gristmill",
                                                std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.log_file));
      logger->set_level(settings.verbose ? spdlog::level::debug : spdlog::level::info);
    }
  } catch (const spdlog::spdlog_ex&) {
    return Error::usage("the log file '" + settings.log_file + "' cannot be written: " + std::strerror(errno),
                        "name another with --log-file, or leave it out to log to the terminal")
        .in_file(settings.log_file);
  }
  const bool json = settings.log_format == recipe::LogFormat::json;
  logger->set_pattern(json ? R"({"time": "%Y-%m-%dT%H:%M:%S.%e%z", "level": "%l", %v})" : "%H:%M:%S.%e %l: %v");
  logger->flush_on(spdlog::level::debug);
  logger->set_error_handler(
      [file = settings.log_file, told = std::make_shared<std::atomic<bool>>(false)](const std::string&) {
        if (told->exchange(true)) return;
        note("warning: the log '" + (file.empty() ? "stderr" : file) +
             "' cannot be written any more: " + std::strerror(errno));
      });
  const auto run_id = std::make_shared<RunIdOfLog>();
  return LogSink([logger, json, run_id](const LogEvent& event) {
    const auto to = event.level == LogLevel::debug     ? spdlog::level::debug
                    : event.level == LogLevel::info    ? spdlog::level::info
                    : event.level == LogLevel::warning ? spdlog::level::warn
                                                       : spdlog::level::err;
    logger->log(to, "{}", json ? members_of(event, run_id->of(event)) : text::visible_message(event.message));
  });
}

bool logs_json_on_stderr(const recipe::ConsoleSettings& settings) {
  return settings.log_format == recipe::LogFormat::json && settings.log_file.empty();
}

void warn_beside(const recipe::ConsoleSettings& settings, std::string_view code, const std::string& message) {
  if (!logs_json_on_stderr(settings)) return note("warning: " + message);
  if (const Result<LogSink> log = make_log(settings); log.ok()) (*log)({LogLevel::warning, code, message});
}

namespace {

std::mutex network_log_mutex;
LogSink network_log;

}  // namespace

void set_network_log(LogSink log) {
  const std::lock_guard<std::mutex> lock(network_log_mutex);
  network_log = std::move(log);
}

void network_warning(const std::string& message) {
  const std::lock_guard<std::mutex> lock(network_log_mutex);
  if (network_log) {
    network_log({LogLevel::warning, "request_again", message});
  } else {
    note(message);
  }
}

}  // namespace gristmill::cli
