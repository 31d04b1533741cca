// What the build runs to make gristmill.1: prints the manual page.
#include <cstdio>

#include "cli/manual.h"

int main() {
  const std::string page = gristmill::cli::manual_page();
  const bool written = std::fwrite(page.data(), 1, page.size(), stdout) == page.size();
  return std::fflush(stdout) == 0 && written ? 0 : 1;
}
