import type { SwitchState } from '../../../core/model/instance.ts'
import type { Cluster } from '../schema/answers.ts'
import { acceptsWork, isCapi } from '../services/magnum.ts'

const LABEL = 'auto_healing_enabled'
/** What Go and Python take for true. */
export const TRUE = /^(1|t|true|y|yes|on)$/i

/** The cloud's own word on whether this cluster is to be healed now. Pure. */
export function switchOf(cluster: Cluster, requireLabel: boolean): SwitchState {
  const { status, labels } = cluster
  if (!acceptsWork(status)) {
    return { on: false, reason: `the cluster is ${status ?? 'in no state'} at Magnum` }
  }
  if (!requireLabel) return { on: true, reason: 'LabelNotRequired' }
  const value = labels?.[LABEL]
  if (value === undefined || value === null) {
    // Both drivers on Cluster API take its absence for yes.
    if (isCapi(cluster)) return { on: true, reason: 'DefaultOfClusterApi' }
    return { on: false, reason: `the cluster has no label ${LABEL}; requireAutoHealingLabel: false does without` }
  }
  if (TRUE.test(String(value).trim())) return { on: true, reason: 'LabelSaysYes' }
  return { on: false, reason: `the cluster's label ${LABEL} is ${JSON.stringify(String(value).slice(0, 40))}` }
}
