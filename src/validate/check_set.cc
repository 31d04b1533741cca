// The checks are put into order by their ids: the build lists their files by name (all_checks.h.in), and a report goes
// by number. Tested in check_set_test.cc.
#include "validate/check_set.h"

#include <algorithm>

#include "json/json_text.h"
#include "validate/check.h"

namespace gristmill::validation {
namespace {

constexpr std::size_t longest_id = 16U << 10;  // bytes of a session id that a culprit shows

template <typename Type>
CheckDefinition define() {
  CheckDefinition definition;
  definition.id = Type::id;
  definition.description = Type::description;
  definition.findings = Type::findings;
  definition.counts = Type::counts;
  definition.table = Type::table;
  if constexpr (requires { Type::details; }) definition.details = Type::details;
  if constexpr (requires { Type::share; }) definition.share = Type::share;
  if constexpr (requires { Type::has_own_table; }) definition.has_own_table = Type::has_own_table;
  if constexpr (requires { Type::note; }) definition.note = &Type::note;
  if constexpr (requires { Type::kinds; }) {
    definition.kinds_name = Type::kinds_name;
    definition.kinds = Type::kinds;
  }
  if constexpr (requires { Type::one_culprit_a_finding; }) {
    definition.one_culprit_a_finding = Type::one_culprit_a_finding;
  }
  if constexpr (requires(const Culprit& culprit) { Type::text_of(culprit); }) definition.text_of_line = Type::text_of;
  if constexpr (requires(const SessionCulprit& culprit) { Type::text_of(culprit); }) {
    definition.text_of_session = Type::text_of;
  }
  return definition;
}

template <typename... Types>
std::vector<CheckDefinition> define_all(const std::tuple<Types...>*) {
  std::vector<CheckDefinition> definitions = {define<Types>()...};
  std::sort(definitions.begin(), definitions.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return definitions;
}

const std::vector<CheckDefinition>& definitions() {
  static const std::vector<CheckDefinition> all = define_all(static_cast<const AllChecks*>(nullptr));
  return all;
}

}  // namespace

const CheckDefinition& definition_of(Check check) { return definitions()[static_cast<std::size_t>(check)]; }

void add_session(const SettledSession& session, const SessionCulprit& seen, CheckFindings& found) {
  if (found.sessions.size() == most_culprits) return;
  found.sessions.push_back(seen);
  found.sessions.back().session =
      session.id.size() <= longest_id ? std::string(session.id) : json::beginning_of(session.id, longest_id) + "...";
}

}  // namespace gristmill::validation

namespace gristmill {

std::span<const CheckDescription> all_checks() {
  static const std::vector<CheckDescription> all = [] {
    std::vector<CheckDescription> descriptions;
    for (const validation::CheckDefinition& each : validation::definitions()) descriptions.push_back(each.description);
    return descriptions;
  }();
  return all;
}

std::vector<CheckPolicy> default_policies() {
  std::vector<CheckPolicy> policies;
  for (const CheckDescription& check : all_checks()) policies.push_back(check.by_default);
  return policies;
}

}  // namespace gristmill
