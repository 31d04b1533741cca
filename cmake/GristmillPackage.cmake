# A .deb of the components `command` and `debian`, by `cpack -G DEB` in a build folder. Releases make it of a build with
# cmake/portable/toolchain.cmake (tools/release). Tested by tests/release.
set(CPACK_PACKAGE_NAME gristmill)
set(CPACK_PACKAGE_VENDOR gristmill)
set(CPACK_PACKAGE_CONTACT "gristmill <noreply@github.com>")
set(CPACK_PACKAGE_HOMEPAGE_URL https://github.com/gristmill/gristmill)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "recorded app behaviour to tables, and a verdict on the data")
set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
                                                WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL command debian)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "gristmill partitions two JSON Lines data sets, what people do in an app and
what models say of it, by profile, aggregates every session into Parquet and
JSON, checks the quality of the data, and publishes all of it at once, on a
disk or on S3, losing no line.")
# dpkg-shlibdeps would take the versions of this machine's libraries for those that are needed.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, libc6 (>= 2.31), libgcc-s1, libstdc++6 (>= 10)")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# What Debian's policy asks of every package, and the units of deploy/server with the command where this package has it.
set(made ${CMAKE_BINARY_DIR}/debian)
set(debian_folder ${CMAKE_SOURCE_DIR}/deploy/debian)
set(documents ${CMAKE_INSTALL_DATADIR}/doc/gristmill)
string(TIMESTAMP day "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(CONFIGURE OUTPUT ${made}/changelog @ONLY
     CONTENT "gristmill (@PROJECT_VERSION@) stable; urgency=low\n\n  * See https://github.com/gristmill/gristmill/blob/main/CHANGELOG.md\n\n -- gristmill <noreply@github.com>  @day@\n")
file(CONFIGURE OUTPUT ${made}/conffiles CONTENT "/etc/gristmill/gristmill.yaml\n/etc/gristmill/server.env\n/etc/logrotate.d/gristmill\n")
foreach(unit IN ITEMS gristmill@.service gristmill.timer gristmill-notebook.service)
  file(READ ${CMAKE_SOURCE_DIR}/deploy/server/${unit} text)
  string(REPLACE /usr/local/bin /usr/bin text "${text}")
  string(REPLACE file:///opt/gristmill/source/docs/operate/deploy.md man:gristmill\(1\) text "${text}")
  file(WRITE ${made}/${unit} "${text}")
endforeach()
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian_folder}/postinst ${debian_folder}/prerm ${debian_folder}/postrm ${made}/conffiles)

find_program(GZIP gzip REQUIRED)
add_custom_command(
  OUTPUT ${made}/changelog.gz ${made}/gristmill.1.gz ${made}/gristmill-dated-run.1.gz ${made}/THIRD-PARTY-NOTICES.gz
  COMMAND ${GZIP} -9nc ${made}/changelog > ${made}/changelog.gz
  COMMAND ${GZIP} -9nc ${shell_files}/gristmill.1 > ${made}/gristmill.1.gz
  COMMAND ${GZIP} -9nc ${debian_folder}/gristmill-dated-run.1 > ${made}/gristmill-dated-run.1.gz
  COMMAND ${GZIP} -9nc ${GRISTMILL_NOTICES} > ${made}/THIRD-PARTY-NOTICES.gz
  DEPENDS ${made}/changelog ${shell_files}/gristmill.1 ${debian_folder}/gristmill-dated-run.1 ${GRISTMILL_NOTICES}
  VERBATIM)
add_custom_target(gristmill_package DEPENDS ${made}/changelog.gz)
add_dependencies(gristmill_package gristmill_installation)
install(FILES ${made}/changelog.gz ${made}/THIRD-PARTY-NOTICES.gz ${debian_folder}/copyright ${debian_folder}/README.Debian
        DESTINATION ${documents} COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${made}/gristmill.1.gz ${made}/gristmill-dated-run.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT debian EXCLUDE_FROM_ALL)
install(PROGRAMS ${CMAKE_SOURCE_DIR}/deploy/server/dated-run DESTINATION ${CMAKE_INSTALL_BINDIR} RENAME gristmill-dated-run COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${made}/gristmill@.service ${made}/gristmill.timer DESTINATION lib/systemd/system COMPONENT debian EXCLUDE_FROM_ALL)
# /usr/share/gristmill/server/install sets the timer, ships logs and adds the notebook, as it does from a checkout.
set(server ${CMAKE_INSTALL_DATADIR}/gristmill/server)
install(PROGRAMS ${CMAKE_SOURCE_DIR}/deploy/server/install DESTINATION ${server} COMPONENT debian EXCLUDE_FROM_ALL)
install(PROGRAMS ${CMAKE_SOURCE_DIR}/deploy/entrypoint DESTINATION ${CMAKE_INSTALL_DATADIR}/gristmill COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${CMAKE_SOURCE_DIR}/tools/shell.sh ${CMAKE_SOURCE_DIR}/deploy/server/cloudwatch-agent.json ${made}/gristmill-notebook.service
        DESTINATION ${server} COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${debian_folder}/gristmill.lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME gristmill COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${debian_folder}/gristmill.sysusers DESTINATION lib/sysusers.d RENAME gristmill.conf COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${debian_folder}/gristmill.tmpfiles DESTINATION lib/tmpfiles.d RENAME gristmill.conf COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/server/server.env ${CMAKE_SOURCE_DIR}/deploy/server/gristmill.yaml DESTINATION /etc/gristmill
        COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${CMAKE_SOURCE_DIR}/deploy/server/logrotate.conf DESTINATION /etc/logrotate.d RENAME gristmill COMPONENT debian EXCLUDE_FROM_ALL)
include(CPack)
