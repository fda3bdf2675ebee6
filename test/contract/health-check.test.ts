import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { endpoint } from '../../src/healthcheck/endpoint/endpoint.ts'
import { exec } from '../../src/healthcheck/exec/exec.ts'
import { module } from '../../src/healthcheck/module/module.ts'
import { nodeCondition } from '../../src/healthcheck/node-condition.ts'
import { nodeLease } from '../../src/healthcheck/node-lease.ts'
import { plugins } from '../../src/healthcheck/registry.ts'
import { type Listening, nodeAt, serve } from '../healthcheck/fixtures.ts'
import { node } from '../support/pure/view.ts'
import { type HealthCheckCase, healthCheckContract } from './health-check.ts'

const PROGRAM = `
node=$(cat)
case "$node" in
  *'"name":"well"'*) echo '{"status": "pass"}' ;;
  *'"name":"broken"'*) echo '{"status": "fail", "reason": "DiskDead", "message": "sda"}' ;;
  *'"name":"hanging"'*) sleep 60 ;;
  *) echo '{"status": "unknown", "reason": "NotMine"}' ;;
esac
`

const MODULE = `
const answers = { well: { status: 'pass' }, broken: { status: 'fail', reason: 'DiskDead', message: 'sda' } }
export async function check(node) {
  if (node.name === 'hanging') await new Promise(() => {})
  return answers[node.name] ?? { status: 'unknown' }
}
`

const dir = mkdtempSync(join(tmpdir(), 'heald-checks-'))
const servers: Listening[] = []
t.teardown(() => {
  for (const server of servers) server.close()
  rmSync(dir, { recursive: true })
})

function write(name: string, text: string): string {
  const file = join(dir, name)
  writeFileSync(file, text)
  return file
}

/** One port, and a machine behind each loopback address. */
async function machines(): Promise<number> {
  const well = await serve((_request, response) => response.end('ok'))
  const broken = await serve((_request, response) => response.writeHead(500).end(), '127.0.0.2', well.port)
  const hanging = await serve(() => undefined, '127.0.0.3', well.port)
  servers.push(well, broken, hanging)
  return well.port
}

const ready = (status: 'True' | 'False') => node('a', { conditions: [{ type: 'Ready', status }] })
const outOfTree = {
  well: { facts: node('well') },
  broken: { facts: node('broken') },
  blind: { facts: node('blind') },
  hanging: { facts: node('hanging') },
}
const secret = 'a-token-nobody-may-see'
const cases: readonly HealthCheckCase[] = [
  {
    plugin: endpoint,
    params: { protocol: 'HTTP', port: await machines(), requireToken: true, tokenFile: write('token', `${secret}\n`) },
    well: { facts: nodeAt('127.0.0.1') },
    broken: { facts: nodeAt('127.0.0.2') },
    blind: { facts: node('no-address') },
    hanging: { facts: nodeAt('127.0.0.3') },
    secret,
  },
  {
    plugin: nodeCondition,
    params: {},
    well: { facts: ready('True') },
    broken: { facts: ready('False') },
    blind: { facts: node('a') },
  },
  {
    plugin: nodeLease,
    params: { maxAge: '40s' },
    well: { facts: node('a'), heartbeatAgeMs: 1_000 },
    broken: { facts: node('a'), heartbeatAgeMs: 40_001 },
    blind: { facts: node('a') },
  },
  {
    plugin: exec,
    params: { command: ['/bin/sh', write('check.sh', PROGRAM)], env: { SECRET: secret } },
    ...outOfTree,
    secret,
  },
  { plugin: module, params: { file: write('check.mjs', MODULE) }, ...outOfTree },
]

t.test('every built-in plugin is under contract', async (t) => {
  t.same(
    [...plugins.values()],
    cases.map(({ plugin }) => plugin),
  )
})

for (const subject of cases) t.test(subject.plugin.type, async (t) => healthCheckContract(t, subject))
