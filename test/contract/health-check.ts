import fc from 'fast-check'
import type { Test } from 'tap'
import { z } from 'zod'
import type { Finding } from '../../src/core/model/finding.ts'
import type { NodeFacts } from '../../src/core/model/node.ts'
import type { HealthCheck } from '../../src/core/ports/health-check.ts'
import type { Plugin } from '../../src/healthcheck/plugin/plugin.ts'
import { testDeps } from '../healthcheck/fixtures.ts'
import { anyCharacter } from '../support/pure/arbitrary-character.ts'
import { node } from '../support/pure/view.ts'

export interface Subject {
  readonly facts: NodeFacts
  /** Judges only. */
  readonly heartbeatAgeMs?: number
}

/** One plugin with parameters, and nodes of which it must say pass, fail and unknown. */
export interface HealthCheckCase {
  readonly plugin: Plugin
  readonly params: Readonly<Record<string, unknown>>
  readonly well: Subject
  readonly broken: Subject
  readonly blind: Subject
  /** Polls only: a node whose look never ends by itself. */
  readonly hanging?: Subject
  /** Must show up in no finding and no log line. */
  readonly secret?: string
}

const PLANES = ['kubelet', 'lease', 'probe', 'cloud', 'alert']
const NOW = 1_000_000

/** What every health check plugin promises, whatever it looks at. */
export function healthCheckContract(t: Test, subject: HealthCheckCase): void {
  const { plugin, params } = subject
  const deps = testDeps()
  const check = plugin.create('Case', { ...params, unhealthyDuration: '90s', healthyDuration: '1m30s' }, deps)
  const lookAt = (which: Subject, signal?: AbortSignal): Promise<Finding> => ask(check, which, signal)

  t.test('it carries the name it was given, its type, plane, symptom and durations', async (t) => {
    t.match(check, { name: 'Case', type: plugin.type, kind: plugin.kind })
    t.match(check, { unhealthyDurationMs: 90_000, healthyDurationMs: 90_000 })
    t.ok(PLANES.includes(check.plane))
    t.match(check.symptom, /^[A-Z]\S*$/)
  })

  t.test('it passes the well node, fails the broken one and has no opinion of the one it cannot see', async (t) => {
    t.equal((await lookAt(subject.well)).status, 'pass')
    t.equal((await lookAt(subject.broken)).status, 'fail')
    t.equal((await lookAt(subject.blind)).status, 'unknown')
  })

  t.test(
    'its findings have a PascalCase reason, at most one short line of message, and the time of the look',
    async (t) => {
      for (const which of [subject.well, subject.broken, subject.blind]) {
        const before = check.kind === 'judge' ? NOW : deps.clock.now()
        const finding = await lookAt(which)
        t.equal(complaintAbout(finding), undefined)
        t.ok(finding.seenAt >= before && finding.seenAt <= Math.max(NOW, deps.clock.now()))
      }
    },
  )

  t.test('it survives every Node object, and a node of which nothing is known never fails', async (t) => {
    t.not((await lookAt({ facts: node('nothing-known', NOTHING_KNOWN) })).status, 'fail')
    const absurd = fc.asyncProperty(absurdFacts, async (facts) => {
      const complaint = complaintAbout(await lookAt({ facts, heartbeatAgeMs: Number.NaN }))
      if (complaint !== undefined) throw new Error(complaint)
    })
    await t.resolves(fc.assert(absurd, { numRuns: plugin.kind === 'judge' ? 200 : 10 }))
  })

  t.test(
    'its schema reads its own output, refuses unknown keys, wrong durations and a timeout of nothing',
    async (t) => {
      const once = plugin.options.parse(params)
      t.same(plugin.options.parse(once), once)
      t.match(z.toJSONSchema(plugin.options, { io: 'input' }), { type: 'object', additionalProperties: false })
      for (const wrong of [
        { nonsense: 1 },
        { unhealthyDuration: '5 minutes' },
        { timeout: '0s' },
        { timeout: '30d' },
      ]) {
        const key = Object.keys(wrong)[0] ?? ''
        const refused = plugin.options.safeParse({ ...params, ...wrong })
        t.match(JSON.stringify(refused.error?.issues), key)
        t.throws(() => plugin.create('Case', { ...params, ...wrong }, deps), { message: new RegExp(key) })
      }
    },
  )

  if (check.kind === 'judge') judgeContract(t, check, subject)
  if (check.kind === 'poll') pollContract(t, check, subject)

  t.test('no secret shows in what it finds and logs', async (t) => {
    const seen = [await lookAt(subject.well), await lookAt(subject.broken), await lookAt(subject.blind)]
    const told = JSON.stringify([seen, deps.lines])
    t.notOk(subject.secret !== undefined && told.includes(subject.secret))
  })
}

