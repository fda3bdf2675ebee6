import { isDeepStrictEqual } from 'node:util'
import { FINISHED_ATTEMPTS, FINISHED_PHASES } from '../../../core/model/node-repair.ts'
import { RUNGS } from '../../../core/model/rungs.ts'
import { type Fields, fieldsOf, isFields, listOf, type Stored } from './objects.ts'
import type { Fault } from './schema.ts'

/** The shape of a NodeRepair as far as its rules need one. The CRD proper, once it is applied, takes its place. */
export const REPAIR_SCHEMA = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      required: ['nodeName', 'nodeUID', 'provider', 'role', 'pool', 'evidence', 'policyHash', 'epoch'],
      properties: { role: { enum: ['master', 'worker'] }, epoch: { type: 'integer', minimum: 0 } },
    },
    status: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      required: ['phase', 'epoch', 'attempts', 'skipped', 'holds', 'nodeUID', 'startedAt'],
      properties: {
        phase: {
          enum: ['Pending', 'Draining', 'Acting', 'Verifying', 'Soaking', 'Parked', 'Succeeded', 'Cancelled'],
        },
        epoch: { type: 'integer', minimum: 0 },
        attempts: {
          type: 'array',
          maxItems: 16,
          'x-kubernetes-list-map-keys': ['id'],
          items: {
            type: 'object',
            'x-kubernetes-preserve-unknown-fields': true,
            required: ['id', 'rung', 'state', 'order', 'issuedAt'],
            properties: {
              id: { type: 'integer', minimum: 1 },
              rung: { enum: RUNGS },
              state: { enum: ['Issued', 'Confirmed', 'Unknown', 'NotSent', 'Verified', 'Failed'] },
            },
          },
        },
      },
    },
  },
}

/** The CEL rules of the NodeRepair CRD (manifests/base/crd.yaml), in code: one contract suite holds both to the same answers. */
export function repairFaults(before: Stored | undefined, after: Stored): readonly Fault[] {
  const status = isFields(after.status) ? after.status : undefined
  const old = isFields(before?.status) ? before.status : undefined
  const faults: Fault[] = []
  if (before !== undefined && !isDeepStrictEqual(before.spec, after.spec)) {
    faults.push(broken('spec', 'spec never changes'))
  }
  if (status !== undefined && Number(status.epoch) < Number(fieldsOf(after.spec).epoch)) {
    faults.push(broken('', "status.epoch is at least the creator's"))
  }
  if (old === undefined) return faults
  if (status === undefined) return [...faults, broken('', "status can't be removed")]
  return [...faults, ...statusFaults(old, status)]
}

function statusFaults(before: Fields, after: Fields): readonly Fault[] {
  const faults: Fault[] = []
  if (Number(after.epoch) < Number(before.epoch)) {
    faults.push(broken('status', 'status.epoch never goes down: a newer leader has written'))
  }
  if (isOneOf(before.phase, FINISHED_PHASES) && !isDeepStrictEqual(before, after)) {
    faults.push(broken('status', 'a finished repair never changes'))
  }
  const now = new Map(listOf(after.attempts).map((attempt) => [fieldsOf(attempt).id, attempt]))
  for (const attempt of listOf(before.attempts).map(fieldsOf)) {
    const later = now.get(attempt.id)
    if (later === undefined) faults.push(broken('status', 'attempts only grow'))
    else if (isOneOf(attempt.state, FINISHED_ATTEMPTS) && !isDeepStrictEqual(attempt, later)) {
      faults.push(broken('status.attempts', 'a finished attempt never changes'))
    }
  }
  return faults
}

function broken(field: string, rule: string): Fault {
  return { field, message: `Invalid value: "object": ${rule}` }
}

function isOneOf(value: unknown, allowed: readonly string[]): boolean {
  return typeof value === 'string' && allowed.includes(value)
}
