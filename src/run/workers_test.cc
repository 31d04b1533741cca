// Threads that work together and the one error that they end with.
#include "run/workers.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <latch>
#include <set>
#include <string>

namespace gristmill::scheduling {
namespace {

TEST(Workers, EachNumberIsCalledOnceInAThreadOfItsOwn) {
  for (const std::uint32_t count : {1U, 2U, 9U}) {
    Workers workers(count, nullptr);
    EXPECT_EQ(workers.count(), count);
    std::mutex mutex;
    std::multiset<std::uint32_t> numbers;
    std::set<std::thread::id> threads;
    std::latch all(count);  // nobody ends before all have begun
    const Status status = workers.run([&](std::uint32_t worker) -> Status {
      all.arrive_and_wait();
      const std::lock_guard<std::mutex> lock(mutex);
      numbers.insert(worker);
      threads.insert(std::this_thread::get_id());
      return {};
    });
    EXPECT_TRUE(status.ok());
    EXPECT_EQ(threads.size(), count);
    std::multiset<std::uint32_t> expected;
    for (std::uint32_t i = 0; i < count; ++i) expected.insert(i);
    EXPECT_EQ(numbers, expected);
    EXPECT_FALSE(workers.should_stop());
  }
}

TEST(Workers, TheFirstErrorWins) {
  for (const std::uint32_t first : {0U, 1U, 2U}) {
    Workers workers(3, nullptr);
    std::atomic<std::uint32_t> failed{0};
    const Status status = workers.run([&](std::uint32_t worker) -> Status {
      if (worker == first) return Error::input("the first", "advice");
      // should_stop() tells of the first error before it is noted: the note is what counts, so wait for it.
      while (!workers.should_stop()) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      ++failed;
      return Error::output("a later one");
    });
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(failed, 2U);  // all were waited for
    EXPECT_EQ(status.error().kind, ErrorKind::input);
    EXPECT_EQ(status.error().message, "the first");
    EXPECT_EQ(status.error().advice, "advice");
  }
}

TEST(Workers, WhatIsThrownIsAnError) {
  for (const std::uint32_t thrower : {0U, 1U}) {
    Workers workers(2, nullptr);
    const Status status = workers.run([&](std::uint32_t worker) -> Status {
      if (worker == thrower) throw std::bad_alloc();
      while (!workers.should_stop()) std::this_thread::yield();
      return {};
    });
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, ErrorKind::internal);
    EXPECT_TRUE(status.error().message.starts_with("not enough memory: ")) << status.error().message;
    EXPECT_NE(status.error().advice.find("--memory"), std::string::npos);
  }
}

TEST(Workers, ThreadsThatTheSystemDoesNotGiveAreAnError) {
  const pid_t child = fork();
  if (child == 0) {
    std::size_t mapped_pages = 0;
    std::ifstream("/proc/self/statm") >> mapped_pages;
    rlimit space{};
    getrlimit(RLIMIT_AS, &space);
    space.rlim_cur = mapped_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) +
                     (4U << 20U);  // room for what a thread is noted in, not for a stack of 8 MiB
    setrlimit(RLIMIT_AS, &space);
    Workers workers(64, nullptr);
    const Status status = workers.run([&](std::uint32_t) -> Status { return {}; });
    _exit(!status.ok() && status.error().message.starts_with("no more threads can be started: ") ? 0 : 1);
  }
  int ended = 0;
  ASSERT_EQ(waitpid(child, &ended, 0), child);
  EXPECT_EQ(ended, 0);
}

TEST(Workers, OneThatStoppedYieldsToARealError) {
  for (const std::uint32_t stopped : {0U, 1U}) {
    Workers workers(2, nullptr);
    const Status status = workers.run([&](std::uint32_t worker) -> Status {
      if (worker == stopped) return Error::interrupted();  // noted first
      while (!workers.should_stop()) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return Error::output("the disk is full");
    });
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, ErrorKind::output);
    EXPECT_EQ(status.error().message, "the disk is full");
  }
}

TEST(Workers, ARealErrorDoesNotYieldToOneThatStopped) {
  Workers workers(4, nullptr);
  const Status status = workers.run([&](std::uint32_t worker) -> Status {
    if (worker == 2) return Error::internal("broken");
    while (!workers.should_stop()) std::this_thread::yield();
    return Error::interrupted();
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::internal);
}

TEST(Workers, AnErrorWithoutAnyOtherIsKept) {
  Workers workers(1, nullptr);
  const Status status = workers.run([](std::uint32_t) -> Status { return Error::interrupted(); });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::interrupted);
  EXPECT_TRUE(workers.should_stop());
  EXPECT_FALSE(workers.is_interrupted());
}

TEST(Workers, AnInterruptedRunIsNoSuccess) {
  std::atomic<bool> interrupted{false};
  Workers workers(2, &interrupted);
  EXPECT_FALSE(workers.should_stop());
  ASSERT_TRUE(workers.run([](std::uint32_t) -> Status { return {}; }).ok());
  // Workers that see the flag stop without an error of their own.
  const Status status = workers.run([&](std::uint32_t worker) -> Status {
    if (worker == 0) interrupted = true;
    while (!workers.should_stop()) std::this_thread::yield();
    return {};
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::interrupted);
  EXPECT_TRUE(workers.is_interrupted());
}

TEST(Workers, AFailureIsNoInterruption) {
  std::atomic<bool> interrupted{false};
  Workers workers(2, &interrupted);
  const Status status = workers.run([](std::uint32_t worker) -> Status {
    if (worker == 1) return Error::input("cannot read");
    return {};
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::input);
  EXPECT_FALSE(workers.is_interrupted());
  EXPECT_TRUE(workers.should_stop());
}

}  // namespace
}  // namespace gristmill::scheduling
