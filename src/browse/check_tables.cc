// The checks as validation/report.json has them: one table of all, then the culprits of each. Tested by
// tests/programs/test_show.py.
#include <algorithm>
#include <cstdlib>
#include <limits>
#include <optional>

#include "browse/browse.h"
#include "browse/csv.h"
#include "browse/json_lines.h"
#include "gristmill/data.h"
#include "json/json_text.h"
#include "report/findings.h"
#include "storage/whole_file.h"
#include "text/text_table.h"
#include "text/visible_text.h"

namespace gristmill::browse {
namespace {

constexpr std::uint64_t culprits_of_a_table = 5;
constexpr std::size_t place_columns = 48;
constexpr std::uint32_t depth_limit_of_reports = 128;

std::string policy_of(std::string_view check) {
  std::string severity = plain_text(member(check, "severity"));
  const std::string_view threshold = member(check, "threshold");
  if (is_null(threshold)) return severity;
  return report::policy_text(severity, plain_text(member(threshold, "fail_above")),
                             plain_text(member(threshold, "unit")) == "percent_of_lines");
}

std::string title_of_check(std::string_view check) {
  std::string name = plain_text(member(check, "name"));
  const std::optional<Check> known = report::check_named(name);
  return known ? std::string(report::title_of(*known)) : name;
}

std::string findings_in(std::string_view check, std::string_view dataset) {
  const std::string_view findings = member(check, "findings");
  return is_null(findings) ? std::string() : plain_text(member(findings, dataset));
}

text::Tone tone_of(std::string_view status) {
  return status == "failed" ? text::Tone::bad : status == "warned" ? text::Tone::warning : text::Tone::plain;
}

// The words that the run printed for it; of a check that is not known, what stands there.
std::string text_of(const std::optional<Check>& check, std::string_view culprit) {
  const std::string_view session = member(culprit, "session");
  if (!check || session.empty() == report::has_sessions(*check)) {
    return plain_text(session.empty() ? member(culprit, "what") : session);
  }
  if (session.empty()) return report::text_of(*check, Culprit{{}, 0, plain_text(member(culprit, "what"))});
  const auto number = [&](std::string_view name) {
    return std::strtoull(plain_text(member(culprit, name)).c_str(), nullptr, 10);
  };
  SessionCulprit known;
  known.session = plain_text(session);
  known.dataset = plain_text(member(culprit, "dataset")) == name_of(Dataset::collections) ? Dataset::collections
                                                                                          : Dataset::predictions;
  known.profiles = number("profiles");
  known.rows = number("rows");
  return report::text_of(*check, known);
}

// The check's title and its first culprits; nothing where it found none.
std::string culprits_of(std::string_view check, std::uint64_t limit, const text::TableStyle& style) {
  const std::string_view culprits = member(check, "culprits");
  text::TextTable table(style, 4);
  table.add_column("", text::Align::left, place_columns);
  table.add_column("", text::Align::left, 400);
  const std::optional<Check> known = report::check_named(plain_text(member(check, "name")));
  std::uint64_t shown = 0;
  bool more = false;
  for (json::ArrayWalk walk(culprits.data()); walk.next();) {
    const std::string_view culprit = walk.value_text();
    more = shown == limit;
    if (more) break;
    ++shown;
    const std::string line = ":" + plain_text(member(culprit, "line"));
    table.add_row(
        {text::visible_text(plain_text(member(culprit, "file")), place_columns - line.size(), style.unicode) + line,
         text_of(known, culprit)});
  }
  if (shown == 0) return {};
  std::string text =
      "\n" + text::toned(plain_text(member(check, "number")) + ". " + title_of_check(check), text::Tone::bold, style);
  text.append("\n").append(table.str());
  if (more) text.append(4, ' ').append(style.unicode ? "…\n" : "...\n");
  return text;
}

// The checks of a report; empty if there is anything else in their place.
std::string_view checks_in(const char* report) {
  const std::string_view checks = member(report, "checks");
  if (is_null(checks) || json::type_of(checks.data()) != json::JsonType::array) return {};
  for (json::ArrayWalk walk(checks.data()); walk.next();) {
    const std::string_view check = walk.value_text();
    const std::string_view culprits = member(check, "culprits");
    if (is_null(member(check, "name")) || is_null(culprits)) return {};
    if (json::type_of(culprits.data()) != json::JsonType::array) return {};
  }
  return checks;
}

class CheckBrowser {
 public:
  CheckBrowser(const BrowseQuery& query, std::string_view checks) : query_(query), checks_(checks) {}

