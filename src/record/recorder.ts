import { lastLook } from '../core/evidence/clocks.ts'
import type { CheckInfo } from '../core/model/finding.ts'
import type { InstanceView } from '../core/model/instance.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { NodeRepair } from '../core/model/node-repair.ts'
import type { Policy } from '../core/model/policy.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Decision, Suspicion, View } from '../core/model/view.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Heartbeats, Watched } from '../core/ports/watched.ts'
import type { LineOf, RecordedVerdict, RecordLine } from './format.ts'
import { lookOf, saysTheSame, sightOf, timeless } from './lines.ts'
import { recordedFinding, recordedNode, recordedRepair, recordedSwitches, recordedVerdict } from './trim.ts'

/** Where lines go. Never throws, and never waits. */
export interface RecordSink {
  write(line: RecordLine): void
  /** True when a new picture should begin: nothing was written yet, the last file is full, or lines were lost. */
  readonly wantsBegin: boolean
  /** A whole picture follows: in a new file, unless there is room for it in the last one. */
  begin(calendar: Millis): void
}

export interface RecorderOptions {
  readonly clock: Clock
  readonly nodes: Watched<NodeFacts>
  readonly heartbeats: Heartbeats
  readonly policy: () => Policy
  /** Does this check ask for what it finds? What a judge finds is found again in what it judged. */
  readonly asks: (check: CheckInfo) => boolean
  /** Undefined: nothing is to be written now. */
  readonly sink: () => RecordSink | undefined
  /** Whoever saw and decided must not hear of it. */
  readonly failed: (thrown: unknown) => void
}

export interface Recorder {
  /** A round of the leader. */
  see(view: View, decision: Decision): void
  /** The term is over: until the next round there is nothing to write. */
  end(): void
}

/** A lease is renewed every 10 s. What beats like that, and is not stale before, is not written. */
const BEATS_WITHIN_MS: Millis = 12_000

/** Who was seen how, in the last line about him. */
interface Seen {
  readonly suspicion: Suspicion | undefined
  readonly instance: InstanceView | undefined
  readonly text: string
}

/** Everything that has been written since `begin`, as far as it must be known to write changes only. */
function createWritten() {
  return {
    looks: new Map<string, Seen>(),
    /** By node and check: when what was written last was seen. */
    findings: new Map<string, Millis>(),
    repairs: new Map<string, NodeRepair>(),
    verdicts: new Map<string, RecordedVerdict>(),
    /** Without those that beat as leases do. */
    beats: new Map<string, Millis | 'none'>(),
    parts: new Map<RecordLine['is'], string>(),
  }
}

