# Warnings are errors on both compilers; sanitizers and hardening stand here and nowhere else.
add_library(gatehouse_flags INTERFACE)
target_compile_options(gatehouse_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-qual
  -Wformat=2 -Wimplicit-fallthrough -Wnull-dereference -fno-strict-aliasing -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside inlined library code (PR 105329, PR 105593 and kin): noise, not findings.
  target_compile_options(gatehouse_flags INTERFACE -Wno-restrict -Wno-null-dereference -Wno-maybe-uninitialized
    -Wno-stringop-overread -Wno-stringop-overflow -Wno-array-bounds -Wno-dangling-pointer)
else()
  # libstdc++ 12 calls its own deprecated get_temporary_buffer from std::stable_sort.
  target_compile_options(gatehouse_flags INTERFACE -Wno-deprecated-declarations)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(gatehouse_flags INTERFACE -D_FORTIFY_SOURCE=2 -fno-plt)  # -O3 by CMake's Release
  target_link_options(gatehouse_flags INTERFACE -Wl,-z,relro,-z,now)
else()
  target_compile_options(gatehouse_flags INTERFACE -O1 -g1 -D_GLIBCXX_ASSERTIONS)
endif()
if(GATEHOUSE_SANITIZE)
  target_compile_options(gatehouse_flags INTERFACE -fsanitize=${GATEHOUSE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(gatehouse_flags INTERFACE -fsanitize=${GATEHOUSE_SANITIZE})
endif()
if(GATEHOUSE_FUZZ)
  target_compile_options(gatehouse_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
