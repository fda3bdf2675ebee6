import { CLUSTER_LABEL } from '../../../src/cloudprovider/docker/machine.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import type { Fault } from '../../contract/cloud-provider.ts'
import { node } from '../pure/view.ts'
import { docker, inspect, pause } from './docker-engine.ts'

export const IMAGE = 'docker.io/library/busybox:lab'
/** Ends at once on TERM, as a node's init does. */
export const INIT = ['sh', '-c', 'trap "exit 0" TERM; sleep 1000000 & wait']
/** Never ends by itself. */
export const STUBBORN = ['sh', '-c', 'trap "" TERM; echo up; while :; do sleep 1; done']

/** A running container with kind's labels, by the name CLUSTER-NAME. */
export async function runMachine(
  cluster: string,
  name: string,
  more: Record<string, unknown> = {},
): Promise<NodeFacts> {
  const full = `${cluster}-${name}`
  const body = { Image: IMAGE, Cmd: INIT, Labels: { [CLUSTER_LABEL]: cluster }, ...more }
  await docker('POST', `/containers/create?name=${full}`, body)
  await docker('POST', `/containers/${full}/start`)
  return nodeOf(full, `kind://docker/${cluster}/${full}`)
}

export async function breakMachine(cluster: string, name: string, fault: Fault): Promise<void> {
  if (fault === 'off') await docker('POST', `/containers/${name}/kill`)
  if (fault === 'paused') await pause(name)
  if (fault === 'gone' || fault === 'foreign') await docker('DELETE', `/containers/${name}?force=true&v=true`)
  if (fault === 'foreign') {
    // Labels can't be changed: the same name, made by somebody else.
    const labels = { [CLUSTER_LABEL]: `${cluster}-other` }
    await docker('POST', `/containers/create?name=${name}`, { Image: IMAGE, Cmd: INIT, Labels: labels })
    await docker('POST', `/containers/${name}/start`)
  }
}

export async function idOf(name: string): Promise<string> {
  return (await inspect(name)).Id
}

export function nodeOf(name: string, providerID: string | undefined): NodeFacts {
  return node(name, { providerID })
}
