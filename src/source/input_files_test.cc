#include "source/input_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "storage/temporary_folder_testing.h"

namespace gristmill::source {
namespace {

using testing::TemporaryFolder;
using testing::write_text;
using Names = std::vector<std::string>;

// --- Listing ---

class InputFilesTest : public ::testing::Test {
 protected:
  void make(const Names& names) {
    for (const std::string& name : names) write_text(folder_ / name, name);
  }

  Result<InputListing> list(const Names& collections, const Names& predictions = {}) {
    Recipe recipe;
    recipe.collections = collections;
    recipe.predictions = predictions;
    return list_input_files(*storage_, recipe);
  }
  // The names, or what is wrong.
  Names names(const Names& collections) {
    const auto files = list(collections);
    if (!files.ok()) return {files.error().message};
    Names result;
    for (const InputFile& file : files->files) result.push_back(file.name);
    return result;
  }
  Error error_of(const Names& collections, const Names& predictions = {}) {
    const auto files = list(collections, predictions);
    EXPECT_FALSE(files.ok());
    return files.ok() ? Error{} : files.error();
  }

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

TEST_F(InputFilesTest, ASingleFileHasItsBaseName) {
  make({"x/data.txt"});
  const auto files = list({folder_ / "x/data.txt"});
  ASSERT_TRUE(files.ok());
  ASSERT_EQ(files->files.size(), 1U);
  const InputFile& file = files->files[0];
  EXPECT_EQ(file.name, "data.txt");
  EXPECT_EQ(file.path, folder_ / "x/data.txt");
  EXPECT_EQ(file.size, 10U);
  EXPECT_EQ(file.dataset, Dataset::collections);
  EXPECT_EQ(file.named, Compression::none);
  EXPECT_EQ(file.identity, (*storage_->stat(folder_ / "x/data.txt"))->identity);
}

TEST_F(InputFilesTest, AFolderGivesItsDataFilesInBytewiseOrder) {
  make({"b.jsonl", "a.ndjson", "a/z.json", "a.jsonl.gz", "a.json.zst", "Z.jsonl", "a-b.jsonl", "\xC3\xA9.jsonl",
        "b/c/d/e.jsonl", "a.jsonl"});
  const Names expected = {"Z.jsonl",  "a-b.jsonl", "a.json.zst", "a.jsonl",       "a.jsonl.gz",
                          "a.ndjson", "a/z.json",  "b.jsonl",    "b/c/d/e.jsonl", "\xC3\xA9.jsonl"};
  EXPECT_EQ(names({folder_.path()}), expected);
  EXPECT_EQ(names({folder_.path() + "/"}), expected);
}

TEST_F(InputFilesTest, AFolderSkipsHiddenNamesAndOtherKinds) {
  make({"ok.jsonl", "_a.jsonl", ".b.jsonl", "_x/c.jsonl", ".y/d.jsonl", "x/_e.jsonl", "f.txt", "g.jsonl.bz2",
        "h.json.tmp", "jsonl", ".jsonl", "i.csv.gz", "j.gz", "k.jsonl.gz.gz", "l.JSONL", "m.jsonl.zst", "ok/n_.jsonl"});
  EXPECT_EQ(names({folder_.path()}), (Names{"m.jsonl.zst", "ok.jsonl", "ok/n_.jsonl"}));
}

TEST_F(InputFilesTest, ANamedFolderMayItselfBeHidden) {
  make({"_hidden/a.jsonl"});
  EXPECT_EQ(names({folder_ / "_hidden"}), Names{"a.jsonl"});
}

TEST_F(InputFilesTest, ANameMaySayHowAFileIsCompressed) {
  make({"a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "b.gz"});
  const auto files = list({folder_ / "*"});
  ASSERT_TRUE(files.ok());
  ASSERT_EQ(files->files.size(), 4U);
  EXPECT_EQ(files->files[0].named, Compression::none);
  EXPECT_EQ(files->files[1].named, Compression::gzip);
  EXPECT_EQ(files->files[2].named, Compression::zstandard);
  EXPECT_EQ(files->files[3].named, Compression::gzip);
}

TEST_F(InputFilesTest, WhatFoldersHoldBesideIsPassedOver) {
  make({"a/ok.jsonl", "a/n.txt", "a/_old/x.jsonl", "a/_old/y/z", "a/.part.json", "a/q.JSON", "b/c.jsonl", "b/a.csv"});
  const auto listing = list({folder_ / "a", folder_ / "b", folder_ / "a/*.jsonl"}, {folder_ / "b"});
  ASSERT_TRUE(listing.ok());
  EXPECT_EQ(listing->passed_over[0].files, 6U);
  EXPECT_EQ(listing->passed_over[0].names,
            (Names{".part.json", "_old/x.jsonl", "_old/y/z", "n.txt", "q.JSON", "a.csv"}));
  EXPECT_EQ(listing->passed_over[1].files, 1U);
  const auto nested = list({folder_ / "a", folder_ / "a/_old", folder_ / "a/n.txt"});
  ASSERT_TRUE(nested.ok());
  EXPECT_EQ(nested->passed_over[0].names, (Names{".part.json", "_old/y/z", "q.JSON"})) << "once, and none that is read";
  for (int i = 10; i < 30; ++i) make({"c/" + std::to_string(i)});
  make({"c/x.jsonl"});
  const auto many = list({folder_ / "c"});
  ASSERT_TRUE(many.ok());
  EXPECT_EQ(many->passed_over[0].files, 20U);
  EXPECT_EQ(many->passed_over[0].names.size(), 10U);
  EXPECT_EQ(many->passed_over[0].names.back(), "19");
}

TEST_F(InputFilesTest, AFolderWithNothingToReadSaysWhatItHas) {
  make({"a/n.txt", "a/_x.jsonl"});
  const Error error = error_of({folder_ / "a"});
  EXPECT_EQ(error.kind, ErrorKind::no_input);
  EXPECT_TRUE(error.message.ends_with(": 2 files passed over (_x.jsonl, n.txt)")) << error.message;
}

TEST_F(InputFilesTest, NamesThatTwoArgumentsGive) {
  make({"a/x.jsonl", "a/y.jsonl", "b/x.jsonl", "b/z.jsonl", "c/a/x.jsonl", "d/a.jsonl"});
  EXPECT_EQ(names({folder_ / "a", folder_ / "b"}), (Names{"a/x.jsonl", "y.jsonl", "b/x.jsonl", "z.jsonl"}));
  EXPECT_EQ(names({folder_ / "a/", folder_ / "b/x.jsonl"}), (Names{"a/x.jsonl", "y.jsonl", "b/x.jsonl"}));
  EXPECT_EQ(names({folder_ / "b/*.jsonl", folder_ / "a/x.jsonl"}), (Names{"b/x.jsonl", "z.jsonl", "a/x.jsonl"}));
  // The last component is the same: the argument's position tells them apart.
  EXPECT_EQ(names({folder_ / "a", folder_ / "c/a"}), (Names{"1:x.jsonl", "y.jsonl", "2:x.jsonl"}));
  // A name that was not touched is what another one becomes.
  EXPECT_EQ(names({folder_ / "a", folder_ / "b", folder_ / "c"}),
            (Names{"1:x.jsonl", "y.jsonl", "b/x.jsonl", "z.jsonl", "3:a/x.jsonl"}));
  const auto both = list({folder_ / "a"}, {folder_ / "b"});
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both->files.back().name, "z.jsonl");
  EXPECT_EQ(both->files.front().name, "x.jsonl") << "of another data set, the same name is no other's";
}

TEST_F(InputFilesTest, AGlobTakesWhatItMatches) {
  make({"in/a.jsonl", "in/b.txt", "in/_c.jsonl", "in/.d.jsonl", "in/x/e.jsonl", "in/x/y/f.jsonl", "in/.z/g.jsonl",
        "other.jsonl"});
  EXPECT_EQ(names({folder_ / "in/*"}), (Names{"_c.jsonl", "a.jsonl", "b.txt"}));
  EXPECT_EQ(names({folder_ / "in/**/*.jsonl"}), (Names{"_c.jsonl", "a.jsonl", "x/e.jsonl", "x/y/f.jsonl"}));
  EXPECT_EQ(names({folder_ / "in/.*"}), Names{".d.jsonl"});
  EXPECT_EQ(names({folder_ / "in/.z/*"}), Names{"g.jsonl"});
  EXPECT_EQ(names({folder_ / "in/?/*"}), Names{"x/e.jsonl"});
  EXPECT_EQ(names({folder_ / "i*/x/*"}), Names{"in/x/e.jsonl"});
  EXPECT_EQ(names({folder_ / "in/[ab].*"}), (Names{"a.jsonl", "b.txt"}));
}

TEST_F(InputFilesTest, TheFixedPartOfAGlobEndsAtTheLastSlashBeforeAWildcard) {
  make({"in/part-1/a.jsonl", "in/part-2/a.jsonl"});
  EXPECT_EQ(names({folder_ / "in/part-*/a.jsonl"}), (Names{"part-1/a.jsonl", "part-2/a.jsonl"}));
  EXPECT_EQ(names({folder_ / "in/part-1/*"}), Names{"a.jsonl"});
  EXPECT_EQ(names({folder_ / "**/a.jsonl"}), (Names{"in/part-1/a.jsonl", "in/part-2/a.jsonl"}));
}

TEST_F(InputFilesTest, RelativePathsStartAtTheWorkingDirectory) {
  make({"in/a.jsonl", "b.jsonl"});
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  EXPECT_EQ(names({"in"}), Names{"a.jsonl"});
  EXPECT_EQ(names({"b.jsonl"}), Names{"b.jsonl"});
  EXPECT_EQ(names({"*"}), Names{"b.jsonl"});
  EXPECT_EQ(names({"*/*"}), Names{"in/a.jsonl"});
  EXPECT_EQ(names({"."}), (Names{"b.jsonl", "in/a.jsonl"}));
  std::filesystem::current_path(before);
}

TEST_F(InputFilesTest, AFileWithWildcardsInItsNameIsThatFile) {
  make({"a[1].jsonl", "a1.jsonl", "b*.jsonl", "bc.jsonl"});
  EXPECT_EQ(names({folder_ / "a[1].jsonl"}), Names{"a[1].jsonl"});
  EXPECT_EQ(names({folder_ / "b*.jsonl"}), Names{"b*.jsonl"});
}

TEST_F(InputFilesTest, ArgumentsKeepTheirOrderAndCollectionsComeFirst) {
  make({"x/b.jsonl", "x/a.jsonl", "y/a.jsonl", "p.jsonl"});
  const auto files = list({folder_ / "y", folder_ / "x"}, {folder_ / "p.jsonl"});
  ASSERT_TRUE(files.ok());
  ASSERT_EQ(files->files.size(), 4U);
  const char* const paths[] = {"y/a.jsonl", "x/a.jsonl", "x/b.jsonl", "p.jsonl"};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(files->files[i].path, folder_ / paths[i]);
    EXPECT_EQ(files->files[i].dataset, i < 3 ? Dataset::collections : Dataset::predictions);
  }
}

TEST_F(InputFilesTest, AFileMatchedTwiceIsReadOnceAtItsFirstPlace) {
  make({"in/a.jsonl", "in/b.jsonl", "in/c.jsonl"});
  EXPECT_EQ(names({folder_ / "in/b.jsonl", folder_ / "in", folder_ / "in/*", folder_ / "in/../in/c.jsonl"}),
            (Names{"b.jsonl", "a.jsonl", "c.jsonl"}));
}

TEST_F(InputFilesTest, ButBothDatasetsMayReadTheSameFile) {
  make({"a.jsonl"});
  const auto files = list({folder_ / "a.jsonl"}, {folder_ / "a.jsonl"});
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(files->files.size(), 2U);
}

TEST_F(InputFilesTest, SymbolicLinksAreFollowed) {
  make({"real/a.jsonl", "real/sub/b.jsonl", "in/c.jsonl"});
  std::filesystem::create_symlink(folder_ / "real/a.jsonl", folder_ / "in/link.jsonl");
  std::filesystem::create_directory_symlink(folder_ / "real/sub", folder_ / "in/folder");
  EXPECT_EQ(names({folder_ / "in"}), (Names{"c.jsonl", "folder/b.jsonl", "link.jsonl"}));
  EXPECT_EQ(names({folder_ / "in/*"}), (Names{"c.jsonl", "link.jsonl"}));
  EXPECT_EQ(names({folder_ / "in/*/*"}), Names{"folder/b.jsonl"});
  EXPECT_EQ(names({folder_ / "in/link.jsonl"}), Names{"link.jsonl"});
  EXPECT_EQ(names({folder_ / "in/folder"}), Names{"b.jsonl"});
  const auto files = list({folder_ / "in/link.jsonl"});
  EXPECT_EQ(files->files[0].size, 12U);  // the target's, "real/a.jsonl"
}

TEST_F(InputFilesTest, OfTwoNamesOfOneFileTheFirstStays) {
  make({"in/b.jsonl"});
  std::filesystem::create_symlink(folder_ / "in/b.jsonl", folder_ / "in/a.jsonl");
  std::filesystem::create_symlink(folder_ / "in/b.jsonl", folder_ / "in/c.jsonl");
  EXPECT_EQ(names({folder_ / "in"}), Names{"a.jsonl"});
}

TEST_F(InputFilesTest, ALinkThatLeadsNowhereIsAnErrorWhereItWouldBeRead) {
  make({"in/a.jsonl"});
  std::filesystem::create_symlink(folder_ / "nothing", folder_ / "in/notes.txt");
  EXPECT_EQ(names({folder_ / "in"}), Names{"a.jsonl"});
  std::filesystem::create_symlink(folder_ / "nothing", folder_ / "in/b.jsonl");
  const Error error = error_of({folder_ / "in"});
  EXPECT_EQ(error.kind, ErrorKind::input);
  EXPECT_NE(error.message.find("in/b.jsonl"), std::string::npos) << error.message;
}

TEST_F(InputFilesTest, ALinkToAFolderAboveEnds) {
  make({"in/x/a.jsonl"});
  std::filesystem::create_directory_symlink(folder_ / "in", folder_ / "in/x/up");
  const Error error = error_of({folder_ / "in"});
  EXPECT_EQ(error.kind, ErrorKind::input);
  EXPECT_NE(error.advice.find("link"), std::string::npos) << error.advice;
}

TEST_F(InputFilesTest, WhatIsNotThereIsAnError) {
  make({"in/a.txt", "empty/.keep"});
  for (const std::string& argument : {folder_ / "missing.jsonl", folder_ / "missing/*.jsonl", folder_ / "in/*.jsonl",
                                      folder_ / "in", folder_ / "empty", folder_ / "in/a.txt/*"}) {
    const Error error = error_of({argument});
    EXPECT_EQ(error.kind, ErrorKind::no_input) << argument;
    EXPECT_NE(error.message.find("'" + argument + "'"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("collections"), std::string::npos) << error.message;
    EXPECT_FALSE(error.advice.empty());
  }
  make({"ok.jsonl"});
  EXPECT_NE(error_of({folder_ / "ok.jsonl"}, {folder_ / "no"}).message.find("predictions"), std::string::npos);
  EXPECT_EQ(error_of({folder_ / "ok.jsonl", folder_ / "in"}).kind,
            ErrorKind::no_input);  // every argument must match
}

TEST_F(InputFilesTest, NoInputAtAllIsAUsageError) {
  EXPECT_EQ(error_of({}).kind, ErrorKind::usage);
  EXPECT_EQ(error_of({""}).kind, ErrorKind::usage);
}

TEST_F(InputFilesTest, SpecialFilesAreRefusedOrSkipped) {
  make({"in/a.jsonl"});
  ASSERT_EQ(::mkfifo((folder_ / "in/pipe.jsonl").c_str(), 0600), 0);
  EXPECT_EQ(names({folder_ / "in"}), Names{"a.jsonl"});
  EXPECT_EQ(error_of({folder_ / "in/pipe.jsonl"}).kind, ErrorKind::input);
}

TEST_F(InputFilesTest, AFolderThatCannotBeListedIsAnError) {
  make({"in/x/a.jsonl"});
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);
  std::filesystem::permissions(folder_ / "in/x", std::filesystem::perms::none);
  EXPECT_TRUE(testing::exited_well(testing::run_unprivileged([&] {
    const Error error = error_of({folder_ / "in"});
    EXPECT_EQ(error.kind, ErrorKind::input);
    EXPECT_NE(error.message.find("in/x"), std::string::npos) << error.message;
  })));
  std::filesystem::permissions(folder_ / "in/x", std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace gristmill::source
