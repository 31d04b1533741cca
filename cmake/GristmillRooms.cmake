# Headers that nearly every room includes, precompiled for all rooms that are compiled alike.
function(gristmill_precompiled_headers name)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/rooms/${name}.cc CONTENT "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/rooms/${name}.cc)
  target_precompile_headers(${name} PRIVATE <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <cstdint> <cstring> <deque> <functional>
                                            <map> <memory> <mutex> <optional> <set> <span> <sstream> <string> <string_view> <thread>
                                            <unordered_map> <vector>)
  target_link_libraries(${name} PRIVATE gristmill_options)
  target_compile_options(${name} PRIVATE ${ARGN})
endfunction()
set(gristmill_cold $<$<CONFIG:Release>:${GRISTMILL_COLD}>)
if(GRISTMILL_QUICK)
  gristmill_precompiled_headers(gristmill_precompiled_hot)
  gristmill_precompiled_headers(gristmill_precompiled_cold ${gristmill_cold})
endif()

# gristmill_room(NAME [COLD] [USES ROOM...] [LINKS LIBRARY...] [LEAVES_OUT FILE...])
#
# The library of one room: the sources of src/NAME but for its tests, and the rooms that it may use. A file sees the
# headers of these alone, by way of a folder of links: another room's header is not found. What it sees through them (the
# rooms that they use) is for their headers; tests/layout refuses to include it without declaring it.
#
# The work of a COLD room is by the file or by the request, not by the line: a quick build (GRISTMILL_QUICK) compiles it
# as GRISTMILL_COLD says, with -Og in four fifths of the time.
#
# Appends to the global property GRISTMILL_ROOMS "NAME: ROOM ROOM", of which the map in src/README.md is drawn, and sets
# GRISTMILL_USES_NAME and GRISTMILL_LINKS_NAME, of which the installed library is made.
function(gristmill_room name)
  cmake_parse_arguments(PARSE_ARGV 1 ROOM "COLD" "" "USES;LINKS;LEAVES_OUT")
  set(folder ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cc ${folder}/*/*.cc)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(TRANSFORM ROOM_LEAVES_OUT PREPEND ${folder}/)
  list(REMOVE_ITEM sources ${ROOM_LEAVES_OUT})
  set(door ${CMAKE_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${door})
  file(CREATE_LINK ${folder} ${door}/${name} SYMBOLIC)

  set(uses ${ROOM_USES})
  list(TRANSFORM uses PREPEND gristmill_)
  add_library(gristmill_${name} STATIC ${sources})
  target_include_directories(gristmill_${name} PUBLIC ${door})
  target_link_libraries(gristmill_${name} PUBLIC gristmill_public ${uses} PRIVATE ${ROOM_LINKS})
  if(GRISTMILL_QUICK AND ROOM_COLD)
    target_precompile_headers(gristmill_${name} REUSE_FROM gristmill_precompiled_cold)
    target_compile_options(gristmill_${name} PRIVATE ${gristmill_cold})
  elseif(GRISTMILL_QUICK)
    target_precompile_headers(gristmill_${name} REUSE_FROM gristmill_precompiled_hot)
  endif()
  list(JOIN ROOM_USES " " declared)
  set_property(GLOBAL APPEND PROPERTY GRISTMILL_ROOMS "${name}: ${declared}")
  set_property(GLOBAL PROPERTY GRISTMILL_USES_${name} ${ROOM_USES})
  set_property(GLOBAL PROPERTY GRISTMILL_LINKS_${name} ${ROOM_LINKS})
endfunction()