function judgeContract(
  t: Test,
  check: HealthCheck & { kind: 'judge' },
  { well, broken, blind }: HealthCheckCase,
): void {
  t.test('it is pure: equal facts, equal finding, and the facts stay as they were', async (t) => {
    for (const { facts, heartbeatAgeMs } of [well, broken, blind]) {
      const before = structuredClone(facts)
      t.same(check.judge(facts, heartbeatAgeMs, NOW, NOW), check.judge(facts, heartbeatAgeMs, NOW, NOW))
      t.same(facts, before)
    }
  })

  t.test('nothing changes before the moment that it promises, and something does at it', async (t) => {
    for (const { facts, heartbeatAgeMs } of [well, broken, blind]) {
      const at = (now: number): Finding =>
        check.judge(facts, heartbeatAgeMs === undefined ? undefined : heartbeatAgeMs + now - NOW, now, now)
      const first = at(NOW)
      const promised = first.changesAt
      t.equal(at((promised ?? NOW + 86_400_000) - 1).status, first.status)
      if (promised !== undefined) t.not(at(promised).status, first.status)
    }
  })
}

function pollContract(t: Test, check: HealthCheck & { kind: 'poll' }, subject: HealthCheckCase): void {
  const all = [subject.well.facts, subject.broken.facts, subject.blind.facts]

  t.test('it answers for every node it was asked about, and for no other', async (t) => {
    const findings = await check.poll(all, new AbortController().signal)
    t.same([...findings.keys()].sort(), all.map(({ name }) => name).sort())
    t.equal((await check.poll([], new AbortController().signal)).size, 0)
  })

  t.test('an abort before the round blames nobody', async (t) => {
    const findings = await check.poll(all, AbortSignal.abort(new Error('lease lost')))
    t.notOk([...findings.values()].some(({ status }) => status === 'fail'))
  })

  const { hanging } = subject
  if (hanging === undefined) return
  t.test('an abort in the middle of a look ends it at once and blames nobody', async (t) => {
    const controller = new AbortController()
    const startedAt = performance.now()
    const polling = check.poll([hanging.facts], controller.signal)
    setTimeout(() => controller.abort(new Error('lease lost')), 20)
    t.equal((await polling).get(hanging.facts.name)?.status ?? 'unknown', 'unknown')
    t.ok(performance.now() - startedAt < 4_000)
  })

  t.test('a look that never ends ends at its timeout, and the nodes beside it are seen', async (t) => {
    const short = subject.plugin.create('Short', { ...subject.params, timeout: '2s' }, testDeps())
    if (short.kind !== 'poll') throw new Error('it was a poll a moment ago')
    const startedAt = performance.now()
    const findings = await short.poll([hanging.facts, subject.well.facts], new AbortController().signal)
    t.not(findings.get(hanging.facts.name)?.status, 'pass')
    t.equal(findings.get(subject.well.facts.name)?.status, 'pass')
    t.ok(performance.now() - startedAt < 10_000)
  })
}

async function ask(check: HealthCheck, { facts, heartbeatAgeMs }: Subject, signal?: AbortSignal): Promise<Finding> {
  if (check.kind === 'listen') throw new Error('a listening check is not asked')
  if (check.kind === 'judge') return check.judge(facts, heartbeatAgeMs, NOW, NOW)
  const findings = await check.poll([facts], signal ?? new AbortController().signal)
  return findings.get(facts.name) ?? { status: 'unknown', reason: 'NoAnswer', seenAt: 0 }
}

function complaintAbout(finding: Finding): string | undefined {
  if (!['pass', 'fail', 'unknown'].includes(finding.status)) return `status ${finding.status}`
  if (!/^[A-Za-z]\w{0,99}$/.test(finding.reason)) return `reason ${finding.reason}`
  const { message = '' } = finding
  if (message.length > 512 || /\p{Cc}/u.test(message)) return `message ${JSON.stringify(message)}`
  if (finding.symptom !== undefined && finding.symptom.length > 200) return 'symptom is too long'
  return Number.isFinite(finding.seenAt) ? undefined : `seenAt ${finding.seenAt}`
}

const NOTHING_KNOWN: Partial<NodeFacts> = {
  providerID: undefined,
  bootID: undefined,
  kernelVersion: undefined,
  osImage: undefined,
  kubeletVersion: undefined,
}
const text = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.constantFrom('Ready', '', 'a\nb', '../x', 'x'.repeat(5_000)),
)
const absurdFacts: fc.Arbitrary<NodeFacts> = fc
  .record({
    name: fc.string({ unit: anyCharacter, minLength: 1 }),
    addresses: fc.array(
      fc.record({
        type: fc.constantFrom('InternalIP', 'Hostname'),
        address: fc.oneof(text, fc.constantFrom('evil.example/@x', '0x7f.1', '10.0.0.1:80', 'localhost', '[::1]')),
      }),
    ),
    conditions: fc.array(
      fc.record({
        type: text,
        status: fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const),
        reason: fc.option(text, { nil: undefined }),
        message: fc.option(text, { nil: undefined }),
      }),
    ),
    labels: fc.dictionary(text, text),
    providerID: fc.option(text, { nil: undefined }),
  })
  .map((over) => node(over.name, { ...NOTHING_KNOWN, ...over }))