  std::string csv() const {
    std::string text;
    CsvRecord head(text);
    for (const char* column :
         {"number", "name", "status", "severity", "fail_above", "unit", "collections", "predictions"}) {
      head.add(column);
    }
    head.end();
    for (json::ArrayWalk walk(checks_.data()); walk.next();) {
      const std::string_view check = walk.value_text();
      CsvRecord record(text);
      for (const char* name : {"number", "name", "status", "severity"}) record.add(plain_text(member(check, name)));
      const std::string_view threshold = member(check, "threshold");
      if (is_null(threshold)) {
        record.add_absent();
        record.add_absent();
      } else {
        record.add(report::limit_text(plain_text(member(threshold, "fail_above"))));
        record.add(plain_text(member(threshold, "unit")));
      }
      for (const std::string_view dataset : dataset_names) {
        const std::string findings = findings_in(check, dataset);
        if (findings.empty()) {
          record.add_absent();
        } else {
          record.add(findings);
        }
      }
      record.end();
    }
    return text;
  }

  std::string json() const {
    std::string text;
    for (json::ArrayWalk walk(checks_.data()); walk.next();) {
      json::append_compact(walk.value_text(), text);
      text.push_back('\n');
    }
    return text;
  }

  std::string table() const {
    const text::TableStyle& style = query_.style;
    text::TextTable table(style);
    // What the status needs is taken from the title.
    table.add_column("check", text::Align::left,
                     style.width == 0 ? 100 : std::clamp<std::size_t>(style.width, 72, 100) - 52);
    table.add_column("collections", text::Align::right);
    table.add_column("predictions", text::Align::right);
    table.add_column("status", text::Align::left);
    std::string culprits;
    std::uint64_t limit = query_.limit.value_or(culprits_of_a_table);
    if (limit == 0) limit = std::numeric_limits<std::uint64_t>::max();
    for (json::ArrayWalk walk(checks_.data()); walk.next();) {
      const std::string_view check = walk.value_text();
      std::string status = plain_text(member(check, "status"));
      const text::Tone tone = tone_of(status);
      const std::string policy = policy_of(check);
      if (policy.starts_with("fail")) status += ", " + policy;
      table.add_row({plain_text(member(check, "number")) + ". " + title_of_check(check),
                     findings_in(check, "collections"), findings_in(check, "predictions"), status},
                    tone);
      culprits += culprits_of(check, limit, style);
    }
    return table.str() + culprits;
  }

 private:
  const BrowseQuery& query_;
  std::string_view checks_;
};

}  // namespace

Result<BrowseNote> browse_checks(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                 const BrowseSink& sink) {
  const std::string path = folder + "/validation/report.json";
  GM_ASSIGN(std::string text, storage::read_whole_file(storage, path));
  const std::size_t size = text.size();
  text.append(json::text_padding, '\0');
  const char* report = json::skip_space(text.data());
  if (!json::check_json({text.data(), size}, depth_limit_of_reports) ||
      json::type_of(report) != json::JsonType::object) {
    return not_as_written(path, "it is no JSON object");
  }
  const std::string_view checks = checks_in(report);
  if (checks.empty()) return not_as_written(path, "it has no checks");
  const CheckBrowser browser(query, checks);
  GM_RETURN_IF_ERROR(sink(query.format == BrowseFormat::csv    ? browser.csv()
                          : query.format == BrowseFormat::json ? browser.json()
                                                               : browser.table()));
  return BrowseNote();
}

}  // namespace gristmill::browse
