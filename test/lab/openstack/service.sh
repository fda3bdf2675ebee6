#!/bin/bash
# service.sh stop|kill|freeze|thaw|start NAME: one daemon of the running cloud, e.g. nova-api.
# service.sh tokens SECONDS: how long tokens live, once Keystone is started again.
set -euo pipefail
. "$(dirname "$0")/env.sh"
act=$1 name=$2
[ "$act" != tokens ] || { sed -i "s/^expiration = .*/expiration = $2/" "$OS_RUN/etc/keystone.conf"; exit; }
[ -e "$OS_RUN/cmd/$name" ] || { echo "no service $name; there are: $(ls "$OS_RUN/cmd" | tr '\n' ' ')" >&2; exit 2; }
pid=$(pid_of "$name")
case $act in
  stop) stop "$name" ;;
  kill) stop "$name" KILL ;;
  freeze) alive "$pid" && kill -STOP -- "-$pid" ;;
  thaw) alive "$pid" && kill -CONT -- "-$pid" ;;
  start) alive "$pid" || eval "start $name $(cat "$OS_RUN/cmd/$name")" ;;
  *) echo "usage: service.sh stop|kill|freeze|thaw|start NAME, service.sh tokens SECONDS" >&2; exit 2 ;;
esac
