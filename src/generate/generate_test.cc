#include "generate/generate.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "source/inflate.h"
#include "storage/faulty.h"
#include "storage/temporary_folder_testing.h"

namespace gristmill::generate {
namespace {

using testing::read_text;
using testing::read_tree;
using testing::TemporaryFolder;
using testing::write_text;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string decompressed(const std::string& stored, source::Compression compression) {
  source::InputFile file;
  const auto inflater = source::make_inflater(file, compression, 128U << 20);
  std::string text;
  const auto take = [&](std::string_view piece) -> Status {
    text.append(piece);
    return {};
  };
  EXPECT_TRUE(inflater->feed(stored, take).ok());
  EXPECT_TRUE(inflater->finish(take).ok());
  return text;
}

class GenerateTest : public ::testing::Test {
 protected:
  GenerateTest() {
    options_.output = folder_ / "data";
    options_.shape.profiles = 100;
    options_.threads = 2;
  }

  // The files that these options make.
  std::map<std::string, std::string> generated(const GenerateOptions& options) {
    std::filesystem::remove_all(options.output);
    const Result<GenerateReport> report = generate(*storage_, options, nullptr);
    EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().message);
    if (report.ok()) report_ = *report;
    return read_tree(options.output);
  }

  Error error_of(const GenerateOptions& options) {
    const Result<GenerateReport> report = generate(*storage_, options, nullptr);
    EXPECT_FALSE(report.ok());
    return report.ok() ? Error{} : report.error();
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
  GenerateOptions options_;
  GenerateReport report_;
};

TEST_F(GenerateTest, WritesWhatItReports) {
  const auto files = generated(options_);
  ASSERT_EQ(files.size(), 2U);
  for (std::size_t i = 0; i < dataset_count; ++i) {
    const std::string& text = files.at(std::string(dataset_names[i]) + "/part-00000.jsonl");
    EXPECT_EQ(report_.datasets[i].bytes, text.size());
    EXPECT_EQ(report_.datasets[i].stored_bytes, text.size());
    EXPECT_EQ(report_.datasets[i].lines, 5000U);
    EXPECT_EQ(lines_of(text).size(), 5000U);
  }
}

TEST_F(GenerateTest, ThreadsChangeNothing) {
  options_.shape.behaviours = 20;
  options_.anomalies = {{"repairs", 0.2}, {"rejections", 0.2}, {"repeated_line", 0.1}};
  for (const source::Compression compression :
       {source::Compression::none, source::Compression::gzip, source::Compression::zstandard}) {
    options_.compression = compression;
    options_.files = 3;
    options_.threads = 1;
    const auto expected = generated(options_);
    const auto counts = report_.datasets[0].anomalies;
    for (const std::uint32_t threads : {2U, 3U, 8U}) {
      options_.threads = threads;
      EXPECT_EQ(generated(options_), expected) << threads;
      EXPECT_EQ(report_.datasets[0].anomalies, counts);
    }
  }
}

TEST_F(GenerateTest, CompressionChangesNoLine) {
  options_.files = 2;
  const auto plain = generated(options_);
  for (const source::Compression compression : {source::Compression::gzip, source::Compression::zstandard}) {
    options_.compression = compression;
    const auto stored = generated(options_);
    const std::string ending = compression == source::Compression::gzip ? ".gz" : ".zst";
    ASSERT_EQ(stored.size(), plain.size());
    std::uint64_t bytes = 0;
    for (const auto& [name, text] : plain) {
      ASSERT_TRUE(stored.contains(name + ending)) << name;
      EXPECT_EQ(decompressed(stored.at(name + ending), compression), text) << name;
      bytes += stored.at(name + ending).size();
    }
    EXPECT_EQ(report_.datasets[0].stored_bytes + report_.datasets[1].stored_bytes, bytes);
  }
}

TEST_F(GenerateTest, FilesHoldTheSameLinesAndEachHoldsAllProfiles) {
  const auto whole = lines_of(generated(options_).at("collections/part-00000.jsonl"));
  options_.files = 7;
  std::multiset<std::string> dealt;
  const auto files = generated(options_);
  ASSERT_EQ(files.size(), 14U);
  for (const auto& [name, text] : files) {
    if (!name.starts_with("collections/")) continue;
    std::set<std::string> profiles;
    for (const std::string& line : lines_of(text)) {
      dealt.insert(line);
      profiles.insert(line.substr(27, 36));
    }
    EXPECT_EQ(profiles.size(), options_.shape.profiles) << name;
  }
  EXPECT_EQ(dealt, (std::multiset<std::string>(whole.begin(), whole.end())));
}

TEST_F(GenerateTest, LinesAreNotGroupedByProfile) {
  const auto lines = lines_of(generated(options_).at("collections/part-00000.jsonl"));
  int same = 0;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].substr(27, 36) == lines[i - 1].substr(27, 36)) ++same;
  }
  EXPECT_LT(same, 200);  // 50 expected of 5,000 lines of 100 profiles
}

TEST_F(GenerateTest, SpacedIsTheSameDataWithSpaces) {
  const auto compact = generated(options_);
  options_.spaced = true;
  for (auto [name, text] : generated(options_)) {
    EXPECT_NE(text, compact.at(name));
    std::erase(text, ' ');
    EXPECT_EQ(text, compact.at(name));
  }
}

