// The rows of one profile: its one file is opened, or its parts, and nothing else. CSV needs all names before the
// first row, so that its rows are read twice. Tested by tests/programs/test_show.py.
#include <algorithm>
#include <set>

#include "browse/browse.h"
#include "browse/json_lines.h"
#include "browse/row_writer.h"
#include "json/json_text.h"
#include "record/hive_name.h"

namespace gristmill::browse {
namespace {

constexpr std::size_t most_columns = 10'000;

// A profile's rows, of one session where one is asked for.
class PartitionRows {
 public:
  PartitionRows(Storage& storage, const std::vector<std::string>& parts, const BrowseQuery& query)
      : rows_(storage, parts), query_(query) {}
  Result<bool> next() {
    for (;;) {
      GM_ASSIGN(const bool found, rows_.next());
      if (!found) return false;
      if (!query_.session || plain_text(member(rows_.line(), "session_id")) == *query_.session) return true;
    }
  }
  std::string_view row() const { return rows_.line(); }

 private:
  JsonLines rows_;
  const BrowseQuery& query_;
};

// The names of the fields of the rows that will be written, as they are met.
Result<std::vector<std::string>> columns_of(Storage& storage, const std::vector<std::string>& parts,
                                            const BrowseQuery& query) {
  std::vector<std::string> columns;
  if (query.format != BrowseFormat::csv) return columns;
  std::set<std::string, std::less<>> seen;
  PartitionRows rows(storage, parts, query);
  std::string text;
  for (std::uint64_t left = row_limit(query); left > 0; --left) {
    GM_ASSIGN(const bool found, rows.next());
    if (!found) break;
    for (json::ObjectWalk walk(rows.row().begin()); walk.next();) {
      const std::string_view name = json::unescaped(walk.key, text);
      if (seen.contains(name) || columns.size() == most_columns) continue;
      columns.emplace_back(name);
      seen.emplace(name);
    }
  }
  return columns;
}

// The files of a profile's rows, in order; none if there is no such profile.
Result<std::vector<std::string>> parts_of(Storage& storage, const std::string& folder, std::string_view stem) {
  std::vector<std::string> parts;
  GM_ASSIGN(const std::optional<FileInfo> there, storage.stat(folder));
  if (!there) return parts;
  GM_ASSIGN(const std::vector<FileInfo> found, storage.list(folder));
  for (const FileInfo& file : found) {
    if (is_rows_file(file.name, stem)) parts.push_back(folder + "/" + file.name);
  }
  std::sort(parts.begin(), parts.end());
  return parts;
}

Result<BrowseNote> browse_partition(Storage& storage, const std::string& folder, const char* view, const char* stem,
                                    const BrowseQuery& query, const BrowseSink& sink) {
  if (!query.profile) {
    return Error::usage(std::string(view) + " lie in a file for each profile, and no --profile is given",
                        "name one with --profile ID ('' for the rows without one); 'gristmill show OUT' shows whose "
                        "sessions there are");
  }
  const std::string partition = folder + "/" + view + "/" + record::partition_name(*query.profile);
  std::vector<std::string> parts;
  if (record::partition_name_length(*query.profile) <= record::partition_name_limit) {
    GM_ASSIGN(parts, parts_of(storage, partition, stem));
  }
  if (parts.empty()) {
    return Error::usage(
        "profile '" + *query.profile + "' has no " + view + ": there is no '" + partition + "/" + stem + ".jsonl'",
        "'gristmill show OUT' shows whose sessions there are");
  }
  GM_ASSIGN(std::vector<std::string> columns, columns_of(storage, parts, query));
  const std::size_t fields = columns.size();
  RowWriter writer(query, std::move(columns), sink);
  PartitionRows rows(storage, parts, query);
  const std::uint64_t limit = row_limit(query);
  BrowseNote note;
  for (;;) {
    GM_ASSIGN(const bool more, rows.next());
    if (!more) break;
    if (writer.rows() == limit) {
      note = first_rows_note(limit);
      break;
    }
    GM_ASSIGN(const bool read, writer.add(rows.row()));
    if (!read) return BrowseNote();
  }
  if (writer.rows() == 0 && query.session) {
    return Error::usage("profile '" + *query.profile + "' has no " + view + " of session '" + *query.session + "'",
                        "leave --session out to see those of all its sessions");
  }
  GM_RETURN_IF_ERROR(writer.flush());
  if (fields == most_columns) return "only the first " + std::to_string(most_columns) + " fields are columns";
  return query.format == BrowseFormat::table ? note : BrowseNote();
}

}  // namespace

bool is_rows_file(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem) || !name.ends_with(".jsonl")) return false;
  const std::string_view batches =
      name.substr(stem.size(), name.size() - stem.size() - std::string_view(".jsonl").size());
  return batches.empty() || (batches.size() > 1 && batches.find_first_not_of("0123456789-") == std::string_view::npos &&
                             batches[0] == '-');
}

Result<BrowseNote> browse_labels(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                 const BrowseSink& sink) {
  return browse_partition(storage, folder, "labels", "collections", query, sink);
}

Result<BrowseNote> browse_predictions(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                      const BrowseSink& sink) {
  return browse_partition(storage, folder, "predictions", "predictions", query, sink);
}

}  // namespace gristmill::browse
