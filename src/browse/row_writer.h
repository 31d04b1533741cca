// Rows of an output in the form that was asked for: a table for people, CSV, or the JSON Lines that they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "browse/browse.h"

namespace gristmill::browse {

class RowWriter {
 public:
  // `columns`: of CSV; a table has those of its rows.
  RowWriter(const BrowseQuery& query, std::vector<std::string> columns, const BrowseSink& sink);

  // `row`: a proved JSON object. False: nobody reads any more.
  [[nodiscard]] Result<bool> add(std::string_view row);
  [[nodiscard]] Result<bool> flush();
  std::uint64_t rows() const { return rows_; }

 private:
  const BrowseQuery& query_;
  std::vector<std::string> columns_;
  const BrowseSink& sink_;
  std::string pending_;
  std::uint64_t rows_ = 0;
};

// How many rows are to be written: what was asked for, else 20 of a table and all of another form.
std::uint64_t row_limit(const BrowseQuery& query);
// The note of a table that was cut.
BrowseNote first_rows_note(std::uint64_t rows);

}  // namespace gristmill::browse
