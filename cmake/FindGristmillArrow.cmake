# Arrow and Parquet for C++: an installed Arrow, or else the headers and libraries in the pyarrow wheel
# of the Python that GRISTMILL_PYTHON names. Of the wheel's libraries there are copies in the build folder, under names
# of their own (private_arrow.py), so that a process may have another Arrow beside them.
#
# Gives the target GristmillArrow::parquet, and GristmillArrow_LIBRARIES, which have to lie beside what is linked to it.

set(GRISTMILL_PYTHON "python3" CACHE STRING "A Python that has pyarrow")
option(GRISTMILL_SYSTEM_ARROW "Use the Arrow that CMake finds instead of pyarrow's" OFF)

if(GRISTMILL_SYSTEM_ARROW)
  find_package(Arrow REQUIRED)
  find_package(Parquet REQUIRED)
  add_library(GristmillArrow::parquet INTERFACE IMPORTED)
  target_link_libraries(GristmillArrow::parquet INTERFACE Arrow::arrow_shared Parquet::parquet_shared)
  set(GristmillArrow_FOUND TRUE)
  return()
endif()

# pyarrow is not imported: find_spec is enough and takes a tenth of the time.
execute_process(
  COMMAND ${GRISTMILL_PYTHON} -c
          "import importlib.util as u; print(u.find_spec('pyarrow').submodule_search_locations[0], end='')"
  OUTPUT_VARIABLE pyarrow_folder ERROR_VARIABLE pyarrow_error RESULT_VARIABLE pyarrow_result)
if(NOT pyarrow_result EQUAL 0)
  message(FATAL_ERROR "No pyarrow in '${GRISTMILL_PYTHON}': set GRISTMILL_PYTHON to a Python that has it, "
                      "or GRISTMILL_SYSTEM_ARROW=ON to use an installed Arrow. ${pyarrow_error}")
endif()
file(GLOB arrow_library ${pyarrow_folder}/libarrow.so.*00)
file(GLOB parquet_library ${pyarrow_folder}/libparquet.so.*00)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(GristmillArrow REQUIRED_VARS arrow_library parquet_library pyarrow_folder)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/private_arrow.py)
execute_process(
  COMMAND ${CMAKE_COMMAND} -E env STRIP=${CMAKE_STRIP} ${GRISTMILL_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/private_arrow.py ${CMAKE_BINARY_DIR} ${parquet_library} ${arrow_library}
  OUTPUT_VARIABLE GristmillArrow_LIBRARIES OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" GristmillArrow_LIBRARIES "${GristmillArrow_LIBRARIES}")
add_library(GristmillArrow::parquet INTERFACE IMPORTED)
target_include_directories(GristmillArrow::parquet SYSTEM INTERFACE ${pyarrow_folder}/include)
target_link_libraries(GristmillArrow::parquet INTERFACE ${GristmillArrow_LIBRARIES})
