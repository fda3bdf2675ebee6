/** A rule that an outage showed to be needed, and what of the code it is. */
export interface MendedRule {
  readonly rule: string
  /** Of examples/outages/. */
  readonly outage: string
  readonly file: string
  /** This code once in the file is the rule; `instead` stands there when it is taken out. */
  readonly code: string
  readonly instead: string
}

const GATES = 'src/core/gates'

/** In the order of the outages that showed them. */
export const MENDED_RULES: readonly MendedRule[] = [
  {
    rule: '`CanaryFailed`: what did not help one of a burst is not done to the others',
    outage: 'rack',
    file: `${GATES}/limits/correlated-cause.ts`,
    code: 'if (canary !== undefined) return failed(canary)',
    instead: '',
  },
  {
    rule: 'what destroys a machine of a burst must have cured another of it',
    outage: 'bad-image',
    file: `${GATES}/limits/correlated-cause.ts`,
    code: 'isUnprovenReplacement(round, subject, repair)) return',
    instead: 'subject.pool.size < 0) return',
  },
  {
    rule: 'silent and unanswered are one witness, the network',
    outage: 'two-cut-off',
    file: 'src/core/evidence/sources.ts',
    code: "if (probes.length === 0 || !planes.includes('lease')",
    instead: "if (probes.length >= 0 || !planes.includes('lease')",
  },
  {
    rule: '`SmallPoolNotAlone`: one bad node of a small pool passes only while no other pool has one of the same minutes',
    outage: 'one-of-each-pool',
    file: `${GATES}/limits/breaker.ts`,
    code: 'if (other !== undefined) return notAlone',
    instead: 'if (other !== undefined && cluster.bad < 0) return notAlone',
  },
  {
    rule: '`MasterNotAlone`: a control-plane node is left alone while others of its minutes are ill',
    outage: 'master-in-a-rack',
    file: `${GATES}/limits/correlated-cause.ts`,
    code: 'if (beside !== undefined) return beside',
    instead: '',
  },
  {
    rule: 'a handshake is evidence only while those with well nodes succeed',
    outage: 'blind-and-refused',
    file: 'src/observer/controlled-probe.ts',
    code: 'if (enough) return finding',
    instead: 'if (enough || finding !== undefined) return finding',
  },
  {
    rule: 'a fresh heartbeat contradicts "unreachable"',
    outage: 'deaf-node',
    file: 'src/core/evidence/sources.ts',
    code: 'return heard ? said.filter',
    instead: 'return heard && said.length < 0 ? said.filter',
  },
  {
    rule: 'of whom nothing is heard, the soft reboot is skipped',
    outage: 'one-cut-off',
    file: 'src/core/repair/ladder.ts',
    code: "if (rung !== 'reboot-soft' || unheard !== true) return false",
    instead: 'if (rung !== undefined) return false',
  },
  {
    rule: '`CloudContradicted`: nothing is done to a node that lives while the cloud calls it broken',
    outage: 'cloud-wrong-about-one',
    file: `${GATES}/evidence/identity.ts`,
    code: 'if (contradicted.has(node.name)) {',
    instead: 'if (contradicted.size < 0) {',
  },
  {
    rule: 'a cloud that is wrong about two is no witness about anybody',
    outage: 'silent-and-called-off',
    file: `${GATES}/evidence/identity.ts`,
    code: 'if (isNoWitness(contradicted)) {',
    instead: 'if (contradicted.size < 0) {',
  },
  {
    rule: 'while it calls a suspect broken, two well nodes are asked about, too',
    outage: 'cloud-says-error',
    file: 'src/observer/observer.ts',
    code: 'if (saysBroken(instance) !== undefined) return',
    instead: 'if (instance === undefined) return',
  },
  {
    rule: '"faulty" can be contradicted, as "off" and "gone" can',
    outage: 'cloud-says-error',
    file: 'src/core/evidence/cloud-word.ts',
    code: 'if (saysBroken(instance) === undefined) return false',
    instead: "if ((saysBroken(instance) ?? 'faulty') === 'faulty') return false",
  },
  {
    rule: '`GoneNotYet`: gone counts after 5 minutes',
    outage: 'gone-for-a-moment',
    file: `${GATES}/evidence/identity.ts`,
    code: 'if (goneFor < GONE_COUNTS_MS) {',
    instead: 'if (goneFor < 0) {',
  },
  {
    rule: '`CloudBlamed`: of more than 2 machines that break in one minute, none is replaced',
    outage: 'three-gone',
    file: `${GATES}/evidence/identity.ts`,
    code: 'if (together <= MOST_TOGETHER) return undefined',
    instead: 'if (together >= 0) return undefined',
  },
  {
    rule: '`HeartbeatsLate`: nodes whose ports answer do not lose their heartbeats together',
    outage: 'api-overload',
    file: `${GATES}/evidence/witness.ts`,
    code: 'if (late() > 1) return heartbeatsLate',
    instead: 'if (late() < 0) return heartbeatsLate',
  },
  {
    rule: '`HeartbeatsLate`: a node whose port answers is rebooted once, not again when that is proven and it stays silent',
    outage: 'mute-node',
    file: `${GATES}/evidence/witness.ts`,
    code: 'return isLateAfterReboot(round, subject) ?',
    instead: 'return late() < 0 ?',
  },
  {
    rule: '`SerialCause`: the third of a pool, one after the other, waits for a person',
    outage: 'rolling-upgrade',
    file: `${GATES}/limits/serial-cause.ts`,
    code: 'if (others.length >= CHANCE)',
    instead: 'if (others.length < 0)',
  },
  {
    rule: '`BootedByOther`: a machine that boots by another hand is left to it for a while',
    outage: 'hand-rebooted',
    file: `${GATES}/people/other-actor.ts`,
    code: 'booted(round, subject) ??',
    instead: '',
  },
  {
    rule: '`RungSpent`: reboots that do not lengthen the time to the next failure end after two',
    outage: 'disk-storms',
    file: `${GATES}/limits/rate.ts`,
    code: 'if (useless !== undefined) return',
    instead: 'if (useless?.lastedMs[0] === -1) return',
  },
  {
    rule: 'a replacement that fails is not taken for a stranger',
    outage: 'replacement-fails',
    file: 'src/core/repair/phases/phase-pending.ts',
    code: 'if (replaced !== undefined) return park(situation, replaced)',
    instead: '',
  },
  {
    rule: 'a start is not asked for by the breaker',
    outage: 'power-cut',
    file: `${GATES}/limits/breaker.ts`,
    code: '&& !onlyParks(subject) && !startsMachine(subject)',
    instead: '&& !onlyParks(subject)',
  },
  {
    rule: '`FlappingTogether`: of two that come and go, none is touched',
    outage: 'lossy-rack',
    file: `${GATES}/limits/cut-offs.ts`,
    code: 'if (other !== undefined) {',
    instead: 'if (other?.until === 0) {',
  },
  {
    rule: '`FlappingRests`: a machine that works is not touched for what was',
    outage: 'flapped',
    file: `${GATES}/evidence/unhealthy-for.ts`,
    code: 'if (isResting(clock, view.now)) return',
    instead: 'if (isResting(clock, 0)) return',
  },
]
