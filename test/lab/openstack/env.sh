# Sourced by all scripts. OS_BASE holds what is kept between runs, OS_RUN one running cloud.
export OS_BASE=${OS_BASE:-${LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/heald}/openstack}
export OS_RUN=${OS_RUN:-$OS_BASE/run} PKGROOT=$OS_BASE/packages
export OS_LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Debian's own Python: one from a version manager does not see Debian's packages.
export PY=/usr/bin/python3
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
unset PYTHONHOME HTTP_PROXY HTTPS_PROXY http_proxy https_proxy ALL_PROXY all_proxy
export PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH=$OS_LAB/plugin
# Below the ephemeral range, so that no outgoing connection takes the port of a stopped service.
export OS_PORT=${OS_PORT:-15000}
export KEYSTONE_PORT=$OS_PORT NOVA_PORT=$((OS_PORT + 1)) HEAT_PORT=$((OS_PORT + 2)) MAGNUM_PORT=$((OS_PORT + 3))
export GLANCE_PORT=$((OS_PORT + 4)) PLACEMENT_PORT=$((OS_PORT + 5)) NEUTRON_PORT=$((OS_PORT + 6)) CINDER_PORT=$((OS_PORT + 7))
export AMQP_PORT=$((OS_PORT + 8)) EPMD_PORT=$((OS_PORT + 9)) ERL_PORT=$((OS_PORT + 10))
# Of a cloud that listens on loopback only and lives for a test run.
export ADMIN_PW=admin-pw SVC_PW=svc-pw DEMO_PW=demo-pw
export AUTH=http://127.0.0.1:$KEYSTONE_PORT/v3
export RABBIT=rabbit://guest:guest@127.0.0.1:$AMQP_PORT/
export MYSQL_SOCK=$OS_RUN/mysql.sock
# 1: cinder-api, -scheduler, -volume too, with a driver that keeps volumes in its database only
export CINDER=${CINDER:-0}
db() { echo "mysql+pymysql://root@localhost/$1?unix_socket=$MYSQL_SOCK&charset=utf8"; }

pid_of() { cat "$OS_RUN/pid/$1" 2>/dev/null || true; }
# A daemon of this cloud, and not another process that got its id since: all carry OS_RUN in their environment.
alive() { [ -n "${1:-}" ] && grep -qzxF "OS_RUN=$OS_RUN" "/proc/$1/environ" 2>/dev/null; }
# start NAME COMMAND...: in the background as a session leader, its command kept so that service.sh can start it again
start() {
  local name=$1; shift
  printf '%q ' "$@" >"$OS_RUN/cmd/$name"
  # stevedore caches entry points below HOME; a stale cache would hide the plugin.
  HOME=$OS_RUN/home setsid nohup "$@" >>"$OS_RUN/log/$name.log" 2>&1 </dev/null 9>&- &
  echo "$!" >"$OS_RUN/pid/$name"
}
# stop NAME SIGNAL: to the whole session; returns when it is gone, killed after 5 s
stop() {
  local pid; pid=$(pid_of "$1")
  if alive "$pid"; then
    kill -CONT -- "-$pid" 2>/dev/null || true; kill "-${2:-TERM}" -- "-$pid" 2>/dev/null || true
    for _ in $(seq 1 50); do kill -0 -- "-$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
    for _ in $(seq 1 50); do kill -0 -- "-$pid" 2>/dev/null || break; sleep 0.1; done
  fi
  rm -f "$OS_RUN/pid/$1"
}
