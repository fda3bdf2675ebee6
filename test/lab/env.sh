# Sourced by all scripts. Everything is written below LAB; RUN holds one running cluster.
export K8S=${K8S:-1.34.4}
export LAB=${LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/heald}
export HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export CLUSTER=${CLUSTER:-lab} RUN=${RUN:-$LAB/run${CLUSTER:+-$CLUSTER}}
export BIN=$LAB/bin-$K8S
# The image is as good as its entry point: a changed one makes another image.
export IMAGE=${IMAGE:-heald-node:$K8S-$(cksum <"$HERE/node-entry" | cut -d' ' -f1)}
export DOCKER=${DOCKER:-/usr/bin/docker}
k() { "$BIN/kubectl" --kubeconfig "$RUN/kubeconfig" --request-timeout 10s "$@"; }
# A process of this cluster, and not another one that got its id since: all of them name RUN on their command line.
alive() { [ -n "${1:-}" ] && grep -aqF "$RUN" "/proc/$1/cmdline" 2>/dev/null; }
pid_of() { cat "$RUN/pid/$1" 2>/dev/null || true; }
# start NAME COMMAND...: in the background, detached from our terminal and pipes, its id in RUN/pid/NAME
start() {
  local name=$1; shift
  mkdir -p "$RUN/pid" "$RUN/cmd" "$RUN/log"
  printf '%q ' "$@" >"$RUN/cmd/$name"
  setsid nohup "$@" >>"$RUN/log/$name.log" 2>&1 </dev/null & echo "$!" >"$RUN/pid/$name"
  # Until the fork has become the program it does not look like one of ours.
  for _ in $(seq 1 100); do alive "$!" && break; kill -0 "$!" 2>/dev/null || break; sleep 0.02; done
}
# end NAME [SIGNAL]: returns when it is gone; what does not go within 5 s is killed
end() {
  local pid; pid=$(pid_of "$1"); rm -f "$RUN/pid/$1"
  alive "$pid" || return 0
  kill -CONT "$pid" 2>/dev/null || true; kill "-${2:-TERM}" "$pid" 2>/dev/null || true
  for _ in $(seq 1 50); do alive "$pid" || return 0; sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null || true
}
api_ready() {
  for _ in $(seq 1 300); do
    alive "$(pid_of kube-apiserver)" || break
    [ "$(k get --raw /readyz 2>/dev/null)" = ok ] && return 0
    sleep 0.2
  done
  echo "kube-apiserver is not ready" >&2; tail -3 "$RUN/log/kube-apiserver.log" >&2; return 1
}
export LAB_NETWORK=${LAB_NETWORK:-heald-lab}
