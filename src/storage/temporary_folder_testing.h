// For tests: a folder of its own on a real file system, removed with the test.
#pragma once

#include <gtest/gtest.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>

namespace gristmill::testing {

class TemporaryFolder {
 public:
  // On disk, or with `in_memory` in a tmpfs, for tests with very many small files.
  explicit TemporaryFolder(bool in_memory = false) {
    // In a container /tmp often lies on overlayfs, which exchanges no folders.
    struct statfs system;
    const bool overlay = ::statfs("/tmp", &system) == 0 && system.f_type == OVERLAYFS_SUPER_MAGIC;
    path_ = std::string(overlay || in_memory ? "/dev/shm" : "/tmp") + "/gristmill-test-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "cannot make " << path_;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write_text(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

// Relative path to content, of every file below; symlinks as "-> target", folders that hold nothing as
// "path/" with no content. Empty if there is no such folder.
inline std::map<std::string, std::string> read_tree(const std::string& folder) {
  std::map<std::string, std::string> tree;
  if (!std::filesystem::exists(folder)) return tree;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_symlink()) {
      tree[name] = "-> " + std::filesystem::read_symlink(entry.path()).string();
    } else if (entry.is_directory()) {
      if (std::filesystem::is_empty(entry.path())) tree[name + "/"] = "";
    } else {
      tree[name] = read_text(entry.path().string());
    }
  }
  return tree;
}

// Runs `body` in a child process and returns how that ended, as waitpid(2) tells it. Expectations that
// fail in the child are printed there and make it exit with 1.
inline int run_in_child(const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      body();
    } catch (const std::exception& thrown) {
      // Otherwise the child would go on with the remaining tests.
      ADD_FAILURE() << thrown.what();
    }
    std::fflush(nullptr);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = -1;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

inline bool exited_well(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
inline bool was_killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

// Runs `body` in a child that has no special rights: as nobody, where the tests run as root.
inline int run_unprivileged(const std::function<void()>& body) {
  return run_in_child([&] {
    if (::geteuid() == 0) {
      ASSERT_EQ(::setgid(65534), 0);
      ASSERT_EQ(::setuid(65534), 0);
    }
    body();
  });
}

}  // namespace gristmill::testing
