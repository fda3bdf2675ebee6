#!/bin/bash
# heald-image.sh NODEJS TAG NODE...: heald's image as the Dockerfile lays it out, but with this Node.js and its libraries for
# node:24-alpine, which no registry gives us here; put into the runtimes of these nodes.
set -euo pipefail
. "$(dirname "$0")/env.sh"
nodejs=$1 tag=$2; shift 2
R=$(mktemp -d); trap 'rm -rf "$R"' EXIT
mkdir -p "$R/usr/local/bin" "$R/heald"
cp "$nodejs" "$R/usr/local/bin/node"
ldd "$nodejs" | grep -o '/[^ ]*' | while read -r library; do cp -L --parents "$library" "$R"; done
cp "$HERE/../../dist/heald.mjs" "$R/heald/heald.mjs"
tar -C "$R" -c . | $DOCKER import --change 'USER 65532:65532' \
  --change 'ENTRYPOINT ["node", "--max-semi-space-size=2", "/heald/heald.mjs"]' - "$tag" >/dev/null
for node in "$@"; do $DOCKER save "$tag" | $DOCKER exec -i "$node" ctr -n k8s.io images import - >/dev/null; done
