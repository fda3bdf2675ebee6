import { z } from 'zod'
import type { Epoched } from '../../../src/core/model/fenced.ts'
import type { Definition } from '../../../src/kube/crd/definition.ts'
import { NODE_REPAIR } from '../../../src/kube/crd/node-repair.ts'

export interface ErrandSpec extends Epoched {
  readonly place: string
}

export interface ErrandStatus extends Epoched {
  readonly phase: 'Pending' | 'Succeeded' | 'Cancelled'
  readonly note: string
}

const OPEN: ErrandStatus = { phase: 'Pending', epoch: 2, note: 'probe' }
const FINISHED: ErrandStatus = { phase: 'Succeeded', epoch: 3, note: 'probe' }
const OF_ATTEMPTS: readonly string[] = ['attempts-only-grow', 'finished-attempt-stays', 'order-is-of-its-machine']

/** The smallest kind that can be fenced, and a namespaced one: another trade's, to hold what is generic to its word. */
export const ERRAND: Definition<ErrandSpec, ErrandStatus> = {
  group: 'trial.heald.dev',
  version: 'v1',
  kind: 'Errand',
  plural: 'errands',
  singular: 'errand',
  shortNames: [],
  scope: 'Namespaced',
  description: 'Something to be done.',
  columns: [],
  spec: z.object({ place: z.string().min(1).meta({ maxLength: 64 }), epoch: z.int().min(0) }),
  status: z.object({
    phase: z.enum(['Pending', 'Succeeded', 'Cancelled']),
    epoch: z.int().min(0),
    note: z.string().meta({ maxLength: 64 }),
  }),
  rules: NODE_REPAIR.rules.filter(({ name }) => !OF_ATTEMPTS.includes(name)),
  about: 'place',
  finalizer: 'trial.heald.dev/errand',
  probe: {
    spec: { place: 'probe', epoch: 1 },
    open: OPEN,
    refused: [],
    specChange: { place: 'other' },
    finished: FINISHED,
    reopened: { ...FINISHED, phase: 'Pending' },
  },
}
