# How every target of ours is built: one place for warnings and sanitizers, sources listed by name.
get_filename_component(TIDEGATE_ROOT ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
add_library(tidegate_options INTERFACE)
target_include_directories(tidegate_options INTERFACE ${TIDEGATE_ROOT})
target_compile_options(tidegate_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Wold-style-cast)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(tidegate_options INTERFACE -Wshadow=local -Wno-restrict) # -Wrestrict misfires in libstdc++ 12's string
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # a source that is included by another looks like a header
  target_compile_options(tidegate_options INTERFACE -Wno-subobject-linkage)
endif()
if(TIDEGATE_WERROR)
  target_compile_options(tidegate_options INTERFACE -Werror)
endif()
if(TIDEGATE_SANITIZE)
  # A null pointer, and what lies beyond an object, end in the address sanitizer too; looking for them twice costs a fifth of the time to compile.
  target_compile_options(tidegate_options INTERFACE -fsanitize=${TIDEGATE_SANITIZE} -fno-sanitize=null,object-size,vptr -fno-sanitize-recover=all
    -fno-omit-frame-pointer
    -g1) # line numbers; full debug information doubles the time to compile
  target_link_options(tidegate_options INTERFACE -fsanitize=${TIDEGATE_SANITIZE})
endif()
if(TIDEGATE_FUZZ)
  target_compile_options(tidegate_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
    -fsanitize-ignorelist=${TIDEGATE_ROOT}/cmake/fuzz_ignorelist.txt)
  target_link_options(tidegate_options INTERFACE -fsanitize=address,undefined)
endif()

# Ours is optimised a little under sanitizers, since it runs long there; tests are not, since they take long to compile (three times as long with -O1),
# and undefined behaviour is looked for in ours alone. Of a test's options these must come last, so they come with a library that is linked last.
add_library(tidegate_test_options INTERFACE)
if(TIDEGATE_SANITIZE)
  set(tidegate_sanitized_code -O1)
  target_compile_options(tidegate_test_options INTERFACE -fno-sanitize=undefined)
endif()

# tidegate_library(name SOURCES a.cpp ... LINKS public targets ... PRIVATE_LINKS targets ...)
function(tidegate_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS;PRIVATE_LINKS")
  add_library(${name} STATIC ${arg_SOURCES})
  target_compile_options(${name} PRIVATE ${tidegate_sanitized_code})
  target_link_libraries(${name} PUBLIC tidegate_options ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
endfunction()

# tidegate_program(name SOURCES a.cpp ... LINKS targets ...)
function(tidegate_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_executable(${name} ${arg_SOURCES})
  target_compile_options(${name} PRIVATE ${tidegate_sanitized_code})
  target_link_libraries(${name} PRIVATE tidegate_options ${arg_LINKS})
endfunction()

# tidegate_test(name [ONE_THREAD] [ALONE] SOURCES a_test.cpp ... LINKS targets ...): one program, one ctest test for each TEST_CASE in it. A case that prints a
# line beginning with "skipped:" (data missing on this machine) shows as skipped. ONE_THREAD: nothing in it starts a thread, so the thread sanitizer
# has nothing to find there and leaves it out. ALONE: it needs the machine for itself, and time.
function(tidegate_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ONE_THREAD;ALONE" "" "SOURCES;LINKS")
  if(arg_ONE_THREAD AND TIDEGATE_SANITIZE STREQUAL "thread")
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE tidegate_options tidegate_test_main ${arg_LINKS} tidegate_test_options)
  if(TIDEGATE_PRECOMPILE)
    target_precompile_headers(${name} REUSE_FROM tidegate_test_main)
  endif()
  target_compile_definitions(${name} PRIVATE TIDEGATE_SOURCE_DIR="${TIDEGATE_ROOT}")
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF) # each test file has helpers of its own, often of the same names
  set(run TIMEOUT 300)
  if(arg_ALONE)
    set(run TIMEOUT 900 RUN_SERIAL TRUE)
  endif()
  doctest_discover_tests(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "skipped:" ${run})
endfunction()
