import { readdirSync } from 'node:fs'
import t from 'tap'
import { z } from 'zod'
import { PROVIDERS } from '../../src/cloudprovider/registry.ts'
import type { Order } from '../../src/core/model/order.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { nodeOf } from '../support/docker/docker-machines.ts'

const never = new AbortController().signal
/** Options without which a cloud cannot be reached. */
const LEAST: Readonly<Record<string, object>> = {
  exec: { command: ['/p'] },
  module: { file: '/m.mjs' },
  openstack: { authUrl: 'https://cloud.example:5000/v3', userId: 'u', passwordFile: '/p', trustId: 't' },
}
const deps = { clock: systemClock, log: { debug() {}, info() {}, warn() {}, error() {} } }

t.test('every cloud folder is registered, and every provider has the name it is registered under', async (t) => {
  const folders = readdirSync(new URL('../../src/cloudprovider', import.meta.url), { withFileTypes: true })
  const clouds = folders.filter((entry) => entry.isDirectory() && entry.name !== 'contract')
  for (const { name } of clouds) t.ok(PROVIDERS.has(name), name)
  for (const [name, definition] of PROVIDERS) t.equal(definition.create(LEAST[name] ?? {}, deps).name, name)
})

t.test('every options block can be told as JSON Schema', async (t) => {
  for (const { schema } of PROVIDERS.values()) {
    t.match(z.toJSONSchema(schema, { io: 'input' }), { type: 'object', additionalProperties: false })
  }
})

t.test('wrong options are refused by name', async (t) => {
  const docker = PROVIDERS.get('docker')!
  for (const [options, path] of [
    [{ stopTimeout: '1h' }, 'stopTimeout'],
    [{ stopTimeout: 'soon' }, 'stopTimeout'],
    [{ rejoinCommand: [] }, 'rejoinCommand'],
    [{ socket: '' }, 'socket'],
    [{ rejoinTimeout: 5 }, 'rejoinTimeout'],
  ] as const) {
    t.match(docker.schema.safeParse(options).error?.issues, [{ path: [path] }], JSON.stringify(options))
  }
  t.match(docker.schema.safeParse({ sokcet: '/x' }).error?.issues, [{ code: 'unrecognized_keys' }])
  t.match(docker.schema.parse({}), { socket: '/var/run/docker.sock', stopTimeout: 10_000, rejoinTimeout: 300_000 })
})

t.test('without a cloud nothing is known, planned or done', async (t) => {
  const none = PROVIDERS.get('none')!.create({}, deps)
  const instance = { id: 'i', name: 'm' }
  const order: Order = { rung: 'start', repair: 'r', nodeName: 'n', nodeUID: 'u', instance, key: 'r/1' }
  t.same(await none.locate(nodeOf('n', undefined), never), { ambiguous: 'NoProvider' })
  t.same(none.plan({ ref: instance, power: 'off', provenStopped: true }), [])
  t.match(await none.step([order], undefined, never), { state: 'failed', effect: 'none' })
  t.match(await none.recover([order], undefined, never), { state: 'failed', effect: 'none' })
  t.match(await none.abandon([order], undefined, never), { state: 'done' })
  await t.rejects(none.inspect(instance, never), { name: 'ProviderError', message: /no cloud provider/ })
})
