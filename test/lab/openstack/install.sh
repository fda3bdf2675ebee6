#!/bin/bash
# The OpenStack services as Debian's Python packages: no *-api or *-common service package, whose install scripts
# would set up databases, users and init scripts. The few files that only those hold are unpacked beside.
set -euo pipefail
. "$(dirname "$0")/env.sh"
export DEBIAN_FRONTEND=noninteractive
PACKAGES=(python3-keystone python3-placement python3-nova python3-glance python3-heat python3-magnum python3-magnumclient
  python3-heatclient python3-pymysql rabbitmq-server mariadb-server-core mariadb-client-core openssl curl)
COMMON=(nova-common heat-common magnum-common glance-common)
[ "$CINDER" = 0 ] || { PACKAGES+=(python3-cinder); COMMON+=(cinder-common); }

missing=()
for package in "${PACKAGES[@]}"; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
unpack=()
for package in "${COMMON[@]}"; do [ -e "$PKGROOT/.$package" ] || unpack+=("$package"); done
[ ${#missing[@]} -gt 0 ] || [ ${#unpack[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || {
  echo "the OpenStack tests need ${missing[*]} ${unpack[*]}: run them as root on Debian 12, where test/lab/openstack/install.sh gets these by apt-get" >&2
  exit 1
}
apt-cache show "${PACKAGES[@]}" "${COMMON[@]}" >/dev/null 2>&1 || apt-get update
if [ ${#missing[@]} -gt 0 ]; then
  if [ ! -e /usr/sbin/policy-rc.d ]; then # nothing may start by itself
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get install -y --no-install-recommends "${missing[@]}"
fi
mkdir -p "$OS_BASE/debs" "$PKGROOT"
chmod 777 "$OS_BASE/debs"
for package in "${unpack[@]}"; do
  (cd "$OS_BASE/debs" && rm -f "$package"_*.deb && apt-get download "$package" && dpkg-deb -x "$package"_*.deb "$PKGROOT")
  touch "$PKGROOT/.$package"
done
rm -rf "$OS_BASE/debs"
