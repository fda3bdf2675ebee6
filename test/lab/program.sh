#!/bin/bash
# program.sh kill|start|pause|resume NAME     one of etcd, kube-apiserver, kube-controller-manager, kube-scheduler of a running cluster
set -euo pipefail
. "$(dirname "$0")/env.sh"
case $1 in
kill) end "$2" KILL;;
start) eval "start $2 $(cat "$RUN/cmd/$2")"; [ "$2" != kube-apiserver ] || api_ready;;
pause) kill -STOP "$(pid_of "$2")";;
resume) kill -CONT "$(pid_of "$2")";;
*) echo "program.sh: $1: expected kill, start, pause or resume" >&2; exit 2;;
esac
