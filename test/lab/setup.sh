#!/bin/bash
# Makes sure of everything that the tests need on this machine: Kubernetes programs, a Docker engine, the node image, OpenStack.
# What is there already is used; a missing part that can't be installed ends with what to do.
set -euo pipefail
cd "$(dirname "$0")"
. ./env.sh
if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  mkdir -p "$BIN"
  for program in etcd kube-apiserver kube-controller-manager kube-scheduler kubectl kubelet; do
    [ ! -x "$KUBEBUILDER_ASSETS/$program" ] || ln -sf "$KUBEBUILDER_ASSETS/$program" "$BIN/$program"
  done
fi
missing=()
for program in etcd kube-apiserver kube-controller-manager kube-scheduler kubectl kubelet; do
  [ -x "$BIN/$program" ] || missing+=("$program")
done
if [ ${#missing[@]} -gt 0 ]; then
  command -v go >/dev/null || {
    echo "the tests need ${missing[*]} (Kubernetes $K8S): set KUBEBUILDER_ASSETS to a folder that holds them, or install Go 1.26 so that they can be built" >&2
    exit 1
  }
  echo "building ${missing[*]} from source, once (about 6 minutes on 2 cores)" >&2
  ./build.sh
fi
./install.sh
./image.sh
./openstack/install.sh
