#!/bin/bash
# Stops what up.sh started, and nothing else; the logs stay. `down.sh locked`: the caller holds the lock.
set -uo pipefail
. "$(dirname "$0")/env.sh"
mkdir -p "$OS_BASE"
[ "${1:-}" = locked ] || { exec 9>"$OS_BASE/lock-$OS_PORT"; flock 9; }
rm -f "$OS_RUN/ready" "$OS_RUN/by-hand"
for file in "$OS_RUN"/pid/*; do
  [ -e "$file" ] || continue
  name=$(basename "$file")
  [ "$name" = epmd ] || [ "$name" = mysql ] || stop "$name" &
done
wait
stop mysql
stop epmd
# Daemons of a run that was killed and whose files are gone: a leftover epmd would keep its port from the next one.
for environ in /proc/[0-9]*/environ; do
  grep -qzxF "HOME=$OS_RUN/home" "$environ" 2>/dev/null && kill -KILL "$(basename "$(dirname "$environ")")" 2>/dev/null
done
true
