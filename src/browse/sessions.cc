// Rows come from aggregated-json, which has them in the order of (profile, session), and are filtered as
// they pass. A sort with a limit keeps the keys of the best rows so far and hands only rows that beat them to
// the external sort: the first 20 of many millions cost neither memory nor disk. Tested in sessions_test.cc.
#include <algorithm>
#include <cstring>
#include <queue>

#include "browse/browse.h"
#include "browse/json_lines.h"
#include "browse/row_writer.h"
#include "browse/session_rows.h"
#include "json/json_text.h"
#include "json/number.h"
#include "shuffle/sorter.h"
#include "text/nearest.h"

namespace gristmill::browse {
namespace {

constexpr std::uint64_t sort_memory = 64U << 20;
constexpr std::uint64_t most_keys_kept = 100'000;

// What each row must be.
std::vector<MemberRule> rules_of(const std::vector<SessionColumn>& columns) {
  std::vector<MemberRule> rules;
  for (const SessionColumn& column : columns) {
    rules.push_back({column.name, column.is_text ? json::JsonType::string : json::JsonType::number,
                     column.is_text || column.is_count ? MemberPresence::required : MemberPresence::or_null});
  }
  return rules;
}

std::vector<std::string> names_of(const std::vector<SessionColumn>& columns) {
  std::vector<std::string> names;
  for (const SessionColumn& column : columns) names.push_back(column.name);
  return names;
}

class SessionBrowser {
 public:
  SessionBrowser(Storage& storage, const BrowseQuery& query, std::vector<SessionColumn> columns, const BrowseSink& sink,
                 std::vector<std::string> paths)
      : storage_(storage),
        query_(query),
        columns_(std::move(columns)),
        rules_(rules_of(columns_)),
        paths_(std::move(paths)),
        rows_(storage, paths_),
        writer_(query, names_of(columns_), sink) {
    limit_ = row_limit(query);
  }

  Result<BrowseNote> browse() {
    GM_ASSIGN(const bool more, query_.sort_column.empty() ? pass() : sort());
    if (writer_.rows() == 0 && (query_.profile || query_.session)) return no_such_session();
    GM_ASSIGN(const bool read, writer_.flush());
    if (!read || query_.format != BrowseFormat::table) return BrowseNote();
    if (writer_.rows() == 0) return BrowseNote("no sessions");
    return more ? first_rows_note(writer_.rows()) : BrowseNote();
  }

 private:
  // The next row that is asked for; false at the end.
  Result<bool> next() {
    for (;;) {
      GM_ASSIGN(const bool found, rows_.next());
      if (!found) return false;
      const std::string fault = member_fault(rows_.line(), rules_);
      if (!fault.empty()) return rows_.wrong(fault);
      if (query_.profile) {
        const int order = plain_text(member(rows_.line(), "profile_id")).compare(*query_.profile);
        if (order > 0) return false;  // rows are in this order
        if (order < 0) continue;
      }
      if (query_.session && plain_text(member(rows_.line(), "session_id")) != *query_.session) continue;
      return true;
    }
  }

  // Which of the two that were asked for is not there, with the nearest one that is.
  Result<BrowseNote> no_such_session() {
    JsonLines rows(storage_, paths_);
    bool profile_is_there = false;
    std::optional<std::string> nearest_profile;
    std::optional<std::string> nearest_session;
    const auto compare = [](const std::string& wanted, std::optional<std::string>& nearest, std::string candidate) {
      if (nearest == candidate) return;
      std::vector<std::string> candidates;
      if (nearest) candidates.push_back(std::move(*nearest));
      candidates.push_back(std::move(candidate));
      nearest = text::nearest_match(wanted, candidates);
    };
    for (;;) {
      GM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      std::string profile = plain_text(member(rows.line(), "profile_id"));
      const bool is_it = query_.profile == profile;
      profile_is_there |= is_it;
      if (query_.profile) compare(*query_.profile, nearest_profile, std::move(profile));
      if (query_.session && (is_it || !query_.profile)) {
        compare(*query_.session, nearest_session, plain_text(member(rows.line(), "session_id")));
      }
    }
    const bool profile_is_wrong = query_.profile && !profile_is_there;
    const std::optional<std::string>& nearest = profile_is_wrong ? nearest_profile : nearest_session;
    std::string what = profile_is_wrong ? "no session is of profile '" + *query_.profile + "'"
                       : query_.profile ? "profile '" + *query_.profile + "' has no session '" + *query_.session + "'"
                                        : "there is no session '" + *query_.session + "'";
    if (nearest) what += ", did you mean '" + *nearest + "'?";
    return Error::usage(what, "'gristmill show OUT --limit 0' shows all of them");
  }

