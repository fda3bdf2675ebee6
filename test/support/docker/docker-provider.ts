import type { ProviderDeps } from '../../../src/cloudprovider/contract/define.ts'
import type { Patience } from '../../../src/cloudprovider/docker/engine.ts'
import { dockerWith } from '../../../src/cloudprovider/docker/index.ts'
import type { CloudProvider } from '../../../src/core/ports/cloud-provider.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { CloudFixture } from '../../contract/cloud-provider.ts'

/** What the Docker provider can repair, and from which state: the same on every engine. */
export const DOCKER_REPAIRS: CloudFixture['repairs'] = [
  { rung: 'start', from: 'off' },
  { rung: 'start', from: 'paused' },
  { rung: 'reboot-hard', from: 'running' },
  { rung: 'reboot-hard', from: 'paused' },
  { rung: 'replace', from: 'running' },
  { rung: 'replace', from: 'off' },
  { rung: 'replace', from: 'paused' },
]

export function dockerProvider(
  options: { socket: string; cluster?: string; stopTimeout?: string },
  deps: Partial<ProviderDeps> = {},
  patience?: Patience,
): CloudProvider {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  return dockerWith(patience).create(options, { clock: systemClock, log, ...deps })
}
