# What `cmake --install` puts below its prefix, in three components. `command`: the program with the libraries that it loads
# on demand, and what three shells need to complete it. `manual`: its page. `development`: the public headers, the library
# gristmill::gristmill and the package that find_package(gristmill CONFIG) finds.
#
# The library is one archive of the rooms that run() and check_recipe() need, found by following the declarations in src/CMakeLists.txt, so
# that a program which is linked to it knows nothing of rooms. Tested by tests/install.
include(CMakePackageConfigHelpers)

# Sets `result` to the rooms ARGN and all rooms that they use.
function(gristmill_rooms_below result)
  set(found ${ARGN})
  set(waiting ${ARGN})
  while(waiting)
    list(POP_FRONT waiting room)
    get_property(uses GLOBAL PROPERTY GRISTMILL_USES_${room})
    foreach(used IN LISTS uses)
      if(NOT used IN_LIST found)
        list(APPEND found ${used})
        list(APPEND waiting ${used})
      endif()
    endforeach()
  endwhile()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

gristmill_rooms_below(rooms_of_library native recipe)
set(objects_of_library "")
set(links_of_library Threads::Threads)
foreach(room IN LISTS rooms_of_library)
  list(APPEND objects_of_library $<TARGET_OBJECTS:gristmill_${room}>)
  get_property(links GLOBAL PROPERTY GRISTMILL_LINKS_${room})
  list(APPEND links_of_library ${links})
endforeach()
list(REMOVE_DUPLICATES links_of_library)
add_library(gristmill_library STATIC ${objects_of_library})
add_library(gristmill::gristmill ALIAS gristmill_library)
set_target_properties(gristmill_library PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME gristmill EXPORT_NAME gristmill
                                                   ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
target_compile_features(gristmill_library INTERFACE cxx_std_20)
target_include_directories(gristmill_library INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
                                                       $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(gristmill_library INTERFACE ${links_of_library})
# Where a program finds what the library loads on demand.
target_link_options(gristmill_library INTERFACE
                    "$<INSTALL_INTERFACE:LINKER:-rpath,$<INSTALL_PREFIX>/${loaded_folder}>")

# The program writes its own completions; its manual page is made of the same tables.
add_executable(gristmill_manual_writer cli/manual_writer.cc cli/no_test_hooks.cc)
target_link_libraries(gristmill_manual_writer PRIVATE gristmill_cli)
set(shell_files ${CMAKE_BINARY_DIR}/shell)
add_custom_command(
  OUTPUT ${shell_files}/gristmill.1 ${shell_files}/gristmill ${shell_files}/_gristmill ${shell_files}/gristmill.fish
  COMMAND ${CMAKE_COMMAND} -E make_directory ${shell_files}
  COMMAND gristmill_manual_writer > ${shell_files}/gristmill.1
  COMMAND gristmill completion bash > ${shell_files}/gristmill
  COMMAND gristmill completion zsh > ${shell_files}/_gristmill
  COMMAND gristmill completion fish > ${shell_files}/gristmill.fish
  DEPENDS gristmill gristmill_manual_writer
  VERBATIM)
# All that an installation takes; `cmake --install` builds nothing.
add_custom_target(gristmill_installation ALL DEPENDS ${shell_files}/gristmill.1)
add_dependencies(gristmill_installation gristmill gristmill_arrow gristmill_s3_module gristmill_library)

install(TARGETS gristmill gristmill_arrow gristmill_s3_module COMPONENT command
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} LIBRARY DESTINATION ${loaded_folder})
install(FILES ${GristmillArrow_LIBRARIES} DESTINATION ${loaded_folder} COMPONENT command)
install(FILES ${shell_files}/gristmill.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT manual)
install(FILES ${shell_files}/gristmill DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT command)
install(FILES ${shell_files}/_gristmill DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT command)
install(FILES ${shell_files}/gristmill.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT command)

# What pkg-config finds, as the package will look for it too; the rest is named in gristmill-config.cmake.in.
set(pkg_config_targets ${links_of_library})
list(FILTER pkg_config_targets INCLUDE REGEX "^PkgConfig::")
list(TRANSFORM pkg_config_targets REPLACE "^PkgConfig::" "")
set(pkg_config_modules "")
foreach(target IN LISTS pkg_config_targets)
  list(APPEND pkg_config_modules ${${target}_MODULE_NAME})
endforeach()

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/gristmill)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/gristmill DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(TARGETS gristmill_library EXPORT gristmill_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(EXPORT gristmill_targets NAMESPACE gristmill:: FILE gristmill-targets.cmake DESTINATION ${package_folder}
        COMPONENT development)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/gristmill-config.cmake.in
                              ${CMAKE_BINARY_DIR}/gristmill-config.cmake INSTALL_DESTINATION ${package_folder})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/gristmill-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/gristmill-config.cmake ${CMAKE_BINARY_DIR}/gristmill-config-version.cmake
        DESTINATION ${package_folder} COMPONENT development)
