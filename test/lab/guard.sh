#!/bin/bash
# guard.sh PID RUN: takes the cluster down when the process that asked for it has gone without doing so.
while kill -0 "$1" 2>/dev/null; do sleep 1; done
exec "$(dirname "$0")/down.sh"
