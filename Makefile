# Short names for the habits; `make` builds. The work is done by cmake, ctest and the scripts in tools/.
.PHONY: build test check format bench run
PRESET ?= dev

build:
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET)

test: build
	ctest --preset $(PRESET)

# Everything that continuous integration runs.
check:
	tools/test

format:
	find gateway brokers normalizer distributor tools tests -name '*.cpp' -o -name '*.hpp' | xargs clang-format -i

bench:
	tools/bench/run

run:
	tools/run
