#!/bin/sh
# Machines are domains of a hypervisor that `virsh` reaches; those of the cluster have its name as their title
# (virsh desc DOMAIN --title CLUSTER). Rungs: start and reboot-hard. Needs virsh, and node to read JSON. In heald's configuration:
#
#   cloudProvider: exec
#   exec:
#     command: [/opt/heald/virsh.sh, CLUSTER]
#     env: {LIBVIRT_DEFAULT_URI: 'qemu+ssh://heald@hypervisor/system'}
#     scheme: libvirt
#
# docs/providers.md walks through it.
set -eu
cluster=$1
request=$(cat)

# The named members of the request, one a line. What people choose freely comes last, where it can shift nothing.
members() {
  printf '%s' "$request" | node -e '
    const request = JSON.parse(require("fs").readFileSync(0, "utf8"))
    for (const path of process.argv.slice(1)) console.log(path.split(".").reduce((at, key) => at?.[key], request) ?? "")' "$@"
}

answer() {
  printf '{"protocol":1,"answer":%s}\n' "$1"
  exit 0
}

# Nothing was sent, or it was refused: nothing has changed.
refuse() {
  printf '{"protocol":1,"error":{"kind":"%s","message":"%s"}}\n' "$1" "$2"
  exit 10
}

# Any failure of virsh ends the script by `set -e` with another code than 10: for a look "could not look", for an act "maybe".
exists() {
  all=$(virsh list --all "$1")
  printf '%s\n' "$all" | grep -qxF -e "$2"
}

# Sets state and mark of a domain that is known to exist; refuses one of another cluster.
look_at() {
  title=$(virsh desc "$1" --title)
  [ "$title" = "$cluster" ] || refuse invalid "domain $1 is not of this cluster"
  state=$(virsh domstate "$1")
  mark=$(virsh domid "$1") # another number with every start
  [ "$state" != paused ] || mark="$mark paused"
}

power() {
  case $state in
    running) echo running ;;
    'shut off') echo off ;;
    paused) echo paused ;;
    crashed) echo error ;;
    'in shutdown') echo moving ;;
    *) echo unknown ;;
  esac
}

act() { answer '{"next":{"act":{"at":"'"$1"'"},"first":"'"$2"'"}'"${3-}"'}'; }
failed() { answer '{"next":{"state":"failed","reason":"'"$1"'","effect":"'"$effect"'"}}'; }

{
  read -r call
  read -r id
  read -r ordered_id
  read -r rung
  read -r at
  read -r act
  read -r seen
  read -r name
  read -r provider_id
} <<EOF
$(members call instance.id order.instance.id order.rung cursor.at act.at order.bootMark node.name node.providerID && echo .)
EOF

case $call in
  locate)
    case $provider_id in
      '') domain=$name ;;
      libvirt:///*) domain=${provider_id#libvirt:///} ;;
      *) answer '{"mismatch":"its providerID is none of libvirt"}' ;;
    esac
    exists --name "$domain" || answer '{"gone":true,"slot":false}'
    title=$(virsh desc "$domain" --title)
    [ "$title" = "$cluster" ] || answer '{"mismatch":"the domain of that name is not of this cluster"}'
    answer '{"found":{"id":"'"$(virsh domuuid "$domain")"'","name":"'"$domain"'"}}'
    ;;
  inspect)
    exists --uuid "$id" || refuse not-found "no domain $id"
    look_at "$id"
    power=$(power)
    case $power in
      off | paused) start='"ok"' reboot='"skip","reason":"NotRunning"' ;;
      running) start='"skip","reason":"AlreadyRunning"' reboot='"ok"' ;;
      *) start='"hold","reason":"StateUnknown"' reboot=$start ;;
    esac
    stopped=$([ "$power" = off ] && echo true || echo false)
    answer '{"power":"'"$power"'","provenStopped":'"$stopped"',"bootMark":"'"$mark"'","plans":[
      {"rung":"start","verdict":'"$start"'},{"rung":"reboot-hard","verdict":'"$reboot"'}]}'
    ;;
  look)
    id=$ordered_id
    effect=$([ -z "$at" ] && echo none || echo maybe)
    exists --uuid "$id" || failed InstanceGone
    look_at "$id"
    case $rung.$(power) in
      start.running) answer '{"next":{"state":"done"}}' ;;
      start.off) act start now ;;
      start.paused) act resume now ;;
      reboot-hard.running)
        # Stopping is named before it is sent: only the stored name tells a successor that a machine which is off was stopped by us.
        [ "$mark" = "$seen" ] || answer '{"next":{"state":"done"}}'
        act destroy named
        ;;
      reboot-hard.off)
        [ -n "$at" ] || failed NotRunning
        act start named ',"undo":{"act":{"at":"start"}}'
        ;;
      *) failed NotPossible ;;
    esac
    ;;
  perform)
    id=$ordered_id
    case $act in
      start | resume | destroy) virsh "$act" "$id" >&2 ;;
      *) refuse invalid "no act $act" ;;
    esac
    answer '{}'
    ;;
  *) refuse unsupported "no call $call" ;;
esac
