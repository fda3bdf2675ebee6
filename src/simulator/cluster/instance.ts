import type { InstanceRef, InstanceState } from '../../core/model/instance.ts'
import type { RungName, RungPlan } from '../../core/model/rungs.ts'
import type { Machine } from './machine.ts'

export function refOf(machine: Machine): InstanceRef {
  return { id: machine.id, name: machine.spec.name, group: machine.spec.pool ?? machine.spec.role }
}

/** Changes with every start, and with every way out of a pause. */
export function bootMarkOf(machine: Machine): string {
  return machine.power === 'paused' ? `${machine.bootId} paused` : machine.bootId
}

export function stateOf(machine: Machine): InstanceState {
  return {
    ref: refOf(machine),
    power: machine.task === undefined ? machine.power : 'moving',
    provenStopped: machine.task === undefined && machine.power === 'off',
    ...(machine.task === undefined ? {} : { task: machine.task.name }),
    bootMark: bootMarkOf(machine),
  }
}

export function planOf({ power, ref }: InstanceState): readonly RungPlan[] {
  const plan = (rung: RungName, verdict: RungPlan['verdict'], reason = ''): RungPlan => ({
    rung,
    verdict,
    reason,
    lockKey: ref.name,
  })
  if (power === 'moving' || power === 'unknown') {
    return (['start', 'reboot-soft', 'reboot-hard', 'replace'] as const).map((rung) =>
      plan(rung, 'hold', 'TaskInMotion'),
    )
  }
  const soft = power === 'running' ? plan('reboot-soft', 'ok') : plan('reboot-soft', 'skip', 'NotRunning')
  return [
    power === 'running' ? plan('start', 'skip', 'AlreadyRunning') : plan('start', 'ok'),
    soft,
    power === 'off' ? plan('reboot-hard', 'skip', 'NotRunning') : plan('reboot-hard', 'ok'),
    plan('replace', 'ok'),
  ]
}
