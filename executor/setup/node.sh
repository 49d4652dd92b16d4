#!/bin/sh
# Runs a program of weft on its Node: node.sh PROGRAM [ARGUMENT ...]. What each setting is worth stands in
# docs/performance.md; what the environment says itself is kept.
directory=$(dirname "$0")/../../node_modules
# JavaScript's youngest objects have 12 MB a thread in the place of 96.
export NODE_OPTIONS="--max-semi-space-size=4 $FLAGS $NODE_OPTIONS"
# Without it each thread would load the compiler that takes the types out.
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE-$directory/.cache/weft}"
# glibc: what one thread frees the others can use.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX-2}"
exec "$directory/.bin/node" "$@"
