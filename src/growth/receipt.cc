// No id is at hand here, so that none can be written. Tested by tests/programs/test_forget.py.
#include "growth/receipt.h"

#include "json/json_writer.h"

namespace gristmill::growth {

std::string receipt_json(const RunOutcome& outcome) {
  const ForgetReport& report = *outcome.forgotten;
  std::string text;
  json::JsonWriter json(text);
  json.open_object();
  json.text("output", outcome.report.run.output);
  json.text("time", outcome.report.run.started);
  json.text("run_id", outcome.report.run.run_id);
  json.open_array("people");
  for (const ForgottenPerson& person : report.people) {
    json.open_object(json::JsonLayout::one_line);
    json.text("hmac_sha256", person.hmac);
    json.flag("found", person.is_found);
    json.close();
  }
  json.close();
  json.open_object("removed", json::JsonLayout::one_line);
  json.number("accepted_lines", report.accepted);
  json.number("rejected_lines", report.rejected);
  json.number("rows", report.rows);
  json.number("sessions", report.sessions);
  json.number("findings", report.findings);
  json.close();
  json.open_array("shared_files");
  for (const ForgottenFile& file : report.shared_files) {
    json.open_object(json::JsonLayout::one_line);
    json.text("path", file.path);
    json.number("size_before", file.size_before);
    json.text("xxh3_128_before", file.hash_before);
    json.number("size_after", file.size_after);
    json.text("xxh3_128_after", file.hash_after);
    json.close();
  }
  json.close();
  json.open_array("own_files");
  for (const std::string& hash : report.own_files) json.text(hash);
  json.close();
  json.close();
  return text;
}

}  // namespace gristmill::growth
