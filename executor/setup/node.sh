#!/bin/sh
# Runs a program of weft on its Node, with settings that keep its memory small: node.sh PROGRAM [ARGUMENT ...]
modules=$(dirname "$0")/../../node_modules

# Node's compile cache: without it each thread loads the compiler that strips types.
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE-$modules/.cache/weft}"

# malloc(3) of glibc: with few arenas memory that one thread frees is reused by the others.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX-2}"

# By default V8's young generation has up to 96 MB in each thread, and the old one several times its live size. Threads
# collect their garbage when they are idle. Built-in functions are in memory once for all threads.
# shellcheck disable=SC2086
exec "$modules/.bin/node" --max-semi-space-size=4 --heap-growing-percent=40 --no-short-builtin-calls --expose-gc \
  $WEFT_NODE_FLAGS "$@"
