# Run by CPack on the files of the package before they are packed: what lies outside of /usr.
file(COPY ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/lianqing/serve.yaml
  DESTINATION ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/etc/lianqing)
