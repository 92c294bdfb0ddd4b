find_package(PkgConfig REQUIRED)
pkg_check_modules(HTSLIB REQUIRED IMPORTED_TARGET htslib>=1.16)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate)
find_package(ZLIB REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C)
find_package(TBB REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)

add_library(epi_hdf5 INTERFACE)
target_include_directories(epi_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(epi_hdf5 INTERFACE ${HDF5_C_LIBRARIES})

# LibTorch from the Python package, without a CUDA toolkit: only the CPU library is linked, libtorch_cuda.so is
# opened at start where the full package is present.
if(EPI_TORCH_DIR)
  add_library(epi_torch INTERFACE)
  target_include_directories(epi_torch SYSTEM INTERFACE ${EPI_TORCH_DIR}/include
                                                        ${EPI_TORCH_DIR}/include/torch/csrc/api/include)
  target_link_libraries(epi_torch INTERFACE ${EPI_TORCH_DIR}/lib/libtorch_cpu.so ${EPI_TORCH_DIR}/lib/libc10.so)
  target_link_options(epi_torch INTERFACE -Wl,-rpath,${EPI_TORCH_DIR}/lib -Wl,--allow-shlib-undefined)
  set(EPI_WITH_TORCH ON)
else()
  set(EPI_WITH_TORCH OFF)
  message(STATUS "EPI_TORCH_DIR is empty: building the data half only (no epifoundry-nn)")
endif()

add_library(epi_assorthead INTERFACE)
if(EPI_ASSORTHEAD_DIR)
  target_include_directories(epi_assorthead SYSTEM INTERFACE ${EPI_ASSORTHEAD_DIR})
endif()
