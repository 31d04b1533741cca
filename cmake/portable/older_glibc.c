// What libstdc++.a of GCC 12 takes from glibc and an older one does not have. Each program and library has it for itself.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

#define OURS __attribute__((visibility("hidden")))

OURS char __libc_single_threaded = 0;  // since 2.32; true would be a promise

OURS uint32_t arc4random(void) {  // since 2.36
  uint32_t number = 0;
  if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) abort();
  return number;
}
