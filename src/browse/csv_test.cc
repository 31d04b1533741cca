#include "browse/csv.h"

#include <gtest/gtest.h>

namespace gristmill::browse {
namespace {

TEST(Csv, QuotesWhatMustBeQuoted) {
  std::string text;
  CsvRecord record(text);
  for (const char* field : {"plain", "a,b", "say \"so\"", "two\nlines", "cr\r", " space", "", "=1+1"})
    record.add(field);
  record.add_absent();
  record.add("é");
  record.end();
  EXPECT_EQ(text, "plain,\"a,b\",\"say \"\"so\"\"\",\"two\nlines\",\"cr\r\",\" space\",\"\",=1+1,,é\r\n");
}

TEST(Csv, AbsentFirstField) {
  std::string text;
  CsvRecord record(text);
  record.add_absent();
  record.add_absent();
  record.end();
  EXPECT_EQ(text, ",\r\n");
}

}  // namespace
}  // namespace gristmill::browse