/** Makes the lines of a record out of what the leader sees: first a picture of everything, then what changes in it. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { clock, nodes, heartbeats } = options
  let written = createWritten()
  /** Of the record under way. */
  let sink: RecordSink | undefined
  const safely = (write: (into: RecordSink) => void): void => {
    try {
      if (sink !== undefined) write(sink)
    } catch (thrown) {
      sink = undefined
      options.failed(thrown)
    }
  }

  nodes.onChange((name, after, before) =>
    safely((into) => {
      const node = after === undefined ? null : recordedNode(after)
      if (node === null) written.beats.delete(name)
      if (before !== undefined && JSON.stringify(node) === JSON.stringify(recordedNode(before))) return
      into.write({ is: 'node', at: clock.now(), name, node })
    }),
  )
  heartbeats.onChange(() => safely((into) => writeBeats(into, clock.now(), nodes.items.keys(), true)))

  const writeBeats = (into: RecordSink, now: Millis, names: Iterable<string>, polled: boolean): void => {
    const beats: Record<string, Millis | 'regular' | 'none'> = {}
    const withinMs = Math.min(BEATS_WITHIN_MS, options.policy().heartbeatMaxAgeMs)
    for (const name of names) {
      const changedAt = heartbeats.items.get(name)?.changedAt
      const isRegular = changedAt !== undefined && now - changedAt <= withinMs && !written.looks.has(name)
      const before = written.beats.get(name)
      const state = isRegular ? undefined : (changedAt ?? 'none')
      if (state === before) continue
      beats[name] = state ?? 'regular'
      if (state === undefined) written.beats.delete(name)
      else written.beats.set(name, state)
    }
    // While somebody is silent each reading counts, also one that brings nothing new: then it is judged.
    const isWanted = Object.keys(beats).length > 0 || (polled && written.beats.size > 0)
    if (isWanted) into.write({ is: 'beats', at: now, polled, beats })
  }

  const writeIfNew = (into: RecordSink, line: LineOf<'policy' | 'sight' | 'switches'>): void => {
    const text = JSON.stringify({ ...line, at: 0 })
    if (written.parts.get(line.is) === text) return
    written.parts.set(line.is, text)
    into.write(line)
  }

  const writeFindings = (into: RecordSink, at: Millis, { node, clocks }: Suspicion): void => {
    for (const clock of clocks) {
      const { check } = clock
      const finding = lastLook(clock)
      const key = `${node} ${check.name}`
      if (!options.asks(check) || written.findings.get(key) === finding.seenAt) continue
      written.findings.set(key, finding.seenAt)
      into.write({ is: 'finding', at, node, check: check.name, finding: recordedFinding(finding) })
    }
  }

  const writeLooks = (into: RecordSink, { now, suspicions, instances }: View): void => {
    for (const name of written.looks.keys()) {
      if (suspicions.has(name) || instances.has(name)) continue
      written.looks.delete(name)
      for (const key of written.findings.keys()) if (key.startsWith(`${name} `)) written.findings.delete(key)
      into.write({ is: 'look', at: now, node: name, look: null })
    }
    // Nodes of which only the cloud was asked come last.
    const others = [...instances.keys()].filter((name) => !suspicions.has(name))
    for (const name of others.length === 0 ? suspicions.keys() : [...suspicions.keys(), ...others]) {
      const suspicion = suspicions.get(name)
      const instance = instances.get(name)
      const before = written.looks.get(name)
      if (before !== undefined && before.suspicion === suspicion && before.instance === instance) continue
      const look = lookOf(suspicion, instance)
      const text = JSON.stringify(timeless(look))
      written.looks.set(name, { suspicion, instance, text })
      if (text !== before?.text) into.write({ is: 'look', at: now, node: name, look })
      if (suspicion !== undefined) writeFindings(into, now, suspicion)
    }
  }

  const writeRepairs = (into: RecordSink, { now, repairs }: View): void => {
    for (const name of written.repairs.keys()) {
      if (repairs.has(name)) continue
      written.repairs.delete(name)
      into.write({ is: 'repair', at: now, name, repair: null })
    }
    for (const [name, repair] of repairs) {
      if (written.repairs.get(name) === repair) continue
      written.repairs.set(name, repair)
      into.write({ is: 'repair', at: now, name, repair: recordedRepair(repair) })
    }
  }

  const writeRound = (into: RecordSink, { now, calendar, suspicions }: View, decision: Decision): void => {
    const verdicts: LineOf<'round'>['verdicts'] = {}
    for (const node of written.verdicts.keys()) {
      if (decision.verdicts.has(node)) continue
      written.verdicts.delete(node)
      verdicts[node] = null
    }
    for (const [node, verdict] of decision.verdicts) {
      const recorded = recordedVerdict(verdict)
      if (saysTheSame(written.verdicts.get(node), recorded)) continue
      written.verdicts.set(node, recorded)
      verdicts[node] = recorded
    }
    // Of quiet rounds there is nothing to tell.
    if (suspicions.size === 0 && decision.verdicts.size === 0 && Object.keys(verdicts).length === 0) return
    into.write({ is: 'round', at: now, calendar, verdicts })
  }

  const begin = (into: RecordSink, view: View): void => {
    const { now: at, calendar, sight } = view
    written = createWritten()
    into.begin(calendar)
    into.write({ is: 'begin', at, calendar, seeingSince: sight.seeingSince })
    writeIfNew(into, sightOf(view))
    writeBeats(into, at, view.nodes.keys(), false)
    for (const { node, clocks } of view.suspicions.values()) {
      const role = view.nodes.get(node)?.role
      if (role === undefined) continue
      for (const clock of clocks) {
        const { name } = clock.check
        const { failingSince, passingSince } = clock
        const finding = lastLook(clock)
        const found = recordedFinding(finding)
        const changes = [...(clock.flaps?.changes ?? [])]
        into.write({ is: 'clock', at, node, role, check: name, failingSince, passingSince, changes, finding: found })
        written.findings.set(`${node} ${name}`, finding.seenAt)
      }
    }
    // Last: they are judged when they are read, by all of the above.
    for (const [name, node] of view.nodes) into.write({ is: 'node', at, name, node: recordedNode(node) })
  }

  return {
    see(view, decision) {
      const wanted = options.sink()
      const isNew = sink === undefined || wanted !== sink || sink.wantsBegin
      sink = wanted
      safely((into) => {
        if (isNew) begin(into, view)
        const { hash, ...rules } = options.policy()
        writeIfNew(into, { is: 'policy', at: view.now, hash, rules })
        writeIfNew(into, sightOf(view))
        writeIfNew(into, { is: 'switches', at: view.now, switches: recordedSwitches(view.switches) })
        writeRepairs(into, view)
        writeLooks(into, view)
        writeBeats(into, view.now, new Set([...written.looks.keys(), ...written.beats.keys()]), false)
        writeRound(into, view, decision)
      })
    },
    end() {
      sink = undefined
    },
  }
}
