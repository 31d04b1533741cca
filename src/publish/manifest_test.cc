#include "publish/manifest.h"
#include "storage/hash.h"

#include <gtest/gtest.h>

#include <random>

#include "publish/publication_testing.h"

namespace gristmill::publish {
namespace {

using testing::checksum_of;
using testing::read_text;
using testing::TemporaryFolder;
using testing::write_text;

const std::string sum_a = "00112233445566778899aabbccddeeff";

class ManifestTest : public ::testing::Test {
 protected:
  // The paths in the manifest, or the error.
  Result<std::vector<std::string>> read_paths() {
    GM_ASSIGN(ManifestReader reader, ManifestReader::open(*storage_, path_));
    std::vector<std::string> paths;
    for (;;) {
      GM_ASSIGN(const std::optional<ManifestFile> file, reader.next());
      if (!file) return paths;
      paths.push_back(file->path);
    }
  }

  std::string error_of(const std::string& text) {
    std::filesystem::remove(path_);  // some file systems flush a file that is written over
    write_text(path_, text);
    auto paths = read_paths();
    if (paths.ok()) return "";
    EXPECT_EQ(paths.error().kind, ErrorKind::output);
    EXPECT_EQ(paths.error().file, path_);
    EXPECT_NE(paths.error().message.find("line " + std::to_string(paths.error().line) + ":"), std::string::npos);
    EXPECT_FALSE(paths.error().advice.empty());
    return paths.error().message;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "_manifest.json";
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

TEST_F(ManifestTest, EndsAsItIsWritten) {
  const std::string whole =
      "{\"manifest\":1,\"run_id\":\"r1\",\n\"files\":[\n],\n\"file_count\":0,\"byte_count\":12345678901}\n";
  const auto end_is_whole = [&](const std::string& text) {
    write_text(path_, text);
    auto reader = ManifestReader::open(*storage_, path_);
    return reader.ok() && reader->check_end().ok();
  };
  EXPECT_TRUE(end_is_whole(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(end_is_whole(whole.substr(0, length))) << length;
  }
  EXPECT_FALSE(end_is_whole(whole + "\n"));
}

TEST_F(ManifestTest, NumbersOfLinesAddUp) {
  const auto adds_up = [&](const std::string& header) {
    write_text(path_, "{\"manifest\":1,\"run_id\":\"r1\",\n" + header + "\n\"files\":[\n");
    auto reader = ManifestReader::open(*storage_, path_);
    EXPECT_TRUE(reader.ok());
    return reader.ok() && reader->check_accounting().ok();
  };
  const std::string good = "\"accounting\":{\"a\":{\"lines\":6,\"accepted\":1,\"rejected\":2,\"blank\":3,\"rows\":9}";
  EXPECT_TRUE(adds_up("\"version\":\"1\","));
  EXPECT_TRUE(adds_up(good + ",\"sessions\":1},"));
  for (const char* other :
       {"{\"lines\":7,\"accepted\":1,\"rejected\":2,\"blank\":3}", "{\"lines\":\"x\"}", "{\"lines\":6}"}) {
    EXPECT_FALSE(adds_up(good + ",\"b\":" + other + "},")) << other;
  }
}

TEST_F(ManifestTest, IsTheDocumentedText) {
  auto writer = ManifestWriter::create(*storage_, path_, "r\"1", "\"version\":\"1.0\",\n\"recipe\":{}");
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer->add({"a/b", 512, sum_a, ""}).ok());
  ASSERT_TRUE(writer->add({"a\n\"c", 90, sum_a, sum_a + sum_a}).ok() == false);  // not in order
  ASSERT_TRUE(writer->add({"a/c\n\"", 90, sum_a, sum_a + sum_a}).ok());
  ASSERT_TRUE(writer->finish(true).ok());
  const std::string expected =
      "{\"manifest\":1,\"run_id\":\"r\\\"1\",\n"
      "\"version\":\"1.0\",\n"
      "\"recipe\":{},\n"
      "\"files\":[\n"
      "{\"path\":\"a/b\",\"size\":512,\"xxh3_128\":\"" +
      sum_a +
      "\"},\n"
      "{\"path\":\"a/c\\u000a\\\"\",\"size\":90,\"xxh3_128\":\"" +
      sum_a + "\",\"sha256\":\"" + sum_a + sum_a +
      "\"}\n"
      "],\n"
      "\"file_count\":2,\"byte_count\":602}\n";
  EXPECT_EQ(read_text(path_), expected);
  auto reader = ManifestReader::open(*storage_, path_);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->run_id(), "r\"1");
  auto first = reader->next();
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_EQ((*first)->path, "a/b");
  EXPECT_EQ((*first)->size, 512U);
  EXPECT_EQ((*first)->xxh3_128, sum_a);
  EXPECT_EQ((*first)->sha256, "");
  auto second = reader->next();
  ASSERT_TRUE(second.ok() && second->has_value());
  EXPECT_EQ((*second)->path, "a/c\n\"");
  EXPECT_EQ((*second)->sha256, sum_a + sum_a);
  for (int i = 0; i < 2; ++i) {
    auto end = reader->next();
    EXPECT_TRUE(end.ok() && !end->has_value());
  }
  EXPECT_EQ(reader->checksum(), checksum_of(expected));
  EXPECT_EQ(reader->file_count(), 2U);
  EXPECT_EQ(reader->byte_count(), 602U);
}

TEST_F(ManifestTest, MayListNothing) {
  auto writer = ManifestWriter::create(*storage_, path_, "r1", "");
  ASSERT_TRUE(writer.ok() && writer->finish(false).ok());
  EXPECT_EQ(read_text(path_),
            "{\"manifest\":1,\"run_id\":\"r1\",\n\"files\":[\n],\n\"file_count\":0,\"byte_count\":0}\n");
  auto paths = read_paths();
  ASSERT_TRUE(paths.ok());
  EXPECT_TRUE(paths->empty());
}

TEST_F(ManifestTest, ManyFilesPassThroughSmallBuffers) {
  auto writer = ManifestWriter::create(*storage_, path_, "r1", "\"long\":\"" + std::string(1 << 20, 'x') + "\"");
  ASSERT_TRUE(writer.ok());
  std::vector<std::string> expected;
  for (int i = 100000; i < 120000; ++i) {
    expected.push_back("labels/profile-id=" + std::to_string(i) + "/collections.jsonl");
    ASSERT_TRUE(writer->add({expected.back(), 1, sum_a, ""}).ok());
  }
  ASSERT_TRUE(writer->finish(false).ok());
  auto paths = read_paths();
  ASSERT_TRUE(paths.ok()) << paths.error().message;
  EXPECT_EQ(*paths, expected);
}

TEST_F(ManifestTest, TheWriterRefusesWhatTheReaderWould) {
  auto writer = ManifestWriter::create(*storage_, path_, "r1", "");
  ASSERT_TRUE(writer.ok());
  for (const char* path : {"", "/a", "a/", "a//b", "../a", "a/..", ".", "a/./b", "_manifest.json", "_SUCCESS",
                           "_staging", "_staging/x", "_manifest.json/x", "_SUCCESS/x"}) {
    EXPECT_FALSE(writer->add({path, 1, sum_a, ""}).ok()) << path;
  }
  EXPECT_FALSE(writer->add({std::string("a\0b", 3), 1, sum_a, ""}).ok());
  EXPECT_FALSE(writer->add({"a", 1, "short", ""}).ok());
  EXPECT_FALSE(writer->add({"a", 1, "0011223344556677 899AABBCCDDEEFF", ""}).ok());
  EXPECT_FALSE(writer->add({"a", 1, sum_a, sum_a}).ok());
  EXPECT_TRUE(writer->add({"a", 1, sum_a, ""}).ok());
  EXPECT_FALSE(writer->add({"a", 1, sum_a, ""}).ok());
  EXPECT_TRUE(writer->add({"a/_SUCCESS", 1, sum_a, ""}).ok());
  EXPECT_TRUE(writer->add({"a/..b", 1, sum_a, ""}).ok() == false);  // not in order
  EXPECT_TRUE(writer->add({"b/..b", 1, sum_a, ""}).ok());
  EXPECT_FALSE(ManifestWriter::create(*storage_, folder_ / "other", "r1", "\"a\":1,\n\"files\":[").ok());
}

TEST_F(ManifestTest, BrokenOnesSayWhereAndWhy) {
  const std::string start = "{\"manifest\":1,\"run_id\":\"r1\",\n\"files\":[\n";
  const auto entry = [](const std::string& path) {
    return "{\"path\":\"" + path + "\",\"size\":1,\"xxh3_128\":\"" + sum_a + "\"}";
  };
  const std::string end = "\n],\n\"file_count\":1,\"byte_count\":1}\n";
  ASSERT_EQ(error_of(start + entry("a") + end), "");
  const std::map<std::string, std::string> broken = {
      {"", "at line 1: it does not begin"},
      {"{}", "at line 1: its last line has no end"},
      {"{}\n", "at line 1: it does not begin"},
      {std::string(100, '\0'), "at line 1"},
      {std::string(200000, 'x'), "at line 1: the line is too long"},
      {"{\"manifest\":0,\"run_id\":\"r1\",\n", "at line 1: it does not begin"},
      {"{\"manifest\":1,\"run_id\":\"r1\",\n\"x\":1,\n", "at line 3: it ends before its list"},
      {start, "at line 3: it ends within its list"},
      {start + entry("a") + "\n", "at line 4: it ends within its list"},
      {start + entry("a") + "\n],\n", "at line 5: the counts"},
      {start + entry("a") + "\n],\n\"file_count\":2,\"byte_count\":1}\n", "at line 5: the counts"},
      {start + entry("a") + ",\n],\n\"file_count\":1,\"byte_count\":1}\n", "at line 4: a comma stands"},
      {start + entry("a") + "\n" + entry("b") + end, "at line 4: a comma is missing"},
      {start + entry("b") + ",\n" + entry("a") + end, "at line 4: the files are not in order"},
      {start + entry("a") + ",\n" + entry("a") + end, "at line 4: the files are not in order"},
      {start + entry("../a") + end, "at line 3: the path may lead out"},
      {start + entry("/etc/passwd") + end, "at line 3: the path may lead out"},
      {start + entry("a\\u0000") + end, "at line 3: the path may lead out"},
      {start + entry("_staging/lock") + end, "at line 3: the path may lead out"},
      {start + entry("\\u0061") + end, "at line 3: this is no entry"},
      {start + entry("a\\") + end, "at line 3: this is no entry"},
      {start + entry("a\tb") + end, "at line 3: this is no entry"},
      {start + " " + entry("a") + end, "at line 3: this is no entry"},
      {start + "{\"path\":\"a\",\"size\":01,\"xxh3_128\":\"" + sum_a + "\"}" + end, "at line 3: this is no entry"},
      {start + "{\"path\":\"a\",\"size\":99999999999999999999,\"xxh3_128\":\"" + sum_a + "\"}" + end,
       "at line 3: this is no entry"},
      {start + "{\"path\":\"a\",\"size\":1,\"path\":\"b\",\"xxh3_128\":\"" + sum_a + "\"}" + end,
       "at line 3: this is no entry"},
      {start + entry(std::string(70000, 'a')) + end, "at line 3: the line is too long"},
      {start + entry("a") + end + "{}\n", "at line 6: something follows"},
      {start + entry("a") + end.substr(0, end.size() - 1), "at line 5: its last line has no end"},
  };
  for (const auto& [text, expected] : broken) {
    EXPECT_NE(error_of(text).find(expected), std::string::npos) << expected << "\ngot: " << error_of(text);
  }
}

// Whatever bytes come, the reader ends with a list or an error (run under the sanitizers), and a list
// only for what a writer could have written.
TEST_F(ManifestTest, ANewerOneIsNotCalledBroken) {
  write_text(path_, "{\"manifest\":3,\"run\":7}\n");
  const auto paths = read_paths();
  ASSERT_FALSE(paths.ok());
  EXPECT_EQ(paths.error().kind, ErrorKind::output);
  EXPECT_NE(paths.error().message.find("has the number 3: a newer gristmill wrote this output"), std::string::npos)
      << paths.error().message;
}

TEST_F(ManifestTest, DamageNeverPassesForWhole) {
  auto writer = ManifestWriter::create(*storage_, path_, "r1", "\"version\":\"1.0\"");
  ASSERT_TRUE(writer.ok());
  for (int i = 10; i < 40; ++i) ASSERT_TRUE(writer->add({"a/" + std::to_string(i), 7, sum_a, ""}).ok());
  ASSERT_TRUE(writer->finish(false).ok());
  const std::string whole = read_text(path_);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(error_of(whole.substr(0, length)), "") << length;
  }
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = whole;
    const std::size_t place = random() % whole.size();
    damaged[place] = static_cast<char>(random());
    if (random() % 2 == 0) damaged.erase(random() % whole.size(), random() % 5);
    static_cast<void>(error_of(damaged));
  }
}

TEST_F(ManifestTest, AMissingManifestIsAnErrorOfTheOutput) {
  const auto reader = ManifestReader::open(*storage_, folder_ / "nothing");
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().kind, ErrorKind::output);
}

// The second value is from the Python package xxhash.
TEST(Checksum, IsXxh3InCanonicalForm) {
  EXPECT_EQ(checksum_of(""), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(checksum_of("gristmill\n"), "ac690e3713276f0ed056bc4db6eab5ae");
  storage::StreamHash parts;
  parts.update("grist");
  static_cast<void>(parts.digest().hex());
  parts.update("mill\n");
  EXPECT_EQ(parts.digest().hex(), checksum_of("gristmill\n"));
}

}  // namespace
}  // namespace gristmill::publish
