# For Linux on ARM64, by Debian's cross compiler and a root of its packages for that processor (tools/arm64 makes it);
# programs of it run here by QEMU. GRISTMILL_SYSROOT, in the environment, is the root.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
include(${CMAKE_CURRENT_LIST_DIR}/sysroot.cmake)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)  # this machine's are for another processor
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PYTHONPATH} ${CMAKE_SYSROOT}/../pyarrow)  # of which Arrow is taken
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/../tools/arm64;--run)
