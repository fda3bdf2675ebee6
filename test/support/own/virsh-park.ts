import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ProviderDeps } from '../../../src/cloudprovider/contract/define.ts'
import { PROVIDERS } from '../../../src/cloudprovider/registry.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { CloudFixture } from '../../contract/cloud-provider.ts'
import { nodeOf } from '../docker/docker-machines.ts'

/** What the example needs of libvirt's client: domains are folders, and every act is written down. */
const VIRSH = `#!/bin/sh
set -eu
cd "$PARK"
command=$1
shift
if [ "$command" = list ]; then
  for domain in */; do [ ! -d "$domain" ] || if [ "$2" = --uuid ]; then cat "$domain/uuid"; else echo "\${domain%/}"; fi; done
  exit 0
fi
domain=$1
[ -d "$domain" ] || domain=$(grep -lx -e "$1" */uuid) || { echo "error: failed to get domain '$1'" >&2; exit 1; }
domain=\${domain%/uuid}
state() { [ "$(cat "$domain/state")" = "$1" ] || { echo "error: domain is not $1" >&2; exit 1; }; }
run() { expr "$(cat "$domain/starts")" + 1 > "$domain/starts"; echo running > "$domain/state"; }
case $command in
  desc) cat "$domain/title" ;;
  domstate) cat "$domain/state" ;;
  domuuid) cat "$domain/uuid" ;;
  domid) if [ "$(cat "$domain/state")" = 'shut off' ]; then echo -; else cat "$domain/starts"; fi ;;
  start) state 'shut off'; echo "start $domain" >> "$PARK/.acts"; run ;;
  resume) state paused; echo "resume $domain" >> "$PARK/.acts"; echo running > "$domain/state" ;;
  destroy) echo "destroy $domain" >> "$PARK/.acts"; echo 'shut off' > "$domain/state" ;;
  *) exit 1 ;;
esac
`
const SCRIPT = resolve('examples/providers/virsh.sh')

export const testDeps: ProviderDeps = { clock: systemClock, log: { debug() {}, info() {}, warn() {}, error() {} } }

/** The shell script of examples/, and a hypervisor that exists in `folder` only. */
export function virshFixture(folder: string): CloudFixture {
  const bin = join(folder, 'bin')
  const park = join(folder, 'park')
  const acts = join(park, '.acts')
  mkdirSync(bin)
  mkdirSync(park)
  writeFileSync(join(bin, 'virsh'), VIRSH)
  chmodSync(join(bin, 'virsh'), 0o755)
  const env = { PARK: park, PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin` }
  const write = (name: string, file: string, text: string): void => writeFileSync(join(park, name, file), `${text}\n`)
  let count = 0
  return {
    repairs: [
      { rung: 'start', from: 'off' },
      { rung: 'reboot-hard', from: 'running' },
    ],
    provider: () =>
      PROVIDERS.get('exec')!.create(
        // Time limits are another test's: here the machine may be slow.
        { command: [SCRIPT, 'mine'], env, scheme: 'libvirt', timeout: '9s', settle: '0s' },
        testDeps,
      ),
    async create(name) {
      count += 1
      mkdirSync(join(park, name))
      write(name, 'uuid', `6f1c3e9a-0000-4000-8000-${String(count).padStart(12, '0')}`)
      write(name, 'title', 'mine')
      write(name, 'state', 'running')
      write(name, 'starts', '1')
      return nodeOf(name, `libvirt:///${name}`)
    },
    async breakIt({ name }, fault) {
      if (fault === 'gone') rmSync(join(park, name), { recursive: true })
      if (fault === 'foreign') write(name, 'title', 'theirs')
      if (fault === 'off') write(name, 'state', 'shut off')
      if (fault === 'paused') write(name, 'state', 'paused')
    },
    async mutations() {
      if (!existsSync(acts)) return []
      const seen = readFileSync(acts, 'utf8').trim().split('\n')
      rmSync(acts)
      return seen
    },
    sleep: (ms) => delay(Math.min(ms, 20)),
  }
}
