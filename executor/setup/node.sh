#!/bin/sh
# Runs a program of weft on its Node, with what keeps its memory small: node.sh PROGRAM [ARGUMENT ...]
modules=$(dirname "$0")/../../node_modules

# Where Node keeps compiled programs: without it each thread loads the compiler that takes types out.
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE-$modules/.cache/weft}"

# malloc(3) of glibc: memory that one thread frees serves the others, too.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX-2}"

# V8 gives new objects up to 96 MB in each thread, and old ones several times what lives. Threads collect what they have
# left when they are at rest. Built-in functions are in memory once for all threads.
# shellcheck disable=SC2086
exec "$modules/.bin/node" --max-semi-space-size=4 --heap-growing-percent=40 --no-short-builtin-calls --expose-gc \
  $WEFT_NODE_FLAGS "$@"
