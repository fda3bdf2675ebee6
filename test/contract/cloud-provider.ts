import type { Test } from 'tap'
import type { NodeFacts } from '../../src/core/model/node.ts'
import type { Order, StepResult } from '../../src/core/model/order.ts'
import type { Json } from '../../src/core/model/primitives.ts'
import type { RungName } from '../../src/core/model/rungs.ts'
import { type CloudProvider, ProviderError } from '../../src/core/ports/cloud-provider.ts'
import { testCloudNodes } from './cloud-nodes.ts'
import { MOST_STEPS, testEndedFence } from './ended-fence.ts'

export type Fault = 'off' | 'paused' | 'gone' | 'foreign'

/** A cloud under test: real or pretended, with machines that can be made, broken and counted on. */
export interface CloudFixture {
  /** What can be repaired here, and from which state. */
  readonly repairs: readonly { readonly rung: RungName; readonly from: 'running' | 'off' | 'paused' }[]
  /** A provider that remembers nothing of the ones before: what a successor has. */
  provider(): CloudProvider
  /** A running machine and the Node that it registered. */
  create(name: string): Promise<NodeFacts>
  breakIt(node: NodeFacts, fault: Fault): Promise<void>
  /** The Node that stands in this one's place now, where a replacement registers under a name or id of its own. */
  successor?(node: NodeFacts): NodeFacts
  /** Mutating requests that the cloud has seen since the last call. */
  mutations(): Promise<readonly string[]>
  sleep(ms: number): Promise<void>
}

const STEP_LIMIT_MS = 10_000
const CURSOR_LIMIT_BYTES = 1_024

