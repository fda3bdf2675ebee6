#!/bin/bash
# Creates every schema; the services are independent of each other, so they run side by side.
set -uo pipefail
. "$(dirname "$0")/env.sh"
E=$OS_RUN/etc
main() { echo "import sys; sys.argv[0]='$1'; from $2 import main; main()"; }
identity() {
  local k="$PY /usr/bin/keystone-manage --config-file $E/keystone.conf"
  $k db_sync && $k fernet_setup --keystone-user root --keystone-group root &&
    $k credential_setup --keystone-user root --keystone-group root &&
    $k bootstrap --bootstrap-password "$ADMIN_PW" --bootstrap-public-url "$AUTH" --bootstrap-internal-url "$AUTH" \
      --bootstrap-admin-url "$AUTH" --bootstrap-region-id RegionOne
}
declare -A jobs
job() { local name=$1; shift; "$@" >"$OS_RUN/log/schema-$name.log" 2>&1 & jobs[$name]=$!; }
job keystone identity
job nova env "DB_NOVA_CELL0=$(db nova_cell0)" "DB_NOVA_CELL1=$(db nova_cell1)" $PY "$OS_LAB/nova_setup.py"
job glance $PY -c "$(main glance-manage glance.cmd.manage)" --config-file "$E/glance-api.conf" db_sync
job placement env OS_PLACEMENT_CONFIG_DIR="$E" $PY /usr/bin/placement-manage --config-file "$E/placement.conf" db sync
job heat $PY -c "$(main heat-manage heat.cmd.manage)" --config-file "$E/heat.conf" db_sync
job magnum $PY "$OS_LAB/magnum_setup.py"
[ "$CINDER" = 0 ] || job cinder $PY -c "$(main cinder-manage cinder.cmd.manage)" --config-file "$E/cinder.conf" db sync
code=0
for name in "${!jobs[@]}"; do
  wait "${jobs[$name]}" || { code=1; echo "schema of $name:"; tail -5 "$OS_RUN/log/schema-$name.log"; } >&2
done
exit $code
