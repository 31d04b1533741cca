// The least that writing costs: the files of an output, with the same paths and sizes, from one buffer that is
// filled once. No parsing, no checksums, no renaming. What gristmill takes beyond this is its own work.
//
//     bare_writer LIST OUTPUT THREADS
//
// LIST has a line for each file: its size, a space, its path below OUTPUT. Files are claimed one by one; each is
// written with calls of 1 MiB, as gristmill's largest are.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t piece = 1 << 20;

struct File {
  std::size_t size;
  std::string path;
};

[[noreturn]] void fail(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

std::vector<File> listed_files(const char* path) {
  std::ifstream list(path);
  if (!list) fail(path);
  std::vector<File> files;
  File file;
  while (list >> file.size && list.get() == ' ' && std::getline(list, file.path)) files.push_back(file);
  return files;
}

void write_file(const std::string& path, std::size_t size, const std::vector<char>& bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) fail(path);
  while (size > 0) {
    const ssize_t written = write(file, bytes.data(), std::min(size, bytes.size()));
    if (written < 0) fail(path);
    size -= static_cast<std::size_t>(written);
  }
  if (close(file) != 0) fail(path);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: bare_writer LIST OUTPUT THREADS\n", stderr);
    return 2;
  }
  const std::vector<File> files = listed_files(argv[1]);
  const std::string output = std::string(argv[2]) + "/";
  const std::vector<char> bytes(piece, 'x');
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (int thread = std::atoi(argv[3]); thread > 0; --thread) {
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < files.size(); i = next++) {
        write_file(output + files[i].path, files[i].size, bytes);
      }
    });
  }
  return 0;
}
