# ccache where it is installed. A clone in another folder gets hits too: paths are hashed relative to the clone, and the
# sloppiness is what precompiled headers need (their dates and macros are not hashed, their content is).
find_program(EPI_CCACHE ccache)
if(EPI_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${EPI_CCACHE})
endif()
