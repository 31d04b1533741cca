# What toolchains have in common that compile and link with a folder that holds another system. GRISTMILL_SYSROOT, in the
# environment, is that folder; CMAKE_LIBRARY_ARCHITECTURE, set before, is what its libraries are for.
set(GRISTMILL_SYSROOT "$ENV{GRISTMILL_SYSROOT}" CACHE PATH "The sysroot that is compiled and linked with")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES GRISTMILL_SYSROOT)
set(CMAKE_SYSROOT ${GRISTMILL_SYSROOT})
set(CMAKE_FIND_ROOT_PATH ${CMAKE_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE BOTH)  # Python's lie with Python
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)
