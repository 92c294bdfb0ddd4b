# Warnings, sanitizers and include roots of our own code, linked PRIVATE so that they leak into nobody's build.
add_library(epi_options INTERFACE)
target_compile_options(epi_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns of its own std::string (GCC bugs 105651, 105329), and with sanitizers loses track in its own headers.
  target_compile_options(epi_options INTERFACE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  if(EPI_SANITIZE)
    target_compile_options(epi_options INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
if(EPI_SANITIZE)
  # A finding ends the program, else its test would pass. What a bad pointer meets is left to the address sanitizer: the
  # same checks of `undefined` double the time to compile. -Wno-shadow: compiled as one source, files see each other's names.
  target_compile_options(epi_options INTERFACE -fsanitize=${EPI_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
                                               -fno-sanitize=null,alignment,object-size,vptr -Wno-shadow)
  # A fuzz target brings the main() of libFuzzer; nothing else has it.
  string(REPLACE "fuzzer-no-link," "" EPI_LINKED_SANITIZERS "${EPI_SANITIZE}")
  target_link_options(epi_options INTERFACE -fsanitize=${EPI_LINKED_SANITIZERS})
endif()
