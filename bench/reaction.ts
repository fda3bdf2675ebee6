import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startLab } from '../test/lab/cluster.ts'
import { startHeald } from '../test/lab/heald.ts'
import { until } from '../test/lab/until.ts'
import { docker } from '../test/support/docker/docker-engine.ts'
import type { Result } from './report.ts'

const TIMES = 5
const HEALTHY_MS = 120_000

/** Says `fail` when the engine says that the machine does not run, and writes down when it saw that first. */
const CHECK = `#!/bin/sh
name=$(sed 's/^{"name":"\\([^"]*\\)".*/\\1/')
[ "$(docker inspect -f '{{.State.Running}}' "$name")" = false ] || exec echo '{"status":"pass"}'
[ -e "$1/$name" ] || date +%s%3N >"$1/$name"
echo '{"status":"fail","reason":"ContainerStopped"}'
`

/** From the moment at which a check sees a stopped machine to the moment at which the engine has started it again. */
export async function benchReaction(progress: (text: string) => void): Promise<readonly Result[]> {
  progress('a lab of one control-plane node and two workers')
  const lab = await startLab({ name: 'heald-bench', controlPlane: 1, workers: 2 })
  try {
    const script = join(lab.logs, 'check.sh')
    await writeFile(script, CHECK)
    await chmod(script, 0o755)
    const params = { command: [script, lab.logs], unhealthyDuration: '0s', plane: 'cloud', symptom: 'Off' }
    const heald = await startHeald(lab, {
      config: {
        monitorInterval: '1s',
        healthcheck: { master: [], worker: [{ type: 'Exec', params }] },
        ladder: { worker: [{ rung: 'start', deadline: '60s', verify: '90s', soak: '1s' }] },
        gates: { rate: { perNode: 100, perHour: 1_000, perDay: 1_000 } },
      },
    })
    const times: number[] = []
    try {
      await heald.leader()
      for (let round = 0; round < TIMES; round++) {
        const node = lab.workers[round % 2] ?? ''
        times.push(await reaction(lab, node))
        progress(`${node}: ${times.at(-1)} ms`)
      }
    } finally {
      await heald.stop()
    }
    times.sort((a, b) => a - b)
    const median = (times[TIMES >> 1] ?? Number.NaN) / 1_000
    const name = 'check sees a stopped container → it is started, unhealthyDuration 0s'
    const note = `median of ${TIMES}; all: ${times.map((ms) => (ms / 1_000).toFixed(1)).join(', ')} s`
    return [{ bench: 'reaction', name, value: median, unit: 's', goal: 3, note }]
  } finally {
    await lab.stop()
  }
}

async function reaction(lab: Awaited<ReturnType<typeof startLab>>, node: string): Promise<number> {
  const seen = join(lab.logs, node)
  await rm(seen, { force: true })
  const before = lab.engine.acts(node).start
  await lab.faults.off(node)
  await until(`${node} is started`, () => lab.engine.acts(node).start > before, 60_000, 50)
  const { State } = (await docker('GET', `/containers/${node}/json`)) as { State: { StartedAt: string } }
  const seenAt = Number(await readFile(seen, 'utf8'))
  await until(`the repair of ${node} ends`, async () => (await lab.repairs()).every(isFinished), HEALTHY_MS)
  await delay(2_000)
  return Date.parse(State.StartedAt) - seenAt
}

function isFinished(repair: { readonly status?: { readonly finishedAt?: string } }): boolean {
  return repair.status?.finishedAt !== undefined
}
