# Warnings, sanitizers and include roots of our own code, linked PRIVATE so that they leak into nobody's build.
# -Wno-restrict, -Wno-array-bounds, -Wno-stringop-*: g++ 12 warns of its own std::string (GCC bugs 105651, 105329).
add_library(epi_options INTERFACE)
target_compile_options(epi_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-restrict
                                             -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Werror)
if(EPI_SANITIZE)
  # A finding ends the program, else its test would pass. What a bad pointer meets is left to the address sanitizer: the
  # same checks of `undefined` double the time to compile. -Wno-maybe-uninitialized: g++ loses track in its own headers.
  target_compile_options(epi_options INTERFACE -fsanitize=${EPI_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
                                               -fno-sanitize=null,alignment,object-size,vptr
                                               -Wno-maybe-uninitialized)
  target_link_options(epi_options INTERFACE -fsanitize=${EPI_SANITIZE})
endif()
