#define DOCTEST_CONFIG_IMPLEMENT  // by itself too, for a doctest.h that was read before, as a precompiled header
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
