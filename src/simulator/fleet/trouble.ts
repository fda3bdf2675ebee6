import { RUNGS, type RungName } from '../../core/model/rungs.ts'

/**
 * What is wrong with one machine.
 * - `network`: nothing reaches it and nothing leaves it; `direction` `out`: its heartbeats are lost and its ports answer;
 *   `in`: its heartbeats arrive and its ports do not answer. Its workloads live on.
 * - `runtime`, `disk`: its kubelet reports NotReady.
 * - `certificate`: its kubelet runs and the API server refuses it.
 * - `kubelet`, `image`: its kubelet does not run.
 * - `power`: it is off, and the cloud says so.
 */
export const TROUBLES = ['network', 'runtime', 'disk', 'certificate', 'kubelet', 'image', 'power'] as const

export type TroubleKind = (typeof TROUBLES)[number]

/** The weakest rung that ends it. `none`: it ends by itself, and a new machine in its place has it too. */
export type Cure = RungName | 'none'

export interface Trouble {
  readonly kind: TroubleKind
  readonly cure: Cure
  /** Of `network`. */
  readonly direction: 'both' | 'in' | 'out'
  /** Of `network`: the share of heartbeats and handshakes that are lost, 1 = all. */
  readonly loss: number
}

export const USUAL_CURE: Readonly<Record<TroubleKind, Cure>> = {
  network: 'none',
  runtime: 'reboot-soft',
  disk: 'none',
  certificate: 'replace',
  kubelet: 'reboot-soft',
  image: 'none',
  power: 'start',
}

export function isCuredBy({ cure }: Trouble, rung: RungName): boolean {
  return cure !== 'none' && RUNGS.indexOf(rung) >= RUNGS.indexOf(cure)
}
