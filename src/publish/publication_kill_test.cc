// Publishing killed, and failing, at every single operation, in both ways; and then again while the
// next run cleans up. What must hold each time: readers see the complete old or the complete new output
// (or, of the journal, know that it is neither), the next run succeeds, and nothing is left over.
#include <gtest/gtest.h>

#include <fstream>

#include "publish/publication_testing.h"
#include "publish/publish.h"
#include "storage/exceptions.h"
#include "storage/faulty.h"
#include "storage/forwarding_storage_testing.h"

namespace gristmill::publish {
namespace {

using testing::Files;
using testing::holds;
using testing::publish;
using testing::published_files;
using testing::read_tree;
using testing::run_in_child;
using testing::stage;
using testing::TemporaryFolder;
using testing::was_killed;
using testing::why;

const Files old_files = {{"labels/profile-id=a/collections.jsonl", "a1"},
                         {"labels/profile-id=b/collections.jsonl", "b1"},
                         {"predictions/profile-id=a/predictions.jsonl", "p1"},
                         {"validation/report.json", "20250101T000001Z-00000001"}};
const Files new_files = {{"labels/profile-id=a/collections.jsonl", "a2"},
                         {"predictions/profile-id=c/predictions.jsonl", "p2"},
                         {"validation/report.json", "20250101T000001Z-00000001"}};
const Files next_files = {{"labels/profile-id=d/collections.jsonl", "d3"}};

// What is there before, and what is then done.
struct Scenario {
  const char* name;
  bool has_old;
  std::function<void(Storage&, const std::string& output, PublishWay)> prepare;
  std::function<Status(Storage&, const std::string& output, PublishWay)> run;
};

void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }

Status publish_new(Storage& storage, const std::string& output, PublishWay way) {
  GM_RETURN_IF_ERROR(publish(storage, output, "20250101T000002Z-00000002", new_files, way));
  return {};
}

Status publish_new_durably(Storage& storage, const std::string& output, PublishWay way) {
  GM_RETURN_IF_ERROR(publish(storage, output, "20250101T000002Z-00000002", new_files, way, true));
  return {};
}

void prepare_nothing(Storage&, const std::string&, PublishWay) {}

void prepare_old(Storage& storage, const std::string& output, PublishWay way) {
  auto published = publish(storage, output, "20250101T000001Z-00000001", old_files, way);
  ASSERT_TRUE(published.ok()) << why(published);
}

void prepare_kept(Storage& storage, const std::string& output, PublishWay way) {
  prepare_old(storage, output, way);
  auto publication = Publication::begin(storage, output, {"20250101T000002Z-00000002", false, way});
  ASSERT_TRUE(publication.ok()) << why(publication);
  ASSERT_TRUE(stage(storage, publication->staging_root(), "20250101T000002Z-00000002", new_files).ok());
  ASSERT_TRUE(publication->keep_staged().ok());
}

Status publish_kept(Storage& storage, const std::string& output, PublishWay) {
  GM_RETURN_IF_ERROR(publish_staged(storage, output));
  return {};
}

// A run that was killed between COMMIT and the end of the move: at the first operation that moves.
void prepare_cut_off(Storage& storage, const std::string& output, PublishWay way) {
  prepare_old(storage, output, way);
  std::shared_ptr<storage::FaultLog> log;
  const TemporaryFolder elsewhere(true);
  {
    auto counting = storage::make_faulty_storage(storage, {}, &log);
    prepare_old(storage, elsewhere / "out", way);
    ASSERT_TRUE(publish_new(*counting, elsewhere / "out", way).ok());
  }
  const std::vector<std::string> operations = log->operations();
  storage::FaultPlan plan;
  plan.action = storage::FaultPlan::Action::kill_after;
  const std::string move = way == PublishWay::exchange
                               ? "exchange " + (elsewhere / ".out.gristmill/20250101T000002Z-00000002")
                               : "rename " + (elsewhere / "out/_staging/20250101T000002Z-00000002/");
  for (std::size_t i = 0; i < operations.size() && plan.at == 0; ++i) {
    if (operations[i].starts_with(move)) plan.at = i + 1;
  }
  ASSERT_GT(plan.at, 0U);
  ASSERT_TRUE(was_killed(run_in_child([&] {
    auto killing = storage::make_faulty_storage(storage, plan);
    static_cast<void>(publish_new(*killing, output, way));
  })));
}

Status run_recover(Storage& storage, const std::string& output, PublishWay) {
  GM_RETURN_IF_ERROR(recover(storage, output));
  return {};
}

const Scenario scenario_of_kept = {"publish_kept", true, prepare_kept, publish_kept};

const Scenario scenarios[] = {
    {"first", false, prepare_nothing, publish_new},
    {"replace", true, prepare_old, publish_new},
    {"replace_durably", true, prepare_old, publish_new_durably},
    scenario_of_kept,
    {"next_run_after_kept", true, prepare_kept, publish_new},
    {"recover_after_kill", true, prepare_cut_off, run_recover},
    {"next_run_after_kill", true, prepare_cut_off, publish_new},
};

using Parameters = std::tuple<Scenario, PublishWay>;

class PublicationKillTest : public ::testing::TestWithParam<Parameters> {
 protected:
  const Scenario& scenario() const { return std::get<0>(GetParam()); }
  PublishWay way() const { return std::get<1>(GetParam()); }

