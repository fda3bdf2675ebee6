#!/bin/bash
# Takes the cloud down 20 s after the last process that asked for it is gone, however it went.
set -uo pipefail
. "$(dirname "$0")/env.sh"
idle=0
while [ -d "$OS_RUN/users" ]; do
  sleep 1
  idle=$((idle + 1))
  for file in "$OS_RUN"/users/*; do
    [ -e "$file" ] || continue
    if kill -0 "$(basename "$file")" 2>/dev/null; then idle=0; else rm -f "$file"; fi
  done
  [ -e "$OS_RUN/by-hand" ] && exit 0
  [ $idle -ge 20 ] || continue
  exec 9>"$OS_BASE/lock-$OS_PORT"
  flock 9
  # Somebody may have come while we waited for the lock.
  if [ -n "$(ls "$OS_RUN/users" 2>/dev/null)" ]; then exec 9>&-; idle=0; continue; fi
  rm -f "$OS_RUN/keeper"
  "$OS_LAB/down.sh" locked
  exit 0
done
