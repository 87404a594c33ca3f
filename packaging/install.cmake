# What is installed, and the Debian package made of it (script/package).
include(GNUInstallDirs)

# The manual pages and the completion of bash say what the program's own --help says.
set(MANUAL_FOLDER ${PROJECT_BINARY_DIR}/manual)
add_custom_command(
  OUTPUT ${MANUAL_FOLDER}/made
  COMMAND ${SYSTEM_PYTHON3} ${PROJECT_SOURCE_DIR}/packaging/manual.py $<TARGET_FILE:lianqing> ${MANUAL_FOLDER}
  COMMAND ${CMAKE_COMMAND} -E touch ${MANUAL_FOLDER}/made
  DEPENDS lianqing ${PROJECT_SOURCE_DIR}/packaging/manual.py
  COMMENT "manual pages and completion, from --help"
  VERBATIM)
add_custom_target(manual ALL DEPENDS ${MANUAL_FOLDER}/made)

install(TARGETS lianqing RUNTIME)
install(DIRECTORY rules/packs calendars DESTINATION ${CMAKE_INSTALL_DATADIR}/lianqing
  FILES_MATCHING PATTERN "*.yaml")
install(FILES packaging/serve.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/lianqing)
install(DIRECTORY packaging/starter DESTINATION ${CMAKE_INSTALL_DATADIR}/lianqing)
install(FILES packaging/lianqing.service DESTINATION lib/systemd/system)
install(DIRECTORY ${MANUAL_FOLDER}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${MANUAL_FOLDER}/completion/lianqing
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES README.md README.zh-CN.md CHANGELOG.md CONTRIBUTING.md packaging/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs examples editors DESTINATION ${CMAKE_INSTALL_DOCDIR})

# ---- the Debian package ---------------------------------------------------------------------------
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR lianqing)
set(CPACK_PACKAGE_CONTACT "lianqing developers <lianqing@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "rule-driven integrity early-warning engine (廉情)")
set(CPACK_PACKAGE_DESCRIPTION "Takes events about units into a durable log, folds them with rules that staff write in YAML,
and tells every change of a unit's colour (red, yellow, green) with its full reasons.
Daemon with HTTP API and dashboard, tools to check, test and replay rules.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, tzdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion, man-db")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
foreach(name conffiles postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/debian/${name})
endforeach()
# /etc lies outside of the prefix.
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/stage.cmake)
include(CPack)