  std::size_t count_operations() {
    const TemporaryFolder folder(true);
    std::shared_ptr<storage::FaultLog> log;
    scenario().prepare(*storage_, folder / "out", way());
    auto counting = storage::make_faulty_storage(*storage_, {}, &log);
    const Status status = scenario().run(*counting, folder / "out", way());
    EXPECT_TRUE(status.ok());
    return log->operations().size();
  }

  // What readers find now.
  void expect_old_or_new(const std::string& out) {
    const bool unfinished = std::filesystem::exists(out + "/_staging/COMMIT");
    if (unfinished) {
      ASSERT_EQ(way(), PublishWay::journal);
      EXPECT_FALSE(verify(*storage_, out).ok());
      const auto inspected = inspect_root(*storage_, out);
      ASSERT_TRUE(inspected.ok());
      EXPECT_EQ(inspected->state, RootState::unfinished);
      // `_SUCCESS` only beside a manifest of whose run everything is there.
      if (std::filesystem::exists(out + "/_SUCCESS")) {
        EXPECT_TRUE(published_files(out) == old_files || published_files(out) == new_files);
      }
      return;
    }
    if (!scenario().has_old && published_files(out).empty()) {
      EXPECT_FALSE(std::filesystem::exists(out + "/_SUCCESS"));
      return;
    }
    EXPECT_TRUE((scenario().has_old && holds(*storage_, out, old_files)) || holds(*storage_, out, new_files))
        << ::testing::PrintToString(read_tree(out));
  }

  void expect_next_run_succeeds(const TemporaryFolder& folder, bool recover_first) {
    const std::string out = folder / "out";
    if (recover_first) {
      auto recovered = recover(*storage_, out);
      ASSERT_TRUE(recovered.ok()) << why(recovered);
      ASSERT_FALSE(std::filesystem::exists(out + "/_staging/COMMIT"));
      expect_old_or_new(out);
    }
    auto published = publish(*storage_, out, "next", next_files, way());
    ASSERT_TRUE(published.ok()) << why(published);
    EXPECT_TRUE(published->notes.empty());
    EXPECT_TRUE(holds(*storage_, out, next_files));
    EXPECT_EQ(read_tree(out).size(), next_files.size() + 2);
    EXPECT_EQ(storage_->list(folder.path())->size(), 1U) << ::testing::PrintToString(read_tree(folder.path()));
  }

