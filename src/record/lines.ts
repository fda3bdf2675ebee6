import { saysBroken } from '../core/evidence/cloud-word.ts'
import type { InstanceView } from '../core/model/instance.ts'
import type { Suspicion, View } from '../core/model/view.ts'
import type { LineOf, Look, RecordedVerdict } from './format.ts'
import { toInstance } from './restore.ts'
import { recordedFinding, recordedInstance, trim } from './trim.ts'

export function saysTheSame(a: RecordedVerdict | undefined, b: RecordedVerdict): boolean {
  return a?.kind === b.kind && a.rung === b.rung && a.gate === b.gate && a.reason === b.reason
}

export function lookOf(suspicion: Suspicion | undefined, instance: InstanceView | undefined): Look {
  const probe = suspicion?.witnesses.find(({ plane }) => plane === 'probe')?.finding
  const since = suspicion?.cordonedSince
  return {
    probe: probe && recordedFinding(probe),
    instance: instance && recordedInstance(instance),
    localVolumes: suspicion?.localVolumes === undefined ? undefined : [...suspicion.localVolumes],
    cordonedSince: since === Number.NEGATIVE_INFINITY ? 'always' : since,
  }
}

/** Looks come every few seconds. That one more says the same matters only for a sign of life of a machine that is said to be away. */
export function timeless(look: Look): Look {
  const { probe, instance } = look
  const isNews = probe?.status === 'pass' && saysBroken(instance && toInstance(instance)) !== undefined
  return {
    ...look,
    probe: probe && (isNews ? probe : { ...probe, seenAt: 0 }),
    instance: instance && { ...instance, seenAt: 0 },
  }
}

export function sightOf(view: View): LineOf<'sight'> {
  const { blindSince, blindSource, seeingSince, skewMs, leases, cloud, repairsBehind, ledger } = view.sight
  return {
    is: 'sight',
    at: view.now,
    sight: {
      ...{ blindSince, blindSource, seeingSince, repairsBehind, ledger },
      // To the second: it trembles with each answer.
      skewMs: Math.round(skewMs / 1_000) * 1_000,
      cloud: cloud && { ...cloud, message: trim(cloud.message) },
      ownRenewalsFine: leases.ownRenewalsFine,
      takerPresent: view.takerPresent,
      ownNode: view.ownNode,
      controlPlaneSeen: view.controlPlaneSeen,
      etcdSeen: view.etcdSeen,
      unreadable: Object.fromEntries([...view.unreadable].map(([name, why]) => [name, trim(why)])),
    },
  }
}