  Error no_such_column() const {
    const std::vector<std::string> names = names_of(columns_);
    std::string known;
    for (const std::string& name : names) known.append(known.empty() ? "" : ", ").append(name);
    const std::optional<std::string> near = text::nearest_match(query_.sort_column, names);
    return Error::usage("--sort: the sessions have no column '" + query_.sort_column + "'",
                        near ? "did you mean '" + *near + "'?" : "they have " + known);
  }

  // Both return whether there are rows beyond the limit.
  Result<bool> pass() {
    for (;;) {
      GM_ASSIGN(const bool found, next());
      if (!found) return false;
      if (writer_.rows() == limit_) return true;
      GM_ASSIGN(const bool read, writer_.add(rows_.line()));
      if (!read) return false;
    }
  }

  Result<bool> sort() {
    const auto found_column = std::find_if(columns_.begin(), columns_.end(),
                                           [&](const auto& known) { return known.name == query_.sort_column; });
    if (found_column == columns_.end()) return no_such_column();
    const SessionColumn& column = *found_column;
    shuffle::Sorter sorter(storage_, query_.spill_folder, sort_memory);
    std::priority_queue<std::string> best;  // the greatest of the keys that may be shown on top
    std::uint64_t count = 0;
    for (;;) {
      GM_ASSIGN(const bool found, next());
      if (!found) break;
      const std::string key = sort_key(rows_.line(), column, query_.descending, count++);
      if (limit_ <= most_keys_kept) {
        if (best.size() == limit_) {
          if (key >= best.top()) continue;
          best.pop();
        }
        best.push(key);
      }
      GM_RETURN_IF_ERROR(sorter.add(key, rows_.line()));
    }
    shuffle::SortedFacts facts({&sorter});
    std::string row;
    while (writer_.rows() < limit_) {
      GM_ASSIGN(const bool found, facts.next());
      if (!found) break;
      row.assign(facts.value()).append(json::text_padding, '\0');
      GM_ASSIGN(const bool read, writer_.add({row.data(), facts.value().size()}));
      if (!read) return false;
    }
    return count > writer_.rows();
  }

  Storage& storage_;
  const BrowseQuery& query_;
  std::vector<SessionColumn> columns_;
  std::vector<MemberRule> rules_;
  std::vector<std::string> paths_;
  JsonLines rows_;
  RowWriter writer_;
  std::uint64_t limit_ = 0;
};

}  // namespace

std::string sort_key(std::string_view row, const SessionColumn& column, bool descending, std::uint64_t number) {
  const std::string_view value = member(row, column.name);
  std::string key;
  if (!is_null(value)) {
    if (column.is_text) {
      shuffle::append_key_text(plain_text(value), key);
    } else {
      const double amount = json::to_double(value) + 0.0;  // -0.0 is 0.0
      std::uint64_t bits = 0;
      std::memcpy(&bits, &amount, sizeof bits);
      // The usual order of doubles by their bits: negative ones are turned round.
      constexpr std::uint64_t sign = std::uint64_t{1} << 63;
      shuffle::append_key_number((bits & sign) != 0 ? ~bits : bits | sign, key);
    }
    if (descending) {
      for (char& byte : key) byte = static_cast<char>(~byte);
    }
  }
  key.insert(key.begin(), is_null(value) ? '\1' : '\0');
  shuffle::append_key_number(number, key);
  return key;
}

Result<BrowseNote> browse_sessions(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                   const BrowseSink& sink) {
  const std::string rows = folder + "/aggregated-json";
  GM_ASSIGN(const std::vector<FileInfo> files, storage.list(rows));
  std::vector<std::string> paths;
  for (const FileInfo& file : files) {
    if (file.name.starts_with("part-") && file.name.ends_with(".json")) paths.push_back(rows + "/" + file.name);
  }
  if (paths.empty()) return not_as_written(rows, "it has no part");
  GM_ASSIGN(const json::JsonValue recipe, recipe_of(storage, folder));
  return SessionBrowser(storage, query, session_columns_of(recipe), sink, std::move(paths)).browse();
}

}  // namespace gristmill::browse
