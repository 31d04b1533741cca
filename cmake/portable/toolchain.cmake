# For programs that run on any Linux whose glibc is not older than that of a sysroot (tools/sysroot makes it): its
# headers and libraries, and the C++ library of GCC 12 and all others as static ones. GRISTMILL_SYSROOT, in the environment, is that sysroot's folder.
set(GRISTMILL_SYSROOT "$ENV{GRISTMILL_SYSROOT}" CACHE PATH "The sysroot that is compiled and linked with")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES GRISTMILL_SYSROOT)
set(CMAKE_SYSROOT ${GRISTMILL_SYSROOT})
set(CMAKE_FIND_ROOT_PATH ${CMAKE_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE BOTH)  # Python's lie with Python
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)
set(CMAKE_LIBRARY_ARCHITECTURE x86_64-linux-gnu)
foreach(kind IN ITEMS EXE SHARED MODULE)
  set(CMAKE_${kind}_LINKER_FLAGS_INIT "-B${CMAKE_SYSROOT}/usr/lib/x86_64-linux-gnu -L${CMAKE_SYSROOT}/usr/lib/x86_64-linux-gnu")
endforeach()
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/x86_64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)
set(OPENSSL_USE_STATIC_LIBS ON)
set(GRISTMILL_PORTABLE ON)
