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
