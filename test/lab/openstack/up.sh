#!/bin/bash
# A whole OpenStack on 127.0.0.1, ready when this returns. `up.sh`: until down.sh. `up.sh PID`: until PID and everybody
# else who asked so is gone (keeper.sh). One that runs already is used as it is.
set -uo pipefail
. "$(dirname "$0")/env.sh"
mkdir -p "$OS_BASE"
exec 9>"$OS_BASE/lock-$OS_PORT"
flock 9
T0=$(date +%s%N)
say() { printf '%6.1fs %s\n' "$(( ($(date +%s%N) - T0) / 100000000 ))e-1" "$*"; }

is_up() {
  [ -e "$OS_RUN/ready" ] || return 1
  for file in "$OS_RUN"/pid/*; do alive "$(cat "$file" 2>/dev/null)" || { echo "$(basename "$file") is dead"; return 1; }; done
}
wait_http() { # NAME URL
  for _ in $(seq 1 480); do
    code=$(curl -s -o /dev/null -m 5 -w '%{http_code}' "$2")
    [ "$code" != 000 ] && [ "$code" -lt 500 ] && return 0
    alive "$(pid_of "$1")" || break
    sleep 0.25
  done
  echo "$1 is not ready:" >&2; tail -20 "$OS_RUN/log/$1.log" >&2; exit 1
}
start_mysql() {
  start mysql mariadbd --no-defaults --user=root --datadir="$OS_RUN/db/data" --socket="$MYSQL_SOCK" --pid-file="$OS_RUN/mysql.pid" \
    --skip-networking --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-flush-method=nosync --sync-binlog=0 \
    --skip-log-bin --innodb-buffer-pool-size=64M --innodb-log-file-size=32M --max-connections=400 --skip-name-resolve \
    --performance-schema=OFF
  for _ in $(seq 1 120); do sql -e 'select 1' >/dev/null 2>&1 && return 0; sleep 0.25; done
  echo "mariadb is not ready:" >&2; tail -5 "$OS_RUN/log/mysql.log" >&2; exit 1
}
sql() { mysql --no-defaults -u root -S "$MYSQL_SOCK" "$@"; }
python_main() { echo "import sys; sys.argv[0]='$2'; from $1 import main; sys.exit(main())"; }

watch_over() { # PID
  mkdir -p "$OS_RUN/users"
  touch "$OS_RUN/users/$1"
  [ -e "$OS_RUN/by-hand" ] || alive "$(cat "$OS_RUN/keeper" 2>/dev/null)" && return 0
  setsid nohup "$OS_LAB/keeper.sh" >>"$OS_RUN/log/keeper.log" 2>&1 </dev/null 9>&- & echo $! >"$OS_RUN/keeper"
}
finish() { # [PID]
  if [ -n "${1:-}" ]; then watch_over "$1"; else touch "$OS_RUN/by-hand"; fi
  say "ready"
  exit 0
}

is_up && finish "${1:-}"
"$OS_LAB/down.sh" locked
rm -rf "$OS_RUN"; mkdir -p "$OS_RUN"
bash "$OS_LAB/configure.sh" || exit 1
E=$OS_RUN/etc

# What a fresh start prepares (schemas, users, catalog, image, the mapped compute host) depends on these only.
STATE=$({ cat "$OS_LAB"/{env.sh,configure.sh,schemas.sh,bootstrap.py,*_setup.py}; echo "$OS_RUN $OS_PORT $CINDER"
  dpkg-query -W mariadb-server-core python3-{keystone,nova,glance,heat,magnum,placement}; } | cksum | cut -d' ' -f1)
SNAPSHOT=$OS_BASE/snapshot-$STATE.tar
FRESH=1
[ -f "$SNAPSHOT" ] && tar -C "$OS_RUN" -xf "$SNAPSHOT" && FRESH=0

# Cleared with the run: nothing of it may be left when a step fails.
trap 'code=$?; [ -e "$OS_RUN/ready" ] || "$OS_LAB/down.sh" locked; exit $code' EXIT
start epmd epmd -address 127.0.0.1 -port "$EPMD_PORT"
start rabbitmq env ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$EPMD_PORT" RABBITMQ_CONF_ENV_FILE=/dev/null \
  RABBITMQ_NODENAME="osrmq$OS_PORT@localhost" RABBITMQ_MNESIA_BASE="$OS_RUN/rabbit/mnesia" RABBITMQ_LOG_BASE="$OS_RUN/rabbit/log" \
  RABBITMQ_CONFIG_FILE="$E/rabbitmq.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$E/enabled_plugins" RABBITMQ_DIST_PORT="$ERL_PORT" \
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none' \
  /usr/lib/rabbitmq/bin/rabbitmq-server
[ $FRESH = 0 ] || mysql_install_db --no-defaults --user=root --datadir="$OS_RUN/db/data" --auth-root-authentication-method=normal \
  --skip-test-db >"$OS_RUN/log/mysql-install.log" 2>&1
start_mysql
if [ $FRESH = 1 ]; then
  for name in keystone placement glance nova_api nova_cell0 nova_cell1 heat magnum cinder; do
    echo "create database $name character set utf8;"
  done | sql
  bash "$OS_LAB/schemas.sh" || exit 1
  say "schemas created"
fi
start keystone env OS_KEYSTONE_CONFIG_DIR="$E" $PY "$OS_LAB/serve_wsgi.py" threads "$KEYSTONE_PORT" keystone.server.wsgi:initialize_public_application
if [ $FRESH = 1 ]; then
  wait_http keystone "$AUTH"
  $PY "$OS_LAB/bootstrap.py" identity || exit 1
  say "users and catalog created"
fi
for _ in $(seq 1 240); do (exec 3<>"/dev/tcp/127.0.0.1/$AMQP_PORT") 2>/dev/null && break; sleep 0.25; done
start placement env OS_PLACEMENT_CONFIG_DIR="$E" $PY "$OS_LAB/serve_wsgi.py" threads "$PLACEMENT_PORT" placement.wsgi:init_application
start neutron-stub $PY "$OS_LAB/neutron_stub.py" "$NEUTRON_PORT"
if [ "$CINDER" = 1 ]; then
  for part in api scheduler volume; do
    start cinder-$part $PY -c "$(python_main cinder.cmd.$part cinder-$part)" --config-file "$E/cinder.conf"
  done
fi
for part in conductor scheduler compute; do
  start nova-$part $PY -c "$(python_main nova.cmd.$part nova-$part)" --config-file "$E/nova.conf"
done
start nova-api $PY -c "$(python_main nova.cmd.api_os_compute nova-api)" --config-file "$E/nova.conf"
start glance-api $PY -c "$(python_main glance.cmd.api glance-api)" --config-file "$E/glance-api.conf"
start heat-api $PY -c "$(python_main heat.cmd.api heat-api)" --config-file "$E/heat.conf"
start heat-engine $PY -c "$(python_main heat.cmd.engine heat-engine)" --config-file "$E/heat.conf"
start magnum-api $PY "$OS_LAB/serve_wsgi.py" eventlet "$MAGNUM_PORT" magnum.api.app:build_wsgi_app --config-file "$E/magnum.conf"
start magnum-conductor $PY /usr/bin/magnum-conductor --config-file "$E/magnum.conf"
wait_http keystone "$AUTH"
for name in placement glance-api nova-api heat-api magnum-api; do
  port=${name%-api}; port=${port^^}_PORT
  wait_http $name "http://127.0.0.1:${!port}/"
done
[ "$CINDER" = 0 ] || wait_http cinder-api "http://127.0.0.1:$CINDER_PORT/"
say "all services answer"
if [ $FRESH = 1 ]; then
  $PY "$OS_LAB/bootstrap.py" resources || exit 1
  stop mysql
  rm -f "$OS_BASE"/snapshot-*.tar
  tar -C "$OS_RUN" -cf "$SNAPSHOT.part" db/data keys images && mv "$SNAPSHOT.part" "$SNAPSHOT"
  start_mysql
  say "snapshot kept"
fi
$PY "$OS_LAB/bootstrap.py" wait || exit 1
touch "$OS_RUN/ready"
finish "${1:-}"