TEST_F(GenerateTest, RefusesWhatCannotBe) {
  const auto refused = [&](auto change, const char* words) {
    GenerateOptions options = options_;
    change(options);
    const Error error = error_of(options);
    EXPECT_EQ(error.kind, ErrorKind::usage);
    EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
  };
  refused([](GenerateOptions& o) { o.shape.profiles = 0; }, "--profiles is 0");
  refused([](GenerateOptions& o) { o.shape.sessions = 0; }, "--sessions is 0");
  refused([](GenerateOptions& o) { o.shape.collections = 0; }, "--collections is 0");
  refused([](GenerateOptions& o) { o.shape.behaviours = 0; }, "--behaviours is 0");
  refused([](GenerateOptions& o) { o.shape.behaviours = 10'000'000; }, "from 1 to 500000");
  refused([](GenerateOptions& o) { o.files = 0; }, "--files is 0");
  refused([](GenerateOptions& o) { o.files = 5001; }, "has only 5000 lines");
  refused([](GenerateOptions& o) { o.shape.profiles = o.shape.sessions = 1'000'000'000; }, "more than");
  refused(
      [](GenerateOptions& o) {
        o.anomalies = {{"line_too_long", 0.1}};
        o.line_limit = 100;
      },
      "--line-limit is 100");
  EXPECT_FALSE(std::filesystem::exists(options_.output));
}

TEST_F(GenerateTest, ReplacesOnlyWhatWasGeneratedAndOnlyByForce) {
  options_.files = 3;
  generated(options_);
  write_text(folder_ / "data/notes.txt", "mine");
  options_.files = 1;
  const Error error = error_of(options_);
  EXPECT_EQ(error.kind, ErrorKind::output);
  EXPECT_NE(error.message.find("is not empty"), std::string::npos) << error.message;
  EXPECT_EQ(read_tree(options_.output).size(), 7U);
  options_.force = true;
  ASSERT_TRUE(generate(*storage_, options_, nullptr).ok());
  EXPECT_EQ(read_tree(options_.output).size(), 3U);
  EXPECT_EQ(read_text(folder_ / "data/notes.txt"), "mine");
}

TEST_F(GenerateTest, ForceKeepsWhatOthersWrote) {
  options_.force = true;
  for (const char* name : {"collections/real.jsonl", "predictions/profile-id=a/part-00000.jsonl",
                           "collections/part-1.jsonl", "predictions/part-00000.jsonl.bak"}) {
    write_text(options_.output + "/" + name, "mine");
    write_text(options_.output + "/collections/part-00000.jsonl", "old");
    const Error error = error_of(options_);
    EXPECT_EQ(error.kind, ErrorKind::output);
    EXPECT_NE(error.message.find("was not generated"), std::string::npos) << error.message;
    EXPECT_EQ(read_tree(options_.output).size(), 2U);
    std::filesystem::remove_all(options_.output);
  }
  write_text(options_.output, "a file");
  EXPECT_EQ(error_of(options_).kind, ErrorKind::output);
  EXPECT_EQ(read_text(options_.output), "a file");
}

// Every operation fails once: the error is told, and half a data set is not left behind.
TEST_F(GenerateTest, LeavesNothingBehindAfterAnError) {
  options_.files = 2;
  options_.shape.profiles = 20;
  storage::FaultPlan plan;
  std::shared_ptr<storage::FaultLog> log;
  ASSERT_TRUE(generate(*storage::make_faulty_storage(*storage_, plan, &log), options_, nullptr).ok());
  const auto all = log->operations();
  ASSERT_GT(all.size(), 12U);
  std::filesystem::remove_all(options_.output);
  for (std::uint64_t at = 1; at <= all.size(); ++at) {
    plan.action = storage::FaultPlan::Action::error;
    plan.at = at;
    plan.error_number = ENOSPC;
    const auto faulty = storage::make_faulty_storage(*storage_, plan);
    const auto report = generate(*faulty, options_, nullptr);
    ASSERT_FALSE(report.ok()) << all[at - 1];
    EXPECT_TRUE(report.error().kind == ErrorKind::output || report.error().kind == ErrorKind::input);
    EXPECT_FALSE(std::filesystem::exists(options_.output)) << all[at - 1];
  }
}

TEST_F(GenerateTest, LeavesNothingBehindWhenInterrupted) {
  const std::atomic<bool> interrupted{true};
  std::filesystem::create_directory(options_.output);
  const auto report = generate(*storage_, options_, &interrupted);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::interrupted);
  EXPECT_TRUE(std::filesystem::exists(options_.output));  // the empty folder was there before
  EXPECT_TRUE(std::filesystem::is_empty(options_.output));
}

TEST_F(GenerateTest, LineTooLongIsOneByteTooLong) {
  options_.anomalies = {{"line_too_long", 0.5}};
  options_.line_limit = 8000;
  std::uint64_t longer = 0;
  for (const auto& [name, text] : generated(options_)) {
    for (const std::string& line : lines_of(text)) {
      if (line.size() > options_.line_limit) {
        ++longer;
        EXPECT_EQ(line.size(), options_.line_limit + 1);
      }
    }
  }
  const auto index = generate::Anomaly(Reason::line_too_long).index();
  EXPECT_EQ(longer, report_.datasets[0].anomalies[index] + report_.datasets[1].anomalies[index]);
  EXPECT_GT(longer, 4000U);
}

}  // namespace
}  // namespace gristmill::generate
