import { setMaxListeners } from 'node:events'
import t from 'tap'
import type { CloudProvider } from '../../../src/core/ports/cloud-provider.ts'
import { Stage } from '../../support/openstack/openstack-drive.ts'
import type { FakeServer } from '../../support/openstack/openstack-nova.ts'

const never = new AbortController().signal
// Thirty-two at once wait with it, and each takes its listener off again.
setMaxListeners(0, never)

async function lookAt(stage: Stage, provider: CloudProvider, server: FakeServer, signal = never): Promise<void> {
  const located = await provider.locate(stage.cloud.node(server), signal)
  if (!('found' in located)) throw new Error(JSON.stringify(located))
  await provider.inspect(located.found, signal)
}

/** Reads of the cluster, its stack's tree and the quota since the last call. */
function surveysOf({ cloud }: Stage): readonly number[] {
  const seen = cloud.seen.splice(0)
  const count = (pattern: RegExp): number => seen.filter(({ path }) => pattern.test(path)).length
  return [count(/\/nodegroups$/), count(/\/resources$/), count(/\/limits$/)]
}

t.test('suspects that are looked at together share one survey, whatever becomes of who asked first', async (t) => {
  const stage = new Stage()
  const provider = stage.provider()
  const servers = stage.cloud.servers('node')
  const looks = Array.from({ length: 32 }, (_, at) => lookAt(stage, provider, servers[at % servers.length]!))
  await Promise.all(looks)
  t.same(surveysOf(stage), [1, 1, 1])
  await lookAt(stage, provider, servers[0]!)
  t.same(surveysOf(stage), [0, 0, 0], 'it serves for some seconds more')

  stage.advance(4_000)
  const impatient = new AbortController()
  stage.cloud.trouble = ({ path }) => {
    if (path.endsWith('/nodegroups')) impatient.abort(new Error('gives up'))
    return undefined
  }
  const first = lookAt(stage, provider, servers[0]!, impatient.signal)
  const others = servers.map((server) => lookAt(stage, provider, server))
  await t.rejects(first, { message: 'gives up' })
  await Promise.all(others)
  t.same(surveysOf(stage), [1, 1, 1])
})

t.test('a survey that failed is asked for again by who comes next', async (t) => {
  const stage = new Stage()
  const provider = stage.provider()
  const [server] = stage.cloud.servers('node')
  const { found } = (await provider.locate(stage.cloud.node(server!), never)) as { found: { id: string; name: string } }
  stage.cloud.trouble = ({ service }) => (service === 'magnum' ? { status: 503 } : undefined)
  const held = provider.plan(await provider.inspect(found, never)).find(({ rung }) => rung === 'replace')
  t.match(held, { verdict: 'hold', reason: 'CloudUnavailable' })
  stage.cloud.trouble = () => undefined
  t.match(
    provider.plan(await provider.inspect(found, never)).find(({ rung }) => rung === 'replace'),
    { verdict: 'ok' },
  )
})

t.test('a look before an act gets no survey that was begun before it', async (t) => {
  const stage = new Stage()
  const provider = stage.provider()
  const server = stage.cloud.servers('node')[0]!
  await lookAt(stage, provider, server)
  surveysOf(stage)
  provider.forget?.()
  await lookAt(stage, provider, server)
  t.same(surveysOf(stage), [1, 1, 1], 'not the one that was kept')

  stage.advance(4_000)
  let fresh: Promise<void> | undefined
  stage.cloud.trouble = ({ path }) => {
    if (fresh === undefined && path.endsWith('/resources')) {
      provider.forget?.()
      fresh = lookAt(stage, provider, server)
    }
    return undefined
  }
  await lookAt(stage, provider, server)
  await fresh
  t.same(surveysOf(stage).slice(0, 2), [2, 2], 'nor the one that was under way')
  await lookAt(stage, provider, server)
  t.same(surveysOf(stage), [0, 0, 0], 'and what is kept is the newer one')
})
