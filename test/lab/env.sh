# Sourced by all scripts. Everything is written below LAB; RUN holds one running cluster.
export K8S=${K8S:-1.34.4}
export LAB=${LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/heald}
export BIN=$LAB/bin-$K8S RUN=${RUN:-$LAB/run}
export API_PORT=${API_PORT:-7443} ETCD_PORT=${ETCD_PORT:-3379}
export CLUSTER=${CLUSTER:-lab} IMAGE=${IMAGE:-heald-node:$K8S}
export HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DOCKER=${DOCKER:-/usr/bin/docker}
k() { "$BIN/kubectl" --kubeconfig "$RUN/kubeconfig" "$@"; }
