#include <gtest/gtest.h>

#include "publish/publication_testing.h"

namespace gristmill::publish {
namespace {

using testing::TemporaryFolder;
using testing::why;
using testing::write_text;

class ListedFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto published =
        testing::publish(*storage_, out_, "r1", {{"a/1", "one"}, {"b/1", "two"}, {"b/2", ""}, {"c/1", ""}});
    ASSERT_TRUE(published.ok()) << why(published);
  }
  // Empty if all is as the manifest says.
  std::string fault(const std::string& beginning) {
    const Status checked = check_listed(*storage_, out_, beginning);
    if (checked.ok()) return {};
    EXPECT_EQ(checked.error().kind, ErrorKind::output);
    EXPECT_FALSE(checked.error().advice.empty());
    return checked.error().message;
  }

  TemporaryFolder folder_;
  std::string out_ = folder_ / "out";
  std::unique_ptr<Storage> storage_ = make_local_storage();
};

TEST_F(ListedFilesTest, FindsWhatIsNotAsTheManifestSays) {
  EXPECT_EQ(fault("b/"), "");
  EXPECT_EQ(fault("nothing/"), "");
  write_text(out_ + "/b/2", "x");
  EXPECT_EQ(fault("b/"), "'" + out_ + "/b/2' has 1 bytes, but 0 by the manifest");
  EXPECT_EQ(fault("b/1"), "");
  EXPECT_EQ(fault("a/"), "");
  std::filesystem::remove(out_ + "/b/1");
  EXPECT_EQ(fault("b/"), "'" + out_ + "/b/1' is missing, which the manifest lists");
  write_text(out_ + "/a/2", "");
  EXPECT_EQ(fault("a/"), "'" + out_ + "/a/2' is not in the manifest");
}

}  // namespace
}  // namespace gristmill::publish
