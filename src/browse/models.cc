// Rows come from aggregated-models, which is there as Parquet alone. Tested by tests/programs/test_show.py.
#include <algorithm>

#include "browse/browse.h"
#include "browse/json_lines.h"
#include "browse/row_writer.h"
#include "json/json_text.h"
#include "session/parquet_reader.h"
#include "session/session_table.h"

namespace gristmill::browse {
namespace {

std::string json_of(const std::vector<std::string>& columns, const std::vector<session::Cell>& cells) {
  std::string row = "{";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) row.push_back(',');
    json::append_json_string(columns[i], row);
    row.push_back(':');
    session::append_cell_json(cells[i], row);
  }
  return row + "}";
}

}  // namespace

Result<BrowseNote> browse_models(Storage& storage, const std::string& folder, const BrowseQuery& query,
                                 const BrowseSink& sink) {
  const std::string path = folder + "/aggregated-models/data.parquet";
  GM_ASSIGN(const std::unique_ptr<ReadableFile> file, storage.open(path));
  GM_ASSIGN(const std::unique_ptr<session::ParquetReader> reader, session::open_parquet(*file, path));
  const std::vector<std::string> columns = reader->columns();
  const auto is_named = [](const std::string& name, const session::ParquetColumn& column) {
    return name == column.name;
  };
  const std::vector<session::ParquetColumn>& wanted = session::model_columns();
  if (!std::equal(columns.begin(), columns.end(), wanted.begin(), wanted.end(), is_named))
    return not_as_written(path, "it has other columns");
  RowWriter writer(query, columns, sink);
  const std::uint64_t limit = row_limit(query);
  BrowseNote note;
  std::string row;
  GM_RETURN_IF_ERROR(reader->for_each_row(query.profile, [&](const std::vector<session::Cell>& cells) -> Result<bool> {
    if (query.session && cells[1] != session::Cell(std::string_view(*query.session))) return true;
    if (writer.rows() == limit) {
      note = first_rows_note(limit);
      return false;
    }
    row = json_of(columns, cells);
    const std::size_t size = row.size();
    row.append(json::text_padding, '\0');
    return writer.add({row.data(), size});
  }));
  GM_ASSIGN(const bool read, writer.flush());
  if (writer.rows() == 0 && (query.profile || query.session)) {
    std::string of = query.profile ? "profile '" + *query.profile + "'" : "";
    if (query.session) of += (of.empty() ? "session '" : ", session '") + *query.session + "'";
    return Error::usage("no model said anything of " + of, "'gristmill show OUT models --limit 0' shows all of them");
  }
  if (!read || query.format != BrowseFormat::table) return BrowseNote();
  return writer.rows() == 0 ? BrowseNote("no models") : note;
}

}  // namespace gristmill::browse
