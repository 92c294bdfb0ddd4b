# cmake --install build --prefix DIR: the programs, and what their licences ask for. LibTorch stays where it is: its
# folder remains in the run path of epifoundry-nn.
set_target_properties(epifoundry PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
install(TARGETS epifoundry RUNTIME DESTINATION bin)
if(EPI_WITH_TORCH)
  set_target_properties(epifoundry-nn PROPERTIES INSTALL_RPATH "${EPI_TORCH_DIR}/lib")
  install(TARGETS epifoundry-nn RUNTIME DESTINATION bin)
endif()
install(FILES LICENSE THIRD_PARTY.md DESTINATION share/doc/epifoundry)
if(EPI_ASSORTHEAD_DIR)
  install(DIRECTORY ${EPI_ASSORTHEAD_DIR}/../licenses DESTINATION share/doc/epifoundry OPTIONAL)
endif()
