#!/bin/sh
# Becomes a daemon that is known from its first moment: launch.sh NOTE PROGRAM [ARGUMENT ...]
# The note has its pid and its start time, in clock ticks since the boot (field 22 of /proc/PID/stat, proc(5)): a later
# process with the same pid has another one.
set -eu
umask 077
note=$1
shift

start_time() { shift 19; echo "$1"; }

read -r status </proc/$$/stat
read -r boot </proc/sys/kernel/random/boot_id
# The fields after the name, which may contain anything, are numbers and letters.
# shellcheck disable=SC2086
printf '{"pid":%s,"startTime":%s,"boot":"%s"}\n' $$ "$(start_time ${status##*) })" "$boot" >"$note.new"
mv "$note.new" "$note"

umask 022
exec "$@"
