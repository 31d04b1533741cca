#include "generate/form.h"

#include <gtest/gtest.h>

namespace gristmill::generate {
namespace {

using namespace std::string_literals;

std::string file_of(Form form) {
  std::string file;
  append_record(form, R"({"a":[1,"}\","],"b":{}})", true, false, file);
  append_record(form, R"({})", false, true, file);
  return file;
}

TEST(Form, RecordsOneBesideTheOther) {
  EXPECT_EQ(file_of(Form::lines), "{\"a\":[1,\"}\\\",\"],\"b\":{}}\n{}\n");
  EXPECT_EQ(file_of(Form::array), "[{\"a\":[1,\"}\\\",\"],\"b\":{}},\n{}]\n");
  EXPECT_EQ(file_of(Form::glued), "{\"a\":[1,\"}\\\",\"],\"b\":{}}{}");
  EXPECT_EQ(file_of(Form::sequence), "\x1E{\"a\":[1,\"}\\\",\"],\"b\":{}}\n\x1E{}\n");
  EXPECT_EQ(file_of(Form::wrapped),
            "{\"topic\":\"app\",\"payload\":{\"a\":[1,\"}\\\",\"],\"b\":{}}}\n{\"topic\":\"app\",\"payload\":{}}\n");
}

TEST(Form, PrettyPrintedOutsideStringsOnly) {
  EXPECT_EQ(file_of(Form::pretty), "{\n \"a\":[\n  1,\n  \"}\\\",\"\n ],\n \"b\":{\n  \n }\n}\n{\n \n}\n");
}

TEST(Form, Utf16WithAMarkAtItsBeginning) {
  std::string file;
  append_record(Form::utf16, "\xC3\xA9", true, false, file);
  append_record(Form::utf16, "\xF0\x9F\x98\x80\xFF", false, true, file);
  EXPECT_EQ(file, "\xFF\xFE\xE9\0\n\0\x3D\xD8\x00\xDE\xFD\xFF\n\0"s);
}

TEST(Form, Names) {
  for (std::size_t i = 0; i < form_names.size(); ++i) EXPECT_EQ(form_named(form_names[i]), static_cast<Form>(i));
  EXPECT_EQ(form_named("Array"), std::nullopt);
}

}  // namespace
}  // namespace gristmill::generate