/** What the design promises of every cloud provider (core/ports.ts `CloudProvider`). */
export async function testCloudProvider(t: Test, cloud: CloudFixture): Promise<void> {
  const never = new AbortController().signal
  let count = 0
  async function make(): Promise<NodeFacts> {
    count += 1
    const node = await cloud.create(`machine-${count}`)
    await cloud.mutations()
    return node
  }

  async function makeFor(from: string): Promise<NodeFacts> {
    const node = await make()
    if (from !== 'running') await cloud.breakIt(node, from as Fault)
    await cloud.mutations()
    return node
  }

  async function orderFor(node: NodeFacts, rung: RungName): Promise<Order> {
    const located = await cloud.provider().locate(node, never)
    if (!('found' in located)) throw new Error(`${node.name}: ${JSON.stringify(located)}`)
    const state = await cloud.provider().inspect(located.found, never)
    return {
      rung,
      repair: `${node.name}-repair`,
      nodeName: node.name,
      nodeUID: node.uid,
      instance: located.found,
      key: `${node.name}-repair/1`,
      ...(state.bootMark === undefined ? {} : { bootMark: state.bootMark }),
    }
  }

  /** Steps until the end, or until `most` different cursors have been stored. Every step is held to its promises. */
  async function drive(
    t: Test,
    order: Order,
    from: Json | undefined,
    most = Number.POSITIVE_INFINITY,
  ): Promise<Driven> {
    const provider = cloud.provider()
    let cursor = from
    let stored = 0
    let sent = 0
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      if (stored >= most) return { cursor, stored, sent, last: undefined }
      const startedAt = performance.now()
      const result = await provider.step([order], cursor, never)
      if (performance.now() - startedAt > STEP_LIMIT_MS) t.fail('a step takes longer than 10 s')
      const mutations = await cloud.mutations()
      if (mutations.length > 1) t.fail('a step sends more than one mutating request', { mutations })
      sent += mutations.length
      if (result.state !== 'running') return { cursor, stored, sent, last: result }
      const text = JSON.stringify(result.cursor)
      if (text.length > CURSOR_LIMIT_BYTES) t.fail('a cursor is larger than 1 KiB', { text })
      if (text !== JSON.stringify(cursor)) stored += 1
      cursor = JSON.parse(text) as Json
      await cloud.sleep(result.againMs)
    }
    throw new Error(`${order.rung}: no end after ${MOST_STEPS} steps, at ${JSON.stringify(cursor)}`)
  }

  async function assertRepaired(t: Test, node: NodeFacts, order: Order, result: StepResult | undefined): Promise<void> {
    t.match(result, { state: 'done' }, 'the rung ends done')
    const located = await cloud.provider().locate(cloud.successor?.(node) ?? node, never)
    if (!('found' in located)) throw new Error(`${node.name} is not found afterwards: ${JSON.stringify(located)}`)
    const state = await cloud.provider().inspect(located.found, never)
    t.equal(state.power, 'running', 'the machine runs afterwards')
    const isNew = located.found.id !== order.instance.id
    t.ok(isNew || state.bootMark !== order.bootMark, 'a new machine, or a new mark of its start, proves the act')
    t.equal(isNew, order.rung === 'replace', 'only replace makes a new machine')
    if (order.rung === 'replace') {
      t.match(result, { replacement: { instance: { id: located.found.id } } }, 'done names the new machine')
    }
  }

  await testCloudNodes(t, cloud)

  await t.test('a machine is found under the same immutable id, however often one looks', async (t) => {
    const node = await make()
    const first = await cloud.provider().locate(node, never)
    t.ok('found' in first && first.found.id !== '')
    t.same(await cloud.provider().locate(node, never), first)
  })

  await t.test('a node without a machine is gone, and never somebody else', async (t) => {
    const node = await make()
    await cloud.breakIt(node, 'gone')
    t.match(await cloud.provider().locate(node, never), { gone: true, slot: false })
  })

  await t.test('a machine that is not of this cluster is a mismatch', async (t) => {
    const node = await make()
    await cloud.breakIt(node, 'foreign')
    t.ok('mismatch' in (await cloud.provider().locate(node, never)))
  })

  await t.test('a running machine is not proven stopped, one that is off is', async (t) => {
    const node = await make()
    const order = await orderFor(node, 'start')
    t.match(await cloud.provider().inspect(order.instance, never), { power: 'running', provenStopped: false })
    await cloud.breakIt(node, 'off')
    t.match(await cloud.provider().inspect(order.instance, never), { power: 'off', provenStopped: true })
  })

  await t.test('to inspect a machine that is gone is a not-found without effect', async (t) => {
    const node = await make()
    const order = await orderFor(node, 'start')
    await cloud.breakIt(node, 'gone')
    await t.rejects(cloud.provider().inspect(order.instance, never), {
      name: 'ProviderError',
      kind: 'not-found',
      effect: 'none',
    })
  })

  await t.test('a plan has one entry per rung, a reason for every no, and is the same each time', async (t) => {
    for (const { rung, from } of cloud.repairs) {
      const order = await orderFor(await makeFor(from), rung)
      const provider = cloud.provider()
      const state = await provider.inspect(order.instance, never)
      const plans = provider.plan(state)
      t.same(provider.plan(state), plans)
      t.equal(new Set(plans.map((plan) => plan.rung)).size, plans.length)
      t.match(
        plans.find((plan) => plan.rung === rung),
        { verdict: 'ok', reason: '' },
        `${rung} is possible from ${from}`,
      )
      for (const plan of plans) {
        t.ok(plan.lockKey !== '', 'has a lock key')
        if (plan.verdict !== 'ok') t.match(plan.reason, /^[A-Z][A-Za-z]+$/, `${plan.rung}: ${plan.reason}`)
      }
    }
  })

  await t.test('looking changes nothing', async (t) => {
    const node = await make()
    const provider = cloud.provider()
    for (const { rung } of cloud.repairs) {
      const order = await orderFor(node, rung)
      await provider.recover([order], undefined, never)
      await provider.capture?.(order.instance, never)
    }
    t.same(await cloud.mutations(), [])
  })

  await t.test('an aborted call ends with the reason of the abort', async (t) => {
    const order = await orderFor(await make(), 'replace')
    const reason = new Error('the lease is lost')
    const aborted = AbortSignal.abort(reason)
    const provider = cloud.provider()
    for (const call of [
      () => provider.inspect(order.instance, aborted),
      () => provider.step([order], undefined, aborted),
      () => provider.recover([order], undefined, aborted),
    ]) {
      t.equal(await call().catch((thrown: unknown) => thrown), reason)
    }
    t.same(await cloud.mutations(), [])
  })

  await t.test('an order for a machine that is not of this cluster changes nothing', async (t) => {
    for (const { rung } of cloud.repairs) {
      const node = await make()
      const order = await orderFor(node, rung)
      await cloud.breakIt(node, 'foreign')
      const located = await cloud.provider().locate({ ...node, providerID: undefined }, never)
      const id = 'found' in located ? located.found.id : order.instance.id
      await cloud.mutations()
      const end = await cloud
        .provider()
        .step([{ ...order, instance: { ...order.instance, id } }], undefined, never)
        .catch((thrown: unknown) => thrown)
      t.ok(end instanceof ProviderError || (end as StepResult).state === 'failed', 'it is refused')
      t.equal((end as { effect?: string }).effect, 'none', 'and says that nothing changed')
      t.same(await cloud.mutations(), [])
    }
  })

  for (const { rung, from } of cloud.repairs) {
    await t.test(`${rung} of a machine that is ${from}: one request per step, and a proof`, async (t) => {
      const node = await makeFor(from)
      const order = await orderFor(node, rung)
      t.match(
        await cloud.provider().recover([order], undefined, never),
        { state: 'failed', effect: 'none' },
        'before the first step, recover proves that nothing was sent',
      )
      const { last, sent } = await drive(t, order, undefined)
      await assertRepaired(t, node, order, last)
      t.ok(sent > 0)
      // A process that was frozen before its first request and wakes now.
      const late = await cloud.provider().step([order], undefined, never)
      t.not(late.state, 'failed', 'a late repeat sees that all is done')
      t.same(await cloud.mutations(), [], 'and sends nothing')
      await testEndedFence(t, cloud, await orderFor(await makeFor(from), rung))
    })

    await t.test(
      `${rung} from ${from}: a successor goes on wherever the leader died, without a second act`,
      async (t) => {
        const plain = await drive(t, await orderFor(await makeFor(from), rung), undefined)
        for (let dies = 0; dies <= plain.stored; dies++) {
          for (const moment of ['before', 'after'] as const) {
            await t.test(`died ${moment} the request of step ${dies + 1}`, async (t) => {
              const node = await makeFor(from)
              const order = await orderFor(node, rung)
              const first = await drive(t, order, undefined, dies)
              if (first.last !== undefined) return assertRepaired(t, node, order, first.last)
              let sent = first.sent
              if (moment === 'after') {
                await cloud.provider().step([order], first.cursor, never)
                sent += (await cloud.mutations()).length
                // The cursor names one act, and that is done: whatever comes next must be stored first.
                await cloud.provider().step([order], first.cursor, never)
                t.same(await cloud.mutations(), [], 'a repeat of the step sends nothing')
              }
              const found = await cloud.provider().recover([order], first.cursor, never)
              t.same(await cloud.mutations(), [], 'recover reads only')
              if (found.state === 'failed') {
                t.match(found, { effect: 'none' })
                t.equal(sent, 0, 'not sent is said only when nothing was')
              }
              if (found.state === 'done') return assertRepaired(t, node, order, found)
              const next = found.state === 'running' ? found.cursor : undefined
              const rest = await drive(t, order, next)
              await assertRepaired(t, node, order, rest.last)
              t.equal(sent + rest.sent, plain.sent, 'no request more than without the crash')
            })
          }
        }
      },
    )

    await t.test(`${rung} from ${from}: given up anywhere, it is taken back or whole`, async (t) => {
      const plain = await drive(t, await orderFor(await makeFor(from), rung), undefined)
      for (let at = 0; at <= plain.stored; at++) {
        const node = await makeFor(from)
        const order = await orderFor(node, rung)
        const { cursor } = await drive(t, order, undefined, at)
        let stored = cursor
        let end: StepResult = { state: 'running', cursor: null, againMs: 0 }
        for (let calls = 0; end.state === 'running' && calls < MOST_STEPS; calls++) {
          end = await cloud.provider().abandon([order], stored, never)
          t.ok((await cloud.mutations()).length <= 1, 'at most one request per call')
          if (end.state !== 'running') break
          stored = JSON.parse(JSON.stringify(end.cursor)) as Json
          await cloud.sleep(end.againMs)
        }
        t.equal(end.state, 'done', `given up after step ${at}`)
        const located = await cloud.provider().locate(cloud.successor?.(node) ?? node, never)
        if (!('found' in located)) throw new Error(`after step ${at}: ${JSON.stringify(located)}`)
        const { power } = await cloud.provider().inspect(located.found, never)
        const isOld = located.found.id === order.instance.id
        if (from === 'off' && rung === 'replace' && isOld) t.equal(power, 'off', 'what was off is left off')
        if (from === 'running') t.equal(power, 'running', `runs again after step ${at}`)
        t.match(await cloud.provider().abandon([order], stored, never), { state: 'done' })
        t.same(await cloud.mutations(), [], 'nothing is left to take back')
      }
    })
  }
}

interface Driven {
  readonly cursor: Json | undefined
  readonly stored: number
  readonly sent: number
  readonly last: StepResult | undefined
}
