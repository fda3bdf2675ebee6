import type { Condition } from '../core/model/node.ts'

type Status = Condition['status']

export interface ConditionValues {
  readonly okValues?: readonly Status[] | undefined
  readonly errorValues?: readonly Status[] | undefined
}

/** Those of Kubernetes (core/v1 and its old `OutOfDisk`), then those that the configurations in node-problem-detector's repository set. */
const HEALTHY_WHEN_FALSE: ReadonlySet<string> = new Set([
  ...['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable', 'OutOfDisk'],
  ...['KernelDeadlock', 'ReadonlyFilesystem', 'XfsShutdown', 'CorruptDockerOverlay2', 'DiskSizeCheckFailure'],
  ...['FrequentKubeletRestart', 'FrequentDockerRestart', 'FrequentContainerdRestart', 'FrequentUnregisterNetDevice'],
  ...['KubeletUnhealthy', 'ContainerRuntimeUnhealthy', 'KubeProxyUnhealthy', 'NTPProblem'],
])

/** `NotReady` says the opposite. */
const NAMED_READY = /(?<!Not)Ready$/

/** Which value of a condition is the healthy one; undefined: its name does not tell, and a guess would reboot healthy nodes. */
export function healthyStatus(type: string): 'True' | 'False' | undefined {
  if (HEALTHY_WHEN_FALSE.has(type)) return 'False'
  return NAMED_READY.test(type) ? 'True' : undefined
}

/** For people: when a condition of this type is healthy, and whether its writer means it so. */
export function describePolarity(type: string, { okValues, errorValues }: ConditionValues): string {
  const known = healthyStatus(type)
  const said = okValues === undefined ? `unless ${errorValues?.join(' or ')}` : `when ${okValues.join(' or ')}`
  if (okValues === undefined && errorValues === undefined) return `when ${known}`
  const isHealthy =
    okValues === undefined ? !errorValues?.includes(known ?? 'Unknown') : okValues.includes(known ?? 'Unknown')
  return known === undefined || isHealthy ? said : `${said}, though it is known to be healthy when ${known}`
}