  std::unique_ptr<Storage> storage_ = make_local_storage();
};

INSTANTIATE_TEST_SUITE_P(Scenarios, PublicationKillTest,
                         ::testing::Combine(::testing::ValuesIn(scenarios),
                                            ::testing::Values(PublishWay::exchange, PublishWay::journal)),
                         [](const auto& parameters) {
                           return std::string(std::get<0>(parameters.param).name) + "_" +
                                  std::string(name_of(std::get<1>(parameters.param)));
                         });

TEST_P(PublicationKillTest, KilledAtEveryOperation) {
  const std::size_t operations = count_operations();
  ASSERT_GT(operations, 10U);
  for (std::size_t at = 1; at <= operations; ++at) {
    for (const auto action : {storage::FaultPlan::Action::kill, storage::FaultPlan::Action::kill_after}) {
      SCOPED_TRACE("at operation " + std::to_string(at) +
                   (action == storage::FaultPlan::Action::kill ? " before" : " after"));
      const TemporaryFolder folder(true);
      scenario().prepare(*storage_, folder / "out", way());
      storage::FaultPlan plan;
      plan.action = action;
      plan.at = at;
      ASSERT_TRUE(was_killed(run_in_child([&] {
        auto killing = storage::make_faulty_storage(*storage_, plan);
        static_cast<void>(scenario().run(*killing, folder / "out", way()));
      })));
      expect_old_or_new(folder / "out");
      expect_next_run_succeeds(folder, at % 2 == 0);
      if (HasFailure()) return;
    }
  }
}

class KeptOutputKillTest : public PublicationKillTest {};

INSTANTIATE_TEST_SUITE_P(Ways, KeptOutputKillTest,
                         ::testing::Combine(::testing::Values(scenario_of_kept),
                                            ::testing::Values(PublishWay::exchange, PublishWay::journal)),
                         [](const auto& parameters) { return std::string(name_of(std::get<1>(parameters.param))); });

// A kept output survives whatever kills `publish`, until it is published.
TEST_P(KeptOutputKillTest, IsPublishedInTheEnd) {
  const std::size_t operations = count_operations();
  for (std::size_t at = 1; at <= operations; ++at) {
    SCOPED_TRACE("after operation " + std::to_string(at));
    const TemporaryFolder folder(true);
    scenario().prepare(*storage_, folder / "out", way());
    storage::FaultPlan plan;
    plan.action = storage::FaultPlan::Action::kill_after;
    plan.at = at;
    ASSERT_TRUE(was_killed(run_in_child([&] {
      auto killing = storage::make_faulty_storage(*storage_, plan);
      static_cast<void>(publish_staged(*killing, folder / "out"));
    })));
    if (at % 2 == 0) {
      ASSERT_TRUE(recover(*storage_, folder / "out").ok());
    }
    auto published = publish_staged(*storage_, folder / "out");
    EXPECT_TRUE(published.ok() || published.error().kind == ErrorKind::usage) << why(published);
    EXPECT_TRUE(holds(*storage_, folder / "out", new_files));
    EXPECT_EQ(storage_->list(folder.path())->size(), 1U);
    EXPECT_EQ(read_tree(folder / "out").size(), new_files.size() + 2);
    if (HasFailure()) return;
  }
}

TEST_P(PublicationKillTest, FailingAtEveryOperation) {
  const std::size_t operations = count_operations();
  for (std::size_t at = 1; at <= operations; ++at) {
    for (const bool and_after : {false, true}) {
      SCOPED_TRACE("at operation " + std::to_string(at) + (and_after ? " and from then on" : ""));
      const TemporaryFolder folder(true);
      scenario().prepare(*storage_, folder / "out", way());
      storage::FaultPlan plan;
      plan.action = storage::FaultPlan::Action::error;
      plan.at = at;
      plan.and_after = and_after;
      plan.error_number = and_after ? ENOSPC : EIO;
      {
        auto failing = storage::make_faulty_storage(*storage_, plan);
        Status status = scenario().run(*failing, folder / "out", way());
        if (!status.ok()) {
          EXPECT_EQ(status.error().kind, ErrorKind::output) << status.error().message;
          EXPECT_FALSE(status.error().message.empty());
        }
      }
      expect_old_or_new(folder / "out");
      expect_next_run_succeeds(folder, at % 2 == 0);
      if (HasFailure()) return;
    }
  }
}

// Throws once, as the standard library does where memory runs out, at the operation that is due.
class Exhausted final : public testing::ForwardingStorage {
 public:
  Exhausted(Storage& inner, int due) : ForwardingStorage(inner), due_(due) {}
  bool thrown() const { return thrown_; }
  void end() { due_ = -1; }

