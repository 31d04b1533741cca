// Each engine has a file of its own for its dialect; here one is chosen. Tested in statements_test.cc, and in the
// engines by tests/programs/test_ddl.py and tests/spark/test_spark_ddl.py.
#include <filesystem>

#include "ddl/columns.h"

namespace gristmill::ddl {

Result<SqlText> table_statements(const QueryableOutput& output, const TablesWanted& wanted) {
  switch (wanted.engine) {
    case SqlEngine::athena: return athena_statements(output, wanted);
    case SqlEngine::duckdb: return duckdb_statements(output, wanted);
    case SqlEngine::spark: return spark_statements(output, wanted);
  }
  return Error::internal("no such engine");
}

std::string plain_location(std::string_view given, std::string_view working_directory) {
  std::string text(given);
  for (const std::string_view scheme : {"s3a://", "s3n://"}) {
    if (text.starts_with(scheme)) text = "s3://" + text.substr(scheme.size());
  }
  if (text.starts_with("file:///")) text = text.substr(7);
  if (!text.empty() && text.find("://") == std::string::npos) {
    text = (std::filesystem::path(working_directory) / text).lexically_normal().string();
  }
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace gristmill::ddl
