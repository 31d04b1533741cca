# For programs that run on any Linux whose glibc is not older than that of a sysroot (tools/sysroot makes it): its
# headers and libraries, and the C++ library of GCC 12 and all others as static ones. GRISTMILL_SYSROOT, in the environment, is that sysroot's folder.
set(CMAKE_LIBRARY_ARCHITECTURE x86_64-linux-gnu)
include(${CMAKE_CURRENT_LIST_DIR}/../sysroot.cmake)
foreach(kind IN ITEMS EXE SHARED MODULE)
  set(CMAKE_${kind}_LINKER_FLAGS_INIT "-B${CMAKE_SYSROOT}/usr/lib/x86_64-linux-gnu -L${CMAKE_SYSROOT}/usr/lib/x86_64-linux-gnu")
endforeach()
set(OPENSSL_USE_STATIC_LIBS ON)
set(GRISTMILL_PORTABLE ON)
