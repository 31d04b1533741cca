// The least that reading costs: every byte of the inputs copied once from the page cache, 1 MiB a call, into a
// buffer of each thread.
//
//     bare_reader THREADS FILE...
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {
constexpr off_t piece = 1 << 20;
}

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: bare_reader THREADS FILE...\n", stderr);
    return 2;
  }
  for (int argument = 2; argument < argc; ++argument) {
    const int file = open(argv[argument], O_RDONLY | O_CLOEXEC);
    if (file < 0) {
      std::perror(argv[argument]);
      return 1;
    }
    std::atomic<off_t> next = 0;
    {
      std::vector<std::jthread> threads;
      for (int thread = std::atoi(argv[1]); thread > 0; --thread) {
        threads.emplace_back([&next, file] {
          std::vector<char> buffer(piece);
          while (pread(file, buffer.data(), buffer.size(), next.fetch_add(piece)) > 0) {
          }
        });
      }
    }
    close(file);
  }
  return 0;
}