  Result<std::optional<FileInfo>> stat(const std::string& path, bool follow) override {
    count();
    return ForwardingStorage::stat(path, follow);
  }
  Status make_folder(const std::string& path) override {
    count();
    return ForwardingStorage::make_folder(path);
  }
  Result<bool> exchange(const std::string& a, const std::string& b) override {
    count();
    return ForwardingStorage::exchange(a, b);
  }
  Status remove(const std::string& path) override {
    count();
    return ForwardingStorage::remove(path);
  }
  Result<bool> remove_folder(const std::string& path) override {
    count();
    return ForwardingStorage::remove_folder(path);
  }
  Status remove_tree(const std::string& path) override {
    count();
    return ForwardingStorage::remove_tree(path);
  }

 private:
  void count() {
    if (due_-- != 0) return;
    thrown_ = true;
    throw std::bad_alloc();
  }

  int due_;
  bool thrown_ = false;
};

class ExhaustedPublicationTest : public ::testing::TestWithParam<PublishWay> {};

INSTANTIATE_TEST_SUITE_P(Ways, ExhaustedPublicationTest, ::testing::Values(PublishWay::exchange, PublishWay::journal),
                         [](const auto& way) { return std::string(name_of(way.param)); });

TEST_P(ExhaustedPublicationTest, LeavesNothingOver) {
  bool thrown = true;
  for (int due = 0; thrown; ++due) {
    SCOPED_TRACE(due);
    const TemporaryFolder folder(true);
    const std::string out = folder / "out";
    auto storage = make_local_storage();
    prepare_old(*storage, out, GetParam());
    Exhausted exhausted(*storage, due);
    static_cast<void>(storage::without_exceptions([&]() -> Status {
      GM_ASSIGN([[maybe_unused]] const Publication publication,
                Publication::begin(exhausted, out, {"20250101T000002Z-00000002", false, GetParam()}));
      exhausted.end();
      return {};
    }));
    thrown = exhausted.thrown();
    EXPECT_TRUE(holds(*storage, out, old_files));
    EXPECT_EQ(storage->list(folder.path())->size(), 1U);
    EXPECT_FALSE(std::filesystem::exists(out + "/_staging"));
    if (HasFailure()) return;
  }
}

// A run that died before it staged anything left that alone.
TEST(RecoverTest, ALockAloneIsTold) {
  TemporaryFolder folder;
  const std::string out = folder / "out";
  auto storage = make_local_storage();
  const std::string beside = folder / ".out.gristmill";
  std::filesystem::create_directory(beside);
  std::ofstream(beside + "/lock").flush();
  const auto recovered = recover(*storage, out);
  ASSERT_TRUE(recovered.ok()) << why(recovered);
  EXPECT_EQ(*recovered, std::vector<std::string>{"removed the lock of a run that died: '" + beside + "/lock'"});
  EXPECT_FALSE(std::filesystem::exists(beside));
  const auto again = recover(*storage, out);
  ASSERT_TRUE(again.ok()) << why(again);
  EXPECT_TRUE(again->empty());
}

}  // namespace
}  // namespace gristmill::publish
